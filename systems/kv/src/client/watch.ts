/**
 * A watch as its caller holds it: an async iterator of events, in order, each once, without a gap.
 *
 * It goes on through the loss of connections and members from the last revision that it gave. A
 * caller that takes its time holds up nobody: beyond a bound of what waits the watch is let go at
 * the member, and taken up again at that revision when all of it was taken.
 */
import { InvalidArgument } from '@mangrove/host';
import type { KeyRange } from '../core/key-range.ts';
import type { KeyValue } from '../core/key-value.ts';
import { NO_REVISION, type Revision, revisionAfter } from '../core/revision.ts';
import type { WatchEvent, WatchMessage, WatchRequest } from '../core/watch-message.ts';
import { givenInteger } from './given.ts';
import { type KeySelector, KvEntry, toRange } from './key.ts';
import { KvError } from './kv-error.ts';

/** What a watch may say beside its keys. */
export interface WatchOptions {
  /** The first revision whose events are wanted. Default: the next one. */
  readonly from?: number;
  /** Leaves one kind of event out. Default: both come. */
  readonly only?: 'puts' | 'deletes';
  /** Whether events have what was there before, as far as it is kept. Default: no. */
  readonly previous?: boolean;
  /**
   * What happens when revisions that it still had to see were compacted. `fail` (the default): the
   * iterator throws `compacted`. `skip`: it goes on behind them, and the next batch says so.
   */
  readonly onCompacted?: 'fail' | 'skip';
  /** Ends the watch. */
  readonly signal?: AbortSignal;
  /** Bytes of events that may wait for the caller, roughly. Default 8 MiB. */
  readonly waitingBytesMax?: number;
}

/** A change of one key, with what is there now; a deletion has no value. */
export class KvEvent extends KvEntry {
  readonly type: 'put' | 'delete';
  /** What was there before, where it was wanted and is known. */
  readonly previous: KvEntry | undefined;

  constructor(type: 'put' | 'delete', kv: KeyValue, previous: KeyValue | undefined) {
    super(kv);
    this.type = type;
    this.previous = previous === undefined ? undefined : new KvEntry(previous);
  }

  /** The revision of the change. */
  get revision(): Revision {
    return this.modRevision;
  }
}

/** All events of one or more whole revisions. */
export interface WatchBatch {
  /** Everything up to here was given. */
  readonly revision: Revision;
  readonly events: readonly KvEvent[];
  /** Whether revisions before it were compacted and are missing. */
  readonly isAfterGap: boolean;
}

/** What a watch asks of whoever keeps its connection. */
export interface WatchKeeper {
  /** Wants events from `watch.request()` on. */
  start(watch: Watch): void;
  /** Wants none any more. */
  stop(watch: Watch): void;
}

/** No key of the store is longer than a command of its log. */
const RANGE_BYTES_MAX = 1_000_000;

function rangeOf(keys: KeySelector): KeyRange {
  const range = toRange(keys);
  const sizeBytes = range.from.length + (range.to?.length ?? 0);
  if (sizeBytes <= RANGE_BYTES_MAX) return range;
  throw new InvalidArgument('keys', `${sizeBytes} bytes`, `at most ${RANGE_BYTES_MAX} bytes`);
}

/** What events weigh beside their bytes. */
const EVENT_BYTES = 64;

/** A watch of some keys. */
export class Watch implements AsyncIterable<KvEvent>, AsyncDisposable {
  /** Resolves once it watches: the revision of the store then. Rejects where it never will. */
  readonly started: Promise<Revision>;
  private readonly keeper: WatchKeeper;
  private readonly range: KeyRange;
  private readonly options: WatchOptions;
  private readonly queue: { readonly batch: WatchBatch; readonly sizeBytes: number }[] = [];
  private fragments: WatchEvent[] = [];
  private waitingBytes = 0;
  private nextRevision: Revision;
  private isPaused = false;
  private isAfterGap = false;
  private end: { readonly error: KvError | undefined } | undefined;
  private wake: () => void = () => {};
  private settleStart: { resolve(revision: Revision): void; reject(error: KvError): void };
  private readonly onAbort = () => this.finish(undefined);

  constructor(keeper: WatchKeeper, keys: KeySelector, options: WatchOptions = {}) {
    this.keeper = keeper;
    this.range = rangeOf(keys);
    this.options = options;
    this.nextRevision = givenInteger('from', options.from ?? NO_REVISION) as Revision;
    givenInteger('waitingBytesMax', options.waitingBytesMax ?? 0);
    this.settleStart = { resolve: () => {}, reject: () => {} };
    this.started = new Promise((resolve, reject) => {
      this.settleStart = { resolve, reject };
    });
    // Who does not ask when it began learns of the end from the iterator.
    this.started.catch(() => {});
    options.signal?.addEventListener('abort', this.onAbort, { once: true });
    if (options.signal?.aborted === true) this.finish(undefined);
    else keeper.start(this);
  }

  /** The first revision that was not given to the queue yet; 0 is the next one. */
  get next(): Revision {
    return this.nextRevision;
  }

  /** Gives one event at a time. */
  async *[Symbol.asyncIterator](): AsyncGenerator<KvEvent, void> {
    for await (const { events } of this.batches()) yield* events;
  }

  /** Gives whole revisions: what happened at once comes at once. */
  async *batches(): AsyncGenerator<WatchBatch, void> {
    try {
      for (;;) {
        const first = this.queue.shift();
        if (first !== undefined) {
          this.waitingBytes -= first.sizeBytes;
          if (this.queue.length === 0 && this.isPaused) this.resume();
          yield first.batch;
          continue;
        }
        if (this.end !== undefined) {
          if (this.end.error !== undefined) throw this.end.error;
          return;
        }
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    } finally {
      this.finish(undefined);
    }
  }

  /** Ends it; what waits can still be taken. */
  close(): void {
    this.finish(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** What it wants of a member, from where it stands. */
  request(): WatchRequest {
    const { only, previous = false } = this.options;
    return {
      range: this.range,
      startRevision: this.nextRevision,
      wantsPuts: only !== 'deletes',
      wantsDeletes: only !== 'puts',
      wantsPrevious: previous,
      allowsFragments: true,
      wantsProgress: true,
    };
  }

  /** A connection was lost: parts of a revision that came are of no use without the rest. */
  onLost(): void {
    this.fragments = [];
  }

  /** Takes in what a member sent to it. */
  onMessage(message: WatchMessage): void {
    switch (message.type) {
      case 'created':
        // Without a first revision it sees what follows the store as it was then.
        if (this.nextRevision === NO_REVISION) this.nextRevision = revisionAfter(message.revision);
        this.settleStart.resolve(message.revision);
        return;
      case 'events':
        this.add(message.events, message.revision, message.hasMore);
        return;
      case 'progress':
        if (this.fragments.length > 0 || message.revision < this.nextRevision) return;
        this.nextRevision = revisionAfter(message.revision);
        return;
      case 'canceled':
        this.onCanceled(message);
    }
  }

  /** Ends it with an error, or without one. */
  finish(error: KvError | undefined): void {
    if (this.end !== undefined) return;
    this.end = { error };
    this.options.signal?.removeEventListener('abort', this.onAbort);
    this.keeper.stop(this);
    this.settleStart.reject(error ?? new KvError('aborted', { isDefinite: true }));
    this.wake();
  }

  private add(events: readonly WatchEvent[], revision: Revision, hasMore: boolean): void {
    this.fragments.push(...events);
    if (hasMore || this.end !== undefined) return;
    const whole = this.fragments;
    this.fragments = [];
    this.nextRevision = revisionAfter(revision);
    let sizeBytes = 0;
    for (const { kv, previous } of whole) {
      sizeBytes += kv.key.length + kv.value.length + (previous?.value.length ?? 0) + EVENT_BYTES;
    }
    const batch: WatchBatch = {
      revision,
      events: whole.map(({ type, kv, previous }) => new KvEvent(type, kv, previous)),
      isAfterGap: this.isAfterGap,
    };
    this.isAfterGap = false;
    this.queue.push({ batch, sizeBytes });
    this.waitingBytes += sizeBytes;
    if (this.waitingBytes > (this.options.waitingBytesMax ?? 8_388_608) && !this.isPaused) {
      this.isPaused = true;
      this.keeper.stop(this);
    }
    this.wake();
  }

  private onCanceled(message: Extract<WatchMessage, { type: 'canceled' }>): void {
    const { reason, compactRevision } = message;
    if (reason === undefined) return;
    if (reason !== 'compacted') {
      const detail = `the member refuses the watch: ${reason}`;
      this.finish(new KvError('too-many-requests', { isDefinite: true, detail }));
    } else if (this.options.onCompacted === 'skip') {
      this.fragments = [];
      this.isAfterGap = true;
      this.nextRevision = compactRevision;
      this.keeper.start(this);
    } else {
      this.finish(new KvError('compacted', { isDefinite: true, compactRevision }));
    }
  }

  private resume(): void {
    this.isPaused = false;
    if (this.end === undefined) this.keeper.start(this);
  }
}
