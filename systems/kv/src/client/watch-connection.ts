/**
 * All watches of a client over one connection: made again on another one where that is lost.
 *
 *     wanted --connection--> created --lost--> wanted (from where it stood)
 */
import type { WatchId, WatchMessage } from '../core/watch-message.ts';
import type { Caller } from './caller.ts';
import { Connection, type WatchSink } from './connection.ts';
import { KvError } from './kv-error.ts';
import type { Watch, WatchKeeper } from './watch.ts';

/** How many bytes of events may be on their way. */
const CREDIT_BYTES = 4_194_304;

/** The first pause before a new connection, and the longest one, in milliseconds. */
const PAUSE_MS = 10;
const PAUSE_MS_MAX = 500;

/** Keeps the watches of one client. */
export class WatchConnection implements WatchKeeper, WatchSink {
  private readonly caller: Caller;
  private readonly wanted = new Set<Watch>();
  // Watches that the member was asked for, and those that it has created: what it says of all
  // watchers may have been said before it knew of one that was asked for.
  private readonly asked = new Map<WatchId, Watch>();
  private readonly created = new Map<WatchId, Watch>();
  private readonly idOf = new Map<Watch, WatchId>();
  private connection: Connection | undefined;
  private isConnecting = false;
  private isClosed = false;
  private lastId = -1;
  // How many members in a row were of no use, since they were cut off themselves.
  private refusedCount = 0;
  private spentBytes = 0;

  constructor(caller: Caller) {
    this.caller = caller;
  }

  start(watch: Watch): void {
    if (this.isClosed) {
      watch.finish(new KvError('closed', { isDefinite: true }));
      return;
    }
    this.forget(watch);
    this.wanted.add(watch);
    if (this.connection !== undefined) this.create(this.connection, watch);
    else this.connectSoon();
  }

  stop(watch: Watch): void {
    this.wanted.delete(watch);
    const id = this.idOf.get(watch);
    this.forget(watch);
    if (id !== undefined) this.connection?.say({ type: 'watch-cancel', watchId: id });
  }

  /** Has every watch told how far the member has sent everything. */
  requestProgress(): void {
    this.connection?.say({ type: 'watch-progress' });
  }

  onWatch(message: WatchMessage, sizeBytes: number): void {
    this.payCredit(sizeBytes);
    switch (message.type) {
      case 'created':
        this.onCreated(message);
        return;
      case 'progress':
        if (message.watchId !== undefined) this.created.get(message.watchId)?.onMessage(message);
        else for (const watch of this.created.values()) watch.onMessage(message);
        return;
      case 'events':
        this.created.get(message.watchId)?.onMessage(message);
        return;
      case 'canceled':
        this.onCanceled(message);
    }
  }

  onLost(): void {
    this.connection = undefined;
    this.created.clear();
    this.idOf.clear();
    this.asked.clear();
    for (const watch of this.wanted) watch.onLost();
    if (this.wanted.size > 0) this.connectSoon();
  }

  /** Ends all watches. */
  close(): void {
    this.isClosed = true;
    for (const watch of [...this.wanted]) watch.finish(undefined);
  }

  private onCreated(message: Extract<WatchMessage, { type: 'created' }>): void {
    const watch = this.asked.get(message.watchId);
    if (watch === undefined) return;
    this.refusedCount = 0;
    this.asked.delete(message.watchId);
    this.created.set(message.watchId, watch);
    watch.onMessage(message);
  }

  private onCanceled(message: Extract<WatchMessage, { type: 'canceled' }>): void {
    const { watchId = -1, reason } = message;
    const watch = this.created.get(watchId) ?? this.asked.get(watchId);
    if (watch === undefined) return;
    if (reason === 'no-leader') {
      // The member is cut off from the others: nobody has any use for it.
      this.refusedCount += 1;
      this.connection?.close('unavailable', `${this.connection.address} is cut off`);
      return;
    }
    this.forget(watch);
    watch.onMessage(message);
  }

  private create(connection: Connection, watch: Watch): void {
    this.lastId += 1;
    this.asked.set(this.lastId, watch);
    this.idOf.set(watch, this.lastId);
    connection.say({ type: 'watch-create', watchId: this.lastId, request: watch.request() });
  }

  private forget(watch: Watch): void {
    const id = this.idOf.get(watch);
    if (id === undefined) return;
    this.idOf.delete(watch);
    this.asked.delete(id);
    this.created.delete(id);
  }

  private connectSoon(): void {
    if (this.isConnecting || this.isClosed) return;
    this.isConnecting = true;
    this.caller.host.run(() => this.connect());
  }

  private async connect(): Promise<void> {
    const { host, endpoints } = this.caller;
    const first = this.refusedCount;
    for (let count = first; !this.isClosed && this.wanted.size > 0; count += 1) {
      if (count > 0) {
        const longest = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** Math.min(count, 10));
        await host.timers.sleep(host.random.between(Math.ceil(longest / 2), longest));
      }
      const connection = await endpoints.pick(false);
      if (connection instanceof Connection && connection.ended === undefined) {
        this.isConnecting = false;
        this.begin(connection);
        return;
      }
    }
    this.isConnecting = false;
  }

  private begin(connection: Connection): void {
    this.connection = connection;
    this.spentBytes = 0;
    connection.watchWith(this);
    connection.say({ type: 'credit', sizeBytes: CREDIT_BYTES });
    for (const watch of this.wanted) this.create(connection, watch);
  }

  private payCredit(sizeBytes: number): void {
    this.spentBytes += sizeBytes;
    if (this.spentBytes < CREDIT_BYTES / 4) return;
    this.connection?.say({ type: 'credit', sizeBytes: this.spentBytes });
    this.spentBytes = 0;
  }
}
