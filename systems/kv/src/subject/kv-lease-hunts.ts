/**
 * Experiments whose faults are aimed at leases and at locks, which stand on them.
 */
import {
  always,
  type Experiment,
  mix,
  perClient,
  phases,
  type Source,
  spread,
} from '@mangrove/experiment';
import { attemptsOf, deafLeader } from '@mangrove/raft';
import { openContractClient } from './contract-client.ts';
import { kvContractSubject } from './contract-experiment.ts';
import { AIMED, type KvHunt, STAGE } from './kv-aimed.ts';
import {
  cutOffClients,
  farLeader,
  handOver,
  quickHandOvers,
  stalledLeader,
} from './kv-directed.ts';
import { kvSubject } from './kv-experiment.ts';
import { exclusion, fencing, LOCK_TTL_MS, lives } from './promises/lease-promises.ts';

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

/** Sooner than a deposed leader finds that out: whoever it leaves waiting asks another one. */
const IMPATIENCE_MS = 80;

/**
 * Six clients are granted leases by whoever leads, and keep them alive at any member, the deposed
 * leader among them, which does not know of them.
 */
export const kvDeposedExperiment: Experiment = Object.freeze({
  ...kvLeasesExperiment,
  name: 'kv-deposed',
  subject: {
    ...kvContractSubject,
    openClient: (host, topology) => openContractClient(host, topology, IMPATIENCE_MS),
  },
  workload: {
    ...kvLeasesExperiment.workload,
    active: spread(
      130,
      mix([
        [3, ({ random }) => ({ f: 'grant', value: random.pick([400, 600]) })],
        [6, always({ f: 'keep', value: 'at any member' })],
        [1, always({ f: 'look' })],
      ]),
    ),
  },
  drawAttempts: attemptsOf([farLeader], STAGE),
} satisfies Experiment);

/**
 * Six clients each keep a lease of which checkpoints have told how little is left; then leadership
 * is handed over, and they look whether their leases live on. The times are those of the one
 * attempt.
 */
export const kvRenewalsExperiment: Experiment = Object.freeze({
  ...kvLeasesExperiment,
  name: 'kv-renewals',
  activeMs: 2600,
  workload: {
    ...kvLeasesExperiment.workload,
    active: phases([
      { lengthMs: 690, generator: () => [] },
      {
        lengthMs: 100,
        generator: spread(1, ({ random }) => ({ f: 'grant', value: random.pick([800, 1000]) })),
      },
      { lengthMs: 600, generator: () => [] },
      { lengthMs: 100, generator: spread(2, always({ f: 'keep' })) },
      { generator: spread(30, always({ f: 'look' })) },
    ]),
  },
  drawAttempts: attemptsOf([handOver], STAGE),
} satisfies Experiment);

/** Three programs want one lock; one after the other is cut off from the store for a while. */
export const kvLocksExperiment: Experiment = Object.freeze({
  ...AIMED,
  name: 'kv-locks',
  subject: kvSubject,
  clientCount: 3,
  workload: {
    active: spread(
      60,
      mix([
        [4, always({ f: 'acquire', key: 'k/0', value: LOCK_TTL_MS })],
        [9, ({ index }) => ({ f: 'guarded-write', key: 'k/0', value: index + 1 })],
        [1, always({ f: 'release', key: 'k/0' })],
      ]),
    ),
    last: (place) => [
      { f: 'acquire', key: `k/${place + 1}`, value: LOCK_TTL_MS },
      { f: 'guarded-write', key: `k/${place + 1}`, value: -1 },
    ],
  },
  drawAttempts: cutOffClients,
} satisfies Experiment);

/** All of them. */
export const kvLeaseHunts: readonly KvHunt[] = Object.freeze([
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
    experiment: kvDeposedExperiment,
    about: 'leases of the store that are kept at any member, a deposed leader among them',
    promises: [lives],
  },
  {
    experiment: kvRenewalsExperiment,
    about: 'leases of the store that were all but over when they were kept, after a hand-over',
    promises: [lives],
  },
  {
    experiment: kvLocksExperiment,
    about: 'locks of the store whose holders are cut off from it, and write on',
    promises: [exclusion, fencing],
  },
]);
