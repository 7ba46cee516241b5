/**
 * The rules of reads, one story each.
 */
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { type MemberChange, nextTimerAt } from '../src/index.ts';
import { Stage } from './stage.ts';

const THREE = { voters: ['a', 'b', 'c'] };

describe('reads', () => {
  it('R44: a new leader reads nothing before it has committed in its term', () => {
    const stage = new Stage(THREE);
    stage.timer('a');
    stage.deliver();
    stage.deliver();
    stage.sync('a');
    stage.deliver();
    stage.sync('b');
    stage.deliver();
    const ids = [stage.read('a'), stage.read('a', 'lease')];
    stage.deliver({ type: 'heartbeat' });
    stage.deliver({ type: 'heartbeat-response' });
    expect(ids.map((id) => stage.outcome(id))).toEqual([undefined, undefined]);
    stage.settle();
    for (const id of ids) expect(stage.outcome(id)).toMatchObject({ type: 'read-ready', index: 2 });
  });

  it('R44: nor does a new leader tell a follower that asks how far to read', () => {
    const stage = new Stage(THREE);
    stage.elect('b', ['a']);
    const write = stage.propose('b');
    stage.deliver({ to: 'c' });
    for (const name of 'bc') stage.sync(name);
    stage.deliver({ from: 'c' });
    expect(stage.outcome(write)).toMatchObject({ type: 'committed', index: 3 });
    // c has the write, and is not told any more that it is committed.
    stage.take();
    stage.elapse(300);
    stage.timer('c');
    for (let round = 0; round < 10 && stage.state('c').role.type !== 'leader'; round++) {
      stage.deliver();
      for (const name of 'abc') stage.sync(name);
    }
    expect(stage.state('c')).toMatchObject({ commitIndex: 2, role: { type: 'leader' } });
    stage.deliver({ to: 'a' });
    expect(stage.state('a').leader).toBe('c');
    const read = stage.read('a');
    stage.deliver({ type: 'read-index' });
    // It is heard by a quorum, which has acknowledged nothing of its term so far.
    for (let round = 0; round < 3; round++) {
      stage.timer('c');
      stage.deliver({ type: 'heartbeat' });
      stage.deliver({ type: 'heartbeat-response' });
      stage.deliver({ type: 'read-index-response' });
    }
    expect(stage.state('c').commitIndex).toBe(2);
    expect(stage.outcome(read)).toBeUndefined();
    stage.settle();
    expect(stage.outcome(read)).toMatchObject({ type: 'read-ready', index: 4 });
  });

  it('R45: a read waits for a round that was sent after it; one round serves many reads', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    stage.timer('a');
    const early = stage.take({ type: 'heartbeat' });
    const ids = [stage.read('a'), stage.read('a'), stage.read('a')];
    for (const message of early) stage.hand(message);
    const answers = stage.take({ type: 'heartbeat-response' });
    for (const message of answers) stage.hand(message);
    expect(ids.map((id) => stage.outcome(id))).toEqual([undefined, undefined, undefined]);
    for (const message of answers) stage.hand(message);
    expect(ids.map((id) => stage.outcome(id))).toEqual([undefined, undefined, undefined]);
    const rounds = stage.parcels.filter(({ type, to }) => type === 'heartbeat' && to === 'b');
    expect(rounds).toHaveLength(1);
    stage.settle();
    for (const id of ids) expect(stage.outcome(id)).toMatchObject({ type: 'read-ready' });
  });

  it('R45: a leader that was deposed answers no read', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    stage.elapse(50);
    stage.timer('a');
    stage.settle(['b', 'c']);
    const read = stage.read('a');
    stage.now += 60;
    stage.timer('b');
    stage.settle(['a']);
    const write = stage.propose('b');
    stage.settle(['a']);
    expect(stage.outcome(write)).toMatchObject({ type: 'committed' });
    expect(stage.outcome(read)).toBeUndefined();
    stage.timer('a');
    stage.settle();
    expect(stage.outcome(read)).toMatchObject({ reason: 'not-leader', isDefinite: true });
  });

  it('R46: a follower reads by asking the leader; late answers are of no use', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    stage.timer('a');
    stage.settle();
    const first = stage.read('b');
    const [question] = stage.take({ type: 'read-index' });
    if (question === undefined) throw new Error('b did not ask');
    stage.timer('b');
    stage.settle();
    expect(stage.outcome(first)).toMatchObject({ type: 'read-ready' });
    stage.hand(question);
    const late = keepAnswer(stage);
    stage.propose('a');
    stage.settle(['b']);
    const second = stage.read('b');
    expect(stage.take({ type: 'read-index' })).not.toMatchObject([question]);
    // It tells of a time before the read, and before the write.
    stage.hand(late);
    expectReadOfB(stage, second);
  });

  it('R46: an answer to a question of a former life is none to one of this life', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    stage.timer('a');
    stage.settle();
    stage.read('b');
    stage.deliver({ type: 'read-index' });
    const late = keepAnswer(stage);
    stage.crash('b');
    stage.restart('b');
    stage.timer('a');
    stage.settle();
    stage.propose('a');
    stage.settle(['b']);
    const second = stage.read('b');
    stage.take({ type: 'read-index' });
    stage.hand(late);
    expectReadOfB(stage, second);
  });

  it('R46: reads that come while a question is open wait, and share the next one', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    stage.timer('a');
    stage.settle();
    const first = stage.read('b');
    const later = [1, 2, 3].map(() => stage.read('b'));
    expect(stage.parcels.filter(({ type }) => type === 'read-index')).toHaveLength(1);
    stage.settle();
    const outcomes = [first, ...later].map((id) => stage.outcome(id)?.type);
    expect(outcomes).toEqual(new Array(4).fill('read-ready'));
    const questions = stage.seen.filter(
      ({ effect }) => effect.type === 'send' && effect.message.type === 'read-index',
    );
    expect(questions).toHaveLength(2);
  });

  it('R31, R45, R49: in a joint configuration reads and leases need both halves', () => {
    for (const silent of [
      ['b', 'c'],
      ['d', 'e'],
    ]) {
      // Leases of 81 ms.
      const options = { clockDriftPpmMax: 100_000 };
      const stage = new Stage({ voters: ['a', 'b', 'c'], learners: ['d', 'e'], options });
      stage.elect('a');
      const changes: readonly MemberChange[] = [
        ...['d', 'e'].map((name) => ({ type: 'promote' as const, node: toNodeId(name) })),
        ...['b', 'c'].map((name) => ({ type: 'remove' as const, node: toNodeId(name) })),
      ];
      stage.happen('a', { type: 'change-members', id: stage.id(), changes, isAutoLeave: false });
      stage.settle();
      stage.timer('a');
      stage.settle();
      const heardAt = stage.now;
      while (stage.now < heardAt + 80) {
        expect(stage.outcome(stage.read('a', 'lease'))).toMatchObject({ type: 'read-ready' });
        stage.timer('a');
        stage.settle(silent);
      }
      stage.elapse(2);
      // Whoever answers renews the lease of one half; the other half's has run out.
      const ids = [stage.read('a', 'lease'), stage.read('a')];
      stage.settle(silent);
      expect(ids.map((id) => stage.outcome(id))).toEqual([undefined, undefined]);
      expect(stage.state('a').role.type).toBe('leader');
      stage.timer('a');
      stage.settle();
      expect(ids.map((id) => stage.outcome(id)?.type)).toEqual(['read-ready', 'read-ready']);
    }
  });

  it('R49: a lease counts from the sending of the heartbeat, less the drift of two clocks', () => {
    const stage = new Stage({ ...THREE, options: { clockDriftPpmMax: 50_000 } });
    stage.elect('a');
    stage.timer('a');
    const sentAt = stage.now;
    stage.elapse(60);
    stage.deliver({ type: 'heartbeat' });
    stage.deliver({ type: 'heartbeat-response' });
    // The round that went out just now is lost.
    stage.take();
    // 100 ms, less five per cent twice: 90.47 ms from the sending, not from the answer.
    stage.now = sentAt + 90;
    const inside = stage.read('a', 'lease');
    expect(stage.outcome(inside)).toMatchObject({ type: 'read-ready' });
    stage.now = sentAt + 91;
    const outside = stage.read('a', 'lease');
    expect(stage.outcome(outside)).toBeUndefined();
    stage.settle();
    expect(stage.outcome(outside)).toMatchObject({ type: 'read-ready' });
  });

  it('R49: without check-quorum there is no lease', () => {
    const stage = new Stage({ ...THREE, options: { hasCheckQuorum: false } });
    stage.elect('a');
    const id = stage.read('a', 'lease');
    expect(stage.outcome(id)).toMatchObject({ reason: 'no-lease', isDefinite: true });
  });

  it('R50: from a hand-over on a term has no lease, even where the hand-over fails', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    stage.timer('a');
    stage.settle();
    const id = stage.id();
    stage.happen('a', { type: 'transfer-leadership', id, target: toNodeId('b') });
    stage.take({ type: 'timeout-now' });
    const read = stage.read('a', 'lease');
    expect(stage.outcome(read)).toBeUndefined();
    while (stage.outcome(id) === undefined) {
      stage.timer('a');
      stage.settle();
    }
    const later = stage.read('a', 'lease');
    expect(stage.outcome(later)).toBeUndefined();
    stage.settle();
    expect(stage.outcome(later)).toMatchObject({ type: 'read-ready' });
  });

  it('R51: a leader that was paused looks at its clock before it believes an answer', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    stage.timer('a');
    const read = stage.read('a');
    stage.deliver({ type: 'heartbeat' });
    stage.elapse(5000);
    expect(nextTimerAt(stage.state('a'))).toBeLessThan(stage.now);
    stage.deliver({ type: 'heartbeat-response' });
    expect(stage.state('a').role.type).toBe('follower');
    expect(stage.outcome(read)).toMatchObject({ reason: 'not-leader' });
  });

  it('R52: reads that wait are bounded, and refused beyond; a refused read did nothing', () => {
    const stage = new Stage({ ...THREE, options: { readCountMax: 2 } });
    stage.elect('a');
    const ids = [stage.read('a'), stage.read('a'), stage.read('a')];
    const refusal = { reason: 'overload', isDefinite: true };
    expect(stage.outcome(ids[2] ?? 0)).toMatchObject(refusal);
    stage.happen('a', { type: 'cancel-read', id: ids[0] ?? 0 });
    stage.settle();
    expect(stage.outcome(ids[0] ?? 0)).toBeUndefined();
    expect(stage.outcome(ids[1] ?? 0)).toMatchObject({ type: 'read-ready' });
  });
});

/** The answer of the leader to the question that it was just asked, taken off the wire. */
function keepAnswer(stage: Stage) {
  stage.deliver({ type: 'heartbeat' });
  stage.deliver({ type: 'heartbeat-response' });
  const [answer] = stage.take({ type: 'read-index-response' });
  if (answer === undefined) throw new Error('a did not answer');
  return answer;
}

/** A read of b is open, is asked about again, and sees the write at index 3. */
function expectReadOfB(stage: Stage, read: Parameters<Stage['outcome']>[0]): void {
  expect(stage.outcome(read)).toBeUndefined();
  stage.elapse(20);
  stage.timer('b');
  stage.settle();
  expect(stage.outcome(read)).toMatchObject({ type: 'read-ready', index: 3 });
}
