/**
 * The room of all sessions, with many that take nothing: it is bounded, and who takes gets all.
 */
import { expect, it } from 'vitest';
import { applyCommand } from './command.ts';
import { NO_LEASE } from './key-value.ts';
import { NO_REVISION } from './revision.ts';
import { KvStore } from './store.ts';
import { WatchHub } from './watch-hub.ts';
import { WatchRoom } from './watch-room.ts';
import { WatchSession } from './watch-session.ts';

const BYTES_MAX = 100_000;
const EVENT_BYTES = 1_033;
const PUT_COUNT = 200;

function open(hub: WatchHub, room: WatchRoom): WatchSession {
  const bounds = { watchersMax: 1, waitingBytesMax: 50_000, fragmentBytes: 5_000, room };
  const session = new WatchSession(bounds);
  hub.open(session);
  hub.create(session, {
    ...{ range: { from: new Uint8Array([1]), to: undefined }, startRevision: NO_REVISION },
    ...{ wantsPuts: true, wantsDeletes: true, wantsPrevious: false },
    ...{ allowsFragments: true, wantsProgress: false },
  });
  return session;
}

function takeAll(session: WatchSession): number {
  let count = 0;
  for (let message = session.take(); message !== undefined; message = session.take()) {
    if (message.type === 'events') count += message.events.length;
  }
  return count;
}

it('R26: however many take nothing, what waits is bounded, and who takes gets all of it', () => {
  const store = new KvStore();
  const hub = new WatchHub(store);
  const room = new WatchRoom(BYTES_MAX);
  const idle = Array.from({ length: 60 }, () => open(hub, room));
  const taker = open(hub, room);
  const waiting = () => idle.reduce((sum, { waitingBytes }) => sum + waitingBytes, 0);
  let takenCount = 0;
  for (let nth = 0; nth < PUT_COUNT; nth += 1) {
    const put = { type: 'put', key: new Uint8Array([7]), value: new Uint8Array(1_000) } as const;
    const operation = { ...put, lease: NO_LEASE, wantsPrevious: false };
    applyCommand(store, { type: 'operation', operation }, 1);
    while (hub.step(100)) takenCount += takeAll(taker);
    takenCount += takeAll(taker);
    expect(waiting()).toBeLessThan(BYTES_MAX + EVENT_BYTES);
  }
  for (; hub.step(100) || taker.hasMessages; takenCount += takeAll(taker));
  expect(takenCount).toBe(PUT_COUNT);
  expect(waiting()).toBeGreaterThan(BYTES_MAX / 2);
  for (const each of idle) hub.close(each);
  expect(room.shareBytes).toBe(BYTES_MAX / 8);
});
