/**
 * What serves requests and watchers: a member as protocol faces see it.
 */
import type { KvRequest } from '../core/kv-request.ts';
import type { WatchId, WatchMessage, WatchRequest } from '../core/watch-message.ts';
import type { WatchSessionOptions } from '../core/watch-session.ts';
import type { Ask } from './ask.ts';

/** What a protocol face serves. */
export interface KvService {
  /**
   * Serves one request; its reply goes to `ask`, once. Failures are replies, and say whether what
   * was asked for may have happened; one that is given up is `aborted`.
   */
  serve(request: KvRequest, ask: Ask): void;
  /**
   * Opens a session of watchers, of one connection.
   *
   * @param onMessages is called when there is something to take after there was nothing; never from
   *   within a call of the door
   */
  openWatch(options: WatchSessionOptions, onMessages: () => void): WatchDoor;
  /**
   * The bytes of a backup of what this member has, as it is when the first are taken; `readBackup`
   * and `verifyBackup` read it. Who ends the taking early gives up the rest; who takes longer than
   * the bound gets a `RequestFailure`.
   */
  backup(): AsyncGenerator<Uint8Array, void, undefined>;
}

/** Bounds what answers take of memory. */
export interface AnswerMeter {
  /**
   * Whether there is room for so many bytes; where there is none what was asked for is refused, or
   * its result is lost, where it was done.
   */
  growTo(sizeBytes: number): boolean;
}

/** Why an answer has no room. */
export const NO_ROOM = 'answers that were not taken yet take too much memory';

/** A session of watchers. What it says comes by `take`, in order. */
export interface WatchDoor {
  /** Bytes of events that wait to be taken. */
  readonly waitingBytes: number;
  /** Begins to watch; `created` or `canceled` follows. */
  create(request: WatchRequest, wanted?: WatchId): void;
  /** Ends a watcher; `canceled` follows, unless it is unknown. */
  cancel(id: WatchId): void;
  /** Asks for `progress` once all watchers of the session have seen everything. */
  requestProgress(): void;
  /**
   * The next message; `undefined` where there is none. Taking is flow credit: who does not take
   * holds up nobody else, and nothing is kept for it beyond the bound of the session.
   */
  take(): WatchMessage | undefined;
  /** Ends the session and its watchers without a word. */
  close(): void;
}
