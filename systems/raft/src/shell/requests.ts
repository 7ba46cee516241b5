/**
 * What a node owes to those who called it: one promise a request, settled once.
 */
import type { RequestId } from '../core/event.ts';
import type { LogIndex } from '../core/positions.ts';
import { RaftError } from './raft-error.ts';

/** Someone who waits for the end of a request. */
interface Waiter {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: RaftError) => void;
}

/** The open requests of one node. */
export class Requests {
  private readonly waiters = new Map<RequestId, Waiter>();
  /** Proposals that are committed and not applied yet, by their place. */
  private readonly committed = new Map<LogIndex, RequestId>();
  private count = 0;

  /** Opens a request; `begin` is called at once with its number. */
  open(begin: (id: RequestId) => void): Promise<unknown> {
    this.count += 1;
    const id = this.count;
    return new Promise((resolve, reject) => {
      this.waiters.set(id, { resolve, reject });
      begin(id);
    });
  }

  /** Takes in that a proposal is committed at `index`: its result comes from there. */
  place(id: RequestId, index: LogIndex): void {
    this.committed.set(index, id);
  }

  /** Ends the proposal that stands at `index`, where there is one. */
  applied(index: LogIndex, result: unknown): void {
    const id = this.committed.get(index);
    if (id === undefined) return;
    this.committed.delete(index);
    this.resolve(id, result);
  }

  /** Ends a request well; nothing happens where it has ended before. */
  resolve(id: RequestId, value: unknown): void {
    this.take(id)?.resolve(value);
  }

  /** Ends a request with an error; nothing happens where it has ended before. */
  reject(id: RequestId, error: RaftError): void {
    this.take(id)?.reject(error);
  }

  /** Ends all of them as not known: the node closes. */
  rejectAll(): void {
    for (const waiter of this.waiters.values()) waiter.reject(new RaftError('closed', false));
    this.waiters.clear();
  }

  private take(id: RequestId): Waiter | undefined {
    const waiter = this.waiters.get(id);
    this.waiters.delete(id);
    return waiter;
  }
}
