/**
 * Experiments whose faults are aimed at one promise of Raft each.
 */
import { always, type Experiment, perClient, stagger } from '@mangrove/experiment';
import { attemptsOf, FIRST_MS, partly } from './plays/attempt.ts';
import { damagedVoter, losesPower } from './plays/disk-plays.ts';
import {
  doubledVotes,
  figureEight,
  halves,
  laggard,
  truncatedAndCommitted,
  votesTwice,
} from './plays/election-plays.ts';
import { changesOfTwo, forgottenChange, leavesAlone, leftBehind } from './plays/member-plays.ts';
import {
  BURST,
  diesCampaigning,
  lateAppends,
  lateCopies,
  lateWrite,
  lonelyLeader,
  losesSnapshot,
  lostProbe,
  silentLoss,
} from './plays/progress-plays.ts';
import {
  answersTwice,
  deadHeir,
  deafLeader,
  lateHandOver,
  oldAnswers,
  rebornVoter,
  WRITTEN,
} from './plays/reading-plays.ts';
import { READS_AND_WRITES, raftExperiment, raftSubjectWith } from './raft-experiment.ts';

/** Often enough that something is read and written in each gap between two leaders. */
const BUSY = Object.freeze({
  ...raftExperiment.workload,
  active: stagger(30, READS_AND_WRITES),
});

/** Three nodes, whose leaders are deposed without hearing of it; nine clients read all the time. */
export const raftLeasesExperiment: Experiment = Object.freeze({
  ...raftExperiment,
  name: 'raft-leases',
  // A leader looks at its clock now and then only, unless it does at every event.
  subject: raftSubjectWith({ heartbeatIntervalMs: 70 }),
  ...{ replicaCount: 3, clientCount: 9, activeMs: 4000 },
  workload: BUSY,
  faults: [],
  drawAttempts: attemptsOf([oldAnswers, deafLeader, lateHandOver, deadHeir], {
    ...{ lengthMs: 1100, founderCount: 3 },
  }),
} satisfies Experiment);

/** How long an attempt of `raft-readers` lasts, ms. */
const READERS_MS = 1100;

/** The same with reads by the lease alone; six of twelve clients never write. */
export const raftReadersExperiment: Experiment = Object.freeze({
  ...raftLeasesExperiment,
  name: 'raft-readers',
  subject: raftSubjectWith({ heartbeatIntervalMs: 70 }, { reads: 'by-lease' }),
  clientCount: 12,
  workload: {
    ...raftExperiment.workload,
    // Two at each node read alone: whoever writes waits where there is no leader.
    active: perClient((_, place) =>
      place < 6
        ? stagger(30, always({ f: 'read' }))
        : partly(WRITTEN, READERS_MS, stagger(30, READS_AND_WRITES)),
    ),
  },
  drawAttempts: attemptsOf([deafLeader, rebornVoter, answersTwice], {
    ...{ lengthMs: READERS_MS, founderCount: 3 },
  }),
} satisfies Experiment);

/** Three nodes, whose leaders follow each other as in figure 8, or lag behind. */
export const raftElectionsExperiment: Experiment = Object.freeze({
  ...raftExperiment,
  name: 'raft-elections',
  subject: raftSubjectWith({}),
  ...{ replicaCount: 3, clientCount: 9, activeMs: 3400 },
  // Longer than it takes until the first leader leads again.
  operationTimeoutMs: 1500,
  workload: {
    ...raftExperiment.workload,
    // A third of them read only: whoever has a write under way does not see what was lost.
    active: perClient((_, place) =>
      stagger(30, place % 3 === 1 ? always({ f: 'read' }) : READS_AND_WRITES),
    ),
  },
  faults: [],
  drawAttempts: attemptsOf([figureEight, laggard], { lengthMs: 2700, founderCount: 3 }),
} satisfies Experiment);

/** Five nodes, whose leaders follow each other and are heard by few. */
export const raftRivalsExperiment: Experiment = Object.freeze({
  ...raftExperiment,
  name: 'raft-rivals',
  subject: raftSubjectWith({ founderCount: 5 }),
  ...{ replicaCount: 5, clientCount: 9, activeMs: 2900 },
  workload: BUSY,
  faults: [],
  drawAttempts: attemptsOf([truncatedAndCommitted, truncatedAndCommitted, doubledVotes], {
    ...{ lengthMs: 2200, founderCount: 5 },
  }),
} satisfies Experiment);

/** Three voters and two that are to join, where a change of members does not reach all. */
export const raftMembersExperiment: Experiment = Object.freeze({
  ...raftExperiment,
  name: 'raft-members',
  // Snapshots tell what their node believes; who was away needs none.
  subject: raftSubjectWith({ snapshotEveryCount: 2, trailingCount: 1000 }),
  ...{ replicaCount: 5, clientCount: 6, activeMs: 3300 },
  workload: BUSY,
  faults: [],
  drawAttempts: attemptsOf([forgottenChange], { lengthMs: 2600, founderCount: 3 }),
} satisfies Experiment);

/** Four voters and one that is to join: half of them are no majority. */
export const raftEvenExperiment: Experiment = Object.freeze({
  ...raftExperiment,
  name: 'raft-even',
  subject: raftSubjectWith({ founderCount: 4 }),
  ...{ replicaCount: 5, clientCount: 6, activeMs: 2900 },
  workload: BUSY,
  faults: [],
  drawAttempts: attemptsOf([changesOfTwo, changesOfTwo, halves], {
    ...{ lengthMs: 2200, founderCount: 4 },
  }),
} satisfies Experiment);

/** Two voters, one of whom is to leave: each is needed for a while, and one no longer. */
export const raftPairExperiment: Experiment = Object.freeze({
  ...raftExperiment,
  name: 'raft-pair',
  subject: raftSubjectWith({ founderCount: 2 }),
  ...{ replicaCount: 2, clientCount: 6, activeMs: 4900 },
  workload: BUSY,
  faults: [],
  drawAttempts: attemptsOf([leavesAlone, leftBehind], { lengthMs: 4200, founderCount: 2 }),
  // Who never leaves is away for longer than that.
  slos: [{ type: 'outage', msMax: 1500 }],
} satisfies Experiment);

/** Three nodes that lose their power between what they say and what they sync. */
export const raftPromisesExperiment: Experiment = Object.freeze({
  ...raftExperiment,
  name: 'raft-promises',
  ...{ replicaCount: 3, clientCount: 9, activeMs: 4200 },
  workload: BUSY,
  faults: [],
  drawAttempts: attemptsOf([votesTwice, losesPower, lateAppends], {
    ...{ lengthMs: 1800, founderCount: 3 },
  }),
} satisfies Experiment);

/** How long an attempt of `raft-recovery` lasts, ms. */
const RECOVERY_MS = 1400;

/** Five nodes, each of which is asked at the end whether it got well. */
export const raftRecoveryExperiment: Experiment = Object.freeze({
  ...raftExperiment,
  name: 'raft-recovery',
  subject: raftSubjectWith(
    { founderCount: 5, snapshotEveryCount: 2, trailingCount: 1 },
    { staysAtHome: true },
  ),
  ...{ replicaCount: 5, clientCount: 18, activeMs: FIRST_MS + RECOVERY_MS },
  workload: {
    ...raftExperiment.workload,
    // Few writes, then none: what was missed is not made good by what comes next.
    active: perClient((_, place) =>
      // Whoever asks at home first may ask elsewhere much later.
      place < 5 || place % 3 === 1
        ? stagger(30, always({ f: 'read' }))
        : partly(
            BURST,
            RECOVERY_MS,
            stagger(45, ({ index }) => ({ f: 'write', value: index })),
          ),
    ),
  },
  faults: [],
  drawAttempts: attemptsOf(
    [diesCampaigning, silentLoss, lostProbe, lonelyLeader, losesSnapshot, lateCopies, lateWrite],
    {
      ...{ lengthMs: RECOVERY_MS, founderCount: 5 },
    },
  ),
} satisfies Experiment);

/** Three nodes, one of which loses its disk or what is on it, beside other trouble. */
export const raftDisksExperiment: Experiment = Object.freeze({
  ...raftExperiment,
  name: 'raft-disks',
  ...{ replicaCount: 3, clientCount: 6, activeMs: 2900 },
  workload: BUSY,
  faults: ['wipe', 'bit-rot', 'crash', 'power-loss', 'cut', 'slow-disk'],
} satisfies Experiment);

/**
 * Three nodes that suffer more than anyone can survive: disks of a majority, clocks beyond their
 * bound. Nothing may be lost in silence; there may be no progress. Clients read by ReadIndex only.
 */
export const raftBeyondExperiment: Experiment = Object.freeze({
  ...raftExperiment,
  name: 'raft-beyond',
  // Disks are lost also before the group is founded.
  subject: { ...raftSubjectWith({}, { reads: 'by-round' }), isFounded: () => true },
  replicaCount: 3,
  faultsFromMs: [0],
  faults: ['wipe', 'bit-rot', 'clock-drift', 'crash', 'power-loss', 'cut', 'pause'],
  atlas: { mode: 'beyond' },
} satisfies Experiment);

/** Where the voter that is needed is the one whose disk is damaged. */
export const raftDamageExperiment: Experiment = Object.freeze({
  ...raftDisksExperiment,
  name: 'raft-damage',
  faults: [],
  drawAttempts: attemptsOf([damagedVoter], { lengthMs: 2200, founderCount: 3 }),
} satisfies Experiment);

/** All of them, but for `raft-beyond`, which is allowed to make no progress. */
export const raftHunts: readonly (Experiment & { readonly about: string })[] = Object.freeze([
  {
    ...raftLeasesExperiment,
    about: 'three nodes whose leaders are deposed without hearing of it, read all the time',
  },
  {
    ...raftReadersExperiment,
    about: 'three nodes, of which two clients each only read, by the lease',
  },
  {
    ...raftElectionsExperiment,
    about: 'three nodes whose leaders follow each other as in figure 8',
  },
  { ...raftRivalsExperiment, about: 'five nodes whose leaders follow each other, heard by few' },
  { ...raftMembersExperiment, about: 'three voters; two are to join, and not all hear of it' },
  { ...raftEvenExperiment, about: 'four voters, of whom half are no majority' },
  { ...raftPairExperiment, about: 'two voters, one of whom is to leave' },
  {
    ...raftPromisesExperiment,
    about: 'three nodes that lose their power between what they say and what they sync',
  },
  {
    ...raftRecoveryExperiment,
    about: 'five nodes, each asked at the end whether it got well',
  },
  { ...raftDisksExperiment, about: 'three nodes, one of which loses its disk or what is on it' },
  { ...raftDamageExperiment, about: 'three nodes; the voter that is needed loses what it has' },
]);
