/**
 * The rules of elections, one story each: who may campaign, who votes, how a reign begins and ends.
 */
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { type LogIndex, type MemberChange, nextTimerAt, type Term } from '../src/index.ts';
import { Stage } from './stage.ts';

const THREE = { voters: ['a', 'b', 'c'] };
const term = (value: number) => value as Term;
const index = (value: number) => value as LogIndex;

/** The leader a, to whom those of `silent` answer no more, steps down at `deadline`, no sooner. */
function standsUntil(stage: Stage, deadline: number, silent: readonly string[]): void {
  while (nextTimerAt(stage.state('a')) < deadline) {
    stage.timer('a');
    stage.settle(silent);
  }
  expect(stage.state('a').role.type).toBe('leader');
  stage.timer('a');
  expect(stage.now).toBe(deadline);
  expect(stage.state('a').role.type).toBe('follower');
}

describe('votes', () => {
  it('R119: a founder that is alone campaigns at once, and never so early again', () => {
    const stage = new Stage({ voters: ['a'] });
    expect(nextTimerAt(stage.state('a'))).toBe(stage.state('a').now);
    stage.timer('a');
    stage.settle();
    expect(stage.state('a').role.type).toBe('leader');
    stage.crash('a');
    stage.restart('a');
    expect(nextTimerAt(stage.state('a'))).toBeGreaterThan(stage.state('a').now);
  });

  it('R1: a vote is given once a term, and leaves only when it is durable', () => {
    const stage = new Stage({ ...THREE, options: { hasPreVote: false } });
    stage.timer('a');
    stage.timer('b');
    stage.sync('a');
    stage.deliver({ from: 'a', to: 'c' });
    expect(stage.parcels.filter(({ from }) => from === 'c')).toEqual([]);
    stage.sync('c');
    const [vote] = stage.take({ from: 'c', to: 'a' });
    expect(vote).toMatchObject({ type: 'vote-response', isGranted: true, term: 2 });
    stage.sync('b');
    stage.deliver({ from: 'b', to: 'c' });
    const [refusal] = stage.take({ from: 'c', to: 'b' });
    expect(refusal).toMatchObject({ type: 'vote-response', isGranted: false, term: 2 });
  });

  it('R1: a vote survives a crash', () => {
    const stage = new Stage({ ...THREE, options: { hasPreVote: false } });
    stage.timer('a');
    stage.sync('a');
    stage.deliver({ to: 'c' });
    stage.sync('c');
    stage.crash('c');
    stage.restart('c');
    stage.elapse(200);
    stage.timer('b');
    stage.sync('b');
    stage.deliver({ from: 'b', to: 'c' });
    expect(stage.state('c').votedFor).toBe('a');
    expect(stage.take({ from: 'c', to: 'b' })).toMatchObject([{ isGranted: false }]);
  });

  it('R2: a candidate whose log is shorter gets no vote', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    stage.propose('a');
    stage.settle(['c']);
    expect([stage.terms('b'), stage.terms('c')]).toEqual(['2 2', '2']);
    stage.elapse(300);
    stage.timer('c');
    stage.settle();
    // All are in one term, so it is for its log that it is refused.
    expect('abc'.split('').map((name) => stage.state(name).term)).toEqual([2, 2, 2]);
    expect(stage.state('c').role.type).toBe('follower');
    stage.timer('b');
    stage.settle();
    expect(stage.state('b').role.type).toBe('leader');
  });

  it('R2: a candidate whose log ends in an older term gets no vote, however long it is', () => {
    for (const hasPreVote of [true, false]) {
      const stage = new Stage({ ...THREE, options: { hasPreVote } });
      stage.elect('c');
      for (let count = 0; count < 3; count++) stage.propose('c');
      stage.sync('c');
      stage.take();
      stage.elapse(300);
      stage.elect('a', ['c']);
      expect([stage.terms('b'), stage.terms('c')]).toEqual(['2 3', '2 2 2 2']);
      // It steps down, learns of the term, then asks in that one.
      for (let round = 0; round < 3; round++) {
        stage.elapse(300);
        stage.timer('c');
        stage.settle();
        expect(stage.state('c').role.type).not.toBe('leader');
      }
      expect(stage.state('c').term).toBe(stage.state('b').term);
      expect(stage.terms('b')).toBe('2 3');
      stage.elapse(300);
      stage.elect('b');
    }
  });

  it('R3: voters are counted, not answers, and only those of the configuration', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c', 'd', 'e'], learners: ['f'] });
    stage.timer('a');
    stage.deliver({ to: 'b' });
    const [grant] = stage.take({ from: 'b' });
    if (grant === undefined) throw new Error('b did not answer');
    stage.hand(grant);
    stage.hand(grant);
    stage.happen('a', { type: 'message', message: { ...grant, from: toNodeId('f') } });
    expect(stage.state('a').role.type).toBe('pre-candidate');
  });

  it('R4: a member that is cut off asks for ever and raises no term', () => {
    const stage = new Stage(THREE);
    for (let round = 0; round < 5; round++) {
      stage.timer('a');
      stage.settle(['a']);
    }
    expect(stage.state('a').term).toBe(1);
    expect(stage.state('a').role.type).toBe('pre-candidate');
  });

  it('R4: the answer to a former question for pre-votes does not count for the one after', () => {
    const stage = new Stage(THREE);
    stage.timer('a');
    stage.deliver({ to: 'b' });
    const [grant] = stage.take({ from: 'b' });
    if (grant === undefined) throw new Error('b did not answer');
    expect(grant).toMatchObject({ type: 'pre-vote-response', isGranted: true, term: 2 });
    stage.happen('a', { type: 'message', message: heartbeatAnswer('c') });
    expect(stage.state('a')).toMatchObject({ term: 2, role: { type: 'follower' } });
    stage.timer('a');
    expect(stage.state('a').role.type).toBe('pre-candidate');
    stage.hand(grant);
    expect(stage.state('a').role.type).toBe('pre-candidate');
  });

  it('R5: voters are loyal to a leader that they heard within an election timeout', () => {
    const stage = new Stage({ ...THREE, options: { hasPreVote: false } });
    stage.elect('a', ['c']);
    stage.elapse(99);
    stage.timer('c');
    stage.now = 199;
    stage.sync('c');
    stage.deliver({ from: 'c', to: 'b' });
    expect(stage.state('b').term).toBe(2);
    expect(stage.take({ from: 'b', to: 'c' })).toEqual([]);
  });

  it('R5: a voter is loyal also where it had voted for the one who lost', () => {
    const voters = ['a', 'b', 'c', 'd', 'e'];
    const stage = new Stage({ voters, options: { hasPreVote: false } });
    stage.elapse(300);
    for (const name of 'cd') {
      stage.happen(name, { type: 'timer', random: 0 });
      stage.sync(name);
    }
    for (const request of stage.take({ type: 'request-vote' })) {
      const isForC = request.from === 'c' && request.to === 'b';
      const isForD = request.from === 'd' && 'ae'.includes(request.to);
      if (isForC || isForD) stage.hand(request);
    }
    stage.settle();
    expect(stage.state('d').role.type).toBe('leader');
    expect(stage.state('b').votedFor).toBe('c');
    // c hears the leader no more, and asks for the next term; b has heard it just now.
    while (stage.now < stage.state('c').electionAt) {
      stage.timer('d');
      stage.settle(['c']);
    }
    stage.timer('c');
    stage.sync('c');
    stage.deliver({ from: 'c', to: 'b' });
    expect(stage.state('b').term).toBe(2);
    expect(stage.take({ from: 'b', to: 'c' })).toEqual([]);
  });

  it('R5: a restarted voter may have promised loyalty, so it waits an election timeout', () => {
    const stage = new Stage({ ...THREE, options: { hasPreVote: false } });
    stage.elect('a', ['c']);
    stage.crash('b');
    stage.elapse(50);
    stage.restart('b');
    stage.timer('c');
    stage.settle(['c']);
    stage.timer('c');
    stage.sync('c');
    const [request] = stage.take({ from: 'c', to: 'b' });
    if (request === undefined) throw new Error('c did not campaign');
    stage.restart('b');
    stage.elapse(99);
    stage.hand(request);
    expect(stage.state('b').term).toBe(2);
    stage.elapse(1);
    stage.hand(request);
    expect(stage.state('b').term).toBe(3);
  });
});

describe('a candidate that asks once more', () => {
  it('R5: gets the vote that it has in this term, also of a voter that has just started', () => {
    const stage = new Stage({ ...THREE, options: { hasPreVote: false } });
    stage.timer('a');
    stage.sync('a');
    const [request] = stage.take({ from: 'a', to: 'c' });
    if (request === undefined) throw new Error('a did not campaign');
    for (const life of ['first', 'first', 'second']) {
      if (life === 'second') {
        stage.crash('c');
        stage.restart('c');
      }
      stage.hand(request);
      stage.sync('c');
      // The vote is lost on its way, but for the last time.
      const votes = stage.parcels.filter(({ from }) => from === 'c');
      expect(votes).toMatchObject([{ type: 'vote-response', isGranted: true, term: 2 }]);
      if (life === 'first') stage.take();
    }
    // Another one of that term is not heard, by a voter that has just started.
    stage.timer('b');
    stage.sync('b');
    const [other] = stage.take({ from: 'b', to: 'c' });
    if (other === undefined) throw new Error('b did not campaign');
    stage.hand({ ...other, term: request.term });
    expect(stage.parcels.filter(({ from, to }) => from === 'c' && to === 'b')).toEqual([]);
    stage.settle();
    expect(stage.state('a').role.type).toBe('leader');
  });
});

describe('waits', () => {
  it('R121: a wait lies between one election timeout and two, whatever was drawn', () => {
    const { machines } = new Stage(THREE);
    const randoms = [0, 1, 50, 99, 100, 0xffff_ffff];
    const waits = randoms.map((random) => {
      const state = [...machines.values()][0]?.start(0, random);
      return state === undefined ? 0 : nextTimerAt(state);
    });
    expect(waits).toEqual([100, 101, 150, 199, 100, 195]);
  });

  it('R121: a wait is drawn anew for each leader, and not for each heartbeat', () => {
    const stage = new Stage(THREE);
    stage.happen('b', { type: 'timer', random: 7 });
    const waitMs = () => nextTimerAt(stage.state('b')) - stage.now;
    const lost = waitMs();
    stage.elect('a');
    const first = waitMs();
    expect(first).not.toBe(lost);
    stage.timer('a');
    stage.settle();
    expect(waitMs()).toBe(first);
    stage.elect('c');
    expect(waitMs()).not.toBe(first);
  });
});

describe('reigns', () => {
  it('R6: a leader steps down one election timeout after its last contact with a quorum', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    stage.timer('a');
    stage.settle(['c']);
    standsUntil(stage, stage.now + 100, ['b', 'c']);
  });

  it('R6: of five voters two must answer: the newest answer of anybody is not enough', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c', 'd', 'e'] });
    stage.elect('a');
    stage.timer('a');
    stage.settle(['d', 'e']);
    standsUntil(stage, stage.now + 100, ['c', 'd', 'e']);
  });

  it('R6: followers may answer in turn, as long as a quorum did within the timeout', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c', 'd', 'e'] });
    stage.elect('a');
    const others = ['b', 'c', 'd', 'e'];
    for (let round = 0; round < 40; round++) {
      const [heard] = others.splice(0, 1) as [string];
      // Each for 40 ms: two of them were heard within 100 ms at any time.
      for (let count = 0; count < 4; count++) {
        stage.timer('a');
        stage.settle(others);
      }
      others.push(heard);
      expect(stage.state('a').role.type).toBe('leader');
    }
  });

  it('R6, R31: in a joint configuration both halves must answer', () => {
    for (const silent of [
      ['b', 'c'],
      ['d', 'e'],
    ]) {
      const stage = new Stage({ voters: ['a', 'b', 'c'], learners: ['d', 'e'] });
      stage.elect('a');
      const changes: readonly MemberChange[] = [
        ...['d', 'e'].map((name) => ({ type: 'promote' as const, node: toNodeId(name) })),
        ...['b', 'c'].map((name) => ({ type: 'remove' as const, node: toNodeId(name) })),
      ];
      stage.happen('a', { type: 'change-members', id: stage.id(), changes, isAutoLeave: false });
      stage.settle();
      expect(stage.state('a').log.configurations.latest.configuration.outgoing).toHaveLength(3);
      stage.timer('a');
      stage.settle();
      standsUntil(stage, stage.now + 100, silent);
    }
  });

  it('R6: the timer that it wants finds it alone, also where instants are rounded', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    // Later by 100, and not later by 100: the sum is rounded down.
    while (stage.now + 100 - stage.now >= 100) stage.elapse(0.1);
    stage.happen('a', { type: 'timer', random: 0 });
    stage.settle(['c']);
    const deadline = stage.now + 100;
    while (stage.now < deadline) {
      stage.timer('a');
      stage.settle(['b', 'c']);
    }
    expect(stage.now).toBe(deadline);
    expect(stage.state('a').role.type).toBe('follower');
  });

  it('R7: a member stuck in a higher term is freed, since the leader learns of that term', () => {
    const stage = new Stage({ ...THREE, options: { hasPreVote: false } });
    stage.elect('a', ['c']);
    stage.timer('c');
    stage.settle(['c']);
    while (stage.now < 200) {
      stage.timer('a');
      stage.settle(['c']);
    }
    stage.timer('c');
    stage.settle(['c']);
    expect(stage.state('c').term).toBe(3);
    expect(stage.state('a').role.type).toBe('leader');
    stage.timer('a');
    stage.settle();
    expect(stage.state('a').role.type).toBe('follower');
    expect(stage.state('a').term).toBe(3);
    stage.elect('a');
    expect(stage.state('c').leader).toBe('a');
  });

  it('R8: the own vote counts when it is durable, and not if the election is over by then', () => {
    const stage = new Stage({ voters: ['a', 'b'], options: { hasPreVote: false } });
    stage.timer('a');
    expect(stage.parcels).toEqual([]);
    stage.sync('a');
    stage.deliver();
    stage.sync('b');
    expect(stage.state('a').role.type).toBe('candidate');
    const other = new Stage({ voters: ['a'], options: { hasPreVote: false } });
    other.timer('a');
    expect(other.state('a').role.type).toBe('candidate');
    other.happen('a', { type: 'message', message: { ...heartbeatAnswer('b'), term: term(9) } });
    other.sync('a');
    expect(other.state('a').role.type).toBe('follower');
    expect(other.state('a').term).toBe(9);
  });

  it('R8: a write of something else that is done does not make the own vote count', () => {
    const stage = new Stage({ ...THREE, options: { hasPreVote: false } });
    stage.elect('a');
    stage.propose('a');
    const message = { ...heartbeatAnswer('b'), term: term(9) };
    stage.happen('a', { type: 'message', message });
    stage.timer('a');
    expect(stage.machine('a').pendingWrites).toHaveLength(3);
    stage.sync('a', 2);
    expect(votesOf(stage, 'a')).toEqual([]);
    stage.sync('a');
    expect(votesOf(stage, 'a')).toEqual(['a']);
  });

  it('R9: a member that was removed leads once more where its removal is not committed', () => {
    const stage = new Stage({ voters: ['a', 'b'] });
    stage.elect('a');
    const id = stage.id();
    const changes = [{ type: 'remove', node: toNodeId('a') }] as const;
    stage.happen('a', { type: 'change-members', id, changes, isAutoLeave: true });
    stage.deliver();
    stage.sync('a');
    stage.sync('b');
    stage.deliver({ from: 'b' });
    stage.sync('a');
    stage.take();
    expect(stage.state('a').log.configurations.latest.configuration.voters).toEqual(['b']);
    expect(stage.state('b').log.configurations.latest.configuration.outgoing).toEqual(['a', 'b']);
    stage.crash('a');
    stage.restart('a');
    stage.elapse(300);
    stage.timer('b');
    stage.settle();
    expect(stage.state('b').role.type).toBe('follower');
    stage.timer('a');
    stage.settle();
    expect(stage.state('b').role.type).toBe('leader');
    expect(stage.state('a').role.type).toBe('follower');
    expect(stage.state('b').log.configurations.latest.configuration.outgoing).toEqual([]);
  });

  it('R10: a learner votes for whoever asks: the candidate may know a newer configuration', () => {
    const stage = new Stage({ voters: ['a', 'b'], learners: ['d'] });
    const body = { type: 'request-vote', isTransfer: false } as const;
    const place = { lastIndex: index(5), lastTerm: term(1) };
    stage.elapse(200);
    const head = { from: toNodeId('b'), to: toNodeId('d'), term: term(4) };
    stage.happen('d', { type: 'message', message: { ...body, ...place, ...head } });
    stage.sync('d');
    expect(stage.take({ from: 'd' })).toMatchObject([{ isGranted: true, term: 4 }]);
  });
});

function heartbeatAnswer(from: string) {
  const head = { from: toNodeId(from), to: toNodeId('a'), term: term(2) };
  return { type: 'heartbeat-response', round: 1, ...head } as const;
}

/** Whose votes a candidate has counted. */
function votesOf(stage: Stage, name: string): readonly string[] {
  const { role } = stage.state(name);
  return role.type === 'candidate' ? [...role.votes.keys()] : [];
}
