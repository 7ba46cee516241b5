/**
 * Experiments whose faults are aimed at one promise of the store each, and whose clients do little
 * else than what that promise is about.
 */
import {
  always,
  type Experiment,
  mix,
  perClient,
  phases,
  type Source,
  spread,
  stagger,
} from '@mangrove/experiment';
import { attemptsOf, deafLeader } from '@mangrove/raft';
import { openContractClient } from './contract-client.ts';
import { kvContractExperiment, kvContractSubject } from './contract-experiment.ts';
import {
  ATTEMPT_MS,
  farLeader,
  lateFollower,
  lateLeader,
  quickHandOvers,
  slowWriter,
  stalledLeader,
} from './kv-directed.ts';
import { kvExperiment, kvSubject } from './kv-experiment.ts';
import { startReplica } from './kv-replica.ts';
import { hashes, registers } from './promises/data-promises.ts';
import { lives } from './promises/lease-promises.ts';
import { past } from './promises/past-promises.ts';
import type { KvPromise } from './promises/promise.ts';
import { claims, within } from './promises/staleness-promises.ts';
import { quota } from './promises/upkeep-promises.ts';

const STAGE = Object.freeze({ lengthMs: ATTEMPT_MS + 200, founderCount: 3 });

/** Nothing but attempts happens: they need every other thing to be well. */
const AIMED = Object.freeze({
  ...kvContractExperiment,
  replicaCount: 3,
  activeMs: 3600,
  faults: [],
});

const BOUNDED: Source = mix([
  [2, ({ index }) => ({ f: 'write', key: 'b/40', value: index + 1 })],
  [3, always({ f: 'read-bounded', key: 'b/40', value: { ms: 40 } })],
]);

/** Six clients write and read what is to be at most 40 ms old, where members hear late. */
export const kvStalenessExperiment: Experiment = Object.freeze({
  ...AIMED,
  name: 'kv-staleness',
  clientCount: 6,
  workload: {
    active: spread(180, BOUNDED),
    // A value that is written twice tells nothing.
    last: (place) => [
      { f: 'write', key: 'b/40', value: -1 - place },
      { f: 'read-bounded', key: 'b/40', value: { ms: 40 } },
    ],
  },
  drawAttempts: attemptsOf([lateFollower], STAGE),
} satisfies Experiment);

/** Turns of a client with one lease at a time: how often it takes a new one, and keeps it. */
function leases(ttlsMs: readonly number[], grantWeight: number, keepWeight: number): Source {
  return mix([
    [grantWeight, ({ random }) => ({ f: 'grant', value: random.pick(ttlsMs) })],
    [keepWeight, always({ f: 'keep' })],
    [30, always({ f: 'look' })],
  ]);
}

/** Leases that end now and then although they are kept, and some that are hardly ever kept. */
const LEASES: readonly Source[] = Object.freeze([
  leases([400, 600], 2, 12),
  leases([400, 500], 2, 4),
  leases([1000, 1300], 1, 2),
]);

/** Longer than a leader that nobody hears any more takes to find that out. */
const PATIENCE_MS = 600;

/** Six clients with a lease each, where leaders are replaced and do not know it. */
export const kvLeasesExperiment: Experiment = Object.freeze({
  ...AIMED,
  name: 'kv-leases',
  subject: {
    ...kvContractSubject,
    openClient: (host, topology) => openContractClient(host, topology, PATIENCE_MS),
  },
  clientCount: 6,
  workload: {
    active: perClient((_, place) =>
      spread(130, LEASES[place % LEASES.length] ?? leases([500], 1, 1)),
    ),
    last: [{ f: 'look-at-all' }, { f: 'grant', value: 500 }, { f: 'look' }],
  },
  drawAttempts: attemptsOf(
    [stalledLeader, deafLeader, deafLeader, quickHandOvers, quickHandOvers, farLeader],
    STAGE,
  ),
} satisfies Experiment);

const GRANT: Source = always({ f: 'grant', value: 450 });

/**
 * Six clients each keep a lease at the moment at which it ends, while its leader hears late and is
 * about to be heard no more: its proposal to end the lease goes nowhere. The times are those of the
 * one attempt.
 */
export const kvEndingsExperiment: Experiment = Object.freeze({
  ...kvLeasesExperiment,
  name: 'kv-endings',
  activeMs: 2100,
  workload: {
    ...kvLeasesExperiment.workload,
    active: phases([
      { lengthMs: 690, generator: spread(1, GRANT) },
      { lengthMs: 100, generator: spread(1, GRANT) },
      { lengthMs: 290, generator: () => [] },
      { lengthMs: 110, generator: spread(2, always({ f: 'keep' })) },
      { generator: spread(30, always({ f: 'look' })) },
    ]),
  },
  drawAttempts: attemptsOf([deafLeader], STAGE),
} satisfies Experiment);

/** Programs write, and hear nothing or too late. */
export const kvAnswersExperiment: Experiment = Object.freeze({
  ...AIMED,
  name: 'kv-answers',
  subject: kvSubject,
  clientCount: 6,
  workload: {
    active: spread(
      90,
      mix([
        [3, ({ index }) => ({ f: 'write', key: 'r/a', value: index + 1 })],
        [2, always({ f: 'read', key: 'r/a' })],
      ]),
    ),
    last: [{ f: 'read', key: 'r/a' }],
  },
  drawAttempts: attemptsOf([lateLeader], STAGE),
} satisfies Experiment);

/** Six clients write all the time, half of it without sessions; members compare their hashes. */
export const kvSnapshotsExperiment: Experiment = Object.freeze({
  ...AIMED,
  name: 'kv-snapshots',
  clientCount: 6,
  workload: {
    active: spread(
      130,
      mix([
        [8, ({ index }) => ({ f: 'write', key: 'r/0', value: index + 1 })],
        [1, always({ f: 'compare-hashes' })],
      ]),
    ),
    last: [{ f: 'write', key: 'r/1', value: 1 }, { f: 'compare-hashes' }],
  },
  drawAttempts: attemptsOf([slowWriter], STAGE),
} satisfies Experiment);

/** So little that a few dozen writes are too much. */
const QUOTA_BYTES = 6_000;

const FILLERS: Source = mix([
  [6, ({ index }) => ({ f: 'fill', value: index })],
  [3, always({ f: 'alarms' })],
  [1, ({ index }) => ({ f: 'write', key: 'r/0', value: index + 1 })],
]);

const OPERATOR: Source = mix([
  [3, always({ f: 'log' })],
  [1, always({ f: 'make-room' })],
]);

/**
 * The upkeep of a small store under every fault: three clients fill it, an operator makes room and
 * writes down what there was, another one takes backups.
 */
export const kvUpkeepExperiment: Experiment = Object.freeze({
  ...kvContractExperiment,
  name: 'kv-upkeep',
  subject: {
    ...kvContractSubject,
    start: (host, config) => startReplica(host, config, undefined, { quotaBytes: QUOTA_BYTES }),
  },
  clientCount: 5,
  activeMs: 2200,
  workload: {
    active: perClient((_, place) => {
      if (place < 3) return spread(40, FILLERS);
      return place === 3 ? spread(14, OPERATOR) : spread(14, always({ f: 'back-up' }));
    }),
    last: (place) => {
      if (place === 3) return [{ f: 'log' }, { f: 'make-room' }, { f: 'log', value: 'all' }];
      if (place === 4) return [{ f: 'back-up' }];
      // Nobody makes room any more when it is asked for the second time.
      const full = { f: 'alarms', value: 'once full' };
      return place > 0 ? [{ f: 'alarms' }] : [full, full, { f: 'fill', value: 0 }];
    },
  },
} satisfies Experiment);

/** By the place of a program: two fill the store, one makes room, one takes backups. */
const KEEPING: readonly Source[] = Object.freeze([
  mix([
    [5, ({ random }) => ({ f: 'fill', value: random.below(120) })],
    [1, always({ f: 'alarms' })],
  ]),
  mix([
    [2, ({ random }) => ({ f: 'fill', value: random.below(120) })],
    [2, always({ f: 'alarms' })],
    [1, ({ index }) => ({ f: 'write', key: 'r/b', value: index + 1 })],
  ]),
  mix([
    [2, always({ f: 'log' })],
    [1, always({ f: 'make-room' })],
  ]),
  mix([
    [3, always({ f: 'back-up' })],
    [1, always({ f: 'alarms' })],
  ]),
]);

/** The upkeep of a small store by programs with the client library, under every fault. */
export const kvQuotaExperiment: Experiment = Object.freeze({
  ...kvExperiment,
  name: 'kv-quota',
  subject: { ...kvSubject, start: kvUpkeepExperiment.subject.start },
  clientCount: KEEPING.length,
  activeMs: 2200,
  workload: {
    active: perClient((_, place) => stagger(70, KEEPING[place] ?? always({ f: 'alarms' }))),
    last: (place) => {
      if (place === 2) return [{ f: 'log' }, { f: 'make-room' }, { f: 'log', value: 'all' }];
      if (place === 3) return [{ f: 'back-up' }];
      const full = { f: 'alarms', value: 'once full' };
      return place === 1 ? [{ f: 'alarms' }] : [full, full, { f: 'fill', value: 5 }];
    },
  },
} satisfies Experiment);

/** An experiment of this file, and the promises that its clients put to the test. */
export interface KvHunt {
  readonly experiment: Experiment;
  readonly about: string;
  readonly promises: readonly KvPromise[];
}

/** All of them. */
export const kvHunts: readonly KvHunt[] = Object.freeze([
  {
    experiment: kvStalenessExperiment,
    about: 'the store where a follower hears late, read all the time',
    promises: [within(40), claims],
  },
  {
    experiment: kvLeasesExperiment,
    about: 'leases of the store where leaders are replaced and do not know it',
    promises: [lives],
  },
  {
    experiment: kvEndingsExperiment,
    about: 'leases of the store that are kept when they end, at a leader that nobody hears',
    promises: [lives],
  },
  {
    experiment: kvAnswersExperiment,
    about: 'programs whose writes are answered late, where leaders die',
    promises: [registers],
  },
  {
    experiment: kvSnapshotsExperiment,
    about: 'the store where a member takes its snapshots slowly and starts from them',
    promises: [hashes],
  },
  {
    experiment: kvUpkeepExperiment,
    about: 'the store at its quota: filled, backed up and relieved under every fault',
    promises: [quota, past],
  },
  {
    experiment: kvQuotaExperiment,
    about: 'the store at its quota, kept by programs with the client library',
    promises: [quota, past],
  },
]);
