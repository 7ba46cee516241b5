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
  private readonly created = new Map<WatchId, Watch>();
  private readonly idOf = new Map<Watch, WatchId>();
  // Watches that were asked for and not answered yet, in order.
  private readonly asked: (Watch | undefined)[] = [];
  private connection: Connection | undefined;
  private isConnecting = false;
  private isClosed = false;
  private lastId = -1;
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
        this.asked.shift()?.onMessage(message);
        return;
      case 'progress':
        if (message.watchId !== undefined) this.created.get(message.watchId)?.onMessage(message);
        else for (const watch of this.created.values()) watch.onMessage(message);
        return;
      case 'events':
        this.created.get(message.watchId)?.onMessage(message);
        return;
      case 'canceled': {
        // One that never came to be is the answer to the oldest wish.
        const { watchId } = message;
        const watch = watchId === undefined ? this.asked.shift() : this.created.get(watchId);
        if (watch === undefined) return;
        this.forget(watch);
        watch.onMessage(message);
      }
    }
  }

  onLost(): void {
    this.connection = undefined;
    this.created.clear();
    this.idOf.clear();
    this.asked.length = 0;
    for (const watch of this.wanted) watch.onLost();
    if (this.wanted.size > 0) this.connectSoon();
  }

  /** Ends all watches. */
  close(): void {
    this.isClosed = true;
    for (const watch of [...this.wanted]) watch.finish(undefined);
  }

  private create(connection: Connection, watch: Watch): void {
    this.lastId += 1;
    this.created.set(this.lastId, watch);
    this.idOf.set(watch, this.lastId);
    this.asked.push(watch);
    connection.say({ type: 'watch-create', watchId: this.lastId, request: watch.request() });
  }

  private forget(watch: Watch): void {
    const id = this.idOf.get(watch);
    if (id === undefined) return;
    this.idOf.delete(watch);
    this.created.delete(id);
    // Its answer may still be on the way, and must not be taken for that of another one.
    const place = this.asked.indexOf(watch);
    if (place >= 0) this.asked[place] = undefined;
  }

  private connectSoon(): void {
    if (this.isConnecting || this.isClosed) return;
    this.isConnecting = true;
    this.caller.host.run(() => this.connect());
  }

  private async connect(): Promise<void> {
    const { host, endpoints } = this.caller;
    for (let count = 0; !this.isClosed && this.wanted.size > 0; count += 1) {
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
