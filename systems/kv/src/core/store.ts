/**
 * The store: keys with all their versions since the last compaction, in memory.
 *
 * It is a state machine: equal commands give equal states and equal answers on every replica, with
 * equal hashes. Time, leadership and disks are none of its business.
 *
 *     key index --newest--> version -> version -> ...        by key, newest first
 *     revision log: version version version ...              by revision, oldest first
 *     slabs: the bytes of values, and those of keys in the key index
 */
import { assert, BrokenInvariant } from '@mangrove/host';
import { ByteCopies } from './byte-copies.ts';
import type { Column } from './columns.ts';
import { KeyIndex, type KeyRow, NO_KEY } from './key-index.ts';
import type { KeyRange } from './key-range.ts';
import { type KeyEvent, type KeyValue, type LeaseId, NO_LEASE } from './key-value.ts';
import { LeaseTable } from './leases.ts';
import { FIRST_REVISION, NO_REVISION, type Revision, revisionAfter } from './revision.ts';
import { RevisionLog } from './revision-log.ts';
import { Slabs } from './slabs.ts';
import { SlicedSort } from './sliced-sort.ts';
import type { SnapshotVersion } from './snapshot.ts';
import { type NewVersion, NO_VERSION, type VersionRow, VersionTable } from './versions.ts';
import { PIECE_KEYS, type Work } from './work.ts';

/** A multi-version store of byte strings. */
export class KvStore {
  /** The bytes of values; those of keys, which are looked through at every change, lie closer. */
  readonly slabs: Slabs = new Slabs();
  readonly keys: KeyIndex = new KeyIndex();
  readonly versions: VersionTable = new VersionTable(this.slabs);
  readonly log: RevisionLog = new RevisionLog();
  readonly leases: LeaseTable = new LeaseTable();
  private current: Revision = FIRST_REVISION;
  private compacted: Revision = NO_REVISION;
  // How many changes the revision that is being written has; -1 where none is.
  private subCount = -1;
  // Versions of the log before this position are of no use any more, and are swept.
  private swept = 0;
  private pinCount = 0;
  private liveCount = 0;

  /** The revision of the last change. */
  get revision(): Revision {
    return this.current;
  }

  /** The oldest revision that can be read; `NO_REVISION` where all can. */
  get compactRevision(): Revision {
    return this.compacted;
  }

  /** How many keys there are now. */
  get keyCount(): number {
    return this.liveCount;
  }

  /** What the store takes of its quota: its bytes, and the table rows beside them. */
  get sizeBytes(): number {
    const { slabs, keys, versions } = this;
    return slabs.liveBytes + keys.slabs.liveBytes + versions.count * ROW_BYTES;
  }

  /** Whether `revision` can be read by who began at `present`, and if not, why. */
  refusalOfRevision(
    revision: Revision,
    present: Revision = this.current,
  ): 'compacted' | 'future-revision' | undefined {
    if (revision > present) return 'future-revision';
    return revision < this.compacted ? 'compacted' : undefined;
  }

  /**
   * Does `change` as one revision: all that it writes shares it, and where it writes nothing, the
   * revision stays. Gives what `change` gives. Reads and watchers see nothing of it before its end.
   */
  *inRevision<Result>(change: Work<Result>): Work<Result> {
    this.beginRevision();
    const result = yield* change;
    this.endRevision();
    return result;
  }

  /** Opens a revision, for changes that end in this turn; `endRevision` follows. */
  beginRevision(): void {
    assert(this.subCount === -1, 'a revision within a revision');
    this.subCount = 0;
  }

  /** Shows what was written in the revision that is open; without any, there is none. */
  endRevision(): void {
    if (this.subCount > 0) this.current = revisionAfter(this.current);
    this.log.publish();
    this.subCount = -1;
  }

  /** Writes a key, in the revision that is open. The key is on `lease` from now on. */
  put(key: Uint8Array, value: Uint8Array, lease: LeaseId): void {
    const keyRow = this.keys.findOrAdd(key);
    const previous = this.keys.newest.at(keyRow);
    const isNew = previous === NO_VERSION || this.versions.isTombstone(previous);
    if (isNew) this.liveCount += 1;
    const revision = this.openRevision();
    this.record({
      keyRow,
      revision,
      sub: this.subCount,
      createRevision: isNew ? revision : (this.versions.createRevision.at(previous) as Revision),
      version: isNew ? 1 : this.versions.version.at(previous) + 1,
      lease,
      previous,
      value,
    });
    this.leases.move(keyRow, isNew ? NO_LEASE : this.leaseOf(previous), lease);
  }

  /** Deletes the keys of `range`, in the revision that is open; gives how many there were. */
  *delete(range: KeyRange): Work<number> {
    let deletedCount = 0;
    for (let rest: KeyRange | undefined = range; rest !== undefined; ) {
      const doomed: KeyRow[] = [];
      rest = this.visitSome(rest, this.current, PIECE_KEYS, (version) => {
        doomed.push(this.versions.keyRow.at(version));
      });
      for (const keyRow of doomed) if (this.deleteRow(keyRow)) deletedCount += 1;
      if (rest !== undefined) yield;
    }
    return deletedCount;
  }

  /** Ends a lease and deletes its keys in one revision, in the order of the keys. */
  *revoke(lease: LeaseId): Work<void> {
    const rows = yield* this.rowsOfLease(lease);
    yield* this.inRevision(this.deleteRows(rows));
    this.leases.remove(lease);
  }

  /**
   * The keys that hang on a lease when it begins, in their order, whatever is written between the
   * pieces; their bytes are copies. Whoever drives it holds a pin.
   */
  *keysOfLease(lease: LeaseId): Work<readonly Uint8Array[]> {
    const { current } = this;
    const { copy } = new ByteCopies();
    const keys: Uint8Array[] = [];
    if (this.leases.keyCountOf(lease) > ROWS_AT_ONCE) {
      // A copy of so many rows would be a long piece: all keys are looked at instead.
      for (let rest: KeyRange | undefined = ALL_KEYS; rest !== undefined; ) {
        rest = this.visitSome(rest, current, PIECE_KEYS, (version) => {
          if (this.leaseOf(version) !== lease) return;
          keys.push(copy(this.keys.keyAt(this.versions.keyRow.at(version))));
        });
        if (rest !== undefined) yield;
      }
      return keys;
    }
    const rows = yield* this.inOrder([...this.leases.keysOf(lease)]);
    for (let nth = 0; nth < rows.length; nth += PIECE_KEYS) {
      for (const row of rows.slice(nth, nth + PIECE_KEYS)) keys.push(copy(this.keys.keyAt(row)));
      yield;
    }
    return keys;
  }

  /**
   * Shows `visit` what of `range` was there at `revision`, in the order of the keys, after a look
   * at up to `keysMax` of them, deleted ones too. Gives what is left of the range, if there is.
   */
  visitSome(
    range: KeyRange,
    revision: Revision,
    keysMax: number,
    visit: (version: VersionRow) => void,
  ): KeyRange | undefined {
    let seen = 0;
    let rest: KeyRange | undefined;
    this.keys.visit(range, (keyRow) => {
      if (seen === keysMax) {
        rest = { from: this.keys.keyAt(keyRow).slice(), to: range.to };
        return false;
      }
      seen += 1;
      const version = this.versions.inForceAt(this.keys.newest.at(keyRow), revision);
      if (version !== NO_VERSION && !this.versions.isTombstone(version)) visit(version);
      return true;
    });
    return rest;
  }

  /** What `key` is now; also what the open revision made of it. */
  get(key: Uint8Array): KeyValue | undefined {
    return this.getAt(key, revisionAfter(this.current));
  }

  /** What `key` was at `revision`. */
  getAt(key: Uint8Array, revision: Revision): KeyValue | undefined {
    const keyRow = this.keys.find(key);
    if (keyRow === NO_KEY) return undefined;
    const version = this.versions.inForceAt(this.keys.newest.at(keyRow), revision);
    if (version === NO_VERSION || this.versions.isTombstone(version)) return undefined;
    return this.keyValueOf(version);
  }

  /** A version as readers get it, without its value where `keyOnly`; its bytes are copies. */
  keyValueOf(version: VersionRow, keyOnly = false, copy: Copy = sliceOf): KeyValue {
    const { versions } = this;
    assert(!versions.isTombstone(version), `version ${version} is a deletion`);
    return {
      key: copy(this.keys.keyAt(versions.keyRow.at(version))),
      value: keyOnly ? NO_BYTES : copy(this.slabs.at(versions.place.at(version))),
      createRevision: versions.createRevision.at(version) as Revision,
      modRevision: versions.revision.at(version) as Revision,
      version: versions.version.at(version),
      lease: this.leaseOf(version),
    };
  }

  /** A version as watchers get it. */
  eventOf(version: VersionRow): KeyEvent {
    if (!this.versions.isTombstone(version)) {
      return { type: 'put', kv: this.keyValueOf(version) };
    }
    const kv: KeyValue = {
      key: this.keys.keyAt(this.versions.keyRow.at(version)).slice(),
      value: NO_BYTES,
      createRevision: NO_REVISION,
      modRevision: this.versions.revision.at(version) as Revision,
      version: 0,
      lease: NO_LEASE,
    };
    return { type: 'delete', kv };
  }

  /**
   * Forgets what nobody can read who reads `revision` or later. It counts at once; the memory comes
   * back with `sweep`.
   */
  compact(revision: Revision): 'compacted' | 'future-revision' | undefined {
    if (revision <= this.compacted) return 'compacted';
    if (revision > this.current) return 'future-revision';
    this.compacted = revision;
    return undefined;
  }

  /** Whether a pin holds `sweep` back. */
  get isPinned(): boolean {
    return this.pinCount > 0;
  }

  /**
   * Gives back memory of what was compacted, `versionsMax` versions or one slab at most; false
   * where there is nothing to do, or a pin forbids it.
   */
  sweep(versionsMax: number): boolean {
    if (this.pinCount > 0) return false;
    const end = this.log.positionOf(revisionAfter(this.compacted));
    let left = versionsMax;
    for (; this.swept < end && left > 0; this.swept += 1, left -= 1) {
      this.sweepBefore(this.log.at(this.swept));
    }
    // Deletions at the compaction itself stay: a watcher that starts there still has to see them.
    const forgotten = Math.min(this.swept, this.log.positionOf(this.compacted));
    for (; this.log.firstPosition < forgotten && left > 0; left -= 1) {
      this.forgetDeletion(this.log.firstPosition);
      this.log.dropFirst();
    }
    if (left < versionsMax) return true;
    return evacuate(this.slabs, this.versions.place) || evacuate(this.keys.slabs, this.keys.place);
  }

  /** Holds `sweep` back until the function that it gives is called, once. */
  pin(): () => void {
    this.pinCount += 1;
    let isHeld = true;
    return () => {
      assert(isHeld, 'a pin is given back twice');
      isHeld = false;
      this.pinCount -= 1;
    };
  }

  /** Makes an empty store ready for the versions of a snapshot that was taken at `revision`. */
  beginRestore(revision: Revision, compactRevision: Revision): void {
    assert(this.current === FIRST_REVISION && this.versions.count === 0, 'the store is in use');
    this.current = revision;
    this.compacted = compactRevision;
  }

  /** Takes in a version of a snapshot: those of one key come oldest first, the log's in order. */
  restore(given: SnapshotVersion): void {
    const { revision, sub, createRevision, version, lease, value } = given;
    assert(revision <= this.current, `version of ${revision} in a snapshot of ${this.current}`);
    const keyRow = this.keys.findOrAdd(given.key);
    const previous = this.keys.newest.at(keyRow);
    const wasThere = previous !== NO_VERSION && !this.versions.isTombstone(previous);
    this.liveCount += Number(value !== undefined) - Number(wasThere);
    const change = { keyRow, revision, sub, createRevision, version, lease, previous, value };
    const row = this.versions.add(change);
    this.keys.newest.set(keyRow, row);
    if (revision < this.compacted) return;
    this.log.append(row, revision);
    this.log.publish();
  }

  /** The lease that a key hangs on; `NO_LEASE` where it is deleted. */
  leaseOfKey(keyRow: KeyRow): LeaseId {
    const newest = this.keys.newest.at(keyRow);
    return newest === NO_VERSION ? NO_LEASE : this.leaseOf(newest);
  }

  private *rowsOfLease(lease: LeaseId): Work<readonly KeyRow[]> {
    const rows: KeyRow[] = [];
    for (const row of this.leases.keysOf(lease)) {
      if (rows.length > 0 && rows.length % PIECE_KEYS === 0) yield;
      rows.push(row);
    }
    return yield* this.inOrder(rows);
  }

  private *inOrder(rows: KeyRow[]): Work<readonly KeyRow[]> {
    const sort = new SlicedSort(rows, (left, right) =>
      this.keys.slabs.compare(this.keys.place.at(left), this.keys.keyAt(right)),
    );
    for (;;) {
      const sorted = sort.step(PIECE_KEYS);
      if (sorted !== undefined) return sorted;
      yield;
    }
  }

  private *deleteRows(rows: readonly KeyRow[]): Work<void> {
    for (const [nth, keyRow] of rows.entries()) {
      if (nth > 0 && nth % PIECE_KEYS === 0) yield;
      this.deleteRow(keyRow);
    }
  }

  private deleteRow(keyRow: KeyRow): boolean {
    const previous = this.keys.newest.at(keyRow);
    if (previous === NO_VERSION || this.versions.isTombstone(previous)) return false;
    const lease = this.leaseOf(previous);
    this.keys.changing(keyRow);
    this.liveCount -= 1;
    this.record({
      keyRow,
      revision: this.openRevision(),
      sub: this.subCount,
      createRevision: NO_REVISION,
      version: 0,
      lease: NO_LEASE,
      previous,
      value: undefined,
    });
    this.leases.move(keyRow, lease, NO_LEASE);
    return true;
  }

  private record(change: NewVersion): void {
    const { keyRow, revision, previous } = change;
    if (previous !== NO_VERSION && this.versions.revision.at(previous) >= revision) {
      throw new BrokenInvariant(`a key changes twice in revision ${revision}`);
    }
    const version = this.versions.add(change);
    this.keys.newest.set(keyRow, version);
    this.log.append(version, revision);
    this.subCount += 1;
  }

  private openRevision(): Revision {
    assert(this.subCount >= 0, 'a change outside a revision');
    return revisionAfter(this.current);
  }

  // The version before one that everybody sees is seen by nobody.
  private sweepBefore(version: VersionRow): void {
    const previous = this.versions.previous.at(version);
    if (previous === NO_VERSION) return;
    assert(
      this.versions.previous.at(previous) === NO_VERSION,
      `version ${previous} is not the oldest of its key`,
    );
    this.versions.previous.set(version, NO_VERSION);
    this.versions.remove(previous);
  }

  private forgetDeletion(position: number): void {
    const version = this.log.at(position);
    const keyRow = this.versions.keyRow.at(version);
    // The row may have been freed when a later version of its key was swept, and taken by another.
    if (keyRow === NO_KEY) return;
    if (this.versions.revision.at(version) !== this.log.revisionAt(position)) return;
    // Behind a version that is not swept yet it waits for that.
    if (!this.versions.isTombstone(version) || this.keys.newest.at(keyRow) !== version) return;
    this.keys.remove(keyRow);
    this.versions.remove(version);
  }

  private leaseOf(version: VersionRow): LeaseId {
    return this.versions.lease.at(version) as LeaseId;
  }
}

/** Empties a slab of strings whose owners are the rows of `places`, where one is mostly holes. */
function evacuate(slabs: Slabs, places: Column<Float64Array>): boolean {
  return slabs.evacuate(
    (row) => places.at(row),
    (row, place) => places.set(row, place),
  );
}

/**
 * What a version takes in the tables beside its bytes: its columns, its key's, its place in the
 * log.
 */
const ROW_BYTES = 84;

/** The most rows that are copied at once. */
const ROWS_AT_ONCE = 16_384;

const NO_BYTES = new Uint8Array(0);

/** Makes a copy of bytes. */
type Copy = (bytes: Uint8Array) => Uint8Array;

const sliceOf: Copy = (bytes) => bytes.slice();

const ALL_KEYS: KeyRange = { from: NO_BYTES, to: undefined };
