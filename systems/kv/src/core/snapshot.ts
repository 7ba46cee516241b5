/**
 * A snapshot of the store, read in slices while it is being written to, and a store made from one.
 *
 *     header   revision, compaction, leases: copied when the snapshot begins
 *     versions what was in force before the compaction, by key; then what came since, by revision
 *
 * The store is its own snapshot: a pin holds the sweeping back, and what is written meanwhile is
 * behind the revision at which the snapshot began. A store that was made from it answers every
 * read, serves every watcher and has every hash of the one it was taken of, as of that revision.
 */
import { assert } from '@mangrove/host';
import { type KeyRange, keyAfter } from './key-range.ts';
import { type LeaseId, NO_LEASE } from './key-value.ts';
import type { Lease } from './leases.ts';
import type { Revision } from './revision.ts';
import { KvStore } from './store.ts';
import { NO_VERSION, type VersionRow } from './versions.ts';

/** What a snapshot begins with. */
export interface SnapshotHeader {
  readonly revision: Revision;
  readonly compactRevision: Revision;
  readonly leases: readonly Lease[];
}

/**
 * One version of one key; without a value it is a deletion. Where it was read from a store its
 * bytes are the store's, and stay what they are until the read ends: the pin keeps them.
 */
export interface SnapshotVersion {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  readonly revision: Revision;
  readonly sub: number;
  readonly createRevision: Revision;
  readonly version: number;
  readonly lease: LeaseId;
}

/** A snapshot being read. */
export class SnapshotRead {
  readonly header: SnapshotHeader;
  private readonly store: KvStore;
  private readonly release: () => void;
  // The keys that are still to be seen; then the positions of the log.
  private rest: KeyRange | undefined = { from: new Uint8Array(0), to: undefined };
  private position: number;
  private readonly endPosition: number;
  private isOver = false;

  constructor(store: KvStore) {
    this.store = store;
    this.release = store.pin();
    const { revision, compactRevision } = store;
    this.header = { revision, compactRevision, leases: [...store.leases.all()] };
    this.position = store.log.positionOf(compactRevision);
    this.endPosition = store.log.endPosition;
  }

  /** The next versions, after a look at `countMax` keys or versions; `undefined` at the end. */
  step(countMax: number): readonly SnapshotVersion[] | undefined {
    assert(!this.isOver, 'a snapshot is read beyond its end');
    const found: SnapshotVersion[] = [];
    if (this.rest !== undefined) this.stepKeys(this.rest, countMax, found);
    else if (this.position < this.endPosition) this.stepLog(countMax, found);
    else {
      this.close();
      return undefined;
    }
    return found;
  }

  /** Gives up what is left, and the pin; once at the end it does nothing. */
  close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.release();
  }

  private stepKeys(range: KeyRange, countMax: number, found: SnapshotVersion[]): void {
    const { keys, versions } = this.store;
    const { compactRevision } = this.header;
    let seen = 0;
    let next: KeyRange | undefined;
    keys.visit(range, (keyRow) => {
      const row = versions.inForceAt(keys.newest.at(keyRow), compactRevision);
      const isBefore = row !== NO_VERSION && versions.revision.at(row) < compactRevision;
      if (isBefore && !versions.isTombstone(row)) found.push(this.versionOf(row));
      seen += 1;
      if (seen < countMax) return true;
      next = { from: keyAfter(keys.keyAt(keyRow)), to: undefined };
      return false;
    });
    this.rest = next;
  }

  private stepLog(countMax: number, found: SnapshotVersion[]): void {
    const end = Math.min(this.position + countMax, this.endPosition);
    for (; this.position < end; this.position += 1) {
      found.push(this.versionOf(this.store.log.at(this.position)));
    }
  }

  private versionOf(row: VersionRow): SnapshotVersion {
    const { keys, versions, slabs } = this.store;
    return {
      key: keys.keyAt(versions.keyRow.at(row)),
      value: versions.isTombstone(row) ? undefined : slabs.at(versions.place.at(row)),
      revision: versions.revision.at(row) as Revision,
      sub: versions.sub.at(row),
      createRevision: versions.createRevision.at(row) as Revision,
      version: versions.version.at(row),
      lease: versions.lease.at(row) as LeaseId,
    };
  }
}

/** A store being made from a snapshot. */
export class SnapshotRestore {
  private readonly store: KvStore;
  private rest: KeyRange | undefined = { from: new Uint8Array(0), to: undefined };

  constructor(header: SnapshotHeader) {
    this.store = new KvStore();
    this.store.beginRestore(header.revision, header.compactRevision);
    for (const lease of header.leases) this.store.leases.add(lease);
  }

  /** Takes in the next version of the snapshot, in its order. */
  add(version: SnapshotVersion): void {
    this.store.restore(version);
  }

  /**
   * Hangs up to `keysMax` more keys on their leases, once all versions are in; gives the store when
   * it is whole.
   */
  finish(keysMax: number): KvStore | undefined {
    if (this.rest === undefined) return this.store;
    const { keys, leases } = this.store;
    let seen = 0;
    let next: KeyRange | undefined;
    keys.visit(this.rest, (keyRow) => {
      leases.move(keyRow, NO_LEASE, this.store.leaseOfKey(keyRow));
      seen += 1;
      if (seen < keysMax) return true;
      next = { from: keyAfter(keys.keyAt(keyRow)), to: undefined };
      return false;
    });
    this.rest = next;
    return next === undefined ? this.store : undefined;
  }
}
