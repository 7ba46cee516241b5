/**
 * The rules of replication, persistence and outcomes, one story each.
 */
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { entrySizeBytes } from '../src/core/entry.ts';
import { nextTimerAt } from '../src/core/step.ts';
import type { Entry, LogIndex, Message, Term } from '../src/index.ts';
import { Stage } from './stage.ts';

const THREE = { voters: ['a', 'b', 'c'] };
/** One member, to which the test plays the leaders. */
const ALONE = { ...THREE, isWatched: false };
const place = (index: number, term: number) => ({ index: index as LogIndex, term: term as Term });
const command = (index: number, term: number): Entry => ({
  type: 'command',
  data: new Uint8Array([index, 0, term]),
  ...place(index, term),
});

/** An append as a leader `from` of `term` would send it to b. */
function append(
  from: string,
  term: number,
  previous: readonly [index: number, term: number],
  entries: readonly Entry[],
  commitIndex = 0,
): Message {
  return {
    type: 'append-entries',
    from: toNodeId(from),
    to: toNodeId('b'),
    term: term as Term,
    previousIndex: previous[0] as LogIndex,
    previousTerm: previous[1] as Term,
    entries,
    commitIndex: commitIndex as LogIndex,
  };
}

const give = (stage: Stage, message: Message) => stage.happen('b', { type: 'message', message });

describe('logs', () => {
  it('R11: entries are taken in only behind an entry that matches', () => {
    const stage = new Stage(ALONE);
    give(stage, append('a', 2, [2, 2], [command(3, 2)]));
    expect(stage.terms('b')).toBe('');
    give(stage, append('a', 2, [1, 1], [command(2, 2), command(3, 2)]));
    expect(stage.terms('b')).toBe('2 2');
  });

  it('R12: what contradicts the leader goes, and a late shorter append removes nothing', () => {
    const stage = new Stage(ALONE);
    give(stage, append('a', 2, [1, 1], [command(2, 2), command(3, 2)]));
    give(stage, append('a', 2, [1, 1], [command(2, 2)]));
    expect(stage.terms('b')).toBe('2 2');
    give(stage, append('c', 3, [2, 2], [command(3, 3)]));
    expect(stage.terms('b')).toBe('2 3');
  });

  it('R13: after one rejection the leader skips all of its own that cannot match', () => {
    const stage = new Stage(THREE);
    stage.elect('b');
    for (let count = 0; count < 50; count++) stage.propose('b');
    stage.sync('b');
    stage.take();
    stage.elapse(300);
    stage.elect('a', ['b']);
    for (let count = 0; count < 50; count++) stage.propose('a');
    stage.settle(['b']);
    stage.elapse(300);
    stage.timer('a');
    // In its next term it begins at the end of its log, where b has entries of the older one.
    stage.elect('a', ['b']);
    stage.timer('a');
    stage.settle();
    expect(stage.terms('b')).toBe(stage.terms('a'));
    const rejections = stage.seen.flatMap(({ effect }) =>
      effect.type === 'send' && effect.message.type === 'append-rejected' ? [effect.message] : [],
    );
    expect(rejections).toMatchObject([{ previousIndex: 53, hintIndex: 52, hintTerm: 2 }]);
  });

  it('R13: a follower skips all of its own that the leader cannot have', () => {
    const stage = new Stage(ALONE);
    const stray = Array.from({ length: 50 }, (_, count) => command(2 + count, 3));
    give(stage, append('c', 3, [1, 1], stray));
    stage.sync('b');
    stage.take();
    // At 51 the leader has term 2, so nothing of term 3 before it can be the leader's.
    give(stage, append('a', 4, [51, 2], [command(52, 4)]));
    stage.sync('b');
    expect(stage.take({ type: 'append-rejected' })).toMatchObject([
      { previousIndex: 51, hintIndex: 1, hintTerm: 1 },
    ]);
  });

  it('R14: a probe waits for its answer; who keeps up gets appends up to the bounds', () => {
    const stage = new Stage({ voters: ['a', 'b'], options: { inflightCountMax: 3 } });
    stage.elect('a');
    stage.take();
    for (let count = 0; count < 10; count++) stage.propose('a');
    expect(stage.take({ to: 'b', type: 'append-entries' })).toHaveLength(3);
    stage.happen('a', { type: 'unreachable', peer: toNodeId('b') });
    expect(stage.take({ to: 'b', type: 'append-entries' })).toHaveLength(1);
    stage.propose('a');
    expect(stage.take({ to: 'b', type: 'append-entries' })).toHaveLength(0);
  });

  it('R14: who keeps up gets appends up to a bound in bytes, and more as it answers', () => {
    // An entry weighs 32 beside its data: the second one reaches the bound.
    const stage = new Stage({ voters: ['a', 'b'], options: { inflightBytesMax: 100 } });
    stage.elect('a');
    for (let count = 0; count < 6; count++) stage.propose('a', 40);
    const appends = () => stage.parcels.filter(({ type }) => type === 'append-entries');
    expect(appends()).toHaveLength(2);
    stage.deliver();
    stage.sync('b');
    stage.deliver({ from: 'b' });
    expect(appends()).toMatchObject([{ entries: [{}, {}, {}, {}] }]);
  });

  it('R15: the next heartbeat finds lost appends out, whatever bound is full', () => {
    const options = { inflightBytesMax: 50, inflightCountMax: 100 };
    const stage = new Stage({ voters: ['a', 'b'], options });
    stage.elect('a');
    stage.propose('a', 40);
    stage.propose('a', 40);
    // The bound is full with the first.
    expect(stage.take({ type: 'append-entries' })).toHaveLength(1);
    stage.sync('a');
    stage.timer('a');
    stage.settle();
    expect(stage.state('b').log.lastIndex).toBe(4);
    expect(stage.state('a').commitIndex).toBe(4);
  });

  it('R16: memory holds what is not on disk and a bounded rest; older entries are read', () => {
    const stage = new Stage({ ...THREE, options: { cacheBytesMax: 200 } });
    stage.elect('a', ['c']);
    for (let count = 0; count < 30; count++) {
      stage.propose('a');
      stage.settle(['c']);
      expect(cachedBytes(stage, 'a')).toBeLessThanOrEqual(200);
    }
    expect(cachedBytes(stage, 'a')).toBeGreaterThan(0);
    expect(stage.state('a').log.isCached(5 as LogIndex)).toBe(false);
    stage.timer('a');
    stage.settle();
    stage.timer('a');
    stage.settle();
    expect(stage.state('c').log.lastIndex).toBe(32);
    expect(stage.seen.some(({ effect }) => effect.type === 'load-entries')).toBe(true);
  });
});

describe('commits', () => {
  it('R17: an entry of an older term is not committed by being on a majority', () => {
    // Raft figure 8, with a, b, c, d, e as S1 to S5; one entry fits into an append.
    const stage = new Stage({
      voters: ['a', 'b', 'c', 'd', 'e'],
      options: { appendBytesMax: 1, hasPreVote: false },
    });
    lead(stage, 'a');
    stage.deliver({ to: 'b', type: 'append-entries' });
    stage.sync('b');
    stage.take();
    stage.crash('a');
    stage.elapse(300);
    lead(stage, 'e', ['b']);
    stage.take();
    stage.crash('e');
    stage.restart('a');
    stage.elapse(300);
    stage.timer('a');
    stage.sync('a');
    lead(stage, 'a');
    // Now the entry of term 2 is on a, b and c, and a leads term 4.
    stage.deliver({ to: 'c', type: 'append-entries' });
    stage.deliver({ from: 'c' });
    stage.deliver({ to: 'c', type: 'append-entries' });
    stage.sync('c', 2);
    stage.deliver({ from: 'c' });
    expect(stage.terms('c').split(' ')[0]).toBe('2');
    expect(stage.terms('b').split(' ')[0]).toBe('2');
    expect(stage.state('a').commitIndex).toBe(1);
    stage.take();
    stage.crash('a');
    stage.restart('e');
    stage.elapse(300);
    stage.timer('e');
    stage.settle(['a']);
    stage.elect('e', ['a']);
    expect(stage.terms('c').split(' ')[0]).toBe('3');
  });

  it('R17: only with an entry of its own term does a leader commit what others left', () => {
    const stage = new Stage(THREE);
    stage.elect('a', ['c']);
    const early = stage.propose('a');
    stage.deliver({ to: 'b' });
    stage.sync('b');
    stage.take();
    stage.sync('a');
    expect(stage.state('a').commitIndex).toBe(2);
    stage.crash('a');
    stage.elapse(300);
    stage.timer('b');
    stage.settle(['a']);
    expect(stage.state('b').role.type).toBe('leader');
    expect(stage.terms('b')).toBe('2 2 3');
    expect(stage.state('b').commitIndex).toBe(4);
    expect(stage.outcome(early)).toBeUndefined();
  });

  it('R18: a leader begins with a no-op, so old entries are committed without a client', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    expect(stage.terms('a')).toBe('2');
    expect(stage.state('a').commitIndex).toBe(2);
  });

  it('R19: a follower commits nothing behind what it shares with the leader', () => {
    const stage = new Stage(ALONE);
    give(stage, append('a', 2, [1, 1], [command(2, 2), command(3, 2)]));
    give(stage, append('c', 3, [2, 2], [], 3));
    expect(stage.state('b').commitIndex).toBe(2);
  });

  it('R20: beyond the bound of uncommitted bytes proposals are refused for good', () => {
    const stage = new Stage({ ...THREE, options: { uncommittedBytesMax: 100 } });
    stage.elect('a');
    const ids = [stage.propose('a', 40), stage.propose('a', 40), stage.propose('a', 40)];
    const outcomes = ids.map((id) => stage.outcome(id));
    expect(outcomes[2]).toMatchObject({ reason: 'overload', isDefinite: true });
    stage.settle();
    expect(stage.outcome(ids[0] ?? 0)).toMatchObject({ type: 'committed' });
    const later = stage.propose('a', 40);
    stage.settle();
    expect(stage.outcome(later)).toMatchObject({ type: 'committed' });
    const huge = stage.propose('a', 2_000_000);
    expect(stage.outcome(huge)).toMatchObject({ reason: 'too-large', isDefinite: true });
  });

  it('R91: a batch is one write and one append in its order, each taken or refused alone', () => {
    const stage = new Stage({
      ...THREE,
      options: { commandBytesMax: 50, uncommittedBytesMax: 200 },
    });
    stage.elect('a');
    expect(stage.parcels).toEqual([]);
    const [first = 0, huge = 0, second = 0, beyond = 0] = stage.proposeBatch('a', [40, 51, 41, 42]);
    expect(stage.outcome(huge)).toMatchObject({ reason: 'too-large', isDefinite: true });
    expect(stage.outcome(beyond)).toMatchObject({ reason: 'overload', isDefinite: true });
    for (const to of ['b', 'c']) {
      expect(stage.parcels.filter((message) => message.to === to)).toMatchObject([
        { type: 'append-entries', entries: [{ data: { length: 40 } }, { data: { length: 41 } }] },
      ]);
    }
    stage.settle();
    const [one, two] = [first, second].map((id) => stage.outcome(id));
    expect(one).toMatchObject({ type: 'committed', index: 3 });
    expect(two).toMatchObject({ type: 'committed', index: 4 });
    const follower = stage.proposeBatch('b', [3, 4]).map((id) => stage.outcome(id));
    expect(follower).toMatchObject([{ reason: 'not-leader' }, { reason: 'not-leader' }]);
  });
});

describe('a commit notice', () => {
  const HELD = { ...THREE, options: { commitNoticeMs: 10 } };

  it('R92: a commit is told with the next append, and after the notice time at the latest', () => {
    const stage = new Stage(HELD);
    stage.elect('a');
    stage.elapse(10);
    stage.timer('a');
    stage.settle();
    const committed = stage.state('a').commitIndex;
    expect(stage.state('b').commitIndex).toBe(committed);
    stage.propose('a');
    stage.settle();
    expect(stage.state('a').commitIndex).toBe(committed + 1);
    expect(stage.state('b').commitIndex).toBe(committed);
    stage.propose('a');
    stage.deliver({ to: 'b' });
    expect(stage.state('b').commitIndex).toBe(committed + 1);
    stage.settle();
    expect(stage.state('b').commitIndex).toBe(committed + 1);
    const wantedAt = nextTimerAt(stage.state('a'));
    expect(wantedAt).toBe(stage.state('a').now + 10);
    stage.elapse(10);
    stage.timer('a');
    stage.settle();
    expect(stage.state('b').commitIndex).toBe(committed + 2);
    expect(nextTimerAt(stage.state('a'))).toBeGreaterThan(stage.state('a').now);
  });

  it('R92: a commit that removes a member is told at once', () => {
    const stage = new Stage(HELD);
    stage.elect('a');
    const changes = [{ type: 'remove', node: toNodeId('c') }] as const;
    stage.happen('a', { type: 'change-members', id: stage.id(), changes, isAutoLeave: true });
    const { now } = stage;
    stage.settle();
    const { latest } = stage.state('c').log.configurations;
    expect(latest.configuration).toMatchObject({ voters: ['a', 'b'], outgoing: [] });
    expect(stage.state('c').commitIndex).toBe(latest.index);
    expect(stage.now).toBe(now);
  });
});

describe('persistence', () => {
  it('R21: nothing is said in a term before that term and the vote in it are durable', () => {
    const stage = new Stage(ALONE);
    give(stage, append('a', 7, [1, 1], []));
    expect(stage.parcels).toEqual([]);
    stage.sync('b');
    expect(stage.take({ from: 'b' })).toMatchObject([{ type: 'append-accepted', term: 7 }]);
  });

  it('R22: a leader sends before its own disk is done, and counts itself only after', () => {
    const stage = new Stage({ voters: ['a', 'b'] });
    stage.elect('a');
    stage.propose('a');
    expect(stage.parcels).toMatchObject([{ type: 'append-entries', to: 'b' }]);
    stage.deliver();
    expect(stage.parcels).toEqual([]);
    stage.sync('b');
    stage.deliver();
    expect(stage.state('a').commitIndex).toBe(2);
    stage.sync('a');
    expect(stage.state('a').commitIndex).toBe(3);
  });

  it('R23: the completion of a write whose entries were replaced acknowledges nothing', () => {
    const stage = new Stage(ALONE);
    give(stage, append('a', 2, [1, 1], [command(2, 2), command(3, 2)]));
    give(stage, append('c', 3, [1, 1], [command(2, 3)]));
    give(stage, append('a', 4, [1, 1], [command(2, 4), command(3, 4)]));
    stage.sync('b', 1);
    expect(stage.state('b').log.stableIndex).toBe(1);
    stage.sync('b', 1);
    expect(stage.state('b').log.stableIndex).toBe(1);
    stage.sync('b', 1);
    expect(stage.state('b').log.stableIndex).toBe(3);
    const accepted = stage.take({ from: 'b', type: 'append-accepted' });
    expect(accepted.at(-1)).toMatchObject({ term: 4, index: 3 });
  });

  it('R24: the state machine gets what is committed and on the own disk, a batch at a time', () => {
    const stage = new Stage(ALONE);
    give(stage, append('a', 2, [1, 1], [command(2, 2), command(3, 2)], 3));
    const applied = () => stage.seen.filter(({ effect }) => effect.type === 'apply').length;
    expect(stage.state('b').commitIndex).toBe(3);
    expect(applied()).toBe(0);
    stage.sync('b');
    expect(applied()).toBe(1);
    expect(stage.state('b').appliedIndex).toBe(3);
  });

  it('R24: one bounded batch at a time: the next one when the last one is taken in', () => {
    const bounds = { applyBytesMax: 80 };
    const stage = new Stage({ ...ALONE, appliesByItself: false, options: bounds });
    const entries = [2, 3, 4, 5, 6].map((index) => command(index, 2));
    give(stage, append('a', 2, [1, 1], entries, 6));
    stage.sync('b');
    const batches = () =>
      stage.seen.flatMap(({ effect }) =>
        effect.type === 'apply' ? [effect.entries.map((entry) => Number(entry.index))] : [],
      );
    // An entry weighs 35: two fit.
    expect(batches()).toEqual([[2, 3]]);
    stage.elapse(10);
    give(stage, append('a', 2, [6, 2], [command(7, 2)], 7));
    stage.sync('b');
    expect(batches()).toEqual([[2, 3]]);
    stage.finishApply('b');
    stage.finishApply('b');
    expect(batches()).toEqual([
      [2, 3],
      [4, 5],
      [6, 7],
    ]);
    expect(stage.state('b').appliedIndex).toBe(5);
    stage.finishApply('b');
    expect(stage.state('b').appliedIndex).toBe(7);
  });

  it('R25: a leader whose disk hangs too long steps down and does not campaign', () => {
    const stage = new Stage({ ...THREE, options: { diskStallMs: 40 } });
    stage.elect('a');
    stage.propose('a');
    stage.elapse(39);
    stage.timer('a');
    expect(stage.state('a').role.type).toBe('leader');
    stage.elapse(1);
    stage.timer('a');
    expect(stage.state('a').role.type).toBe('follower');
    stage.timer('a');
    expect(stage.state('a').role.type).toBe('follower');
  });

  it('R26: what one step says waits for the disk as a whole, however small the bound is', () => {
    const stage = new Stage({
      ...{ voters: ['a', 'b', 'c', 'd', 'e'], options: { deferredCountMax: 1, hasPreVote: false } },
    });
    stage.timer('a');
    stage.sync('a');
    const asked = stage.take({ from: 'a', type: 'request-vote' }).map(({ to }) => to);
    expect(asked).toEqual(['b', 'c', 'd', 'e']);
  });

  it('R26: at the bound of messages that wait for the disk what is newest is lost', () => {
    const stage = new Stage({ ...ALONE, options: { deferredCountMax: 2 } });
    give(stage, append('a', 2, [1, 1], [command(2, 2)]));
    for (let last = 2; last < 6; last++) {
      give(stage, append('a', 2, [last, 2], [command(last + 1, 2)]));
    }
    stage.sync('b');
    expect(stage.take({ from: 'b' })).toMatchObject([{ index: 2 }, { index: 3 }]);
  });

  it('R27: a member that lost entries which it had acknowledged stops', () => {
    const stage = new Stage(ALONE);
    const head = { from: toNodeId('a'), to: toNodeId('b'), term: 2 as Term };
    const message: Message = { type: 'heartbeat', round: 1, commitIndex: 9 as LogIndex, ...head };
    expect(() => give(stage, message)).toThrow('b has lost entries: 9 is committed');
  });
});

describe('outcomes', () => {
  it('R28: a proposal whose entry leaves the log may still happen', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    const lost = stage.propose('a');
    stage.take();
    stage.sync('a');
    stage.elapse(300);
    stage.timer('b');
    stage.settle(['a']);
    const state = stage.state('b');
    expect(state.role.type).toBe('leader');
    expect(stage.outcome(lost)).toBeUndefined();
    stage.timer('b');
    stage.settle();
    expect(stage.outcome(lost)).toMatchObject({ reason: 'leadership-lost', isDefinite: false });
  });

  it('R28: so may one whose place in the log a snapshot has taken', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    const lost = stage.propose('a');
    stage.take();
    stage.sync('a');
    stage.elapse(300);
    stage.elect('b', ['a']);
    for (let count = 0; count < 3; count++) stage.propose('b');
    stage.settle(['a']);
    stage.timer('b');
    stage.settle(['a']);
    for (const name of ['b', 'c']) stage.snapshot(name);
    for (let round = 0; round < 10 && stage.outcome(lost) === undefined; round++) {
      stage.timer('b');
      stage.settle();
    }
    expect(stage.state('a').snapshot.index).toBeGreaterThan(3);
    expect(stage.outcome(lost)).toMatchObject({ reason: 'compacted', isDefinite: false });
  });

  it('R28: a follower refuses proposals for good and names the leader', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    const id = stage.propose('b');
    const refusal = { reason: 'not-leader', isDefinite: true, leader: 'a' };
    expect(stage.outcome(id)).toMatchObject(refusal);
  });
});

/** Makes `name` the leader; nothing that it sends as one is delivered. */
function lead(stage: Stage, name: string, apart: readonly string[] = []): void {
  stage.timer(name);
  stage.sync(name);
  for (const other of apart) stage.take({ to: other });
  stage.deliver({ from: name });
  for (const [other, machine] of stage.machines) if (machine.state) stage.sync(other);
  stage.deliver({ to: name });
  stage.sync(name);
  expect(stage.state(name).role.type).toBe('leader');
}

/** How much of the log of `name` is in memory. */
function cachedBytes(stage: Stage, name: string): number {
  const { log } = stage.state(name);
  let bytes = 0;
  for (let index = log.lastIndex; log.isCached(index); index = (index - 1) as LogIndex) {
    for (const entry of log.cached(index, index, 0)) bytes += entrySizeBytes(entry);
  }
  return bytes;
}
