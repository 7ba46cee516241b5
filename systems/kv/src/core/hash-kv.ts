/**
 * The hash of the store's content, by which replicas are compared.
 *
 *     "key" (main:uint64be '_' sub:uint64be 't'? KeyValue)*      in the order of revisions
 *
 * It is the CRC-32C that etcd's HashKV computes, also of a store that was compacted, so that the
 * two can be compared (R22). `KeyValue` is etcd's protobuf message; a tombstone has only its key.
 * Of what is not younger than the compaction there counts what is in force at the asked revision
 * and no tombstone; where nothing is in force then, what was so at the compaction. Whether it is
 * swept yet makes no difference.
 */
import { type Crc32c, crc32c, Writer } from '@mangrove/wire';
import { type KeyRange, keyAfter } from './key-range.ts';
import { NO_REVISION, type Revision, revisionAfter } from './revision.ts';
import { SlicedSort } from './sliced-sort.ts';
import type { KvStore } from './store.ts';
import { NO_VERSION, type VersionRow } from './versions.ts';

/** The hash of `store` as of `revision`, which can be read. */
export function hashKv(store: KvStore, revision: Revision, checksum: Crc32c = crc32c): number {
  const hash = new HashRead(store, revision, checksum);
  for (;;) {
    const result = hash.step(Number.MAX_SAFE_INTEGER);
    if (result !== undefined) return result;
  }
}

/**
 * A hash being computed. Whoever drives it holds a pin of the store from the first slice to the
 * last.
 *
 *     keys: what counts of each up to the compaction -> sort -> hash -> the log behind it
 */
export class HashRead {
  /** The compaction of the store when the hash began. */
  readonly compactRevision: Revision;
  private readonly store: KvStore;
  private readonly checksum: Crc32c;
  private readonly revision: Revision;
  private readonly writer = new Writer();
  // Of what the compaction left: what is in force at `revision`; and all of it, until a key is seen
  // that is in force at `revision`.
  private readonly kept: VersionRow[] = [];
  private left: VersionRow[] | undefined = [];
  // The keys that are still to be seen.
  private rest: KeyRange | undefined = ALL;
  private sort: SlicedSort<VersionRow> | undefined;
  private sorted: readonly VersionRow[] | undefined;
  private place = 0;
  private position: number;
  private readonly endPosition: number;
  private hash: number;

  /** Begins the hash of `store` as of `revision`, which can be read. */
  constructor(store: KvStore, revision: Revision, checksum: Crc32c = crc32c) {
    this.store = store;
    this.revision = revision;
    this.checksum = checksum;
    this.compactRevision = store.compactRevision;
    this.position = store.log.positionOf(revisionAfter(store.compactRevision));
    this.endPosition = store.log.positionOf(revisionAfter(revision));
    this.hash = checksum(new TextEncoder().encode('key'));
    if (store.compactRevision === NO_REVISION) this.rest = undefined;
  }

  /** Looks at about `countMax` keys or versions; gives the hash once there are no more. */
  step(countMax: number): number | undefined {
    if (this.rest !== undefined) this.collect(this.rest, countMax);
    else if (this.sorted === undefined) {
      this.sort ??= new SlicedSort(this.left ?? this.kept, (left, right) =>
        this.compare(left, right),
      );
      this.sorted = this.sort.step(countMax);
    } else if (this.place < this.sorted.length) {
      const end = Math.min(this.sorted.length, this.place + countMax);
      for (; this.place < end; this.place += 1) this.add(this.sorted[this.place] as VersionRow);
    } else {
      const end = Math.min(this.endPosition, this.position + countMax);
      for (; this.position < end; this.position += 1) this.add(this.store.log.at(this.position));
      if (this.position === this.endPosition) return this.hash;
    }
    return undefined;
  }

  // What counts of each key up to the compaction: the log has all that came later.
  private collect(range: KeyRange, countMax: number): void {
    const { keys, versions } = this.store;
    let seen = 0;
    let next: KeyRange | undefined;
    keys.visit(range, (keyRow) => {
      const newest = keys.newest.at(keyRow);
      const row = this.inForceAt(newest, this.revision);
      if (row !== undefined) {
        this.left = undefined;
        if (versions.revision.at(row) <= this.compactRevision) this.kept.push(row);
      } else if (this.left !== undefined) {
        const leftRow = this.inForceAt(newest, this.compactRevision);
        if (leftRow !== undefined) this.left.push(leftRow);
      }
      seen += 1;
      if (seen < countMax) return true;
      next = { from: keyAfter(keys.keyAt(keyRow)), to: undefined };
      return false;
    });
    this.rest = next;
  }

  private inForceAt(newest: VersionRow, revision: Revision): VersionRow | undefined {
    const { versions } = this.store;
    const row = versions.inForceAt(newest, revision);
    return row === NO_VERSION || versions.isTombstone(row) ? undefined : row;
  }

  private compare(left: VersionRow, right: VersionRow): number {
    const { revision, sub } = this.store.versions;
    return revision.at(left) - revision.at(right) || sub.at(left) - sub.at(right);
  }

  private add(row: VersionRow): void {
    this.writer.rewind(0);
    writeVersion(this.writer, this.store, row);
    this.hash = this.checksum(this.writer.peek(), this.hash);
  }
}

const ALL: KeyRange = { from: new Uint8Array(0), to: undefined };

// The key of etcd's bucket, and the message behind it; fields that are 0 or empty are left out.
function writeVersion(writer: Writer, store: KvStore, row: VersionRow): void {
  const { versions } = store;
  writer.safeUint64(versions.revision.at(row));
  writer.uint8(0x5f);
  writer.safeUint64(versions.sub.at(row));
  const isTombstone = versions.isTombstone(row);
  if (isTombstone) writer.uint8(0x74);
  writeBytes(writer, 1, store.keys.keyAt(versions.keyRow.at(row)));
  if (isTombstone) return;
  writeNumber(writer, 2, BigInt(versions.createRevision.at(row)));
  writeNumber(writer, 3, BigInt(versions.revision.at(row)));
  writeNumber(writer, 4, BigInt(versions.version.at(row)));
  writeBytes(writer, 5, store.slabs.at(versions.place.at(row)));
  writeNumber(writer, 6, versions.lease.at(row));
}

function writeNumber(writer: Writer, field: number, value: bigint): void {
  if (value === 0n) return;
  writer.uint8(field << 3);
  writer.bigUvarint(value);
}

function writeBytes(writer: Writer, field: number, bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  writer.uint8((field << 3) | 2);
  writer.uvarint(bytes.length);
  writer.raw(bytes);
}
