/**
 * Those who watch can see: each invariant of R30 is broken once by hand, and each watcher that is
 * to notice must throw. That any two quorums meet is broken in `quorum.rules`.
 *
 * The watchman looks at members of the core, their disks and what they want done; the watch of
 * whole nodes at what a running node shows.
 */
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import type { Effect, Entry, LogIndex, MessageBody, RaftState, Term } from '../src/index.ts';
import { lookedAtByRaftWatch } from './raft-watched.ts';
import { Stage } from './stage.ts';
import { dataOf } from './watchman.ts';

const term = (value: number) => value as Term;
const index = (value: number) => value as LogIndex;

const THREE = { voters: ['a', 'b', 'c'] };

/** What is proposed first, and is committed at index 3 of term 2. */
const FIRST_ID = 1;

/** Members a, which leads term 2, and b have all committed; c has not heard of the last command. */
function threeMembers(stage = new Stage(THREE)): Stage {
  stage.elect('a');
  expect(stage.propose('a')).toBe(FIRST_ID);
  stage.settle(['c']);
  stage.timer('a');
  stage.settle(['c']);
  const commits = ['a', 'b', 'c'].map((name) => stage.state(name).commitIndex);
  expect(commits).toEqual([3, 3, 2]);
  return stage;
}

/** The watchman looks at `name`, which wants `effects` done. */
function lookAt(stage: Stage, name: string, effects: readonly Effect[] = []): void {
  stage.watchman.look(stage.machine(name), stage.state(name), effects);
}

function command(at: number, ofTerm: number, data: Uint8Array): Entry {
  return { type: 'command', index: index(at), term: term(ofTerm), data };
}

function written(...entries: Entry[]): Effect {
  return { type: 'persist', sequence: 99, hardState: undefined, snapshot: undefined, entries };
}

function said(from: string, to: string, ofTerm: number, body: MessageBody): Effect {
  const message = { ...body, from: toNodeId(from), to: toNodeId(to), term: term(ofTerm) };
  return { type: 'send', message };
}

/** Has a member lead, as a leads. */
function crown(stage: Stage, name: string, ofTerm: number): void {
  const state = stage.state(name);
  state.term = term(ofTerm);
  state.role = stage.state('a').role;
}

/** One way to break an invariant, and the words in which it is told. */
type Breach = readonly [what: string, words: string, breaks: (stage: Stage) => void];

/** Breaches that a member's state shows, with the words of both watchers. */
const IN_STATES: readonly (readonly [
  what: string,
  watchman: string,
  watch: string,
  name: string,
  breaks: (stage: Stage) => void,
])[] = [
  [
    'two lead one term',
    'b and a lead term 2',
    'election safety: b and a lead term 2',
    'b',
    (stage) => crown(stage, 'b', 2),
  ],
  [
    'a leader truncates its log',
    'a leader truncates to 2',
    'append-only: a leads 2 and truncates',
    'a',
    (stage) => stage.state('a').log.truncateFrom(index(3)),
  ],
  [
    'a leader lacks what is committed',
    'c leads 3 without committed 3/2',
    'leader completeness: c leads 3 without 3/2',
    'c',
    (stage) => crown(stage, 'c', 3),
  ],
  [
    'what is committed changes',
    'c commits 3/3 in 2, before it was term 2',
    'committed never lost: c commits 3/3 in 2, it was term 2',
    'c',
    (stage) => {
      stage.state('c').log.append([{ type: 'no-op', index: index(3), term: term(3) }]);
      stage.state('c').commitIndex = index(3);
    },
  ],
  [
    'a leader commits what is on no quorum of disks',
    'a commits 4/2 in 2, durable only on a of a b c',
    'durable on a quorum: a commits 4/2 in 2, which is on the disks of a',
    'a',
    (stage) => {
      stage.propose('a');
      stage.sync('a');
      stage.state('a').commitIndex = index(4);
    },
  ],
  [
    'a follower is the first to commit',
    'b commits 4/2 in 2 as the first, and does not lead',
    'leaders commit first: b commits 4/2 in 2 as the first, and does not lead',
    'b',
    (stage) => {
      stage.propose('a');
      stage.deliver({ to: 'b' });
      stage.sync('b');
      stage.state('b').commitIndex = index(4);
    },
  ],
  [
    'a term goes back',
    'b in 1: term goes back from 2',
    'b',
    'b',
    (stage) => {
      stage.state('b').term = term(1);
    },
  ],
  [
    'a commit goes back',
    'b in 2: commit goes back',
    'commit: b goes back from 3 to 2',
    'b',
    (stage) => {
      stage.state('b').commitIndex = index(2);
    },
  ],
  [
    'what is applied goes back',
    'b in 2: applied goes back',
    'applied: b goes back from 3 to 2',
    'b',
    (stage) => {
      stage.state('b').appliedIndex = index(2);
    },
  ],
];

describe('both watchers', () => {
  for (const [what, watchman, watch, name, breaks] of IN_STATES) {
    it(`R30: see that ${what}`, () => {
      const stage = threeMembers();
      breaks(stage);
      expect(() => lookAt(stage, name)).toThrow(watchman);
      const again = new Stage(THREE);
      const { look } = lookedAtByRaftWatch(again);
      breaks(threeMembers(again));
      expect(look).toThrow(watch);
    });
  }

  it('R30: see nothing where nothing is wrong', () => {
    const stage = new Stage(THREE);
    const { look } = lookedAtByRaftWatch(stage);
    threeMembers(stage);
    for (const name of ['a', 'b', 'c']) lookAt(stage, name);
    look();
  });
});

/** Breaches in what a member wants done, or does to its state machine. */
const IN_EFFECTS: readonly Breach[] = [
  [
    'a leader overwrites what it wrote',
    'a leader overwrites 3',
    (stage) => lookAt(stage, 'a', [written(command(3, 2, dataOf(FIRST_ID)))]),
  ],
  [
    'logs hold different entries at one place',
    'logs do not match at 3/2',
    (stage) => lookAt(stage, 'c', [written(command(3, 2, dataOf(7)))]),
  ],
  [
    'logs part before one place',
    'logs do not match at 3/2',
    (stage) => {
      stage.state('c').log.truncateFrom(index(2));
      stage.state('c').log.append([{ type: 'no-op', index: index(2), term: term(1) }]);
      lookAt(stage, 'c', [written(command(3, 2, dataOf(FIRST_ID)))]);
    },
  ],
  [
    'entries are acknowledged before they are durable',
    'c says append-accepted of term 2: 3 is not durable',
    (stage) => {
      lookAt(stage, 'c', [said('c', 'a', 2, { type: 'append-accepted', index: index(3) })]);
    },
  ],
  [
    'a vote leaves before it is durable',
    'b says vote-response of term 2 to c, voted a',
    (stage) => {
      lookAt(stage, 'b', [said('b', 'c', 2, { type: 'vote-response', isGranted: true })]);
    },
  ],
  [
    'something is said in a term that is not durable',
    'b says heartbeat-response of term 3, durable is 2',
    (stage) => lookAt(stage, 'b', [said('b', 'a', 3, { type: 'heartbeat-response', round: 1 })]),
  ],
  [
    'a candidate counts its own vote before it is durable',
    'b counts its own vote in 3',
    (stage) => {
      const role: RaftState['role'] = {
        type: 'candidate',
        votes: new Map([[toNodeId('b'), true]]),
      };
      Object.assign(stage.state('b'), { role, term: 3 });
      lookAt(stage, 'b');
    },
  ],
  [
    'what is not committed is acknowledged',
    'a acknowledges 2 at 4/2, and nothing is committed there',
    (stage) => {
      const id = stage.propose('a');
      lookAt(stage, 'a', [{ type: 'committed', id, index: index(4) }]);
    },
  ],
  [
    'an entry of another term is acknowledged',
    'c acknowledges 1 at 3/3, committed is term 2',
    (stage) => {
      stage.state('c').log.append([command(3, 3, dataOf(FIRST_ID))]);
      lookAt(stage, 'c', [{ type: 'committed', id: FIRST_ID, index: index(3) }]);
    },
  ],
  [
    'a command is acknowledged where another one stands',
    'a acknowledges 2 at 3/2, where another command stands',
    (stage) => {
      const id = stage.propose('a');
      lookAt(stage, 'a', [{ type: 'committed', id, index: index(3) }]);
    },
  ],
  [
    'what was applied is refused for good',
    'a refuses 1 for good, and it stands at 3',
    (stage) => {
      const refusal = { type: 'refused', reason: 'overwritten', isDefinite: true } as const;
      lookAt(stage, 'a', [{ ...refusal, id: FIRST_ID, leader: undefined }]);
    },
  ],
  [
    'a read is stale',
    'stale read of c: at 2, index 2, 3 was seen',
    (stage) => {
      const id = stage.id();
      stage.watchman.began(id);
      lookAt(stage, 'c', [{ type: 'read-ready', id, index: index(2) }]);
    },
  ],
  [
    'a read is answered before its index is applied',
    'stale read of c: at 2, index 3, 0 was seen',
    (stage) => lookAt(stage, 'c', [{ type: 'read-ready', id: 99, index: index(3) }]),
  ],
  [
    'an entry is applied twice',
    'b applies 3/2 after 3',
    (stage) => {
      stage.watchman.applied(stage.machine('b'), command(3, 2, dataOf(FIRST_ID)));
    },
  ],
  [
    'an entry is left out',
    'b applies 5/2 after 3',
    (stage) => stage.watchman.applied(stage.machine('b'), command(5, 2, dataOf(9))),
  ],
  [
    'an entry is applied that is not committed',
    'b applies 4/2, committed is term undefined',
    (stage) => stage.watchman.applied(stage.machine('b'), command(4, 2, dataOf(9))),
  ],
  [
    'more is handed over than is committed',
    'b in 2: applies 4, committed is 3',
    (stage) => {
      stage.state('b').applyingIndex = index(4);
      lookAt(stage, 'b');
    },
  ],
  [
    'a state machine goes back to a snapshot',
    'b restores 2, and has applied 3',
    (stage) => {
      const { snapshot } = stage.state('b');
      stage.watchman.restored(stage.machine('b'), { ...snapshot, index: index(2) });
    },
  ],
  [
    'a proposal stands in the log twice',
    'proposal 1 stands at 3 too',
    (stage) => {
      const id = stage.id();
      stage.happen('a', { type: 'propose', id, data: dataOf(FIRST_ID) });
      stage.settle();
    },
  ],
  [
    'state machines differ',
    'the state of b differs at 4',
    (stage) => {
      stage.machine('b').machineHash += 1;
      stage.propose('a');
      stage.settle();
      stage.timer('a');
      stage.settle();
    },
  ],
  [
    'a leader stands whom no quorum answers',
    'a leads 2 without a quorum',
    (stage) => {
      stage.state('a').now = (stage.state('a').now + 100) as never;
      lookAt(stage, 'a');
    },
  ],
];

describe('the watchman', () => {
  for (const [what, words, breaks] of IN_EFFECTS) {
    it(`R30: sees that ${what}`, () => {
      const stage = threeMembers();
      expect(() => breaks(stage)).toThrow(words);
    });
  }
});

/** Breaches that only whole nodes show: what a disk forgot, and what a state machine did. */
const IN_LIVES: readonly (readonly [...Breach, lives?: string])[] = [
  [
    'logs hold different entries at one place',
    'log matching: c differs from another at 3/2',
    (stage) => stage.state('c').log.append([command(3, 2, dataOf(7))]),
  ],
  [
    'a durable term goes back',
    'durable term: b had 2 on disk, then 1',
    (stage) => {
      stage.state('b').term = term(1);
    },
  ],
  [
    'a voter votes twice in a term',
    'durable vote: b votes for a and c in 2',
    (stage) => {
      stage.state('b').votedFor = toNodeId('c');
    },
  ],
  [
    'a term is forgotten at a restart',
    'durable term: b had 2 and starts in 1',
    (stage) => {
      stage.state('b').term = term(1);
    },
    'b',
  ],
  [
    'a vote is forgotten at a restart',
    'durable vote: b voted for a in 2 and forgot it',
    (stage) => {
      stage.state('b').votedFor = undefined;
    },
    'b',
  ],
  [
    'an entry is forgotten at a restart',
    'durable log: b had 3/2 on disk and lost it',
    (stage) => stage.state('b').log.truncateFrom(index(3)),
    'b',
  ],
  [
    'state machines differ',
    'state-machine safety: b at 3 has 3 commands',
    (stage) => {
      stage.machine('b').machineHash += 1;
    },
  ],
  [
    'a state machine goes back',
    'applied: b goes from 3 with 3 commands to 2 with 2',
    (stage) => {
      stage.machine('b').machineIndex = 2;
    },
  ],
  [
    'a state machine has what was not handed over',
    'applied: b has taken in 4, handed over is 3',
    (stage) => {
      stage.machine('b').machineIndex = 4;
    },
  ],
  [
    'more is applied than is committed',
    'applied: b has applied 4, committed is 3',
    (stage) => {
      stage.state('b').appliedIndex = index(4);
    },
  ],
];

describe('the watch of whole nodes', () => {
  for (const [what, words, breaks, reborn] of IN_LIVES) {
    it(`R30: sees that ${what}`, () => {
      const stage = new Stage(THREE);
      const watched = lookedAtByRaftWatch(stage);
      threeMembers(stage);
      if (reborn !== undefined) watched.lives.set(toNodeId(reborn), {});
      breaks(stage);
      expect(watched.look).toThrow(words);
    });
  }
});
