/**
 * Proposals of a member that does not lead: handed over, answered once, definite or not.
 */
import { describe, expect, it } from 'vitest';
import { FORWARD_COUNT_MAX } from '../src/core/forwarding.ts';
import type { Message } from '../src/index.ts';
import { Stage } from './stage.ts';

const THREE = {
  voters: ['a', 'b', 'c'],
  options: { hasForwarding: true, commandBytesMax: 100, uncommittedBytesMax: 200 },
};

const FIVE = { ...THREE, voters: ['a', 'b', 'c', 'd', 'e'] };

/**
 * Two proposals of b that its leader a has answered and nobody else has: they stand at 3 and 4 of
 * the log of a, which is not heard any more. The second one.
 */
function loseTwo(stage: Stage): number {
  stage.elect('a');
  stage.propose('b');
  const second = stage.propose('b');
  stage.deliver({ type: 'forward-proposal' });
  stage.deliver({ type: 'forward-response' });
  stage.take();
  stage.elapse(300);
  expect(stage.state('a').log.lastIndex).toBe(4);
  expect(stage.state('b').log.lastIndex).toBe(2);
  expect(stage.outcome(second)).toBeUndefined();
  return second;
}

/** How many commands the log of `name` holds. */
function commandCount(stage: Stage, name: string): number {
  const { log } = stage.state(name);
  const entries = log.cached(2 as never, log.lastIndex, Number.MAX_SAFE_INTEGER);
  return entries.filter(({ type }) => type === 'command').length;
}

describe('a proposal that is handed over', () => {
  it('R86: is committed by the leader and answered where it was proposed', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    const id = stage.propose('b');
    expect(stage.outcome(id)).toBeUndefined();
    stage.settle();
    expect(stage.outcome(id)).toMatchObject({ type: 'committed' });
    expect(commandCount(stage, 'a')).toBe(1);
  });

  it('R86: is answered though newer ones came first and thousands of old ones after them', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    stage.propose('b');
    const [asked] = stage.take({ type: 'forward-proposal' }) as [
      Extract<Message, { type: 'forward-proposal' }>,
    ];
    const come = (sequence: number) => {
      stage.happen('a', { type: 'message', message: { ...asked, sequence } });
      return stage.take({ type: 'forward-response' }).length;
    };
    const newest = 3 * FORWARD_COUNT_MAX;
    expect(come(newest)).toBe(1);
    // Those that b gave up before, slower on their way.
    for (let old = 1; old <= 2 * FORWARD_COUNT_MAX; old += 1) come(old);
    for (let open = newest - FORWARD_COUNT_MAX + 1; open <= newest; open += 1) {
      expect(come(open)).toBe(1);
    }
    const { role } = stage.state('a');
    const kept = role.type === 'leader' ? role.forwarded.get('b' as never)?.outcomes.size : 0;
    expect(kept).toBeLessThanOrEqual(4 * FORWARD_COUNT_MAX);
  });

  it('R86: is appended once, however often it comes, and answered each time', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    stage.propose('b');
    const [asked] = stage.take({ type: 'forward-proposal' }) as [Message];
    for (let count = 0; count < 3; count++) stage.happen('a', { type: 'message', message: asked });
    expect(commandCount(stage, 'a')).toBe(1);
    const answers = stage.take({ type: 'forward-response' });
    expect(answers).toHaveLength(3);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it('R86: is asked about again where the question or the answer was lost', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    const id = stage.propose('b');
    stage.take({ type: 'forward-proposal' });
    stage.elapse(20);
    stage.happen('b', { type: 'timer', random: 0 });
    stage.deliver({ type: 'forward-proposal' });
    stage.take({ type: 'forward-response' });
    stage.elapse(20);
    stage.happen('b', { type: 'timer', random: 0 });
    stage.settle();
    expect(stage.outcome(id)).toMatchObject({ type: 'committed' });
    expect(commandCount(stage, 'a')).toBe(1);
  });

  it('R87: is refused for good where the leader refuses it', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    const large = stage.id();
    stage.happen('b', { type: 'propose', id: large, data: new Uint8Array(101) });
    expect(stage.outcome(large)).toMatchObject({ reason: 'too-large', isDefinite: true });
    const ids = [1, 2, 3].map(() => {
      const id = stage.id();
      stage.happen('b', { type: 'propose', id, data: new Uint8Array(60) });
      return id;
    });
    stage.settle();
    const outcomes = ids.map((id) => stage.outcome(id));
    expect(outcomes.slice(0, 2)).toMatchObject([{ type: 'committed' }, { type: 'committed' }]);
    expect(outcomes[2]).toMatchObject({ reason: 'overload', isDefinite: true });
    expect(commandCount(stage, 'a')).toBe(2);
  });

  it('R87: is refused for good, in the words of a leader that hands over', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    stage.propose('a');
    stage.settle(['c']);
    const target = stage.machine('c').node;
    stage.happen('a', { type: 'transfer-leadership', id: stage.id(), target });
    const id = stage.propose('b');
    stage.deliver({ type: 'forward-proposal' });
    stage.deliver({ type: 'forward-response' });
    expect(stage.outcome(id)).toMatchObject({ reason: 'transferring', isDefinite: true });
    expect(commandCount(stage, 'a')).toBe(1);
  });

  it('R87: is refused for good for each reason that a leader may give, as it is', () => {
    for (const reason of ['too-large', 'overload', 'no-space', 'transferring'] as const) {
      const stage = new Stage(THREE);
      stage.elect('a');
      const id = stage.propose('b');
      const [asked] = stage.take({ type: 'forward-proposal' });
      if (asked?.type !== 'forward-proposal') throw new Error('b did not ask');
      const { sequence, from: to, to: from, term } = asked;
      const outcome = { type: 'refused', reason } as const;
      stage.hand({ type: 'forward-response', sequence, outcome, from, to, term });
      expect(stage.outcome(id)).toMatchObject({ reason, isDefinite: true, leader: 'a' });
      // It is not asked about again, and a late answer tells nothing more.
      stage.elapse(20);
      stage.happen('b', { type: 'timer', random: 0 });
      expect(stage.take({ type: 'forward-proposal' })).toEqual([]);
    }
  });

  it('R82, R87: a leader whose disk is full leads no more: what it was handed is not known', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    const id = stage.propose('b');
    stage.happen('a', { type: 'disk-room', isFull: true });
    stage.deliver({ type: 'forward-proposal' });
    expect(stage.state('a').role.type).toBe('follower');
    expect(commandCount(stage, 'a')).toBe(0);
    expect(stage.take({ type: 'forward-response' })).toEqual([]);
    stage.elapse(300);
    stage.elect('c');
    expect(stage.outcome(id)).toMatchObject({ reason: 'leadership-lost', isDefinite: false });
  });

  it('R87: may have happened where the leader is gone before it answered', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    const id = stage.propose('b');
    stage.deliver({ type: 'forward-proposal' });
    // The leader has it, and its answer is lost with it.
    stage.take();
    expect(commandCount(stage, 'a')).toBe(1);
    stage.elapse(300);
    stage.timer('c');
    stage.settle(['a']);
    expect(stage.outcome(id)).toMatchObject({ reason: 'leadership-lost', isDefinite: false });
  });

  it('R87: did not happen where another entry is committed in its place', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    const id = stage.propose('b');
    stage.deliver({ type: 'forward-proposal' });
    stage.deliver({ type: 'forward-response' });
    stage.take();
    stage.elapse(300);
    stage.timer('c');
    stage.settle(['a']);
    stage.timer('c');
    stage.settle(['a']);
    expect(stage.state('c').role.type).toBe('leader');
    expect(stage.outcome(id)).toMatchObject({ reason: 'overwritten', isDefinite: true });
  });

  it('R87: did not happen where one of a later term is committed before its place', () => {
    const stage = new Stage(FIVE);
    const behind = loseTwo(stage);
    stage.timer('c');
    stage.settle(['a']);
    stage.timer('c');
    stage.settle(['a']);
    // The log ends before the place where the second one stood, and nobody writes any more.
    expect(stage.state('b').log.lastIndex).toBe(3);
    expect(stage.outcome(behind)).toMatchObject({ reason: 'overwritten', isDefinite: true });
  });

  it('R28: may have happened where its own proposer writes another entry in its place', () => {
    const stage = new Stage(FIVE);
    const behind = loseTwo(stage);
    stage.timer('b');
    for (const type of ['request-pre-vote', 'pre-vote-response', 'request-vote'] as const) {
      for (const name of 'bcde') stage.sync(name);
      stage.deliver({ type });
    }
    for (const name of 'bcde') stage.sync(name);
    stage.deliver({ type: 'vote-response' });
    expect(stage.state('b').role.type).toBe('leader');
    // The no-op stands where the first one stood, and is not committed yet.
    expect(stage.state('b').log.lastIndex).toBe(3);
    stage.propose('b');
    expect(stage.outcome(behind)).toMatchObject({ reason: 'leadership-lost', isDefinite: false });
  });

  it('R28: may have happened where a snapshot has taken its place when the answer comes', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    const id = stage.propose('b');
    stage.deliver({ type: 'forward-proposal' });
    const [answer] = stage.take({ type: 'forward-response' }) as [Message];
    stage.propose('a');
    stage.settle(['b']);
    stage.snapshot('a');
    for (let round = 0; round < 20 && stage.state('b').installing === undefined; round++) {
      stage.elapse(10);
      stage.timer('a');
      // What b asks again is lost, too.
      stage.take({ type: 'forward-proposal' });
      stage.deliver();
      for (const name of 'ac') stage.sync(name);
      stage.sync('b', 0);
    }
    // All of it is there, and it is not the log yet: its state is not that of the state machine.
    expect(stage.state('b').installing?.index).toBe(4);
    expect(stage.state('b').applyingIndex).toBe(2);
    expect(stage.outcome(id)).toBeUndefined();
    stage.hand(answer);
    expect(stage.outcome(id)).toMatchObject({ reason: 'compacted', isDefinite: false });
    stage.settle();
    expect(stage.state('b').appliedIndex).toBe(4);
  });

  it('R28, R34: is not answered by the end of a change that stands in its place', () => {
    // The state machine of b is slow, so b has settled nothing of what is committed.
    const stage = new Stage({ ...FIVE, appliesByItself: false });
    const behind = loseTwo(stage);
    stage.elect('c', ['a']);
    const changes = [{ type: 'demote', node: stage.machine('e').node } as const];
    const change = stage.id();
    stage.happen('c', { type: 'change-members', id: change, changes, isAutoLeave: true });
    expect(stage.state('c').log.lastIndex).toBe(4);
    stage.deliver({ type: 'append-entries' });
    for (const name of 'bcde') stage.sync(name);
    // It is committed by whoever proposed what stood there before.
    stage.take();
    stage.crash('c');
    stage.elapse(300);
    stage.elect('b');
    stage.settle();
    expect(stage.state('b').log.configurations.latest.configuration.outgoing).toEqual([]);
    expect(stage.outcome(behind)).toBeUndefined();
    while (stage.machine('b').isApplyPending) stage.finishApply('b');
    expect(stage.outcome(behind)).toMatchObject({ reason: 'overwritten', isDefinite: true });
  });

  it('R86: is answered in the life that proposed it: a late answer to a former one is none', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    stage.propose('b');
    stage.deliver({ type: 'forward-proposal' });
    const [late] = stage.take({ type: 'forward-response' }) as [Message];
    stage.crash('b');
    stage.restart('b');
    stage.timer('a');
    stage.settle();
    const id = stage.propose('b');
    stage.hand(late);
    expect(stage.outcome(id)).toBeUndefined();
    stage.settle();
    expect(stage.outcome(id)).toMatchObject({ type: 'committed', index: 4 });
    expect(commandCount(stage, 'a')).toBe(2);
  });

  it('R86: those that wait for the leader are bounded, and refused for good beyond', () => {
    const options = { ...THREE.options, uncommittedBytesMax: 1_000_000 };
    const stage = new Stage({ ...THREE, options });
    stage.elect('a');
    const ids = stage.proposeBatch('b', new Array(FORWARD_COUNT_MAX).fill(3));
    expect(ids.filter((id) => stage.outcome(id) !== undefined)).toEqual([]);
    const beyond = stage.propose('b');
    expect(stage.outcome(beyond)).toMatchObject({ reason: 'overload', isDefinite: true });
    stage.settle();
    const later = stage.propose('b');
    stage.settle();
    expect(stage.outcome(later)).toMatchObject({ type: 'committed' });
  });

  it('R87: a leader of another term neither takes it in nor refuses it', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    stage.propose('b');
    const [asked] = stage.take({ type: 'forward-proposal' }) as [Message];
    stage.elapse(300);
    stage.timer('c');
    stage.settle(['a']);
    stage.happen('c', { type: 'message', message: { ...asked, to: stage.machine('c').node } });
    expect(stage.take({ type: 'forward-response' })).toEqual([]);
    expect(commandCount(stage, 'c')).toBe(0);
  });

  it('R28: without the option it is refused for good, with the name of the leader', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'] });
    stage.elect('a');
    const id = stage.propose('b');
    expect(stage.outcome(id)).toMatchObject({ reason: 'not-leader', leader: 'a' });
  });
});
