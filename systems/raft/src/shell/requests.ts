/**
 * What a node owes to those who called it: one promise a request, settled once.
 */
import { type Instant, NumberMap } from '@mangrove/host';
import type { Entry } from '../core/entry.ts';
import type { Proposal, RequestId } from '../core/event.ts';
import { higherIndex, type LogIndex, NO_INDEX } from '../core/positions.ts';
import { RaftError, type RaftErrorCode } from './raft-error.ts';

/** Someone who waits for the end of a request. */
interface Waiter {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: RaftError) => void;
  /** Lets go of the signal, where there is one. */
  readonly end: (() => void) | undefined;
  /** Whether giving it up means that it does not happen. */
  readonly isDefinite: boolean;
  /** When it began, where that is to be measured. */
  readonly begunAt?: Instant;
}

/** What requests are measured with. */
export interface RequestMeter {
  now(): Instant;
  /** A proposal had its result after so long, in milliseconds. */
  proposed(tookMs: number): void;
}

/** A proposal and whoever waits for it, in one: there are many of them. */
class OpenProposal implements Proposal, Waiter {
  readonly id: RequestId;
  readonly data: Uint8Array;
  readonly begunAt: Instant;
  readonly isDefinite = false;
  resolve: (value: unknown) => void = nothing;
  reject: (error: RaftError) => void = nothing;
  end: (() => void) | undefined;

  constructor(id: RequestId, data: Uint8Array, begunAt: Instant) {
    this.id = id;
    this.data = data;
    this.begunAt = begunAt;
  }
}

const nothing = (): void => {};

/** The open requests of one node. */
export class Requests {
  private readonly waiters = new NumberMap<RequestId, Waiter>();
  /** Proposals that are committed and not applied yet, by their place. */
  private readonly committed = new NumberMap<LogIndex, RequestId>();
  /** Results of the last entries, for proposals of which it is heard late where they stand. */
  private readonly recent: RecentResults;
  private readonly meter: RequestMeter;
  private lastApplied: LogIndex = NO_INDEX;
  private count = 0;

  /** @param recentCountMax how many results are kept; 0 where no proposals are handed over */
  constructor(recentCountMax: number, meter: RequestMeter) {
    this.recent = new RecentResults(recentCountMax);
    this.meter = meter;
  }

  /**
   * Opens a proposal, which `add` is given at once. Aborting it is indefinite.
   *
   * @param begunAt from when on it is measured
   */
  propose(
    data: Uint8Array,
    add: (proposal: Proposal) => void,
    begunAt: Instant,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    if (signal?.aborted) return Promise.reject(abortedBefore(signal));
    this.count += 1;
    const proposal = new OpenProposal(this.count, data, begunAt);
    const ended = new Promise((resolve, reject) => {
      proposal.resolve = resolve;
      proposal.reject = reject;
    });
    if (signal !== undefined) proposal.end = this.heed(signal, proposal.id, false);
    this.waiters.set(proposal.id, proposal);
    add(proposal);
    return ended;
  }

  /**
   * Opens a request; `begin` is called at once with its number.
   *
   * @param abort ends it when `signal` is aborted: `isDefinite` says whether giving it up now means
   *   that it does not happen, and `forget` has the core forget it
   */
  open(
    begin: (id: RequestId) => void,
    abort: {
      readonly signal: AbortSignal | undefined;
      readonly isDefinite: boolean;
      readonly forget?: (id: RequestId) => void;
    },
  ): Promise<unknown> {
    const { signal, isDefinite, forget } = abort;
    if (signal?.aborted) return Promise.reject(abortedBefore(signal));
    this.count += 1;
    const id = this.count;
    return new Promise((resolve, reject) => {
      const end = signal === undefined ? undefined : this.heed(signal, id, isDefinite, forget);
      this.waiters.set(id, { resolve, reject, end, isDefinite });
      begin(id);
    });
  }

  /** Takes in that a proposal is committed at `index`: its result comes from there. */
  place(id: RequestId, index: LogIndex): void {
    if (index > this.lastApplied) this.committed.set(index, id);
    else if (this.recent.has(index)) this.resolve(id, this.recent.get(index));
    else this.reject(id, new RaftError('compacted', false));
  }

  /** Ends the proposals that stand at these entries; `results` are those of the commands. */
  applied(entries: readonly Entry[], results: readonly unknown[]): void {
    const now = this.meter.now();
    let place = 0;
    for (const { type, index } of entries) {
      const result = type === 'command' ? results[place] : undefined;
      if (type === 'command') place += 1;
      this.lastApplied = higherIndex(this.lastApplied, index);
      this.recent.keep(index, result);
      const id = this.committed.get(index);
      if (id === undefined) continue;
      this.committed.delete(index);
      this.resolve(id, result, now);
    }
  }

  /** A snapshot took the place of everything up to `index`: results from there are lost. */
  skippedTo(index: LogIndex): void {
    this.lastApplied = higherIndex(this.lastApplied, index);
    for (const [place, id] of this.committed) {
      if (place > index) continue;
      this.committed.delete(place);
      this.reject(id, new RaftError('compacted', false));
    }
  }

  /** Ends a request well; nothing happens where it has ended before. */
  resolve(id: RequestId, value: unknown, now: Instant = this.meter.now()): void {
    const waiter = this.take(id);
    if (waiter?.begunAt !== undefined) this.meter.proposed(now - waiter.begunAt);
    waiter?.resolve(value);
  }

  /** Ends a request with an error; nothing happens where it has ended before. */
  reject(id: RequestId, error: RaftError): void {
    this.take(id)?.reject(error);
  }

  /** Gives all of them up: the node stops. */
  rejectAll(code: RaftErrorCode, cause?: unknown): void {
    for (const [id, { isDefinite }] of this.waiters) {
      this.reject(id, new RaftError(code, isDefinite, { cause }));
    }
  }

  /** Gives a request up when `signal` is aborted; returns how to let go of it. */
  private heed(
    signal: AbortSignal,
    id: RequestId,
    isDefinite: boolean,
    forget?: (id: RequestId) => void,
  ): () => void {
    const giveUp = () => {
      this.reject(id, new RaftError('aborted', isDefinite, { cause: signal.reason }));
      forget?.(id);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    return () => signal.removeEventListener('abort', giveUp);
  }

  private take(id: RequestId): Waiter | undefined {
    const waiter = this.waiters.get(id);
    this.waiters.delete(id);
    waiter?.end?.();
    return waiter;
  }
}

/** The results of the last entries, in a ring. */
class RecentResults {
  private readonly countMax: number;
  private readonly indexes: LogIndex[] = [];
  private readonly results: unknown[] = [];

  constructor(countMax: number) {
    this.countMax = countMax;
  }

  keep(index: LogIndex, result: unknown): void {
    if (this.countMax === 0) return;
    const place = index % this.countMax;
    this.indexes[place] = index;
    this.results[place] = result;
  }

  has(index: LogIndex): boolean {
    return this.indexes[index % this.countMax] === index;
  }

  /** The result of the entry at `index`, which is among the last. */
  get(index: LogIndex): unknown {
    return this.results[index % this.countMax];
  }
}

function abortedBefore(signal: AbortSignal): RaftError {
  return new RaftError('aborted', true, { cause: signal.reason });
}
