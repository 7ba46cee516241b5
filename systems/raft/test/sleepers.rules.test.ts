/**
 * Groups that sleep while one of theirs is away, goes without a word, or was removed and missed it.
 */
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { nextTimerAt } from '../src/index.ts';
import { Stage } from './stage.ts';

const OPTIONS = { quiesceAfterMs: 50 };
const VOTERS = ['a', 'b', 'c'];

/**
 * Fires timers in their order, so many; `apart` hears nothing. Gives how often `a` was woken.
 */
function pass(stage: Stage, names: string, count: number, apart: readonly string[] = []): number {
  let wokenCount = 0;
  for (let round = 0; round < count; round += 1) {
    const [first] = [...names]
      .map((name) => ({ name, at: nextTimerAt(stage.state(name)) }))
      .sort((left, right) => left.at - right.at);
    if (first === undefined || first.at === Number.POSITIVE_INFINITY) break;
    const wasAsleep = stage.state('a').isAsleep;
    stage.timer(first.name, round * 7919);
    stage.settle(apart);
    if (wasAsleep && !stage.state('a').isAsleep) wokenCount += 1;
  }
  return wokenCount;
}

/** A group whose leader `a` sleeps; `apart` heard nothing of its last entry. */
function asleep(learners: readonly string[] = []): Stage {
  const stage = new Stage({ voters: VOTERS, learners: [...learners], options: OPTIONS });
  stage.elect('a');
  stage.timer('a');
  stage.settle();
  stage.propose('a');
  stage.settle(learners);
  for (let round = 0; round < 100 && !stage.state('a').isAsleep; round += 1) {
    stage.timer('a');
    stage.settle(learners);
  }
  expect(stage.state('a').isAsleep).toBe(true);
  return stage;
}

describe('a sleeping group', () => {
  it('R109: wakes for a learner whose first question was lost', () => {
    const stage = asleep(['d']);
    pass(stage, 'd', 5, ['d']);
    expect(stage.state('d').leader).toBeUndefined();
    // The cut is over.
    pass(stage, 'abcd', 200);
    expect(stage.state('d').commitIndex).toBe(stage.state('a').commitIndex);
    const read = stage.read('d');
    stage.settle();
    expect(stage.outcome(read)?.type).toBe('read-ready');
  });

  it('R82, R109: has another leader soon after its own stepped down for a full disk', () => {
    const stage = asleep();
    stage.elapse(1000);
    stage.happen('a', { type: 'disk-room', isFull: true });
    stage.settle();
    pass(stage, 'abc', 200);
    const read = stage.read('a');
    stage.settle();
    expect(stage.outcome(read)?.type).toBe('read-ready');
  });

  it('R108: sleeps on while one that was removed, and missed it, asks for votes', () => {
    const stage = new Stage({ voters: VOTERS, options: OPTIONS });
    stage.elect('a');
    stage.timer('a');
    stage.settle();
    const changes = [{ type: 'remove', node: toNodeId('c') }] as const;
    stage.happen('a', { type: 'change-members', id: stage.id(), changes, isAutoLeave: true });
    stage.settle(['c']);
    expect(pass(stage, 'abc', 2000)).toBeLessThan(3);
  });
});
