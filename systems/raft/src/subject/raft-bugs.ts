/**
 * Bugs that experiments find from outside: by histories of clients, by nodes that break, by clients
 * that are never served again, and by service levels. No invariant needs to look into a node.
 */
import type { PlantedBug } from '@mangrove/experiment';
import { diskBugs } from '../planted/disk-bugs.ts';
import { groupsBugs } from '../planted/groups-bugs.ts';
import { plantedBugs } from '../planted-bugs.ts';

/** What finding a bug from outside takes. */
type Found = Pick<PlantedBug, 'experiment' | 'seedBudget' | 'difficulty' | 'minimum'>;

/** Two members become voters at once, and then only one side knows. */
const PROMOTED_APART: readonly string[] = [
  ...['learner added', 'another one', 'both promoted', 'cut between old and new'],
];

/** Bugs that show so: which experiment finds them, and what that takes. */
const FOUND_OUTSIDE: Readonly<Record<string, Found>> = Object.freeze({
  'vote-before-sync': {
    ...{ experiment: 'raft-promises', seedBudget: 60, difficulty: 'hard' },
    minimum: {
      faults: ['loss of power at a voter', 'cut around who it voted for'],
      operationCount: 1,
    },
  },
  'vote-lost-at-restart': {
    ...{ experiment: 'raft-promises', seedBudget: 120, difficulty: 'medium' },
    minimum: { faults: ['crash of a voter', 'cut around who it voted for'], operationCount: 2 },
  },
  'unloyal-after-a-restart': {
    ...{ experiment: 'raft-readers', seedBudget: 400, difficulty: 'hard' },
    minimum: { faults: ['cut around the leader', 'crash of a voter'], operationCount: 2 },
  },
  'higher-term-is-ignored': {
    ...{ experiment: 'raft-recovery', seedBudget: 60, difficulty: 'medium' },
    minimum: { faults: ['crash of a candidate that nobody has heard'], operationCount: 1 },
  },
  'removed-leader-never-campaigns': {
    ...{ experiment: 'raft-pair', seedBudget: 30, difficulty: 'medium' },
    minimum: { faults: ['the leader demoted', 'cut from the leader'], operationCount: 1 },
  },
  'joint-never-left': {
    ...{ experiment: 'raft-pair', seedBudget: 30, difficulty: 'medium' },
    minimum: {
      faults: ['a voter demoted', 'crash of the leader', 'crash of who was demoted'],
      operationCount: 1,
    },
  },
  'read-context-used-again': {
    ...{ experiment: 'raft-readers', seedBudget: 30, difficulty: 'medium' },
    minimum: {
      faults: ['an answer that comes twice', 'slow disk of who asked'],
      operationCount: 2,
    },
  },
  'lease-by-an-old-clock': {
    ...{ experiment: 'raft-readers', seedBudget: 200, difficulty: 'hard' },
    minimum: { faults: ['slow links to the leader', 'cut from the leader'], operationCount: 2 },
  },
  'leader-counts-unsynced': {
    ...{ experiment: 'raft-promises', seedBudget: 40, difficulty: 'medium' },
    minimum: {
      faults: ['cut around a follower', 'loss of power at the leader', 'cut around the other one'],
      operationCount: 2,
    },
  },
  'late-write-counts': {
    ...{ experiment: 'raft-recovery', seedBudget: 40, difficulty: 'hard' },
    minimum: { faults: ['cut around the leader'], operationCount: 2 },
  },
  'lost-appends-fill-the-window': {
    ...{ experiment: 'raft-recovery', seedBudget: 60, difficulty: 'medium' },
    minimum: { faults: ['loss of appends'], operationCount: 2 },
  },
  'configuration-not-rolled-back': {
    ...{ experiment: 'raft-members', seedBudget: 40, difficulty: 'hard' },
    minimum: {
      faults: [
        ...['learner added', 'another one', 'both promoted', 'cut around them and the leader'],
        ...['hand-over', 'cut again'],
      ],
      operationCount: 2,
    },
  },
  'snapshot-has-a-newer-configuration': {
    ...{ experiment: 'raft-members', seedBudget: 80, difficulty: 'hard' },
    minimum: {
      faults: [
        ...['learner added', 'another one', 'both promoted', 'cut around them and the leader'],
        ...['crash of the leader', 'hand-over', 'cut again'],
      ],
      operationCount: 2,
    },
  },
  'late-snapshot-cuts-log': {
    ...{ experiment: 'raft-recovery', seedBudget: 30, difficulty: 'medium' },
    minimum: { faults: [], operationCount: 2 },
  },
  'snapshot-keeps-suffix': {
    ...{ experiment: 'raft-recovery', seedBudget: 120, difficulty: 'hard' },
    minimum: { faults: ['cut around the leader'], operationCount: 6 },
  },
  'vote-for-a-shorter-log': {
    ...{ experiment: 'raft-elections', seedBudget: 60, difficulty: 'medium' },
    minimum: { faults: ['cut around a follower', 'crash of the leader'], operationCount: 2 },
  },
  'deposed-leader-reads': {
    ...{ experiment: 'raft-leases', seedBudget: 40, difficulty: 'easy' },
    minimum: { faults: ['cut around the leader'], operationCount: 2 },
  },
  'read-before-first-commit': {
    ...{ experiment: 'raft-leases', seedBudget: 40, difficulty: 'medium' },
    minimum: { faults: ['crash of the leader'], operationCount: 2 },
  },
  'old-round-confirms-a-read': {
    ...{ experiment: 'raft-leases', seedBudget: 40, difficulty: 'medium' },
    minimum: { faults: ['slow links to the leader', 'hand-over'], operationCount: 2 },
  },
  'lease-from-the-answer': {
    ...{ experiment: 'raft-leases', seedBudget: 40, difficulty: 'medium' },
    // A leader that all at once hears nothing for that long steps down: links get slower by steps.
    minimum: {
      faults: ['slow links to the leader', 'slower links to it', 'cut from the leader'],
      operationCount: 2,
    },
  },
  'lease-after-hand-over': {
    ...{ experiment: 'raft-leases', seedBudget: 40, difficulty: 'medium' },
    minimum: { faults: ['slow links to the leader', 'hand-over'], operationCount: 2 },
  },
  'transfer-never-ends': {
    ...{ experiment: 'raft-leases', seedBudget: 20, difficulty: 'medium' },
    minimum: { faults: ['hand-over', 'crash of the node that is to lead'], operationCount: 1 },
  },
  'heartbeat-commits-all': {
    ...{ experiment: 'raft', seedBudget: 20, difficulty: 'easy' },
    minimum: { faults: ['loss of an append'], operationCount: 1 },
  },
  'append-always-cuts': {
    ...{ experiment: 'raft-promises', seedBudget: 40, difficulty: 'medium' },
    minimum: { faults: [], operationCount: 2 },
  },
  'accept-before-sync': {
    ...{ experiment: 'raft-promises', seedBudget: 100, difficulty: 'medium' },
    minimum: {
      faults: ['cut around a follower', 'loss of power at another', 'cut around the leader'],
      operationCount: 2,
    },
  },
  'old-term-committed-by-count': {
    ...{ experiment: 'raft-elections', seedBudget: 60, difficulty: 'medium' },
    minimum: {
      faults: [
        ...['cut around the first leader', 'crash of the second', 'cut around the first'],
        ...['crash of a voter', 'crash of another'],
      ],
      operationCount: 2,
    },
  },
  'answers-counted-not-voters': {
    ...{ experiment: 'raft-rivals', seedBudget: 30, difficulty: 'medium' },
    minimum: { faults: ['cut around two of five', 'doubled messages'], operationCount: 2 },
  },
  'probe-waits-for-ever': {
    ...{ experiment: 'raft-recovery', seedBudget: 60, difficulty: 'medium' },
    minimum: { faults: ['loss of a probe'], operationCount: 1 },
  },
  'snapshot-accepted-before-sync': {
    ...{ experiment: 'raft-recovery', seedBudget: 60, difficulty: 'medium' },
    minimum: {
      faults: ['cut around the leader', 'loss of its power as it has a snapshot'],
      operationCount: 2,
    },
  },
  'truncated-is-definite': {
    ...{ experiment: 'raft-rivals', seedBudget: 30, difficulty: 'hard' },
    minimum: {
      faults: [
        ...['cut around leader and ally', 'crash of a voter', 'crash of another'],
        'crash of the second leader',
      ],
      operationCount: 2,
    },
  },
  'single-change-before-first-commit': {
    ...{ experiment: 'raft-even', seedBudget: 40, difficulty: 'hard' },
    minimum: {
      faults: [
        ...['learner added', 'its promotion', 'demotion by another leader'],
        ...['crash of a voter', 'cut between leaders', 'cut the other way'],
      ],
      operationCount: 2,
    },
  },
  'half-is-a-majority': {
    ...{ experiment: 'raft-even', seedBudget: 30, difficulty: 'easy' },
    minimum: { faults: ['cut between two halves'], operationCount: 2 },
  },
  'no-joint-configuration': {
    ...{ experiment: 'raft-members', seedBudget: 20, difficulty: 'medium' },
    minimum: { faults: PROMOTED_APART, operationCount: 2 },
  },
  'joint-asks-the-new-alone': {
    ...{ experiment: 'raft-members', seedBudget: 20, difficulty: 'medium' },
    minimum: { faults: PROMOTED_APART, operationCount: 2 },
  },
  'damaged-log-begins-anew': {
    ...{ experiment: 'raft-damage', seedBudget: 40, difficulty: 'medium' },
    minimum: {
      faults: ['bit rot in the log of a member that is alone', 'crash of it'],
      operationCount: 2,
    },
  },
  'wiped-disk-is-let-in': {
    ...{ experiment: 'raft-damage', seedBudget: 20, difficulty: 'medium' },
    minimum: {
      faults: ['cut around a follower', 'empty disk of another'],
      operationCount: 2,
    },
  },
  'woken-leader-has-a-lease': {
    ...{ experiment: 'raft-groups', seedBudget: 150, difficulty: 'medium' },
    minimum: { faults: ['cut around the process of a leader'], operationCount: 2 },
  },
  'timers-of-one-moment-are-one': {
    ...{ experiment: 'raft-groups', seedBudget: 100, difficulty: 'medium' },
    minimum: { faults: [], operationCount: 1 },
  },
} satisfies Record<string, Found>);

/** The planted bugs of the experiments. */
export const raftBugs: readonly PlantedBug[] = Object.freeze([
  ...[...plantedBugs, ...diskBugs, ...groupsBugs].flatMap((bug) => {
    const found = FOUND_OUTSIDE[bug.name];
    return found === undefined ? [] : [{ ...bug, ...found }];
  }),
  {
    name: 'session-applies-again',
    file: 'systems/raft/src/core/sessions.ts',
    find: [
      "if (sequence < record.sequence) return { type: 'superseded' };",
      '    if (sequence === record',
    ].join('\n'),
    replace: 'if (sequence < 0 && sequence === record',
    breaks: 'R59: a request that comes twice, or is sent again, is applied twice.',
    source: 'thesis 6.3; docs/postmortems/2026-11-24-a-request-that-came-twice.md',
    experiment: 'raft',
    seedBudget: 400,
    difficulty: 'medium',
    minimum: { faults: ['loss of an answer'], operationCount: 3 },
  },
]);
