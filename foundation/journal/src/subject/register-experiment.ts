/**
 * A register on journals as the lab drives it: replicas, clients, and disks that do their worst.
 */
import {
  always,
  bothWays,
  type Cast,
  cut,
  type Experiment,
  type Fault,
  mix,
  perKey,
  phases,
  type Subject,
  spread,
} from '@mangrove/experiment';
import type { Random } from '@mangrove/host';
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

/** When the replica that rots is back, and clients reach it and the one that missed all, ms. */
const TURN_MS = 900;

/**
 * Three replicas of which one misses all that is written, and another one rots and begins anew:
 * then these two are the majority that is read. Few writes, so that what rots is in the segment
 * that is written to.
 */
export const rottingJournalExperiment: Experiment = Object.freeze({
  ...journalExperiment,
  name: 'journal-rot',
  activeMs: 1800,
  workload: {
    ...journalExperiment.workload,
    active: phases([
      { lengthMs: TURN_MS, generator: spread(4, WRITES_AND_READS) },
      {
        generator: spread(
          8,
          perKey(KEYS, () => always({ f: 'read' })),
        ),
      },
    ]),
  },
  faults: [],
  drawAttempts: rotBesideTheLate,
} satisfies Experiment);

function rotBesideTheLate(random: Random, { replicas, clients, activeMs }: Cast): readonly Fault[] {
  const [late, rotten, third] = random.shuffle(replicas);
  if (late === undefined || rotten === undefined || third === undefined) return [];
  const apart = (node: typeof late, atMs: number, untilMs: number) =>
    cut(bothWays([node], [...replicas.filter((each) => each !== node), ...clients]), {
      atMs,
      untilMs,
    });
  const rotsAtMs = TURN_MS - random.between(20, 200);
  const positionPerMille = random.between(0, 300);
  return [
    ...apart(late, random.between(0, 200), TURN_MS),
    { type: 'bit-rot', node: rotten, atMs: rotsAtMs, path: 'register/', positionPerMille },
    { type: 'crash', node: rotten, disk: 'kept', atMs: TURN_MS - 10, untilMs: TURN_MS },
    ...apart(third, TURN_MS, activeMs),
  ];
}
