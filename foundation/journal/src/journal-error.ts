/**
 * The errors of the journal.
 */

/** Why the journal could not do what it was asked. */
export type JournalErrorCode =
  /** The disk is full. What was acknowledged is safe, and it works again once there is room. */
  | 'no-space'
  /** Too much waits for the disk already. */
  | 'overloaded'
  /** A write or sync failed: what was under way is in doubt. Reopened, it goes on. */
  | 'poisoned'
  /** The journal or the log was closed or removed. */
  | 'closed'
  /** Another process or incarnation has the journal open. */
  | 'in-use'
  /** Bytes that were synced are damaged or missing. Nothing was deleted. */
  | 'corrupt'
  /** The records asked for were dropped by a truncation of the prefix. */
  | 'compacted'
  /** The disk failed to read or to open. It may be tried again. */
  | 'input-output'
  /** The directory holds a journal of a later version of this code. */
  | 'unknown-version';

/** Where something is wrong on disk. */
export interface DamagePlace {
  readonly file: string;
  readonly offset: number;
  /** The log and index of the record, where they are known. */
  readonly log?: string;
  readonly index?: number;
}

/** An operating error of a journal. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: JournalErrorCode;
  /**
   * Whether the call certainly had no effect and never will. If not, it may have had, or may turn
   * out to have had after the next opening.
   */
  readonly definite: boolean;
  readonly place: DamagePlace | undefined;

  constructor(
    code: JournalErrorCode,
    message: string,
    options: { definite?: boolean; place?: DamagePlace; cause?: unknown } = {},
  ) {
    const { definite = true, place, cause } = options;
    const where = place === undefined ? '' : ` (${place.file} at ${place.offset})`;
    super(`${message}${where}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.definite = definite;
    this.place = place;
  }
}
