/**
 * The failure scenarios, played with Raft's register.
 */
import { READS_AND_WRITES, raftSubject, raftSubjectOf } from '../subject/raft-experiment.ts';
import { request } from '../subject/raft-operator.ts';
import { experimentsOf } from './led-scenarios.ts';
import type { LedSystem } from './led-system.ts';

const raft: LedSystem = Object.freeze({
  name: raftSubject.name,
  subjectOf: raftSubjectOf,
  mixed: READS_AND_WRITES,
  reading: () => ({ f: 'read' }),
  last: [{ f: 'read' }],
  appendKind: 'append-entries',
  snapshotKind: 'install-snapshot',
  addLearner: (node) => request('add-learner', node),
  promoteBoth: (node, other) => request('promote-both', node, other),
} satisfies LedSystem);

/** Every one of them. */
export const raftScenarioExperiments = Object.freeze(experimentsOf(raft));
