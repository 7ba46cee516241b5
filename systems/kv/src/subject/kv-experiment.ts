/**
 * The store as programs drive it: with the client library.
 */
import {
  always,
  type Experiment,
  type Generator,
  mix,
  type Operation,
  perClient,
  type Source,
  type Subject,
  spread,
  stagger,
} from '@mangrove/experiment';
import { KV_FAULTS, KV_TROUBLE } from './kv-faults.ts';
import { leads, operate } from './kv-operator.ts';
import { clientAddressOf, startReplica } from './kv-replica.ts';
import { openLibraryClient } from './library-client.ts';

/** The system under test, asked by programs that use the client library. */
export const kvSubject: Subject = Object.freeze({
  name: 'kv',
  start: startReplica,
  openClient: openLibraryClient,
  clientAddressOf,
  leads,
  act: operate,
});

/** A register that everybody writes, one that everybody compares, one that comes and goes. */
const registers: Source = mix([
  [5, ({ index }) => ({ f: 'write', key: 'r/a', value: index + 1 })],
  [3, always({ f: 'read', key: 'r/a' })],
  [2, always({ f: 'lease-read', key: 'r/a' })],
  [2, ({ index }) => ({ f: 'write', key: 'r/b', value: index + 1 })],
  [3, ({ random, index }) => cas('r/b', 1 + random.below(index + 1), index + 1)],
  [2, always({ f: 'read', key: 'r/b' })],
  [2, ({ index }) => ({ f: 'write', key: 'r/c', value: index + 1 })],
  [1, always({ f: 'delete', key: 'r/c' })],
  [2, always({ f: 'lease-read', key: 'r/c' })],
]);

/** Moves between two lists, audits of all, and blind appends. */
const lists: Source = mix([
  [3, ({ index }) => txn(['r', 'l/x'], ['append', 'l/y', index])],
  [3, ({ index }) => txn(['r', 'l/y'], ['append', 'l/x', index])],
  [2, ({ index }) => txn(['append', 'l/z', index], ['r', 'l/z'])],
  [2, always(txn(['r', 'l/x'], ['r', 'l/y'], ['r', 'l/z']))],
]);

const set: Source = mix([
  [2, ({ index }) => ({ f: 'add', value: index })],
  [1, always({ f: 'read-set' })],
]);

const staleness: Source = mix([
  [3, ({ index }) => ({ f: 'write', key: 'b/40', value: index + 1 })],
  [3, always({ f: 'read-bounded', key: 'b/40', value: { ms: 40 } })],
  [1, ({ index }) => ({ f: 'write', key: 'b/300', value: index + 1 })],
  [2, always({ f: 'read-bounded', key: 'b/300', value: { ms: 300 } })],
  [2, always({ f: 'read-bounded', key: 'b/300', value: { lag: 4 } })],
]);

const session: Source = mix([
  [2, ({ index }) => ({ f: 'write', key: 'q/s', value: index + 1 })],
  [3, always({ f: 'read-session', key: 'q/s' })],
]);

const lease: Source = mix([
  [2, ({ random }) => ({ f: 'grant', value: 150 + 50 * random.below(8) })],
  [4, always({ f: 'keep' })],
  [4, always({ f: 'look' })],
]);

const lock: Source = mix([
  [3, always({ f: 'acquire', key: 'k/0', value: 400 })],
  [4, ({ index }) => ({ f: 'guarded-write', key: 'k/0', value: index + 1 })],
  [2, always({ f: 'release', key: 'k/0' })],
]);

const scribe: Source = mix([
  [2, always({ f: 'log' })],
  [1, ({ random }) => ({ f: 'compact', value: random.below(4) })],
]);

const asks: Source = mix([
  [1, always({ f: 'revision' })],
  [1, always({ f: 'compare-hashes' })],
]);

/** By the place of a client: what it does, and about how often. */
const PARTS: readonly Generator[] = Object.freeze([
  stagger(
    90,
    mix([
      [4, registers],
      [3, lists],
      [1, asks],
    ]),
  ),
  stagger(
    90,
    mix([
      [3, registers],
      [3, staleness],
      [2, set],
    ]),
  ),
  stagger(
    90,
    mix([
      [3, lists],
      [3, session],
      [2, registers],
    ]),
  ),
  stagger(
    110,
    mix([
      [3, session],
      [3, staleness],
      [1, lease],
    ]),
  ),
  stagger(110, lease),
  spread(18, lock),
  spread(18, lock),
  stagger(80, always({ f: 'next' })),
  stagger(200, scribe),
]);

const LAST: readonly Operation[] = Object.freeze([
  { f: 'look-at-all' },
  ...['r/a', 'r/b', 'r/c'].map((key) => ({ f: 'read', key })),
  txn(['r', 'l/x'], ['r', 'l/y'], ['r', 'l/z']),
  { f: 'add', value: -1 },
  { f: 'read-set' },
  { f: 'read-bounded', key: 'b/40', value: { ms: 40 } },
  { f: 'read-bounded', key: 'b/300', value: { ms: 300 } },
  { f: 'read-bounded', key: 'b/300', value: { lag: 4 } },
  { f: 'read-session', key: 'q/s' },
  { f: 'revision' },
  { f: 'compare-hashes' },
  { f: 'read-past', value: 0 },
  { f: 'read-past', value: 3 },
  { f: 'grant', value: 500 },
  { f: 'look' },
  { f: 'acquire', key: 'k/1', value: 400 },
  { f: 'catch-up' },
  { f: 'log', value: 'all' },
  { f: 'log', value: 'all' },
]);

/**
 * Three founders and one that may join; nine programs: four that read and write, one with leases,
 * two with locks, a watcher, and a scribe that compacts.
 */
export const kvExperiment: Experiment = Object.freeze({
  name: 'kv',
  subject: kvSubject,
  replicaCount: 4,
  clientCount: PARTS.length,
  activeMs: 3000,
  quietMs: 9000,
  operationTimeoutMs: 700,
  workload: {
    active: perClient((_, place) => PARTS[place] ?? spread(20, registers)),
    last: LAST,
  },
  faults: KV_FAULTS,
  atlas: { mode: 'within', damagedReplicaMax: 0 },
  ...KV_TROUBLE,
} satisfies Experiment);

function cas(key: string, from: number, to: number): Operation {
  return { f: 'cas', key, value: [from, to] };
}

function txn(...steps: readonly (readonly [f: string, key: string, value?: number])[]): Operation {
  return { f: 'txn', value: steps.map(([f, key, value = null]) => [f, key, value]) };
}
