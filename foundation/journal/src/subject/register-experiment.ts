/**
 * A register on journals as the lab drives it: replicas, clients, and disks that do their worst.
 */
import { always, type Experiment, mix, perKey, type Subject, spread } from '@mangrove/experiment';
import { openRegisterClient } from './register-client.ts';
import { decodeMessage } from './register-message.ts';
import { RegisterReplica } from './register-replica.ts';

/** The keys of a run: each value stays long enough that its loss is seen. */
const KEYS = ['a', 'b', 'c'] as const;

/** The system under test. */
export const journalSubject: Subject = Object.freeze({
  name: 'journal',
  start: RegisterReplica.start,
  openClient: openRegisterClient,
  describe(bytes: Uint8Array): string {
    const message = decodeMessage(bytes);
    if (message === undefined) return 'damaged';
    const { type, kept } = { kept: undefined, ...message };
    return kept === undefined ? type : `${type} ${kept.value}`;
  },
});

/** Two writes, each of a value of its own, for each read. */
const WRITES_AND_READS = perKey(KEYS, () =>
  mix([
    [2, ({ index }) => ({ f: 'write', value: index + 1 })],
    [1, always({ f: 'read' })],
  ]),
);

/**
 * Three replicas, each with a journal, under every fault of a disk, crashes and power failures. At
 * most one of them loses or rots what it had synced: a majority still has it.
 */
export const journalExperiment: Experiment = Object.freeze({
  name: 'journal',
  subject: journalSubject,
  replicaCount: 3,
  clientCount: 3,
  activeMs: 2000,
  quietMs: 8000,
  operationTimeoutMs: 400,
  workload: {
    active: spread(15, WRITES_AND_READS),
    last: KEYS.map((key) => ({ f: 'read', key })),
  },
  faults: [
    ...(['cut', 'rough-links', 'corrupt-links'] as const),
    ...(['crash', 'power-loss', 'crash-at'] as const),
    ...(['disk-error', 'disk-full', 'slow-disk', 'stall-disk', 'bit-rot'] as const),
  ],
  atlas: { mode: 'within' },
} satisfies Experiment);

/**
 * One replica alone, whose disk keeps what it synced: nothing hides a write that its journal loses.
 */
export const loneJournalExperiment: Experiment = Object.freeze({
  ...journalExperiment,
  name: 'journal-alone',
  replicaCount: 1,
  workload: { ...journalExperiment.workload, active: spread(40, WRITES_AND_READS) },
  faults: [
    ...(['crash', 'power-loss', 'crash-at'] as const),
    ...(['disk-error', 'disk-full', 'slow-disk', 'stall-disk'] as const),
  ],
} satisfies Experiment);
