/**
 * The leases as every replica knows them: how long each was granted for, and which keys hang on it.
 *
 * How much time is left only the leader counts, in `LeaseClock`; replicas learn of it by
 * checkpoints, so that a new leader need not begin anew with what is nearly over.
 */
import { assert } from '@mangrove/host';
import type { KeyRow } from './key-index.ts';
import { type LeaseId, NO_LEASE } from './key-value.ts';

/** What was granted. */
export interface Lease {
  readonly id: LeaseId;
  /** How long it lives after each renewal, in milliseconds. */
  readonly ttlMs: number;
  /** What was left of it at the last checkpoint; `ttlMs` where there was none since a renewal. */
  readonly remainingMs: number;
}

/** The table of leases. */
export class LeaseTable {
  private readonly leases = new Map<LeaseId, Held>();

  /** How many leases there are. */
  get count(): number {
    return this.leases.size;
  }

  has(id: LeaseId): boolean {
    return this.leases.has(id);
  }

  get(id: LeaseId): Lease | undefined {
    return this.leases.get(id)?.lease;
  }

  /** All leases, in the order in which they were granted. */
  *all(): IterableIterator<Lease> {
    for (const { lease } of this.leases.values()) yield lease;
  }

  /** The keys that hang on a lease, in no order that means anything. */
  keysOf(id: LeaseId): Iterable<KeyRow> {
    return this.leases.get(id)?.keys ?? [];
  }

  /** How many keys hang on a lease. */
  keyCountOf(id: LeaseId): number {
    return this.leases.get(id)?.keys.size ?? 0;
  }

  add(lease: Lease): void {
    assert(!this.leases.has(lease.id), `lease ${lease.id} is granted twice`);
    this.leases.set(lease.id, { lease, keys: new Set() });
  }

  /** Notes how much is left of a lease; one that has ended meanwhile is left alone. */
  checkpoint(id: LeaseId, remainingMs: number): void {
    const held = this.leases.get(id);
    if (held !== undefined) held.lease = { ...held.lease, remainingMs };
  }

  /** Hangs a key on another lease, either of which may be none. */
  move(key: KeyRow, from: LeaseId, to: LeaseId): void {
    if (from === to) return;
    // A lease that is being revoked may be gone before its keys.
    if (from !== NO_LEASE) this.leases.get(from)?.keys.delete(key);
    if (to !== NO_LEASE) {
      const held = this.leases.get(to);
      assert(held !== undefined, `key ${key} on lease ${to}, which nobody granted`);
      held.keys.add(key);
    }
  }

  remove(id: LeaseId): void {
    const held = this.leases.get(id);
    assert(held !== undefined && held.keys.size === 0, `lease ${id} ends with keys on it`);
    this.leases.delete(id);
  }
}

interface Held {
  lease: Lease;
  readonly keys: Set<KeyRow>;
}
