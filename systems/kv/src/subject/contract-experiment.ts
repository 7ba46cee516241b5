/**
 * The store as clients drive it that know its contract alone: frames of the protocol, requests and
 * replies as data.
 */
import {
  always,
  type Experiment,
  type Generator,
  mix,
  type Operation,
  perClient,
  perKey,
  type Source,
  type Subject,
  spread,
} from '@mangrove/experiment';
import { openContractClient } from './contract-client.ts';
import { kvExperiment } from './kv-experiment.ts';
import { leads, operate } from './kv-operator.ts';
import { clientAddressOf, startReplica } from './kv-replica.ts';
import { LOCK_TTL_MS } from './promises/lease-promises.ts';
import { BOUNDS_MS } from './promises/staleness-promises.ts';

/** The system under test, asked by clients that know the contract alone. */
export const kvContractSubject: Subject = Object.freeze({
  name: 'kv',
  start: startReplica,
  openClient: openContractClient,
  clientAddressOf,
  leads,
  act: operate,
});

/** Writes, each of a value of its own, and reads, on registers that are deleted now and then. */
const REGISTERS: Source = perKey(['r/0', 'r/1', 'r/2'], (key) =>
  mix([
    [4, ({ index }) => ({ f: 'write', value: index + 1 })],
    [4, always({ f: 'read' })],
    [2, ({ random, index }) => ({ f: 'cas', value: [1 + random.below(index + 1), index + 1] })],
    [key === 'r/2' ? 2 : 1, always({ f: key === 'r/2' ? 'delete' : 'read' })],
  ]),
);

/** Transactions that read and append to lists, some only read. */
const LISTS: Source = ({ random, index }) => {
  const keys = random.shuffle(['l/0', 'l/1', 'l/2', 'l/3']).slice(0, random.between(1, 3));
  const value = keys.map((key, place) => {
    if (random.chance(1, 2)) return ['r', key, null];
    // Each value of its own, also within a transaction.
    return ['append', key, index * 8 + place];
  });
  return { f: 'txn', value };
};

const SETS: Source = mix([
  [3, ({ index }) => ({ f: 'add', value: index })],
  [1, always({ f: 'read-set' })],
]);

const BOUNDED: Source = ({ random, index }) => {
  const ms = random.pick(BOUNDS_MS);
  const key = `b/${ms}`;
  if (random.chance(1, 3)) return { f: 'write', key, value: index + 1 };
  const lag = random.pick([0, 2, 10]);
  return { f: 'read-bounded', key, value: random.chance(1, 4) ? { lag } : { ms } };
};

const SESSIONS: Source = perKey(['q/0', 'q/1'], () =>
  mix([
    [2, ({ index }) => ({ f: 'write', value: index + 1 })],
    [3, always({ f: 'read-session' })],
  ]),
);

/** What most clients do. */
const WORK: Source = mix([
  [5, REGISTERS],
  [4, LISTS],
  [2, SETS],
  [3, BOUNDED],
  [3, SESSIONS],
  [1, always({ f: 'revision' })],
  [1, always({ f: 'compare-hashes' })],
  [1, ({ random }) => ({ f: 'read-past', value: random.pick(['compacted', 0, 1, 3]) })],
]);

const LEASES: Source = mix([
  [3, ({ random }) => ({ f: 'grant', value: random.pick([150, 300, 500]) })],
  [4, always({ f: 'keep' })],
  [5, always({ f: 'look' })],
  [1, always({ f: 'save' })],
]);

const LOCKS: Source = perKey(['k/0'], () =>
  mix([
    [3, always({ f: 'acquire', value: LOCK_TTL_MS })],
    [4, ({ index }) => ({ f: 'guarded-write', value: index + 1 })],
    [1, always({ f: 'release' })],
  ]),
);

const WATCHING: Source = mix([
  [9, always({ f: 'next' })],
  [1, always({ f: 'next', value: 'move' })],
]);

const WRITING_DOWN: Source = mix([
  [3, always({ f: 'log' })],
  [2, ({ random }) => ({ f: 'compact', value: random.pick([0, 0, 1, 5]) })],
]);

/** By the place of a client: what it does, and how often. */
const PARTS: readonly Generator[] = Object.freeze([
  spread(24, WORK),
  spread(24, WORK),
  spread(24, WORK),
  spread(24, LEASES),
  spread(16, mix([[1, LOCKS]])),
  spread(16, mix([[1, LOCKS]])),
  spread(40, WATCHING),
  spread(20, WATCHING),
  spread(16, WRITING_DOWN),
]);

/** What every client does when all is well again; what is not its part it fails at, for sure. */
const LAST: readonly Operation[] = Object.freeze([
  { f: 'look-at-all' },
  ...['r/0', 'r/1', 'r/2'].map((key) => ({ f: 'read', key })),
  { f: 'txn', value: ['l/0', 'l/1', 'l/2', 'l/3'].map((key) => ['r', key, null]) },
  { f: 'add', value: -1 },
  { f: 'read-set' },
  ...BOUNDS_MS.map((ms) => ({ f: 'read-bounded', key: `b/${ms}`, value: { ms } })),
  { f: 'read-bounded', key: `b/${BOUNDS_MS[0]}`, value: { lag: 2 } },
  { f: 'read-session', key: 'q/0' },
  { f: 'read-session', key: 'q/1' },
  { f: 'revision' },
  { f: 'compare-hashes' },
  { f: 'read-past', value: 'compacted' },
  { f: 'grant', value: 500 },
  { f: 'look' },
  { f: 'acquire', key: 'k/1', value: LOCK_TTL_MS },
  { f: 'catch-up' },
  { f: 'log', value: 'all' },
  { f: 'log', value: 'all' },
]);

/**
 * The same cluster and faults as in `kv`; nine clients: three that read and write, one with leases,
 * two with locks, two watchers, one of them slow, and a scribe that compacts.
 */
export const kvContractExperiment: Experiment = Object.freeze({
  ...kvExperiment,
  name: 'kv-contract',
  subject: kvContractSubject,
  clientCount: PARTS.length,
  workload: {
    active: perClient((_, place) => PARTS[place] ?? spread(24, WORK)),
    last: LAST,
  },
} satisfies Experiment);
