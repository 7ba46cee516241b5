/**
 * Sessions: a command that arrives twice is applied once.
 *
 * A request may be duplicated by the network, or sent again by a client that saw no answer. The log
 * then has it twice, and the second must do nothing. So each client opens a session through the log
 * and numbers its commands; the table remembers the last number of each session and its result. It
 * is part of the replicated state: all nodes, and all snapshots, hold the same. Source: thesis 6.3.
 */

/** What became of a command of a session. */
export type SessionOutcome<Result> =
  /** It was applied, now or before; this is its result. */
  | { readonly type: 'applied'; readonly result: Result }
  /** A later command of the session was applied already: this one is late, and does nothing. */
  | { readonly type: 'superseded' }
  /** There is no such session, or it was closed to make room: whether it was applied is lost. */
  | { readonly type: 'expired' };

/** The last command of a session. */
export interface SessionRecord<Result> {
  readonly session: number;
  /** 0 before the first command. */
  readonly sequence: number;
  readonly result: Result | undefined;
}

/** The sessions of a group, the least recently used first. */
export class SessionTable<Result> {
  private readonly countMax: number;
  private readonly records = new Map<number, SessionRecord<Result>>();

  /** @param countMax beyond it the session that was used least recently is closed */
  constructor(countMax: number) {
    this.countMax = countMax;
  }

  /** Opens a session under a number never used before: the index of the entry that opens it. */
  open(session: number): void {
    this.keep({ session, sequence: 0, result: undefined });
  }

  /**
   * Applies a command by `run` unless it was applied before.
   *
   * @param sequence from 1 on, one command of a session at a time
   */
  apply(session: number, sequence: number, run: () => Result): SessionOutcome<Result> {
    const record = this.records.get(session);
    if (record === undefined) return { type: 'expired' };
    if (sequence < record.sequence) return { type: 'superseded' };
    if (sequence === record.sequence && record.result !== undefined) {
      return { type: 'applied', result: record.result };
    }
    const result = run();
    this.keep({ session, sequence, result });
    return { type: 'applied', result };
  }

  /** All sessions, the least recently used first. */
  all(): readonly SessionRecord<Result>[] {
    return [...this.records.values()];
  }

  /** Becomes the table that `all` told. */
  restore(records: readonly SessionRecord<Result>[]): void {
    this.records.clear();
    for (const record of records) this.keep(record);
  }

  private keep(record: SessionRecord<Result>): void {
    this.records.delete(record.session);
    this.records.set(record.session, record);
    if (this.records.size <= this.countMax) return;
    for (const oldest of this.records.keys()) {
      this.records.delete(oldest);
      return;
    }
  }
}
