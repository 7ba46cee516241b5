/**
 * The ids of watchers and the bound of their number, what a watcher of the future is told, and who
 * is told of progress unasked.
 */
import {
  applyCommand,
  KvStore,
  NO_LEASE,
  NO_REVISION,
  type Revision,
  WatchHub,
  type WatchMessage,
  type WatchRequest,
  WatchSession,
} from '@mangrove/kv';
import { describe, expect, it } from 'vitest';

/** A session of at most two watchers. */
class Scene {
  readonly store = new KvStore();
  readonly hub = new WatchHub(this.store);
  readonly session = new WatchSession({
    watchersMax: 2,
    waitingBytesMax: 100_000,
    fragmentBytes: 100_000,
  });

  constructor() {
    this.hub.open(this.session);
  }

  /** Puts the one key so often. */
  put(count: number): void {
    for (let nth = 0; nth < count; nth += 1) {
      const change = { type: 'put', key: KEY, value: KEY, lease: NO_LEASE } as const;
      const operation = { ...change, wantsPrevious: false };
      applyCommand(this.store, { type: 'operation', operation }, 1);
    }
  }

  /** Serves all watchers, and takes all that there is for them. */
  taken(): readonly WatchMessage[] {
    while (this.hub.step(100));
    const messages: WatchMessage[] = [];
    for (let one = this.session.take(); one !== undefined; one = this.session.take()) {
      messages.push(one);
    }
    return messages;
  }
}

const KEY = new Uint8Array([7]);

function from(startRevision: number): WatchRequest {
  return {
    range: { from: KEY, to: undefined },
    startRevision: startRevision as Revision,
    ...{ wantsPuts: true, wantsDeletes: true, wantsPrevious: false },
    ...{ allowsFragments: false, wantsProgress: true },
  };
}

/** What a watcher got, as its id and the revisions of its events. */
function eventsIn(messages: readonly WatchMessage[]): readonly (readonly [number, ...number[]])[] {
  return messages.flatMap((each) =>
    each.type === 'events'
      ? [[each.watchId, ...each.events.map(({ kv }) => kv.modRevision)] as const]
      : [],
  );
}

describe('R23: the id of a watcher', () => {
  it('is refused where another watcher has it, which goes on', () => {
    const scene = new Scene();
    const { hub, session } = scene;
    expect(hub.create(session, from(NO_REVISION), 7)).toBe(7);
    expect(hub.create(session, from(NO_REVISION), 7)).toBeUndefined();
    scene.put(1);
    const messages = scene.taken();
    expect(messages.map(({ type }) => type)).toEqual(['created', 'canceled', 'events']);
    // Without an id: who reads it must not take it for the end of the other watcher.
    expect(messages[1]).toEqual(refusal(undefined, 'duplicate-id'));
    expect(eventsIn(messages)).toEqual([[7, 2]]);
    hub.cancel(session, 7);
    expect(hub.create(session, from(NO_REVISION), 7)).toBe(7);
  });

  it('is picked so that no other watcher has it', () => {
    const { hub, session } = new Scene();
    expect(hub.create(session, from(NO_REVISION), 0)).toBe(0);
    expect(hub.create(session, from(NO_REVISION))).toBe(1);
  });
});

describe('R26: the watchers of a session', () => {
  it('are bounded in number: one more is refused, until another has ended', () => {
    const scene = new Scene();
    const { hub, session } = scene;
    for (const id of [3, 4]) expect(hub.create(session, from(NO_REVISION), id)).toBe(id);
    expect(hub.create(session, from(NO_REVISION), 5)).toBeUndefined();
    expect(hub.create(session, from(NO_REVISION))).toBeUndefined();
    expect(scene.taken().slice(2)).toEqual([
      refusal(5, 'too-many-watchers'),
      refusal(undefined, 'too-many-watchers'),
    ]);
    expect(hub.watcherCount).toBe(2);
    scene.put(1);
    expect(eventsIn(scene.taken())).toEqual([
      [3, 2],
      [4, 2],
    ]);
    hub.cancel(session, 3);
    expect(hub.create(session, from(NO_REVISION), 5)).toBe(5);
  });
});

describe('R25: a watcher that begins in the future', () => {
  it('gets nothing from before, and no progress that is below its beginning', () => {
    const scene = new Scene();
    const { hub, session } = scene;
    hub.create(session, from(5), 1);
    session.requestProgress();
    expect(scene.taken()).toEqual([{ type: 'created', watchId: 1, revision: 1 }]);
    scene.put(2);
    hub.notifyProgress();
    expect(scene.store.revision).toBe(3);
    expect(scene.taken()).toEqual([]);
    scene.put(1);
    // Nothing is missing now of what it wants: what was asked for above is told.
    expect(scene.taken()).toEqual([{ type: 'progress', watchId: undefined, revision: 4 }]);
    hub.notifyProgress();
    expect(scene.taken()).toEqual([{ type: 'progress', watchId: 1, revision: 4 }]);
    scene.put(2);
    expect(eventsIn(scene.taken())).toEqual([[1, 5, 6]]);
  });
});

describe('R25: progress that is told without being asked for', () => {
  it('is for those watchers alone that nothing was sent to since the last time', () => {
    const scene = new Scene();
    const { hub, session } = scene;
    hub.create(session, from(NO_REVISION), 1);
    scene.put(1);
    expect(eventsIn(scene.taken()).slice(-1)).toEqual([[1, 2]]);
    hub.notifyProgress();
    expect(scene.taken()).toEqual([]);
    hub.notifyProgress();
    expect(scene.taken()).toEqual([{ type: 'progress', watchId: 1, revision: 2 }]);
    scene.put(1);
    expect(eventsIn(scene.taken())).toEqual([[1, 3]]);
    hub.notifyProgress();
    expect(scene.taken()).toEqual([]);
  });
});

function refusal(
  watchId: number | undefined,
  reason: 'duplicate-id' | 'too-many-watchers',
): WatchMessage {
  return { type: 'canceled', watchId, reason, compactRevision: NO_REVISION };
}
