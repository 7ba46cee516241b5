/**
 * One client's watchers: what waits to be sent to it, in order, and within a bound.
 *
 * The consumer takes messages when it has room for them (flow credit is that it takes). Events of a
 * watcher that were not taken yet are joined, so a slow consumer gets fewer and larger messages;
 * once they are more than the bound, the watcher is lagging: nothing is kept for it but the
 * revision at which it has to go on, from the store's own log.
 */
import { assert } from '@mangrove/host';
import type { KeyRange } from './key-range.ts';
import { NO_REVISION, type Revision } from './revision.ts';
import {
  type CancelReason,
  eventBytes,
  type WatchEvent,
  type WatchId,
  type WatchMessage,
  type WatchRequest,
} from './watch-message.ts';
import type { WatchRoom } from './watch-room.ts';

/** The bounds of a session. */
export interface WatchSessionOptions {
  /** The most watchers. At it, `too-many-watchers`. */
  readonly watchersMax: number;
  /**
   * Bytes of events that may wait; beyond it watchers lag. A fragment may exceed it, or one
   * revision where a watcher allows no fragments.
   */
  readonly waitingBytesMax: number;
  /** Where a message of a watcher that allows fragments is split. */
  readonly fragmentBytes: number;
  /**
   * The most bytes of events in a message. Default 32 MiB. A watcher that allows no fragments ends
   * with `revision-too-large` where one revision has more for it.
   */
  readonly messageBytesMax?: number;
  /** What all sessions of a port hold. Default: room without a bound. */
  readonly room?: WatchRoom;
}

const MESSAGE_BYTES_MAX = 33_554_432;

/** A watcher, as its session and the hub know it. */
export interface Watcher {
  readonly id: WatchId;
  readonly session: WatchSession;
  readonly range: KeyRange;
  readonly request: WatchRequest;
  /** The first revision that it was not given yet; while it is synced, the hub's counts instead. */
  nextRevision: Revision;
  /** How many versions of that it has passed already; some only while it lags. */
  nextPlace: number;
  /** Events of that which wait for more of it. */
  part: { readonly events: WatchEvent[]; readonly sizeBytes: number };
  isSynced: boolean;
  /** Whether it was sent something since it was last told of progress. */
  wasServed: boolean;
}

/** The queue of one session. The hub fills it, the face that owns the connection empties it. */
export class WatchSession {
  readonly watchers: Map<WatchId, Watcher> = new Map();
  private readonly options: WatchSessionOptions;
  private readonly queue: Item[] = [];
  // The batch of each watcher that waits in the queue, to which events may still be added.
  private readonly open = new Map<WatchId, Batch>();
  private waiting = 0;
  private nextId = 0;
  private isProgressWanted = false;

  constructor(options: WatchSessionOptions) {
    this.options = options;
  }

  /** Whether there is something to take. */
  get hasMessages(): boolean {
    return this.queue.length > 0;
  }

  /** Bytes of events that wait. */
  get waitingBytes(): number {
    return this.waiting;
  }

  /** Whether events may be added. */
  get hasRoom(): boolean {
    const { waitingBytesMax, room } = this.options;
    return this.waiting < Math.min(waitingBytesMax, room?.shareBytes ?? waitingBytesMax);
  }

  /** Whether it was asked for progress and did not tell yet. */
  get wantsProgress(): boolean {
    return this.isProgressWanted;
  }

  /** Where a message of a watcher that allows fragments is split. */
  get fragmentBytes(): number {
    return this.options.fragmentBytes;
  }

  /** A name that no watcher has, for a request; or why there is none. */
  claim(wanted: WatchId | undefined): WatchId | 'duplicate-id' | 'too-many-watchers' {
    if (this.watchers.size >= this.options.watchersMax) return 'too-many-watchers';
    if (wanted !== undefined) return this.watchers.has(wanted) ? 'duplicate-id' : wanted;
    while (this.watchers.has(this.nextId)) this.nextId += 1;
    this.nextId += 1;
    return this.nextId - 1;
  }

  /** Asks for progress, to be told once all watchers have seen everything. */
  requestProgress(): void {
    this.isProgressWanted = true;
  }

  /** Puts a message other than events behind everything. */
  tell(message: Exclude<WatchMessage, { type: 'events' }>): void {
    if (message.type === 'progress') this.closeBatches(message.watchId);
    this.queue.push(message);
  }

  // What comes after progress must not join what waits in front of it: a consumer would see events
  // of later revisions, and progress that goes back behind them.
  private closeBatches(id: WatchId | undefined): void {
    if (id !== undefined) {
      this.open.delete(id);
      return;
    }
    this.open.clear();
    this.isProgressWanted = false;
  }

  /** Ends a watcher; what waits for it is sent before it is told. */
  end(watcher: Watcher, reason: CancelReason | undefined, compactRevision = NO_REVISION): void {
    const isKnown = this.watchers.delete(watcher.id);
    assert(isKnown, `watcher ${watcher.id} ends twice`);
    this.open.delete(watcher.id);
    this.tell({ type: 'canceled', watchId: watcher.id, reason, compactRevision });
  }

  /**
   * Adds all events of one revision, or of several that follow each other, for `watcher`.
   *
   * @param isUnfinished whether more events of the last revision follow
   */
  add(watcher: Watcher, events: readonly WatchEvent[], isUnfinished = false): void {
    const batch = this.batchOf(watcher, events);
    for (const event of events) {
      const sizeBytes = eventBytes(event);
      batch.events.push(event);
      batch.sizeBytes += sizeBytes;
      this.waiting += sizeBytes;
      this.options.room?.take(sizeBytes);
    }
    batch.isUnfinished = isUnfinished;
    watcher.wasServed = true;
  }

  /**
   * Adds the next event of a revision, of which more may follow; `addLastPart` ends that. False
   * where the watcher allows no fragments, and there is too much for one message.
   */
  addPart(watcher: Watcher, event: WatchEvent): boolean {
    const { request, part } = watcher;
    const { fragmentBytes, messageBytesMax = MESSAGE_BYTES_MAX } = this.options;
    const sizeBytes = part.sizeBytes + eventBytes(event);
    if (!request.allowsFragments && sizeBytes > messageBytesMax) return false;
    if (request.allowsFragments && part.events.length > 0 && sizeBytes > fragmentBytes) {
      // Not before now: that something follows is known by what follows.
      this.add(watcher, part.events, true);
      watcher.part = { events: [event], sizeBytes: eventBytes(event) };
    } else {
      part.events.push(event);
      watcher.part = { events: part.events, sizeBytes };
    }
    return true;
  }

  /** Adds what is left of a revision. */
  addLastPart(watcher: Watcher): void {
    const { events } = watcher.part;
    if (events.length === 0) return;
    this.add(watcher, events);
    watcher.part = { events: [], sizeBytes: 0 };
  }

  /** Forgets what was gathered of a whole revision: it is read again when there is room. */
  setAside(watcher: Watcher): void {
    if (watcher.request.allowsFragments || watcher.part.events.length === 0) return;
    watcher.part = { events: [], sizeBytes: 0 };
    watcher.nextPlace = 0;
  }

  /** Forgets all that waits: nobody takes it any more. */
  drop(): void {
    this.queue.length = 0;
    this.open.clear();
    this.options.room?.leave(this.waiting);
    this.waiting = 0;
  }

  /** The next message; `undefined` where there is none. */
  take(): WatchMessage | undefined {
    const first = this.queue[0];
    if (first === undefined) return undefined;
    if (first.type !== 'batch') {
      this.queue.shift();
      return first;
    }
    const fragment = first.watcher.request.allowsFragments
      ? takeFragment(first, this.options.fragmentBytes)
      : takeAll(first);
    this.waiting -= fragment.sizeBytes;
    this.options.room?.leave(fragment.sizeBytes);
    // What is added from now on must not join a revision of which a part is on its way.
    this.open.delete(first.watcher.id);
    if (first.events.length === 0) this.queue.shift();
    const last = fragment.events.at(-1);
    assert(last !== undefined, 'a batch without events');
    const { modRevision } = last.kv;
    const [next] = first.events;
    const hasMore = next === undefined ? first.isUnfinished : next.kv.modRevision === modRevision;
    const watchId = first.watcher.id;
    return { type: 'events', watchId, revision: modRevision, events: fragment.events, hasMore };
  }

  // What waits for it already, where there is room for more in one message; else what is new.
  private batchOf(watcher: Watcher, events: readonly WatchEvent[]): Batch {
    const { messageBytesMax = MESSAGE_BYTES_MAX } = this.options;
    const known = this.open.get(watcher.id);
    if (known !== undefined) {
      let sizeBytes = known.sizeBytes;
      for (const event of events) sizeBytes += eventBytes(event);
      if (sizeBytes <= messageBytesMax) return known;
    }
    const batch: Batch = {
      ...{ type: 'batch', watcher, events: [], sizeBytes: 0, isUnfinished: false },
    };
    this.open.set(watcher.id, batch);
    this.queue.push(batch);
    return batch;
  }
}

interface Batch {
  readonly type: 'batch';
  readonly watcher: Watcher;
  events: WatchEvent[];
  sizeBytes: number;
  /** Whether more events of its last revision follow in another one. */
  isUnfinished: boolean;
}

type Item = Batch | Exclude<WatchMessage, { type: 'events' }>;

function takeAll(batch: Batch): { events: WatchEvent[]; sizeBytes: number } {
  const taken = { events: batch.events, sizeBytes: batch.sizeBytes };
  batch.events = [];
  batch.sizeBytes = 0;
  return taken;
}

// At least one event, and as many as fit.
function takeFragment(batch: Batch, bytesMax: number): { events: WatchEvent[]; sizeBytes: number } {
  let count = 0;
  let sizeBytes = 0;
  for (const event of batch.events) {
    if (count > 0 && sizeBytes + eventBytes(event) > bytesMax) break;
    sizeBytes += eventBytes(event);
    count += 1;
  }
  batch.sizeBytes -= sizeBytes;
  return { events: batch.events.splice(0, count), sizeBytes };
}
