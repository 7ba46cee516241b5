/**
 * What the leader decides about leases, for the term of its office.
 *
 *     takes office ---- keeps clocks ---- leaves
 *      | a lease is over: proposes to end it, by the term
 *      | a keep-alive: counts anew, and gives back through the log what a checkpoint took away
 *
 * Replicas know of each lease what the last checkpoint left. A leader that renews without telling
 * them is safe as long as they believe in the whole time to live: then a successor lets the lease
 * live longer, never shorter. Where a checkpoint told them less, or may have, they must hear of the
 * renewal before the client does. (etcd's lessor does the same.)
 */
import type { LeaseId } from './key-value.ts';
import { LeaseClock } from './lease-clock.ts';
import type { Lease } from './leases.ts';

/** What is left of a lease. */
export interface LeaseRest {
  readonly lease: LeaseId;
  readonly remainingMs: number;
}

/** The leases of one term of office. */
export class LeaseKeeper {
  readonly term: number;
  private readonly clock = new LeaseClock();
  // Proposed to end. Who asks to renew one comes too late.
  private readonly ending = new Set<LeaseId>();
  // A checkpoint of these is on its way, or was and nobody knows how it ended.
  private readonly unsettled = new Set<LeaseId>();

  constructor(term: number) {
    this.term = term;
  }

  /** Counts for a lease from what replicas know of it, `extensionMs` on top. */
  take({ id, remainingMs }: Lease, nowMs: number, extensionMs: number): void {
    this.clock.set(id, nowMs + remainingMs + extensionMs);
  }

  /** A lease was granted; one that it counts for already is left alone. */
  granted(lease: Lease, nowMs: number): void {
    if (this.clock.remainingMs(lease.id, nowMs) === undefined) this.renew(lease, nowMs);
  }

  /** A lease was renewed. */
  renew({ id, ttlMs }: Lease, nowMs: number): void {
    this.clock.set(id, nowMs + ttlMs);
  }

  /** A lease has ended. */
  ended(id: LeaseId): void {
    this.clock.remove(id);
    this.ending.delete(id);
    this.unsettled.delete(id);
  }

  /** Whether a lease can be renewed. */
  canRenew(id: LeaseId): boolean {
    return !this.ending.has(id);
  }

  /** Whether replicas may believe that less is left of a lease than a renewal gives. */
  mustTell({ id, ttlMs, remainingMs }: Lease): boolean {
    return remainingMs < ttlMs || this.unsettled.has(id);
  }

  /** How much is left of a lease; 0 where it is being ended. */
  remainingMs(id: LeaseId, nowMs: number): number {
    return this.ending.has(id) ? 0 : (this.clock.remainingMs(id, nowMs) ?? 0);
  }

  /** The leases to end at `nowMs`, at most `countMax`; each is given once. */
  takeExpired(nowMs: number, countMax: number): readonly LeaseId[] {
    const expired = this.clock.takeExpired(nowMs, countMax);
    for (const id of expired) this.ending.add(id);
    return expired;
  }

  /** The proposal to end `leases` failed, or nobody knows: they come again at `retryAtMs`. */
  notEnded(leases: readonly LeaseId[], retryAtMs: number): void {
    for (const id of leases) if (this.ending.has(id)) this.clock.set(id, retryAtMs);
  }

  /** What to tell replicas of `leases`; `told` must follow once they know. */
  checkpoint(leases: readonly Lease[], nowMs: number): readonly LeaseRest[] {
    const rests: LeaseRest[] = [];
    for (const { id, remainingMs: known } of leases) {
      const remainingMs = Math.ceil(this.remainingMs(id, nowMs));
      if (this.ending.has(id) || remainingMs >= known) continue;
      this.unsettled.add(id);
      rests.push({ lease: id, remainingMs });
    }
    return rests;
  }

  /** Replicas know what `checkpoint` gave. */
  told(rests: readonly LeaseRest[]): void {
    for (const { lease } of rests) this.unsettled.delete(lease);
  }
}
