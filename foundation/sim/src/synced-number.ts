/**
 * A number of a file that a sync makes durable: its size, or how much room it has taken.
 *
 * A change is stamped when the write that it belongs to resolves; a sync makes the newest change
 * that it covers the durable value, and a crash leaves that value or any since.
 */

/** The stamp of a write that has not resolved; later than every sync. */
export const UNRESOLVED = Number.MAX_VALUE;

/** The stamp of a write that a failed sync has lost: no later sync covers it. */
export const LOST = Number.POSITIVE_INFINITY;

interface Change {
  stamp: number;
  readonly value: number;
}

/** A number with the values that it has had since it was durable. */
export class SyncedNumber {
  private newest = 0;
  private synced = 0;
  private changes: Change[] = [];

  /** As the node sees it. */
  get current(): number {
    return this.newest;
  }

  /** As it would be after a crash that loses every change not synced. */
  get durable(): number {
    return this.synced;
  }

  /** Whether a failed sync has lost a change. */
  get isLost(): boolean {
    return this.changes.some(({ stamp }) => stamp === LOST);
  }

  /** Changes it; the stamp of what is returned is set once the write has resolved. */
  set(value: number): { stamp: number } {
    this.newest = value;
    const change = { stamp: UNRESOLVED, value };
    this.changes.push(change);
    return change;
  }

  /** Makes durable what a sync with this stamp covers. */
  finishSync(stamp: number): void {
    const last = this.changes.findLastIndex((change) => change.stamp <= stamp);
    this.synced = this.changes.splice(0, last + 1).at(-1)?.value ?? this.synced;
  }

  /** Loses what a sync with this stamp would have covered. */
  failSync(stamp: number): void {
    for (const change of this.changes) if (change.stamp <= stamp) change.stamp = LOST;
  }

  /** The values that a crash may leave. */
  candidates(): number[] {
    return [this.synced, ...this.changes.map(({ value }) => value)];
  }

  /** The process ended: what was under way counts as resolved. */
  resolveAll(stamp: number): void {
    for (const change of this.changes) if (change.stamp === UNRESOLVED) change.stamp = stamp;
  }

  /** What a crash left. */
  settle(value: number): void {
    this.newest = value;
    this.synced = value;
    this.changes = [];
  }
}
