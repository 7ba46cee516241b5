/**
 * The leases as every replica knows them: how long each was granted for, and which keys hang on it.
 *
 * How much time is left only the leader counts, in `LeaseClock`; replicas learn of it by
 * checkpoints, so that a new leader need not begin anew with what is nearly over.
 *
 * The keys of a lease are a list through two columns. A set of them would now and then copy all of
 * itself within one put.
 */
import { assert, BrokenInvariant } from '@mangrove/host';
import { type Column, uint32Column } from './columns.ts';
import { type KeyRow, NO_KEY } from './key-index.ts';
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
  // Of each key that hangs on a lease: its neighbours among the keys of that.
  private readonly next: Column<Uint32Array> = uint32Column();
  private readonly previous: Column<Uint32Array> = uint32Column();

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

  /** The keys that hang on a lease, in no order that means anything; none may move meanwhile. */
  *keysOf(id: LeaseId): IterableIterator<KeyRow> {
    const first = this.leases.get(id)?.first ?? NO_KEY;
    for (let key = first; key !== NO_KEY; key = this.next.at(key)) yield key;
  }

  /** How many keys hang on a lease. */
  keyCountOf(id: LeaseId): number {
    return this.leases.get(id)?.keyCount ?? 0;
  }

  add(lease: Lease): void {
    assert(!this.leases.has(lease.id), `lease ${lease.id} is granted twice`);
    this.leases.set(lease.id, { lease, first: NO_KEY, keyCount: 0 });
  }

  /** Notes how much is left of a lease; one that has ended meanwhile is left alone. */
  checkpoint(id: LeaseId, remainingMs: number): void {
    const held = this.leases.get(id);
    if (held !== undefined) held.lease = { ...held.lease, remainingMs };
  }

  /** Hangs a key on another lease, either of which may be none. */
  move(key: KeyRow, from: LeaseId, to: LeaseId): void {
    if (from === to) return;
    if (from !== NO_LEASE) this.unlink(key, this.heldBy(key, from));
    if (to !== NO_LEASE) this.link(key, this.heldBy(key, to));
  }

  remove(id: LeaseId): void {
    const held = this.leases.get(id);
    assert(held !== undefined && held.keyCount === 0, `lease ${id} ends with keys on it`);
    this.leases.delete(id);
  }

  private link(key: KeyRow, held: Held): void {
    const { first } = held;
    this.next.set(key, first);
    this.previous.set(key, NO_KEY);
    if (first !== NO_KEY) this.previous.set(first, key);
    held.first = key;
    held.keyCount += 1;
  }

  private unlink(key: KeyRow, held: Held): void {
    const next = this.next.at(key);
    const previous = this.previous.at(key);
    if (next !== NO_KEY) this.previous.set(next, previous);
    if (previous !== NO_KEY) this.next.set(previous, next);
    else held.first = next;
    held.keyCount -= 1;
  }

  private heldBy(key: KeyRow, id: LeaseId): Held {
    const held = this.leases.get(id);
    if (held !== undefined) return held;
    throw new BrokenInvariant(`key ${key} on lease ${id}, which nobody granted`);
  }
}

interface Held {
  lease: Lease;
  /** The first key of the list. */
  first: KeyRow;
  keyCount: number;
}
