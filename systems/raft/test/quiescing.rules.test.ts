/**
 * The rules of idle groups, one story each.
 */
import { type Incarnation, toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { PeerPulse } from '../src/core/pulse.ts';
import { nextTimerAt } from '../src/index.ts';
import { Stage } from './stage.ts';

const IDLE_MS = 50;
const OPTIONS = { quiesceAfterMs: IDLE_MS };
const NAMES = ['a', 'b', 'c'];

/** Three members whose leader `a` has put the group to sleep; `apart` heard nothing of it. */
function asleep(apart: readonly string[] = []): Stage {
  const stage = new Stage({ voters: NAMES, options: OPTIONS });
  stage.elect('a', apart);
  stage.propose('a');
  stage.settle(apart);
  for (let round = 0; round < 100 && !stage.state('a').isAsleep; round++) {
    stage.timer('a');
    stage.settle(apart);
  }
  expect(stage.state('a').isAsleep).toBe(true);
  return stage;
}

function sleepers(stage: Stage): readonly string[] {
  return NAMES.filter((name) => stage.state(name).isAsleep);
}

describe('idle groups', () => {
  it('R108: a group in which nothing happens stops all its clocks', () => {
    const stage = asleep();
    expect(sleepers(stage)).toEqual(NAMES);
    const timers = NAMES.map((name) => nextTimerAt(stage.state(name)));
    expect(timers).toEqual(NAMES.map(() => Number.POSITIVE_INFINITY));
    expect(stage.parcels).toEqual([]);
  });

  it('R108: a group does not sleep while one that lives lags behind', () => {
    const stage = new Stage({ voters: NAMES, options: OPTIONS });
    stage.elect('a');
    for (let round = 0; round < 30; round++) {
      if (round === 2) stage.propose('a');
      stage.timer('a');
      // `c` answers heartbeats, and gets no entries.
      stage.take({ to: 'c', type: 'append-entries' });
      stage.deliver();
      for (const name of NAMES) stage.sync(name);
      stage.take({ to: 'c', type: 'append-entries' });
      stage.deliver();
    }
    expect(sleepers(stage)).toEqual([]);
    stage.settle();
    for (let round = 0; round < 30; round++) {
      stage.timer('a');
      stage.settle();
      if (stage.state('a').isAsleep) break;
    }
    expect(sleepers(stage)).toEqual(NAMES);
  });

  it('R108: one that cannot sleep says so, and the leader wakes', () => {
    const stage = asleep();
    stage.read('b');
    expect(sleepers(stage)).toEqual(['a', 'c']);
    stage.take();
    // A late copy finds `b` with a question that is open.
    const term = stage.state('a').term;
    const { lastIndex: commitIndex, lastTerm: commitTerm } = stage.state('a').log;
    const head = { from: toNodeId('a'), to: toNodeId('b'), term };
    stage.hand({ type: 'quiesce', commitIndex, commitTerm, ...head });
    expect(sleepers(stage)).toEqual(['a', 'c']);
    stage.deliver({ from: 'b', to: 'a' });
    expect(sleepers(stage)).toEqual(['c']);
  });

  it('R109: a proposal wakes the group, and is committed', () => {
    const stage = asleep();
    stage.elapse(100_000);
    const id = stage.propose('a');
    stage.settle();
    expect(stage.outcome(id)?.type).toBe('committed');
    expect(sleepers(stage)).toEqual([]);
    expect(stage.state('a').role.type).toBe('leader');
  });

  it('R109: a leader that wakes has no lease, and reads by a new round', () => {
    const stage = asleep();
    stage.elapse(100_000);
    const id = stage.read('a', 'lease');
    expect(stage.outcome(id)).toBeUndefined();
    stage.settle();
    expect(stage.outcome(id)?.type).toBe('read-ready');
  });

  it('R109: a leader that wakes alone steps down one election timeout later', () => {
    const stage = asleep();
    stage.elapse(100_000);
    stage.propose('a');
    const wokenAt = stage.now;
    while (stage.state('a').role.type === 'leader') {
      stage.timer('a');
      stage.settle(['b', 'c']);
    }
    expect(stage.now - wokenAt).toBe(100);
  });

  it('R109: one that is woken early does not campaign before its promise ends', () => {
    const stage = new Stage({ voters: NAMES, options: { quiesceAfterMs: 20 } });
    stage.elect('a');
    while (!stage.state('a').isAsleep) {
      stage.timer('a');
      stage.settle(['c']);
    }
    // c heard nothing for an election timeout; b heard a when both fell asleep.
    stage.elapse(stage.state('c').loyalUntil - stage.now);
    stage.happen('b', { type: 'wake' });
    stage.elect('b', ['a']);
    const id = stage.propose('b');
    stage.settle(['a']);
    expect(stage.outcome(id)?.type).toBe('committed');
    expect(stage.outcome(stage.read('a', 'lease'))).toBeUndefined();
  });

  it('R110: a member that comes back to an idle group deposes no one', () => {
    const stage = asleep();
    const { term } = stage.state('a');
    stage.crash('c');
    stage.elapse(1000);
    stage.restart('c');
    stage.timer('c');
    stage.settle();
    expect(stage.state('a')).toMatchObject({ term, role: { type: 'leader' }, isAsleep: false });
    stage.timer('a');
    stage.settle();
    expect(stage.state('c')).toMatchObject({ term, leader: 'a' });
  });

  it('R111: members that are woken since their leader is gone elect another', () => {
    const stage = asleep();
    stage.crash('a');
    stage.elapse(1000);
    for (const name of ['b', 'c']) stage.happen(name, { type: 'wake' });
    const wokenAt = stage.now;
    stage.elect('b', ['a']);
    // One election timeout went by in the silence of the process already.
    expect(stage.now - wokenAt).toBeLessThan(100);
  });

  it('R111: two processes exchange one pulse an interval, however many groups sleep', () => {
    const [a, b] = [toNodeId('a'), toNodeId('b')];
    const pulse = new PeerPulse(100);
    expect(pulse.isNeeded).toBe(false);
    for (let group = 0; group < 500; group++) {
      pulse.lead(`led-${group}`, [b]);
      pulse.follow(`behind-${group}`, a, 0);
    }
    expect(pulse.tick(50)).toEqual([{ type: 'send-pulse', to: b }]);
    const life = 1 as Incarnation;
    expect(pulse.heard(a, life, 90)).toEqual([]);
    expect(pulse.tick(189)).toEqual([{ type: 'send-pulse', to: b }]);
    expect(pulse.tick(190)).toContainEqual({ type: 'wake-groups', leader: a });
    expect(pulse.groupsBehind(a)).toHaveLength(500);
    expect(pulse.heard(a, 2 as Incarnation, 191)).toEqual([{ type: 'wake-groups', leader: a }]);
    for (const group of pulse.groupsBehind(a)) pulse.woke(group);
    expect(pulse.tick(1000)).toEqual([{ type: 'send-pulse', to: b }]);
  });
});
