/**
 * Watchers against the twin's list of events: random commands, compactions, sweeps, slow consumers.
 *
 * Whatever happens, a watcher's messages are a prefix of what it should see; at the end it has seen
 * all of it, or was told that compaction overtook it; progress is never ahead of what was sent.
 */
import {
  applyCommand,
  isInRange,
  KvStore,
  NO_LEASE,
  NO_REVISION,
  type Revision,
  type WatchEvent,
  WatchHub,
  type WatchId,
  type WatchMessage,
  type WatchRequest,
  WatchSession,
} from '@mangrove/kv';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyBoth } from './apply-both.ts';
import { NaiveStore, text } from './naive-store.ts';
import { keyRange, type Step, step } from './random-steps.ts';

test('R23, R24, R25, R26, R27: a watcher sees every event of its range once, in order', () => {
  const reached = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(move, { maxLength: 120, size: 'max' }), (moves) => {
      const scene = new Scene();
      for (const each of moves) scene.make(each);
      scene.finish();
      for (const [mark, count] of scene.marks) reached.set(mark, (reached.get(mark) ?? 0) + count);
    }),
    { numRuns: 300 },
  );
  // The test shows nothing unless all of this happened.
  const marks = ['canceled: compacted', 'delete', 'fragment', 'lagging', 'progress', 'previous'];
  for (const mark of marks) {
    expect(reached.get(mark) ?? 0, mark).toBeGreaterThan(10);
  }
}, 60_000);

test('R26: what waits for a slow consumer is bounded, and it gets all of it later', () => {
  const store = new KvStore();
  const hub = new WatchHub(store);
  const bound = { watchersMax: 1, waitingBytesMax: 1_000, fragmentBytes: 1_000 };
  const session = new WatchSession(bound);
  hub.open(session);
  hub.create(session, { ...ALL_EVENTS, range: { from: new Uint8Array([1]), to: undefined } });
  const value = new Uint8Array(100);
  for (let nth = 0; nth < 200; nth += 1) {
    const operation = { type: 'put', key: new Uint8Array([7]), value } as const;
    const change = { ...operation, lease: NO_LEASE, wantsPrevious: false };
    applyCommand(store, { type: 'operation', operation: change }, 1);
    while (hub.step(10));
    // One revision may exceed the bound.
    expect(session.waitingBytes).toBeLessThan(bound.waitingBytesMax + 200);
  }
  expect(hub.laggingCount).toBe(1);
  let eventCount = 0;
  for (let message = session.take(); message !== undefined; message = session.take()) {
    if (message.type === 'events') eventCount += message.events.length;
    hub.step(1_000);
  }
  expect(eventCount).toBe(200);
});

/** All that happens from now on, plainly. */
const ALL_EVENTS = {
  ...{ startRevision: NO_REVISION, wantsPuts: true, wantsDeletes: true },
  ...{ wantsPrevious: false, wantsProgress: false, allowsFragments: false },
} as const;

type Move =
  | { readonly type: 'apply'; readonly step: Step }
  | { readonly type: 'create'; readonly session: 0 | 1; readonly request: WatchRequest }
  | { readonly type: 'cancel'; readonly session: 0 | 1; readonly id: WatchId }
  | { readonly type: 'step'; readonly versionsMax: number }
  | { readonly type: 'take'; readonly session: 0 | 1; readonly count: number }
  | { readonly type: 'ask-progress'; readonly session: 0 | 1 };

/** What a client knows of one of its watchers. */
interface Seen {
  readonly request: WatchRequest;
  readonly from: number;
  readonly events: WatchEvent[];
  end: 'none' | 'asked' | 'compacted';
}

class Scene {
  readonly marks = new Map<string, number>();
  private readonly store = new KvStore();
  private readonly twin = new NaiveStore();
  private readonly hub = new WatchHub(this.store);
  private readonly clients = [new Client(), new Client()] as const;

  constructor() {
    for (const { session } of this.clients) this.hub.open(session);
  }

  make(move: Move): void {
    switch (move.type) {
      case 'apply':
        applyBoth(this.store, this.twin, move.step);
        return;
      case 'create': {
        const client = this.clients[move.session];
        client.asked.push(move.request);
        this.hub.create(client.session, move.request);
        return;
      }
      case 'cancel':
        this.hub.cancel(this.clients[move.session].session, move.id);
        return;
      case 'step':
        this.hub.step(move.versionsMax);
        if (this.hub.laggingCount > 0) this.mark('lagging');
        return;
      case 'take':
        for (let index = 0; index < move.count; index += 1) this.take(this.clients[move.session]);
        return;
      case 'ask-progress':
        this.clients[move.session].session.requestProgress();
    }
  }

  finish(): void {
    let isIdle = false;
    while (!isIdle) {
      isIdle = !this.hub.step(1_000);
      for (const client of this.clients) {
        while (client.session.hasMessages) {
          this.take(client);
          isIdle = false;
        }
      }
    }
    for (const { watchers } of this.clients) {
      for (const seen of watchers.values()) {
        const expected = this.expected(seen);
        if (seen.end === 'none') expect(seen.events.length).toBe(expected.length);
        if (seen.end !== 'compacted') continue;
        const next = expected[seen.events.length]?.revision ?? this.twin.revision;
        expect(Math.min(next, seen.from)).toBeLessThan(this.twin.compacted);
      }
    }
  }

  private take(client: Client): void {
    const message = client.session.take();
    if (message === undefined) return;
    if (message.type === 'created') client.created(message);
    else if (message.type === 'events') this.takeEvents(client, message);
    else if (message.type === 'progress') this.takeProgress(client, message.revision);
    else client.canceled(message, (mark) => this.mark(mark));
  }

  private takeEvents(client: Client, message: WatchMessage & { type: 'events' }): void {
    const seen = client.watchers.get(message.watchId);
    if (seen === undefined || seen.end !== 'none') throw new Error('events of no watcher');
    const expected = this.expected(seen);
    // What its filters leave nothing of is no message.
    expect(message.events.length).toBeGreaterThan(0);
    for (const event of message.events) {
      const wanted = expected[seen.events.length];
      const { key, value, modRevision } = event.kv;
      expect([event.type, text(key), text(value), modRevision]).toEqual([
        ...[wanted?.type, wanted?.key, wanted?.value, wanted?.revision],
      ]);
      if (event.type === 'delete') this.expectZeros(event);
      this.expectPrevious(seen, event);
      seen.events.push(event);
    }
    const isSplit = expected[seen.events.length]?.revision === message.revision;
    expect(message.hasMore).toBe(isSplit);
    if (isSplit) this.mark('fragment');
    if (isSplit) expect(seen.request.allowsFragments).toBe(true);
  }

  /** Of what is gone there is only its key, and when it went. */
  private expectZeros({ kv }: WatchEvent): void {
    this.mark('delete');
    const { createRevision, version, lease, value } = kv;
    expect([createRevision, version, lease, value.length]).toEqual([0, 0, NO_LEASE, 0]);
  }

  private expectPrevious(seen: Seen, event: WatchEvent): void {
    const before = event.kv.modRevision - 1;
    const known = this.twin.stateAt(before).get(text(event.kv.key));
    if (!seen.request.wantsPrevious) {
      expect(event.previous).toBeUndefined();
    } else if (event.previous !== undefined) {
      this.mark('previous');
      expect(event.previous).toEqual(known);
    } else if (known !== undefined) {
      expect(before).toBeLessThan(this.twin.compacted);
    }
  }

  private takeProgress(client: Client, revision: number): void {
    this.mark('progress');
    for (const seen of client.watchers.values()) {
      if (seen.end !== 'none') continue;
      const due = this.expected(seen).filter((event) => event.revision <= revision);
      expect(seen.events.length).toBeGreaterThanOrEqual(due.length);
      expect(revision).toBeGreaterThanOrEqual(seen.events.at(-1)?.kv.modRevision ?? 0);
    }
  }

  private expected({ request, from }: Seen): (typeof this.twin.events)[number][] {
    return this.twin.events.filter(
      ({ type, key, revision }) =>
        revision >= from &&
        (type === 'put' ? request.wantsPuts : request.wantsDeletes) &&
        isInRange(
          request.range,
          Uint8Array.from(key, (each) => each.charCodeAt(0)),
        ),
    );
  }

  private mark(name: string): void {
    this.marks.set(name, (this.marks.get(name) ?? 0) + 1);
  }
}

class Client {
  readonly session = new WatchSession({
    watchersMax: 4,
    waitingBytesMax: 200,
    fragmentBytes: 40,
  });
  readonly asked: WatchRequest[] = [];
  readonly watchers = new Map<WatchId, Seen>();

  created({ watchId, revision }: WatchMessage & { type: 'created' }): void {
    const request = this.asked.shift();
    if (request === undefined) throw new Error('created without being asked');
    expect(this.watchers.has(watchId)).toBe(false);
    const from = request.startRevision === NO_REVISION ? revision + 1 : request.startRevision;
    this.watchers.set(watchId, { request, from, events: [], end: 'none' });
  }

  canceled(message: WatchMessage & { type: 'canceled' }, mark: (name: string) => void): void {
    const { watchId, reason } = message;
    if (watchId === undefined) {
      expect(reason).toBe('too-many-watchers');
      this.asked.shift();
      return;
    }
    const seen = this.watchers.get(watchId);
    if (seen === undefined) throw new Error('canceled before it was created');
    expect(seen.end).toBe('none');
    seen.end = reason === undefined ? 'asked' : 'compacted';
    if (reason !== undefined) expect(message.compactRevision).toBeGreaterThan(0);
    mark(`canceled: ${reason ?? 'asked'}`);
  }
}

const session = fc.constantFrom(...([0, 1] as const));
const request: fc.Arbitrary<WatchRequest> = fc.record({
  range: fc.oneof(keyRange, fc.constant({ from: new Uint8Array([0]), to: undefined })),
  startRevision: fc
    .oneof(fc.constant(0), fc.integer({ min: 1, max: 40 }))
    .map((number) => number as Revision),
  wantsPuts: fc.integer({ min: 0, max: 4 }).map((drawn) => drawn > 0),
  wantsDeletes: fc.boolean(),
  wantsPrevious: fc.boolean(),
  allowsFragments: fc.boolean(),
  wantsProgress: fc.boolean(),
});
const count = fc.integer({ min: 1, max: 4 });
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant('apply' as const), step }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('create' as const), session, request }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('cancel' as const), session, id: count }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('step' as const),
      versionsMax: fc.integer({ min: 1, max: 20 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('take' as const), session, count }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('ask-progress' as const), session }),
  },
);
