/**
 * Revisions with more events than one slice looks at, such as the deletion of a long range: they
 * are matched in slices, what waits is bounded, and who watches gets each event once, in order.
 */
import {
  applyCommand,
  KvStore,
  NO_LEASE,
  NO_REVISION,
  type Operation,
  type Revision,
  singleKey,
  type WatchEvent,
  WatchHub,
  type WatchId,
  type WatchMessage,
  type WatchRequest,
  WatchSession,
} from '@mangrove/kv';
import { beforeEach, expect, test } from 'vitest';

const COUNT = 5_000;
const VERSIONS_PER_STEP = 32;
const BOUNDS = {
  ...{ watchersMax: 1_000, waitingBytesMax: 20_000, fragmentBytes: 4_000 },
  messageBytesMax: 1_000_000,
};

let store: KvStore;
let hub: WatchHub;
let heard: WatchMessage[];

function keyOf(nth: number): Uint8Array {
  return Uint8Array.from(String(nth).padStart(6, '0'), (each) => each.charCodeAt(0));
}

function apply(operation: Operation): void {
  applyCommand(store, { type: 'operation', operation }, 1);
}

function putKey(nth: number, valueBytes: number): void {
  const put = { type: 'put', key: keyOf(nth), value: new Uint8Array(valueBytes) } as const;
  apply({ ...put, lease: NO_LEASE, wantsPrevious: false });
}

const ALL = { from: keyOf(0), to: undefined };

const REQUEST: WatchRequest = {
  ...{ range: ALL, startRevision: NO_REVISION, wantsPuts: false, wantsDeletes: true },
  ...{ wantsPrevious: false, wantsProgress: false, allowsFragments: true },
};

beforeEach(() => {
  store = new KvStore();
  hub = new WatchHub(store);
  heard = [];
  for (let nth = 0; nth < COUNT; nth += 1) {
    putKey(nth, 40);
  }
  while (hub.step(10_000));
});

function open(...requests: readonly Partial<WatchRequest>[]): WatchSession {
  const session = new WatchSession(BOUNDS);
  hub.open(session);
  for (const each of requests) hub.create(session, { ...REQUEST, ...each });
  return session;
}

function deleteAll(): void {
  apply({ type: 'delete', range: ALL, wantsPrevious: false });
}

function takeAll(session: WatchSession): void {
  for (let next = session.take(); next !== undefined; next = session.take()) heard.push(next);
}

/** Serves until there is nothing to do; how many slices that took. */
function serve(session: WatchSession, takes = true): number {
  for (let count = 1; ; count += 1) {
    const hasMore = hub.step(VERSIONS_PER_STEP);
    expect(session.waitingBytes).toBeLessThan(BOUNDS.waitingBytesMax + BOUNDS.fragmentBytes);
    if (takes) takeAll(session);
    if (!hasMore && (hub.laggingCount === 0 || !takes)) return count;
  }
}

function eventsOf(id: WatchId): WatchEvent[] {
  return heard.flatMap((each) =>
    each.type === 'events' && each.watchId === id ? each.events : [],
  );
}

function keysOf(id: WatchId): string[] {
  return eventsOf(id).map(({ kv }) => String.fromCharCode(...kv.key));
}

const EVERY_KEY = Array.from({ length: COUNT }, (_, nth) => String.fromCharCode(...keyOf(nth)));

test('R24, R28: one revision is matched in slices, and sent in parts that are marked', () => {
  const session = open({}, { range: singleKey(keyOf(7)) });
  deleteAll();
  // It is matched once for all, and read once more by who has many of its events.
  expect(serve(session)).toBeGreaterThan((2 * COUNT) / VERSIONS_PER_STEP);
  expect(keysOf(0)).toEqual(EVERY_KEY);
  expect(keysOf(1)).toEqual([EVERY_KEY[7]]);
  const parts = heard.filter((each) => each.type === 'events' && each.watchId === 0);
  expect(parts.length).toBeGreaterThan(10);
  const marks = parts.map((each) => each.type === 'events' && each.hasMore);
  expect(marks).toEqual(parts.map((_, nth) => nth < parts.length - 1));
});

test('R26: no more of a large revision waits than the bound and a part', () => {
  const session = open({});
  deleteAll();
  serve(session, false);
  expect(session.waitingBytes).toBeGreaterThan(0);
  serve(session);
  expect(keysOf(0)).toEqual(EVERY_KEY);
});

test('R24: what is written behind a large revision comes behind it', () => {
  const session = open({ wantsPuts: true }, { wantsPuts: true, allowsFragments: false });
  deleteAll();
  hub.step(VERSIONS_PER_STEP);
  const late = hub.create(session, { ...REQUEST, wantsPuts: true, startRevision: store.revision });
  const first = { range: singleKey(keyOf(1)), startRevision: store.revision };
  const lateForOne = hub.create(session, { ...REQUEST, ...first });
  putKey(3, 1);
  for (; hub.step(VERSIONS_PER_STEP) || hub.laggingCount > 0; takeAll(session));
  takeAll(session);
  expect(keysOf(lateForOne ?? -1)).toEqual([EVERY_KEY[1]]);
  for (const id of [0, 1, late ?? -1]) expect(keysOf(id)).toEqual([...EVERY_KEY, EVERY_KEY[3]]);
  const whole = heard.filter((each) => each.type === 'events' && each.watchId === 1);
  expect(whole.every((each) => each.type === 'events' && !each.hasMore)).toBe(true);
});

test('R23: a store that is replaced within a large revision gives nothing twice', () => {
  const [keyCount, watcherCount] = [40, 200];
  for (let stepCount = 1; stepCount < 60; stepCount += 1) {
    heard = [];
    const ranges = Array.from({ length: watcherCount }, (_, nth) => keyOf(nth % keyCount));
    const session = open(...ranges.map((key) => ({ range: singleKey(key) })));
    for (let nth = 0; nth < keyCount; nth += 1) putKey(nth, 1);
    while (hub.step(10_000));
    apply({ type: 'delete', range: { from: keyOf(0), to: keyOf(keyCount) }, wantsPrevious: false });
    for (let nth = 0; nth < stepCount; nth += 1) hub.step(2);
    hub.replaceStore(store);
    serve(session);
    for (let id = 0; id < watcherCount; id += 1) expect(keysOf(id)).toHaveLength(1);
    hub.close(session);
  }
});

test('R27: who takes no fragments ends at a revision that no message holds', () => {
  const session = open({ allowsFragments: false, wantsPrevious: true }, {});
  const quiet = open({ allowsFragments: false, range: singleKey(keyOf(9)) });
  for (let nth = 0; nth < 30; nth += 1) {
    putKey(nth, 50_000);
  }
  deleteAll();
  serve(session);
  expect(heard.filter((each) => each.type === 'canceled')).toEqual([
    { type: 'canceled', watchId: 0, reason: 'revision-too-large', compactRevision: 0 },
  ]);
  expect(eventsOf(0)).toEqual([]);
  expect(keysOf(1)).toEqual(EVERY_KEY);
  heard = [];
  takeAll(quiet);
  expect(keysOf(0)).toEqual([EVERY_KEY[9]]);
});

test('R23: who comes late and is concerned by little need not ask again', () => {
  const session = open({
    wantsPuts: true,
    range: singleKey(keyOf(COUNT - 1)),
    startRevision: 2 as Revision,
  });
  takeAll(session);
  while (hub.step(VERSIONS_PER_STEP));
  takeAll(session);
  expect(keysOf(0)).toEqual([EVERY_KEY[COUNT - 1]]);
});
