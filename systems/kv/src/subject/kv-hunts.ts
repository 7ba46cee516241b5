/**
 * Experiments whose faults are aimed at one promise of the store each, and whose clients do little
 * else than what that promise is about.
 */
import {
  always,
  type Experiment,
  mix,
  perClient,
  perKey,
  phases,
  type Source,
  type Subject,
  spread,
  stagger,
} from '@mangrove/experiment';
import { attemptsOf } from '@mangrove/raft';
import { kvContractExperiment, kvContractSubject } from './contract-experiment.ts';
import { AIMED, type KvHunt, STAGE } from './kv-aimed.ts';
import {
  brokenLines,
  LATE_MS,
  lateFollower,
  lateLeader,
  lateMajority,
  leftBehind,
  restarts,
  slowWriter,
} from './kv-directed.ts';
import { kvExperiment, kvSubject } from './kv-experiment.ts';
import { kvLeanExperiment } from './kv-lean.ts';
import { kvLeaseHunts } from './kv-lease-hunts.ts';
import { kvPromises } from './kv-promises.ts';
import { isFounded, type LogLength, type ReplicaSettings, startReplica } from './kv-replica.ts';
import { openLibraryClient } from './library-client.ts';
import { hashes, registers } from './promises/data-promises.ts';
import { past } from './promises/past-promises.ts';
import { claims, within } from './promises/staleness-promises.ts';
import { quota } from './promises/upkeep-promises.ts';
import { watches } from './promises/watch-promises.ts';

/** The store of the contract's clients, whose members have these settings. */
function storeWith(settings: ReplicaSettings): Subject {
  return {
    ...kvContractSubject,
    start: (host, config) => startReplica(host, config, settings),
  };
}

/** A few entries make a snapshot, so that a few operations do. */
const SHORT_LOG: LogLength = Object.freeze({ snapshotEveryCount: 4, trailingCount: 1 });

/** Snapshots as often, and enough of the log before them that no follower needs one. */
const OFTEN: LogLength = Object.freeze({ snapshotEveryCount: 4, trailingCount: 60 });

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

/** One attempt, since majorities are late for long. */
const LATE_STAGE = Object.freeze({ ...STAGE, lengthMs: LATE_MS + 400 });

/**
 * Programs write without sessions, and hear nothing or too late. Each has a register of its own, so
 * that what it was told has failed is not hidden by what others write, and reads it at last.
 */
export const kvAnswersExperiment: Experiment = Object.freeze({
  ...AIMED,
  name: 'kv-answers',
  subject: {
    ...kvSubject,
    openClient: (host, topology) => openLibraryClient(host, topology, false),
  },
  clientCount: 9,
  workload: {
    active: perClient((_, place) => {
      const key = `r/${place}`;
      const read = always({ f: 'read', key });
      const write: Source = ({ index }) => ({ f: 'write', key, value: index + 1 });
      return phases([
        {
          lengthMs: 2750,
          generator: spread(
            60,
            mix([
              [1, write],
              [1, read],
            ]),
          ),
        },
        { generator: spread(10, read) },
      ]);
    }),
    last: (place) => [{ f: 'read', key: `r/${place}` }],
  },
  drawAttempts: (random, cast) => [
    ...attemptsOf([lateLeader, lateMajority], LATE_STAGE)(random, cast),
    ...brokenLines(random, cast),
  ],
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

/** Writes of registers that all have many versions. */
const VERSIONS: Source = perKey(['r/0', 'r/1', 'r/2'], () => ({ index }) => {
  return { f: 'write', value: index + 1 };
});

/**
 * What clients of `kv-contract` do, under the same faults, where every fourth entry makes a
 * snapshot: what is wrong with snapshots shows after a few operations.
 */
export const kvShortLogsExperiment: Experiment = Object.freeze({
  ...kvContractExperiment,
  name: 'kv-short-logs',
  subject: storeWith({ log: SHORT_LOG }),
} satisfies Experiment);

/** Four clients write, three watch, and one writes down what there was; the log is kept short. */
export const kvLaggardsExperiment: Experiment = Object.freeze({
  ...AIMED,
  name: 'kv-laggards',
  subject: storeWith({ log: SHORT_LOG }),
  clientCount: 8,
  workload: {
    active: perClient((_, place) => {
      if (place < 4) return spread(70, VERSIONS);
      return spread(30, always({ f: place < 7 ? 'next' : 'log' }));
    }),
    last: (place) => {
      if (place < 4) return [{ f: 'write', key: 'r/0', value: -1 }];
      return place < 7 ? [{ f: 'catch-up' }] : [{ f: 'log', value: 'all' }];
    },
  },
  drawAttempts: attemptsOf([leftBehind], STAGE),
} satisfies Experiment);

const PAST: Source = mix([
  [6, ({ random }) => ({ f: 'read-past', value: random.pick([4, 20, 60, 140]) })],
  [1, ({ index }) => ({ f: 'write', key: 'r/0', value: index + 1 })],
]);

/**
 * Five clients write, a sixth one writes down what there was and compacts once; then members die
 * one by one, begin anew from snapshots that were taken since, and are asked for the past.
 */
export const kvRestartsExperiment: Experiment = Object.freeze({
  ...AIMED,
  name: 'kv-restarts',
  subject: storeWith({ log: OFTEN }),
  clientCount: 6,
  activeMs: 2600,
  workload: {
    active: perClient((_, place) => {
      if (place < 5) {
        return phases([
          { lengthMs: 700, generator: spread(30, VERSIONS) },
          { lengthMs: 200, generator: () => [] },
          { lengthMs: 300, generator: spread(15, VERSIONS) },
          { generator: spread(20, PAST) },
        ]);
      }
      return phases([
        { lengthMs: 750, generator: spread(5, always({ f: 'log' })) },
        { lengthMs: 100, generator: spread(1, always({ f: 'log' })) },
        { lengthMs: 50, generator: spread(1, always({ f: 'compact', value: 0 })) },
        { generator: spread(8, always({ f: 'log' })) },
      ]);
    }),
    last: (place) => (place < 5 ? [{ f: 'read-past', value: 3 }] : [{ f: 'log', value: 'all' }]),
  },
  drawAttempts: restarts,
} satisfies Experiment);

/** So little that a few dozen writes are too much. */
const QUOTA_BYTES = 6_000;

const FILLERS: Source = mix([
  [6, ({ index }) => ({ f: 'fill', value: index })],
  [3, always({ f: 'alarms' })],
  [1, ({ index }) => ({ f: 'write', key: 'r/0', value: index + 1 })],
]);

/**
 * Members are compared all the time: where they are taken to differ, nobody gets on any more.
 */
const UPKEEP = Object.freeze({ quotaBytes: QUOTA_BYTES, corruptionCheckMs: 300 });

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
  subject: storeWith({ bounds: UPKEEP }),
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

/** Full within its first third; from then on there is room for what the alarm refuses. */
const FULL_MS = 600;

/**
 * Clients fill a store, one of them deletes and compacts what is in it, and nobody ends the alarm;
 * members die one by one and begin anew from snapshots that were taken since.
 */
export const kvFullExperiment: Experiment = Object.freeze({
  ...AIMED,
  name: 'kv-full',
  subject: storeWith({ bounds: { quotaBytes: QUOTA_BYTES }, log: SHORT_LOG }),
  clientCount: 5,
  activeMs: 2600,
  workload: {
    active: perClient((_, place) => {
      if (place > 0) return spread(60, FILLERS);
      return phases([
        { lengthMs: FULL_MS, generator: spread(6, always({ f: 'alarms', value: 'once full' })) },
        { lengthMs: 400, generator: spread(6, always({ f: 'clear' })) },
        { generator: spread(20, always({ f: 'alarms' })) },
      ]);
    }),
    last: [{ f: 'alarms' }, { f: 'fill', value: 1 }],
  },
  drawAttempts: restarts,
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

/**
 * Three founders, of which one loses its disk or finds it rotten now and then, while others crash
 * or are upgraded: two are left to hold what was promised, and nobody joins or leaves.
 */
export const kvDamageExperiment: Experiment = Object.freeze({
  ...kvLeanExperiment,
  name: 'kv-damage',
  subject: {
    ...kvSubject,
    start: (host, config) => startReplica(host, config, { beginsOld: true }),
    isFounded,
  },
  replicaCount: 3,
  faults: [
    ...(['cut', 'rough-links', 'slow-links', 'reset-streams'] as const),
    ...(['crash', 'power-loss', 'crash-at', 'pause', 'upgrade'] as const),
    ...(['disk-error', 'disk-full', 'wipe', 'bit-rot'] as const),
  ],
  atlas: { mode: 'within', damagedReplicaMax: 1 },
} satisfies Experiment);

/** All of them. */
export const kvHunts: readonly KvHunt[] = Object.freeze([
  {
    experiment: kvStalenessExperiment,
    about: 'the store where a follower hears late, read all the time',
    promises: [within(40), claims],
  },
  ...kvLeaseHunts,
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
    experiment: kvShortLogsExperiment,
    about: 'the store as in kv-contract, where every fourth entry makes a snapshot',
    promises: kvPromises,
  },
  {
    experiment: kvLaggardsExperiment,
    about: 'the store under watchers, where a snapshot brings a follower up to date',
    promises: [watches],
  },
  {
    experiment: kvRestartsExperiment,
    about: 'the store after a compaction, where members start again and are asked for the past',
    promises: [past],
  },
  {
    experiment: kvFullExperiment,
    about: 'the store at its quota, where members start again and nobody makes room',
    promises: [quota],
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
  {
    experiment: kvDamageExperiment,
    about: 'the store where one member loses its disk or finds it rotten, and others are upgraded',
    promises: kvPromises,
  },
]);
