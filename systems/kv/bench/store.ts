/**
 * The core with a million keys of 100 bytes and values of 256: what it holds, how long it stops.
 *
 * Puts are held against a map of objects with the same content in the same run, memory against the
 * bytes of keys and values. Pauses are those that the garbage collector reports while the store is
 * filled, overwritten once and compacted; they have a bound of their own, so slices are told
 * without those that fell into them.
 */
import { performance } from 'node:perf_hooks';
import { memoryUsage } from 'node:process';
import { setImmediate } from 'node:timers/promises';
import type { Bench, BenchRow } from '@mangrove/experiment';
import { assert, toNodeId } from '@mangrove/host';
import {
  applyCommand,
  type Command,
  commandWork,
  type KeyRange,
  KvStore,
  type LeaseId,
  NO_LEASE,
  type Operation,
  RangeRead,
  readAll,
  SnapshotRead,
  SnapshotRestore,
  type Work,
} from '@mangrove/kv';
import { encodeFrame, Writer } from '@mangrove/wire';
import { lazyCrc32c } from '@mangrove/wire/node';
import { decide } from '../src/core/transaction.ts';
import { SERVER_MESSAGE, type ServerMessage } from '../src/protocol/native/messages.ts';
import { frameOf } from '../src/protocol/native/sliced-frame.ts';
import { rowsOf } from './bounded-row.ts';
import { Pauses, Slices } from './pauses.ts';

const KEY_COUNT = 1_000_000;
/** How long a slice of a member's work takes, but for its last piece. */
const SLICE_MS = 1;
const CRC32C = lazyCrc32c();
const LEASE_KEY_COUNT = 200_000;
const MIB = 1_048_576;
const CONTENT_MIB = (KEY_COUNT * 356) / MIB;
const NAME = 'kv-store';
const toRow = rowsOf(NAME);

/** The benchmark. */
export const bench: Bench = {
  name: NAME,
  async run(report: (row: BenchRow) => void): Promise<void> {
    const pauses = new Pauses();
    const before = usedMib();
    const store = new KvStore();
    const putsPerSecond = fill(store, 0);
    const memoryMib = usedMib() - before;
    report(
      toRow('memory of a million keys, beside their bytes', memoryMib, CONTENT_MIB, 'MiB', 1024),
    );
    fill(store, 1);
    await compactAll(store);
    const sliceMs = await longestSliceOfRange(pauses, store);
    report(toRow('longest slice of a range of all keys', sliceMs, 5, 'ms', 5));
    const compareMs = await longestSliceOf(pauses, decide(store, COMPARE_ALL, store.revision));
    report(toRow('longest slice of a compare of all keys', compareMs, 5, 'ms', 5));
    const deleteMs = await longestSliceOfDelete(pauses, store);
    const { leased, putMs } = await leasedStore(pauses);
    report(toRow('longest put among 200,000 on a lease', putMs, 5, 'ms', 5));
    const keysMs = await longestSliceOf(pauses, leased.keysOfLease(LEASE));
    report(toRow('longest slice of the list of 200,000 keys of a lease', keysMs, 5, 'ms', 5));
    const leaseMs = await longestSliceOf(pauses, commandWork(leased, REVOKE, 1));
    report(toRow('longest slice of a deletion of all keys', deleteMs, 5, 'ms', 5));
    report(toRow('longest slice of the end of a lease of 200,000 keys', leaseMs, 5, 'ms', 5));
    fill(store, 2);
    await compactAll(store);
    const restoreMs = await restoreAll(store);
    report(toRow('a store from a snapshot of it', restoreMs, 15_000, 'ms', 15_000));
    const pauseMs = await pauses.longestMs();
    report(toRow('longest pause of the garbage collector', pauseMs, 50, 'ms', 50));
    const answer = await answerMs(pauses);
    const name = 'longest slice of an answer of 60 MiB, beside one go';
    report(toRow(name, answer.sliceMs, answer.wholeMs, 'ms', 5));
    // Last, so that what it leaves to the collector is no pause of ours.
    const mapped = fillMap();
    report(toRow('puts of 356 bytes, beside a map of objects', putsPerSecond, mapped, '1/s'));
    pauses.close();
  },
};

function fill(store: KvStore, round: number): number {
  const startedAt = performance.now();
  for (let index = 0; index < KEY_COUNT; index += 1) {
    const operation = {
      type: 'put' as const,
      key: keyOf(index),
      value: new Uint8Array(256).fill(round),
      lease: NO_LEASE,
      wantsPrevious: false,
    };
    applyCommand(store, { type: 'operation', operation }, 1);
  }
  return (KEY_COUNT / (performance.now() - startedAt)) * 1000;
}

function fillMap(): number {
  const startedAt = performance.now();
  const map = new Map<string, { readonly value: Uint8Array; readonly revision: number }>();
  for (let index = 0; index < KEY_COUNT; index += 1) {
    const key = Buffer.from(keyOf(index)).toString('latin1');
    map.set(key, { value: new Uint8Array(256), revision: index });
  }
  return (map.size / (performance.now() - startedAt)) * 1000;
}

// A million keys in no order, as a hash would give them.
function keyOf(index: number, key = new Uint8Array(100)): Uint8Array {
  new DataView(key.buffer).setUint32(0, Math.imul(index, 0x9e37_79b1) >>> 0);
  return key;
}

async function longestSliceOfRange(pauses: Pauses, store: KvStore): Promise<number> {
  const release = store.pin();
  const read = new RangeRead(store, { ...readAll(ALL_KEYS), countOnly: true }, store.revision);
  const slices = new Slices();
  while (slices.time(() => read.step(500)) === undefined) await setImmediate();
  release();
  return await pauses.longestWithout(slices);
}

async function longestSliceOfDelete(pauses: Pauses, store: KvStore): Promise<number> {
  const operation = { type: 'delete', range: ALL_KEYS, wantsPrevious: false } as const;
  return await longestSliceOf(pauses, commandWork(store, { type: 'operation', operation }, 1));
}

/** The slices of the frame of a long answer, and the same in one go: of each the best of five. */
async function answerMs(
  pauses: Pauses,
): Promise<{ readonly sliceMs: number; readonly wholeMs: number }> {
  const codec = SERVER_MESSAGE.at(1);
  const answer = longAnswer();
  let [sliceMs, wholeMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < 5; round += 1) {
    sliceMs = Math.min(sliceMs, await longestSliceOf(pauses, frameOf(codec, answer, CRC32C)));
    const startedAt = performance.now();
    const writer = new Writer();
    encodeFrame(writer, (inner) => codec.encodeInto(inner, answer), CRC32C);
    wholeMs = Math.min(wholeMs, performance.now() - startedAt);
  }
  return { sliceMs, wholeMs };
}

/** An answer with keys of 100 bytes and values of 256. */
function longAnswer(): ServerMessage {
  const store = new KvStore();
  const operation = { type: 'put', value: new Uint8Array(256), wantsPrevious: false } as const;
  const count = Math.floor((60 * MIB) / (100 + 256 + 48));
  for (let index = 0; index < count; index += 1) {
    const put = { ...operation, key: keyOf(index), lease: NO_LEASE };
    applyCommand(store, { type: 'operation', operation: put }, 1);
  }
  const result = new RangeRead(store, readAll(ALL_KEYS), store.revision).step(count + 1);
  assert(result !== undefined, 'all keys were to be read at once');
  const header = { member: toNodeId('n1'), term: 1, revision: store.revision, stalenessMs: 0 };
  return { type: 'reply', id: 1, reply: { type: 'done', header, result } };
}

async function leasedStore(
  pauses: Pauses,
): Promise<{ readonly leased: KvStore; readonly putMs: number }> {
  const store = new KvStore();
  const puts = new Slices();
  // The bytes of commands are parts of a frame: a buffer for each would have the collector free
  // thousands of them within one of these puts.
  const [key, value] = [new Uint8Array(100), new Uint8Array(8)];
  applyCommand(store, { type: 'grant-lease', lease: LEASE, ttlMs: 1000 }, 1);
  for (let index = 0; index < LEASE_KEY_COUNT; index += 1) {
    const put = { type: 'put', key: keyOf(index, key), value, lease: LEASE } as const;
    const operation = { ...put, wantsPrevious: false };
    puts.time(() => applyCommand(store, { type: 'operation', operation }, 1));
  }
  return { leased: store, putMs: await pauses.longestWithout(puts) };
}

/** Does `work` as a member does: for some time, then others run. */
async function longestSliceOf(pauses: Pauses, work: Work<unknown>): Promise<number> {
  const slices = new Slices();
  for (let isDone = false; !isDone; await setImmediate()) {
    isDone = slices.time(() => {
      const endAt = performance.now() + SLICE_MS;
      for (;;) {
        if (work.next().done === true) return true;
        if (performance.now() >= endAt) return false;
      }
    });
  }
  return await pauses.longestWithout(slices);
}

/** Leaves one version of each key. */
async function compactAll(store: KvStore): Promise<void> {
  applyCommand(store, { type: 'compact', revision: store.revision }, 1);
  while (store.sweep(1_000)) await setImmediate();
}

async function restoreAll(store: KvStore): Promise<number> {
  const startedAt = performance.now();
  const read = new SnapshotRead(store);
  const restore = new SnapshotRestore(read.header);
  for (;;) {
    const versions = read.step(1_000);
    if (versions === undefined) break;
    for (const version of versions) restore.add(version);
    await setImmediate();
  }
  while (restore.finish(10_000) === undefined) await setImmediate();
  return performance.now() - startedAt;
}

function usedMib(): number {
  const { heapUsed, external } = memoryUsage();
  return (heapUsed + external) / MIB;
}

const ALL_KEYS: KeyRange = { from: new Uint8Array(0), to: undefined };

const LEASE = 1n as LeaseId;
const REVOKE: Command = { type: 'revoke-lease', lease: LEASE };

const COMPARE_ALL: Operation = {
  type: 'txn',
  compares: [{ range: ALL_KEYS, relation: 'greater', operand: { target: 'version', number: 0 } }],
  success: [],
  failure: [],
};
