/**
 * The failure scenarios, played with Raft's register.
 */
import type { Subject } from '@mangrove/experiment';
import { READS_AND_WRITES, raftSubject, raftSubjectWith } from '../subject/raft-experiment.ts';
import { request } from '../subject/raft-operator.ts';
import { NEWEST_VERSION } from '../subject/register-replica.ts';
import { experimentsOf } from './led-scenarios.ts';
import { type LedSystem, READ_ASKED } from './led-system.ts';

const raft: LedSystem = Object.freeze({
  name: raftSubject.name,
  subjectOf: newestSubjectOf,
  mixed: READS_AND_WRITES,
  reading: () => ({ f: 'read' }),
  last: [{ f: 'read' }],
  appendKind: 'append-entries',
  snapshotKind: 'install-snapshot',
  addLearner: (node) => request('add-learner', node),
  promoteBoth: (node, other) => request('promote-both', node, other),
} satisfies LedSystem);

/**
 * With the newest formats from the start. Hunts begin with the oldest, to be upgraded; there no
 * follower hands a proposal on, and clients that ask it fall behind in a scenario's load.
 */
function newestSubjectOf(founderCount: number): Subject {
  const subject = raftSubjectWith({
    founderCount,
    onAsked: (host, { type }) => {
      if (type === 'read') host.trace.event(READ_ASKED);
    },
  });
  return Object.freeze({
    ...subject,
    start: (host, config) => subject.start(host, { ...config, version: NEWEST_VERSION }),
  } satisfies Subject);
}

/** Every one of them. */
export const raftScenarioExperiments = Object.freeze(experimentsOf(raft));
