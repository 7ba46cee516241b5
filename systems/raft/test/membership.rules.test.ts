/**
 * The rules of membership and hand-over, one story each.
 */
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import type { Progress } from '../src/core/progress.ts';
import {
  areSameConfiguration,
  type Configuration,
  changeConfiguration,
  type LogIndex,
  type MemberChange,
  type Message,
  simpleConfiguration,
} from '../src/index.ts';
import { Stage } from './stage.ts';

const remove = (name: string): MemberChange => ({ type: 'remove', node: toNodeId(name) });
const learn = (name: string): MemberChange => ({ type: 'add-learner', node: toNodeId(name) });
const promote = (name: string): MemberChange => ({ type: 'promote', node: toNodeId(name) });
const demote = (name: string): MemberChange => ({ type: 'demote', node: toNodeId(name) });

function change(stage: Stage, leader: string, changes: MemberChange[], isAutoLeave = true): number {
  const id = stage.id();
  stage.happen(leader, { type: 'change-members', id, changes, isAutoLeave });
  return id;
}

/** What the leader a knows of `name`. */
function progressOf(stage: Stage, name: string): Progress {
  const { role } = stage.state('a');
  const progress = role.type === 'leader' ? role.progress.get(toNodeId(name)) : undefined;
  if (progress === undefined) throw new Error(`a does not lead, or not ${name}`);
  return progress;
}

const configurationOf = (stage: Stage, name: string): Configuration =>
  stage.state(name).log.configurations.latest.configuration;

describe('changes of membership', () => {
  it('R31: a joint configuration decides by both majorities', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'], learners: ['d', 'e'] });
    stage.elect('a');
    change(stage, 'a', [promote('d'), promote('e'), remove('b'), remove('c')], false);
    const lastIndex = stage.state('a').log.lastIndex;
    stage.settle(['b', 'c']);
    expect(stage.state('d').log.lastIndex).toBe(lastIndex);
    expect(stage.state('a').commitIndex).toBeLessThan(lastIndex);
    stage.timer('a');
    stage.settle(['b']);
    expect(stage.state('a').commitIndex).toBe(lastIndex);
  });

  it('R31: an election in a joint configuration needs both majorities too', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'], learners: ['d', 'e'] });
    stage.elect('a');
    change(stage, 'a', [promote('d'), promote('e'), remove('b'), remove('c')], false);
    stage.settle();
    stage.crash('a');
    stage.elapse(300);
    stage.timer('d');
    stage.settle(['b', 'c']);
    expect(stage.state('d').role.type).not.toBe('leader');
    stage.timer('d');
    stage.settle(['e']);
    expect(stage.state('d').role.type).not.toBe('leader');
    stage.elapse(300);
    stage.elect('d');
  });

  it('R32: one change at a time, and none before the leader committed in its term', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'], learners: ['d', 'e'] });
    stage.timer('a');
    stage.deliver();
    stage.deliver();
    stage.sync('a');
    stage.deliver();
    stage.sync('b');
    stage.deliver();
    expect(stage.state('a').role.type).toBe('leader');
    const early = change(stage, 'a', [remove('b')]);
    expect(stage.outcome(early)).toMatchObject({ reason: 'change-under-way', isDefinite: true });
    stage.settle();
    const first = change(stage, 'a', [remove('b')]);
    const second = change(stage, 'a', [remove('c')]);
    expect(stage.outcome(second)).toMatchObject({ reason: 'change-under-way', isDefinite: true });
    stage.settle();
    expect(stage.outcome(first)).toMatchObject({ type: 'committed' });
    expect(configurationOf(stage, 'a')).toEqual(
      simpleConfiguration([toNodeId('a'), toNodeId('c')], [toNodeId('d'), toNodeId('e')]),
    );
  });

  it('R32: a change that contradicts the configuration is refused for good', () => {
    const stage = new Stage({ voters: ['a', 'b'], learners: ['d'] });
    stage.elect('a');
    for (const changes of [
      [],
      [remove('z')],
      [learn('d')],
      [demote('d')],
      [remove('a'), remove('b')],
      // One wish after the other they make sense; a node is named once in a change.
      [promote('d'), remove('d')],
      [remove('d'), learn('d')],
    ]) {
      const id = change(stage, 'a', changes);
      expect(stage.outcome(id)).toMatchObject({ reason: 'bad-change', isDefinite: true });
    }
  });

  it('R32: a group has 64 members at the most, those who leave included', () => {
    const names = Array.from({ length: 63 }, (_, place) => toNodeId(`n${place}`));
    const [first = toNodeId('n0'), ...rest] = names;
    const below = simpleConfiguration([first], rest);
    expect(changeConfiguration(below, [learn('z')], true)).toMatchObject({
      learners: { length: 63 },
    });
    const full = simpleConfiguration([toNodeId('a'), first], rest);
    expect(changeConfiguration(full, [learn('z')], true)).toBe('too-many');
    expect(changeConfiguration(full, [remove('a'), learn('z')], true)).toBe('too-many');
    expect(changeConfiguration(full, [remove('n1'), learn('z')], true)).toMatchObject({
      learners: { length: 62 },
    });
    const stage = new Stage({ voters: ['a'], learners: names });
    stage.elect('a');
    const id = change(stage, 'a', [learn('z')]);
    expect(stage.outcome(id)).toMatchObject({ reason: 'bad-change', isDefinite: true });
  });

  it('R33: a configuration that is truncated with its entry is rolled back', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'] });
    stage.elect('a');
    const id = change(stage, 'a', [remove('c')]);
    expect(configurationOf(stage, 'a').voters).toEqual(['a', 'b']);
    stage.sync('a');
    stage.take();
    stage.elapse(300);
    stage.elect('b', ['a']);
    stage.timer('b');
    stage.settle();
    expect(configurationOf(stage, 'a').voters).toEqual(['a', 'b', 'c']);
    expect(configurationOf(stage, 'a').outgoing).toEqual([]);
    expect(stage.outcome(id)).toMatchObject({ isDefinite: false });
  });

  it('R34: whoever leads leaves a committed joint configuration, if it is to leave itself', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c', 'd', 'e'] });
    stage.elect('a');
    change(stage, 'a', [demote('e')]);
    stage.deliver();
    for (const name of 'abcde') stage.sync(name);
    stage.take();
    stage.crash('a');
    stage.elapse(300);
    stage.elect('b', ['a']);
    expect(configurationOf(stage, 'b')).toEqual(
      simpleConfiguration(['a', 'b', 'c', 'd'].map(toNodeId), [toNodeId('e')]),
    );
  });

  it('R34: a joint configuration that is not to leave itself waits to be told', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'] });
    stage.elect('a');
    change(stage, 'a', [remove('c')], false);
    stage.settle();
    expect(configurationOf(stage, 'a').outgoing).toEqual(['a', 'b', 'c']);
    const id = stage.id();
    stage.happen('a', { type: 'leave-joint', id });
    stage.settle();
    expect(stage.outcome(id)).toMatchObject({ type: 'committed' });
    expect(configurationOf(stage, 'a').outgoing).toEqual([]);
  });

  it('R35: a learner that is far behind, or silent, is not promoted', () => {
    const cast = { voters: ['a'], blank: ['d'], options: { promotionLagMax: 2 } };
    const stage = new Stage(cast);
    stage.timer('a');
    stage.settle(['d']);
    change(stage, 'a', [learn('d')]);
    for (let count = 0; count < 5; count++) stage.propose('a');
    stage.settle(['d']);
    const early = change(stage, 'a', [promote('d')]);
    expect(stage.outcome(early)).toMatchObject({ reason: 'not-caught-up', isDefinite: true });
    stage.timer('a');
    stage.settle();
    const late = change(stage, 'a', [promote('d')]);
    stage.settle();
    expect(stage.outcome(late)).toMatchObject({ type: 'committed' });
    expect(configurationOf(stage, 'd').voters).toEqual(['a', 'd']);
  });

  it('R35: one that gets the log without waiting is promoted up to so many entries behind', () => {
    for (const lagCount of [2, 3]) {
      const options = { promotionLagMax: 2 };
      const stage = new Stage({ voters: ['a'], learners: ['d'], options });
      stage.elect('a');
      for (let count = 0; count < lagCount; count++) stage.propose('a');
      stage.sync('a');
      stage.take();
      expect(progressOf(stage, 'd').mode).toBe('replicate');
      const id = change(stage, 'a', [promote('d')]);
      const refusal = { reason: 'not-caught-up', isDefinite: true };
      if (lagCount === 3) expect(stage.outcome(id)).toMatchObject(refusal);
      else expect(configurationOf(stage, 'a').voters).toEqual(['a', 'd']);
    }
  });

  it('R35: one that was silent for an election timeout is not promoted', () => {
    for (const silentMs of [99, 100]) {
      const stage = new Stage({ voters: ['a'], learners: ['d'] });
      stage.elect('a');
      expect(progressOf(stage, 'd')).toMatchObject({ mode: 'replicate', contactAt: stage.now });
      stage.elapse(silentMs);
      const id = change(stage, 'a', [promote('d')]);
      const refusal = { reason: 'not-caught-up', isDefinite: true };
      if (silentMs === 100) expect(stage.outcome(id)).toMatchObject(refusal);
      else expect(configurationOf(stage, 'a').voters).toEqual(['a', 'd']);
    }
  });

  it('R35: a learner that does not know yet that it is one is not promoted', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'], blank: ['d'] });
    stage.elect('a', ['d']);
    stage.propose('a');
    stage.settle(['d']);
    change(stage, 'a', [learn('d')]);
    stage.settle(['d']);
    const { latest } = stage.state('a').log.configurations;
    stage.timer('a');
    for (let round = 0; round < 50 && progressOf(stage, 'd').mode !== 'replicate'; round++) {
      stage.deliver({ to: 'd' });
      stage.sync('d');
      stage.deliver({ from: 'd' });
    }
    // It has the snapshot from before it was added, and is as near as a learner needs to be.
    expect(progressOf(stage, 'd')).toMatchObject({ mode: 'replicate', matchIndex: 1 });
    expect(latest.index).toBeGreaterThan(1);
    const early = change(stage, 'a', [promote('d')]);
    expect(stage.outcome(early)).toMatchObject({ reason: 'not-caught-up', isDefinite: true });
    stage.settle();
    const late = change(stage, 'a', [promote('d')]);
    stage.settle();
    expect(stage.outcome(late)).toMatchObject({ type: 'committed' });
  });

  it('R36: a leader that is removed leads until that is committed, then an heir campaigns', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'] });
    stage.elect('a');
    const id = change(stage, 'a', [remove('a')]);
    stage.settle();
    expect(stage.outcome(id)).toMatchObject({ type: 'committed' });
    expect(stage.state('a').role.type).toBe('follower');
    const leaders = ['b', 'c'].filter((name) => stage.state(name).role.type === 'leader');
    expect(leaders).toHaveLength(1);
    stage.elapse(1000);
    stage.timer('a');
    expect(stage.state('a').role.type).toBe('follower');
  });

  it('R36: the heir is the one with the most log', () => {
    for (const behind of ['b', 'e']) {
      const stage = new Stage({ voters: ['a', 'b', 'c', 'd', 'e'] });
      stage.elect('a');
      stage.propose('a');
      stage.settle([behind]);
      change(stage, 'a', [remove('a')]);
      stage.settle([behind]);
      expect(stage.state('a').role.type).toBe('follower');
      const heirs = stage.seen.flatMap(({ effect }) =>
        effect.type === 'send' && effect.message.type === 'timeout-now' ? [effect.message.to] : [],
      );
      expect(heirs).toEqual([behind === 'b' ? 'c' : 'b']);
      expect(stage.state(heirs[0] ?? behind).role.type).toBe('leader');
    }
  });

  it('R37: a member that is removed is served until it can know', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'] });
    stage.elect('a');
    change(stage, 'a', [remove('c')]);
    stage.settle();
    const { latest } = stage.state('c').log.configurations;
    expect(latest.configuration.voters).toEqual(['a', 'b']);
    expect(stage.state('c').commitIndex).toBeGreaterThanOrEqual(latest.index);
    stage.elapse(1000);
    stage.timer('c');
    expect(stage.state('c').role.type).toBe('follower');
  });

  it('R37: a member that is removed is told so once, and then nothing more, heard or not', () => {
    for (const apart of [[], ['c']]) {
      const stage = new Stage({ voters: ['a', 'b', 'c'] });
      stage.elect('a');
      change(stage, 'a', [remove('c')]);
      for (let round = 0; round < 5; round++) {
        stage.settle(apart);
        stage.timer('a');
      }
      const { index, configuration } = stage.state('a').log.configurations.latest;
      expect(configuration.voters).toEqual(['a', 'b']);
      expect(stage.state('a').commitIndex).toBe(index);
      const sent = stage.seen.flatMap(({ effect }) =>
        effect.type === 'send' && effect.message.from === 'a' ? [effect.message] : [],
      );
      const isTelling = (message: Message) =>
        'commitIndex' in message && message.commitIndex >= index;
      const toC = sent.filter(({ to }) => to === 'c');
      expect(toC.filter(isTelling)).toHaveLength(1);
      expect(toC.at(-1)).toMatchObject({ type: 'append-entries', commitIndex: index });
      // The other one is kept in touch all the while.
      expect(sent.filter(({ to }) => to === 'b').filter(isTelling).length).toBeGreaterThan(3);
    }
  });

  it('R31: entering and leaving lead where the wishes say, and a joint one takes no wishes', () => {
    const before = simpleConfiguration(['a', 'b'].map(toNodeId), [toNodeId('d')]);
    const joint = changeConfiguration(before, [promote('d'), remove('a')], true);
    if (typeof joint === 'string') throw new Error(joint);
    expect(joint).toMatchObject({ voters: ['b', 'd'], outgoing: ['a', 'b'], learners: [] });
    expect(changeConfiguration(joint, [remove('b')], true)).toBe('joint');
    expect(areSameConfiguration(joint, { ...joint })).toBe(true);
    expect(areSameConfiguration(joint, before)).toBe(false);
  });
});

describe('handing over', () => {
  const transfer = (stage: Stage, target: string): number => {
    const id = stage.id();
    stage.happen('a', { type: 'transfer-leadership', id, target: toNodeId(target) });
    return id;
  };

  it('R47: the target catches up first, meanwhile proposals are refused and reads go on', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'] });
    stage.elect('a');
    stage.propose('a');
    stage.settle(['c']);
    const id = transfer(stage, 'c');
    expect(stage.parcels.some(({ type }) => type === 'timeout-now')).toBe(false);
    const refused = stage.propose('a');
    expect(stage.outcome(refused)).toMatchObject({ reason: 'transferring', isDefinite: true });
    const read = stage.read('a');
    stage.settle(['c']);
    expect(stage.outcome(read)).toMatchObject({ type: 'read-ready' });
    stage.timer('a');
    stage.settle();
    stage.settle();
    expect(stage.state('c').role.type).toBe('leader');
    expect(stage.outcome(id)).toMatchObject({ type: 'transferred' });
  });

  it('R48: a hand-over ends after an election timeout, and wedges nothing', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'] });
    stage.elect('a');
    stage.crash('c');
    stage.propose('a');
    stage.settle();
    const id = transfer(stage, 'c');
    for (let round = 0; round < 10; round++) {
      stage.timer('a');
      stage.settle();
    }
    expect(stage.outcome(id)).toMatchObject({ reason: 'timeout', isDefinite: false });
    const later = stage.propose('a');
    stage.settle();
    expect(stage.outcome(later)).toMatchObject({ type: 'committed' });
  });

  it('R48: a hand-over ends as not known where another one than the target leads', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'] });
    stage.elect('a');
    stage.propose('a');
    stage.settle(['c']);
    const id = transfer(stage, 'c');
    stage.elapse(300);
    stage.elect('b', ['a']);
    expect(stage.outcome(id)).toBeUndefined();
    stage.timer('b');
    stage.settle();
    expect(stage.state('a').leader).toBe('b');
    expect(stage.outcome(id)).toMatchObject({ reason: 'leadership-lost', isDefinite: false });
  });

  it('R47: no change of members begins while a hand-over is open', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'] });
    stage.elect('a');
    stage.propose('a');
    stage.settle(['c']);
    transfer(stage, 'c');
    const id = change(stage, 'a', [remove('c')]);
    expect(stage.outcome(id)).toMatchObject({ reason: 'transferring', isDefinite: true });
  });

  it('R48: a second hand-over is refused while one is open, which goes on', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'] });
    stage.elect('a');
    stage.propose('a');
    stage.settle(['c']);
    const id = transfer(stage, 'c');
    for (const target of ['b', 'c']) {
      const refusal = { reason: 'transferring', isDefinite: true };
      expect(stage.outcome(transfer(stage, target))).toMatchObject(refusal);
    }
    stage.timer('a');
    stage.settle();
    stage.settle();
    expect(stage.state('c').role.type).toBe('leader');
    expect(stage.outcome(id)).toMatchObject({ type: 'transferred' });
  });

  it('R48: a hand-over to one that is no voter any more ends as not known', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'], isWatched: false });
    stage.elect('a');
    stage.propose('a');
    stage.settle(['c']);
    const id = transfer(stage, 'c');
    // No change begins meanwhile (R47), so the configuration is put into the log by hand.
    const { log, term } = stage.state('a');
    const index = (log.lastIndex + 1) as LogIndex;
    const configuration = simpleConfiguration([toNodeId('a'), toNodeId('b')], [toNodeId('c')]);
    log.append([{ type: 'configuration', configuration, index, term }]);
    stage.timer('a');
    expect(stage.outcome(id)).toMatchObject({ reason: 'bad-target', isDefinite: false });
    stage.settle();
    expect(stage.state('c').log.lastIndex).toBe(index);
    expect(stage.state('a').role.type).toBe('leader');
    const later = stage.propose('a');
    stage.settle();
    expect(stage.outcome(later)).toMatchObject({ type: 'committed' });
  });

  it('R48: a leader deposed in a hand-over writes as before when it is elected again', () => {
    for (const [between, reason] of [['b', 'leadership-lost'] as const, ['', 'timeout'] as const]) {
      const stage = new Stage({ voters: ['a', 'b', 'c'] });
      stage.elect('a');
      stage.propose('a');
      stage.settle(['b', 'c']);
      stage.elapse(20);
      const id = transfer(stage, 'c');
      while (stage.state('a').role.type === 'leader') {
        stage.timer('a');
        stage.settle(['b', 'c']);
      }
      expect(stage.outcome(id)).toBeUndefined();
      if (between !== '') {
        stage.elapse(300);
        stage.elect(between, ['a']);
        stage.timer(between);
        stage.settle();
      }
      stage.elapse(300);
      stage.elect('a');
      expect(stage.outcome(id)).toMatchObject({ reason, isDefinite: false });
      const write = stage.propose('a');
      stage.settle();
      expect(stage.outcome(write)).toMatchObject({ type: 'committed' });
      const demotion = change(stage, 'a', [demote('b')]);
      stage.settle();
      expect(stage.outcome(demotion)).toMatchObject({ type: 'committed' });
      const again = transfer(stage, 'c');
      stage.settle();
      expect(stage.outcome(again)).toMatchObject({ type: 'transferred' });
    }
  });

  it('R48: only a voter that is not the leader itself can be the target', () => {
    const stage = new Stage({ voters: ['a', 'b'], learners: ['d'] });
    stage.elect('a');
    for (const target of ['a', 'd', 'z']) {
      const refusal = { reason: 'bad-target', isDefinite: true };
      expect(stage.outcome(transfer(stage, target))).toMatchObject(refusal);
    }
  });
});
