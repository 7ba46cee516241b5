/**
 * What a node owes to those who called it: one promise a request, settled once.
 */
import type { RequestId } from '../core/event.ts';
import { higherIndex, type LogIndex, NO_INDEX } from '../core/positions.ts';
import { RaftError } from './raft-error.ts';

/** Someone who waits for the end of a request. */
interface Waiter {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: RaftError) => void;
  /** Lets go of the signal, where there is one. */
  readonly end: (() => void) | undefined;
}

/** The open requests of one node. */
export class Requests {
  private readonly waiters = new Map<RequestId, Waiter>();
  /** Proposals that are committed and not applied yet, by their place. */
  private readonly committed = new Map<LogIndex, RequestId>();
  /** Results of the last entries, for proposals of which it is heard late where they stand. */
  private readonly recent = new Map<LogIndex, unknown>();
  private readonly recentCountMax: number;
  private lastApplied: LogIndex = NO_INDEX;
  private count = 0;

  /** @param recentCountMax how many results are kept; 0 where no proposals are handed over */
  constructor(recentCountMax: number) {
    this.recentCountMax = recentCountMax;
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
    if (signal?.aborted) {
      return Promise.reject(new RaftError('aborted', true, { cause: signal.reason }));
    }
    this.count += 1;
    const id = this.count;
    return new Promise((resolve, reject) => {
      if (signal === undefined) {
        this.waiters.set(id, { resolve, reject, end: undefined });
        begin(id);
        return;
      }
      const giveUp = () => {
        this.reject(id, new RaftError('aborted', isDefinite, { cause: signal.reason }));
        forget?.(id);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      const end = () => signal.removeEventListener('abort', giveUp);
      this.waiters.set(id, { resolve, reject, end });
      begin(id);
    });
  }

  /** Takes in that a proposal is committed at `index`: its result comes from there. */
  place(id: RequestId, index: LogIndex): void {
    if (index > this.lastApplied) this.committed.set(index, id);
    else if (this.recent.has(index)) this.resolve(id, this.recent.get(index));
    else this.reject(id, new RaftError('compacted', false));
  }

  /** Ends the proposal that stands at `index`, where there is one. */
  applied(index: LogIndex, result: unknown): void {
    this.lastApplied = index;
    if (this.recentCountMax > 0) this.keep(index, result);
    const id = this.committed.get(index);
    if (id === undefined) return;
    this.committed.delete(index);
    this.resolve(id, result);
  }

  /** A snapshot took the place of everything up to `index`: results from there are lost. */
  skippedTo(index: LogIndex): void {
    this.lastApplied = higherIndex(this.lastApplied, index);
    for (const [place, id] of [...this.committed]) {
      if (place > index) continue;
      this.committed.delete(place);
      this.reject(id, new RaftError('compacted', false));
    }
  }

  /** Ends a request well; nothing happens where it has ended before. */
  resolve(id: RequestId, value: unknown): void {
    this.take(id)?.resolve(value);
  }

  /** Ends a request with an error; nothing happens where it has ended before. */
  reject(id: RequestId, error: RaftError): void {
    this.take(id)?.reject(error);
  }

  /** Ends all of them: the node stops. */
  rejectAll(error: RaftError): void {
    for (const id of [...this.waiters.keys()]) this.reject(id, error);
  }

  private keep(index: LogIndex, result: unknown): void {
    this.recent.set(index, result);
    for (const oldest of this.recent.keys()) {
      if (this.recent.size <= this.recentCountMax) return;
      this.recent.delete(oldest);
    }
  }

  private take(id: RequestId): Waiter | undefined {
    const waiter = this.waiters.get(id);
    this.waiters.delete(id);
    waiter?.end?.();
    return waiter;
  }
}
