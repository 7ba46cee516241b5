/**
 * The status of a node as a stream: whoever reads it gets the newest status, never a queue of old
 * ones.
 */
import type { RaftStatus } from '../core/status.ts';
import { RaftError } from './raft-error.ts';

/** The most readers at a time. */
export const STATUS_READERS_MAX = 1000;

/** One who reads; it holds no status, only whether there is a newer one. */
interface Reader {
  hasNews: boolean;
  wake: (() => void) | undefined;
}

/** The readers of one node's status. */
export class StatusFeed {
  private readonly status: () => RaftStatus;
  private readonly readers = new Set<Reader>();
  private isClosed = false;

  /** @param status how the node stands now */
  constructor(status: () => RaftStatus) {
    this.status = status;
  }

  /**
   * The status now, then the newest one whenever it has changed since the last one was read. It
   * ends with the node. Throws `overload` beyond `STATUS_READERS_MAX`, `aborted` with `signal`.
   */
  async *read(signal?: AbortSignal): AsyncGenerator<RaftStatus, void, undefined> {
    if (this.readers.size >= STATUS_READERS_MAX) throw new RaftError('overload', true);
    const reader: Reader = { hasNews: true, wake: undefined };
    const wake = () => reader.wake?.();
    this.readers.add(reader);
    signal?.addEventListener('abort', wake, { once: true });
    try {
      while (!this.isClosed) {
        if (signal?.aborted) throw new RaftError('aborted', true, { cause: signal.reason });
        if (reader.hasNews) {
          reader.hasNews = false;
          yield this.status();
        } else {
          await new Promise<void>((resolve) => {
            reader.wake = resolve;
          });
          reader.wake = undefined;
        }
      }
    } finally {
      signal?.removeEventListener('abort', wake);
      this.readers.delete(reader);
    }
  }

  /** Tells the readers that there is something new. */
  changed(): void {
    for (const reader of this.readers) {
      reader.hasNews = true;
      reader.wake?.();
    }
  }

  /** Ends all streams. */
  close(): void {
    this.isClosed = true;
    this.changed();
  }
}
