/**
 * Every request is answered once, by what is true: proposals, reads, changes of members and
 * hand-overs whose leader is silent, far, asleep or another one.
 */
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { FORWARD_COUNT_MAX } from '../src/core/forwarding.ts';
import { Stage } from './stage.ts';

const THREE = { voters: ['a', 'b', 'c'], options: { hasForwarding: true } };

/** Lets the timers of one member fire, and everything arrive that does not touch `apart`. */
function live(stage: Stage, name: string, ms: number, apart: readonly string[] = []): void {
  for (const endMs = stage.now + ms; stage.now < endMs; ) {
    stage.timer(name);
    stage.settle(apart);
  }
}

/** Delivers what is under way, but for appends that reach `index`, which are lost. */
function deliverBefore(stage: Stage, index: number): void {
  for (const message of stage.take()) {
    const isBeyond =
      message.type === 'append-entries' && message.entries.some((entry) => entry.index >= index);
    if (!isBeyond) stage.hand(message);
  }
}

describe('a change of members', () => {
  it('R34: is told to be done when all of it is, also by who has been deposed meanwhile', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'], learners: ['d'] });
    stage.elect('a');
    stage.timer('a');
    stage.settle();
    const id = stage.id();
    const changes = [
      { type: 'promote', node: toNodeId('d') },
      { type: 'remove', node: toNodeId('c') },
    ] as const;
    stage.happen('a', { type: 'change-members', id, changes, isAutoLeave: true });
    stage.deliver({ type: 'append-entries' });
    for (const name of 'abcd') stage.sync(name);
    stage.take();
    // b leads, and commits the begin of the change; the end of it reaches nobody.
    stage.elapse(300);
    stage.timer('b');
    for (let round = 0; round < 60 && stage.state('a').appliedIndex < 3; round++) {
      deliverBefore(stage, 5);
      for (const name of 'abcd') stage.sync(name);
      if (round > 15) stage.timer('b');
    }
    expect(stage.state('a').appliedIndex).toBeGreaterThanOrEqual(3);
    expect(stage.state('a').log.configurations.latest.configuration.outgoing).not.toEqual([]);
    expect(stage.outcome(id)).toBeUndefined();
    stage.settle();
    live(stage, 'b', 100);
    expect(stage.outcome(id)).toMatchObject({ type: 'committed', index: 5 });
  });
});

describe('a leader that is silent', () => {
  it('R87: is given up by a learner, which cannot campaign', () => {
    const stage = new Stage({ ...THREE, learners: ['d'] });
    stage.elect('a');
    live(stage, 'a', 50);
    for (const name of 'ab') stage.crash(name);
    stage.take();
    const [proposal, read] = [stage.propose('d'), stage.read('d')];
    live(stage, 'd', 300);
    expect(stage.outcome(proposal)).toMatchObject({ reason: 'leadership-lost', isDefinite: false });
    expect(stage.outcome(read)).toMatchObject({ reason: 'not-leader', isDefinite: true });
    expect(stage.state('d').leader).toBeUndefined();
  });

  it('R109: is woken by a learner that was away while it fell asleep', () => {
    const options = { ...THREE.options, quiesceAfterMs: 200 };
    const stage = new Stage({ ...THREE, options, learners: ['d'] });
    stage.elect('a');
    live(stage, 'a', 20);
    const id = stage.propose('d');
    stage.deliver({ type: 'forward-proposal' });
    stage.deliver({ type: 'forward-response' });
    while (!stage.state('a').isAsleep) {
      stage.timer('a');
      stage.settle(['d']);
    }
    expect(stage.outcome(id)).toBeUndefined();
    live(stage, 'd', 300);
    expect(stage.outcome(id)).toMatchObject({ type: 'committed' });
  });

  it('R48: is waited for no longer than the hand-over may last', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    live(stage, 'a', 50);
    // The target never has the whole log, and nobody hears the leader any more.
    stage.propose('a');
    const beganMs = stage.now;
    const id = stage.id();
    const target = toNodeId('b');
    stage.happen('a', { type: 'transfer-leadership', id, target });
    while (stage.outcome(id) === undefined && stage.now < beganMs + 1_000) {
      stage.timer('a');
      stage.settle(['b', 'c']);
    }
    expect(stage.outcome(id)).toMatchObject({ type: 'refused', isDefinite: false });
    expect(stage.now - beganMs).toBeLessThanOrEqual(101);
  });
});

describe('a leader that is far away', () => {
  it('R46: answers a question that is asked again, whichever copy it answers', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    live(stage, 'a', 50);
    const id = stage.read('b');
    const [question] = stage.take({ type: 'read-index' });
    // Longer than it takes until b asks again; what b hears keeps it loyal.
    for (let round = 0; round < 5; round++) {
      stage.elapse(20);
      stage.timer('a');
      stage.happen('b', { type: 'timer', random: 0 });
      stage.take({ type: 'read-index' });
      stage.settle();
    }
    expect(stage.outcome(id)).toBeUndefined();
    if (question === undefined) throw new Error('b asks nothing');
    stage.hand(question);
    stage.settle();
    expect(stage.outcome(id)).toMatchObject({ type: 'read-ready' });
  });
});

describe('what waits', () => {
  it('R86: is bounded also where the leader has answered, and the log is slow to come', () => {
    const options = { ...THREE.options, uncommittedBytesMax: 1_000_000 };
    const stage = new Stage({ ...THREE, options });
    stage.elect('a');
    live(stage, 'a', 50);
    const placed = () => {
      stage.deliver({ type: 'forward-proposal' });
      stage.deliver({ type: 'forward-response' });
    };
    stage.proposeBatch('b', new Array(FORWARD_COUNT_MAX).fill(3));
    placed();
    expect(stage.state('b').forwards.open.size).toBe(0);
    const beyond = stage.propose('b');
    expect(stage.outcome(beyond)).toMatchObject({ reason: 'overload', isDefinite: true });
    live(stage, 'a', 50);
    const later = stage.propose('b');
    live(stage, 'a', 50);
    expect(stage.outcome(later)).toMatchObject({ type: 'committed' });
  });

  it('R86: a command that only the bound of one holds is taken in where nothing waits', () => {
    const options = { ...THREE.options, commandBytesMax: 500, uncommittedBytesMax: 200 };
    const stage = new Stage({ ...THREE, options });
    stage.elect('a');
    live(stage, 'a', 50);
    const id = stage.propose('b', 400);
    live(stage, 'a', 50);
    expect(stage.outcome(id)).toMatchObject({ type: 'committed' });
  });

  it('R52: reads are bounded also where they wait for the state machine alone', () => {
    const options = { ...THREE.options, readCountMax: 3 };
    const stage = new Stage({ ...THREE, options, appliesByItself: false });
    stage.elect('a');
    stage.timer('a');
    stage.settle();
    const ids = Array.from({ length: 4 }, () => {
      const id = stage.read('b');
      stage.settle();
      return id;
    });
    const outcomes = ids.map((id) => stage.outcome(id));
    expect(outcomes.slice(0, 3)).toEqual([undefined, undefined, undefined]);
    expect(outcomes[3]).toMatchObject({ reason: 'overload', isDefinite: true });
  });

  it('R28: for the leader of this term is not given up with what a former one left', () => {
    const stage = new Stage({ ...THREE, voters: ['a', 'b', 'c'] });
    stage.elect('a');
    live(stage, 'a', 50);
    // Two entries that nobody else gets.
    const lost = [stage.propose('a'), stage.propose('a')];
    stage.take();
    stage.elapse(300);
    stage.elect('b', ['a']);
    stage.propose('b');
    stage.settle(['a']);
    // a hears of the new leader, and hands a proposal over before its log is mended.
    stage.timer('b');
    stage.deliver({ from: 'b', to: 'a', type: 'heartbeat' });
    const id = stage.propose('a');
    stage.take({ from: 'b', to: 'a', type: 'append-entries' });
    stage.sync('a');
    stage.deliver({ type: 'forward-proposal' });
    stage.deliver({ type: 'forward-response' });
    live(stage, 'b', 100);
    expect(stage.outcome(id)).toMatchObject({ type: 'committed' });
    for (const each of lost) expect(stage.outcome(each)).toMatchObject({ isDefinite: false });
  });
});
