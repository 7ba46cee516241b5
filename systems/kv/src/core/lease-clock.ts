/**
 * The time that is left of every lease, as the leader counts it, by its monotonic clock.
 *
 * Only a leader has one. A new leader gives every lease what the last checkpoint left of it and the
 * length of an election on top, since keep-alives that the old one answered may be unknown to it:
 * a lease may live longer than asked, never shorter. What is over it only proposes to revoke; the
 * proposal carries the term, and is void in any other (etcd issue 15247: a leader that had stalled
 * revoked leases which its successor had renewed).
 */
import { assert } from '@mangrove/host';
import type { LeaseId } from './key-value.ts';

/** Deadlines, the earliest first. */
export class LeaseClock {
  // A binary heap by deadline. A renewal leaves the old entry in it, which counts for nothing.
  private readonly heap: Deadline[] = [];
  private readonly deadlines = new Map<LeaseId, Deadline>();

  /** How many leases it counts for. */
  get count(): number {
    return this.deadlines.size;
  }

  /** Lets a lease live until `atMs`, whatever was said before. */
  set(id: LeaseId, atMs: number): void {
    const deadline = { id, atMs };
    this.deadlines.set(id, deadline);
    this.push(deadline);
    if (this.heap.length > 64 && this.heap.length > 2 * this.deadlines.size) this.rebuild();
  }

  /** Counts no longer for a lease, which has ended. */
  remove(id: LeaseId): void {
    this.deadlines.delete(id);
  }

  /** How much is left of a lease, not below 0; `undefined` where it is unknown. */
  remainingMs(id: LeaseId, nowMs: number): number | undefined {
    const deadline = this.deadlines.get(id);
    return deadline === undefined ? undefined : Math.max(0, deadline.atMs - nowMs);
  }

  /** When the next lease is over; `undefined` where there is none. */
  nextAtMs(): number | undefined {
    this.dropStale();
    return this.heap[0]?.atMs;
  }

  /**
   * The leases that are over at `nowMs`, at most `countMax`, the earliest first.
   *
   * They are given once: whoever revokes one and fails sets it again.
   */
  takeExpired(nowMs: number, countMax: number): readonly LeaseId[] {
    const expired: LeaseId[] = [];
    while (expired.length < countMax) {
      this.dropStale();
      const first = this.heap[0];
      if (first === undefined || first.atMs > nowMs) break;
      expired.push(first.id);
      this.pop();
    }
    return expired;
  }

  private dropStale(): void {
    for (;;) {
      const first = this.heap[0];
      if (first === undefined || this.deadlines.get(first.id) === first) return;
      this.pop();
    }
  }

  private push(deadline: Deadline): void {
    this.heap.push(deadline);
    let index = this.heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (this.at(parent).atMs <= deadline.atMs) break;
      this.heap[index] = this.at(parent);
      index = parent;
    }
    this.heap[index] = deadline;
  }

  private pop(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= this.heap.length) break;
      if (child + 1 < this.heap.length && this.at(child + 1).atMs < this.at(child).atMs) child += 1;
      if (this.at(child).atMs >= last.atMs) break;
      this.heap[index] = this.at(child);
      index = child;
    }
    this.heap[index] = last;
  }

  private rebuild(): void {
    this.heap.length = 0;
    for (const deadline of this.deadlines.values()) this.push(deadline);
  }

  private at(index: number): Deadline {
    const deadline = this.heap[index];
    assert(deadline !== undefined, `no deadline ${index} of ${this.heap.length}`);
    return deadline;
  }
}

interface Deadline {
  readonly id: LeaseId;
  readonly atMs: number;
}
