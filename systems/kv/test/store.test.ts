/**
 * The store against its naive twin: random commands over few keys, with compaction and sweeping at
 * any moment; every answer, then every revision that can be read, every event and the hash.
 */
import {
  applyCommand,
  hashKv,
  type KeyRange,
  KvStore,
  type Lease,
  RangeRead,
  type Revision,
  readAll,
  SnapshotRead,
  SnapshotRestore,
} from '@mangrove/kv';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyBoth } from './apply-both.ts';
import { NaiveStore, naiveRange, text } from './naive-store.ts';
import { range, step, steps } from './random-steps.ts';

const RUNS = 150;

/** What must have come about, and at least so often, or a test of random steps shows nothing. */
const MARKS: readonly string[] = [
  ...['a transaction in another', 'a read of the past', 'a lease ended with keys'],
  ...['checkpoint-leases', 'refused: compacted', 'refused: future-revision'],
  ...['refused: key-not-found', 'refused: lease-exists', 'refused: lease-not-found'],
];
const OFTEN = 10;

test('every answer, state, event, lease and hash is what the naive twin says', () => {
  const reached = new Map<string, number>();
  const mark = (name: string) => reached.set(name, (reached.get(name) ?? 0) + 1);
  fc.assert(
    fc.property(steps(80), (taken) => {
      const store = new KvStore();
      const unswept = new KvStore();
      const twin = new NaiveStore();
      for (const each of taken) {
        const command = applyBoth(store, twin, each, mark);
        if (command !== undefined) applyCommand(unswept, command, 1);
      }
      expectSameStates(store, twin);
      expectSameEvents(store, twin);
      expectSameLeases(store, twin);
      expect(hashKv(store, store.revision)).toBe(hashKv(unswept, unswept.revision));
    }),
    { numRuns: 2 * RUNS },
  );

  for (const name of MARKS) expect(reached.get(name) ?? 0, name).toBeGreaterThan(OFTEN);
}, 60_000);

test('a range read in slices is what it was when the read began', () => {
  fc.assert(
    fc.property(
      steps(40),
      range,
      fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), step), { maxLength: 30 }),
      (before, request, meanwhile) => {
        const store = new KvStore();
        const twin = new NaiveStore();
        for (const each of before) applyBoth(store, twin, each);
        const release = store.pin();
        const expected = naiveRange(twin.stateAt(store.revision), request);
        const read = new RangeRead(store, request, store.revision);
        let result: ReturnType<RangeRead['step']>;
        for (const [keysMax, each] of meanwhile) {
          result ??= read.step(keysMax);
          applyBoth(store, twin, each);
        }
        while (result === undefined) result = read.step(2);
        expect(result).toEqual(expected);
        release();
      },
    ),
    { numRuns: RUNS },
  );
}, 60_000);

test('R29: a store made from a snapshot is what the other was when it began', () => {
  fc.assert(
    fc.property(steps(60), steps(30), steps(30), (before, meanwhile, after) => {
      const store = new KvStore();
      const twin = new NaiveStore();
      for (const each of before) applyBoth(store, twin, each);
      const hash = hashKv(store, store.revision);
      const frozen = twin.copy();
      const read = new SnapshotRead(store);
      const restore = new SnapshotRestore(read.header);
      let isRead = false;
      for (const each of meanwhile) {
        applyBoth(store, twin, each);
        if (!isRead) isRead = takeSlice(read, restore, 2);
      }
      while (!isRead) isRead = takeSlice(read, restore, 100);
      let restored = restore.finish(2);
      while (restored === undefined) restored = restore.finish(2);
      expect(hashKv(restored, restored.revision)).toBe(hash);
      expectSameStates(restored, frozen);
      expectSameEvents(restored, frozen);
      expectSameLeases(restored, frozen);
      for (const each of after) applyBoth(restored, frozen, each);
      expectSameStates(restored, frozen);
      expectSameEvents(restored, frozen);
      expectSameLeases(restored, frozen);
    }),
    { numRuns: RUNS },
  );
}, 60_000);

// Whether the snapshot is at its end.
function takeSlice(read: SnapshotRead, restore: SnapshotRestore, countMax: number): boolean {
  const versions = read.step(countMax);
  for (const version of versions ?? []) restore.add(version);
  return versions === undefined;
}

function expectSameStates(store: KvStore, twin: NaiveStore): void {
  expect(store.revision).toBe(twin.revision);
  for (let revision = Math.max(1, twin.compacted); revision <= twin.revision; revision += 1) {
    const request = { ...readAll(ALL_KEYS), revision: revision as Revision };
    const result = new RangeRead(store, request, request.revision).step(1_000);
    expect(result).toEqual(naiveRange(twin.stateAt(revision), request));
  }
}

function expectSameEvents(store: KvStore, twin: NaiveStore): void {
  const seen = [];
  const { log } = store;
  const first = log.positionOf(store.compactRevision);
  for (let position = first; position < log.endPosition; position += 1) {
    const { type, kv } = store.eventOf(log.at(position));
    seen.push({ type, key: text(kv.key), value: text(kv.value), revision: kv.modRevision });
  }
  expect(seen).toEqual(twin.events.filter(({ revision }) => revision >= twin.compacted));
}

function expectSameLeases(store: KvStore, twin: NaiveStore): void {
  expect([...store.leases.all()].toSorted(byId)).toEqual([...twin.leases.values()].toSorted(byId));
  for (const id of twin.leases.keys()) {
    const due = twin.keysOf(id);
    const keys = [...store.leases.keysOf(id)].map((row) => text(store.keys.keyAt(row)));
    expect(keys.toSorted()).toEqual(due);
    expect(store.leases.keyCountOf(id)).toBe(due.length);
  }
}

function byId(left: Lease, right: Lease): number {
  return Number(left.id - right.id);
}

const ALL_KEYS: KeyRange = { from: new Uint8Array(0), to: undefined };
