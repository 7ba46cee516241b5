/**
 * Experiments whose faults are aimed at one promise of Raft each.
 */
import { type Experiment, stagger } from '@mangrove/experiment';
import {
  attemptsOf,
  changesOfTwo,
  damagedVoter,
  deadHeir,
  deafLeader,
  doubledVotes,
  echoes,
  figureEight,
  forgottenChange,
  halves,
  lateHandOver,
  rebornVoter,
  truncatedAndCommitted,
} from './raft-directed.ts';
import { READS_AND_WRITES, raftExperiment, raftSubjectWith } from './raft-experiment.ts';
import { openRegisterClient } from './register-client.ts';

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
  ...{ replicaCount: 3, clientCount: 9, activeMs: 2900 },
  workload: BUSY,
  faults: [],
  drawAttempts: attemptsOf([deafLeader, lateHandOver, deadHeir, rebornVoter, echoes], {
    ...{ lengthMs: 1100, founderCount: 3 },
  }),
} satisfies Experiment);

/** Three nodes, whose leaders die in the order of figure 8. */
export const raftElectionsExperiment: Experiment = Object.freeze({
  ...raftExperiment,
  name: 'raft-elections',
  subject: raftSubjectWith({}),
  ...{ replicaCount: 3, clientCount: 6, activeMs: 3400 },
  workload: BUSY,
  faults: [],
  drawAttempts: attemptsOf([figureEight], { lengthMs: 2700, founderCount: 3 }),
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
  subject: raftSubjectWith({ snapshotEveryCount: 2, trailingCount: 1 }),
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
  subject: {
    ...raftExperiment.subject,
    openClient: (host, topology) => openRegisterClient(host, topology, { readsByLease: false }),
  },
  replicaCount: 3,
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

export const raftHunts: readonly (Experiment & { readonly about: string })[] = Object.freeze([
  {
    ...raftLeasesExperiment,
    about: 'three nodes whose leaders are deposed without hearing of it, read all the time',
  },
  { ...raftElectionsExperiment, about: 'three nodes whose leaders die in the order of figure 8' },
  { ...raftRivalsExperiment, about: 'five nodes whose leaders follow each other, heard by few' },
  { ...raftMembersExperiment, about: 'three voters; two are to join, and not all hear of it' },
  { ...raftEvenExperiment, about: 'four voters, of whom half are no majority' },
  { ...raftDisksExperiment, about: 'three nodes, one of which loses its disk or what is on it' },
  { ...raftDamageExperiment, about: 'three nodes; the voter that is needed loses what it has' },
]);
