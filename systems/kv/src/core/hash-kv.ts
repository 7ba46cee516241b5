/**
 * The hash of the store's content, by which replicas are compared.
 *
 *     "key" (main:uint64be '_' sub:uint64be 't'? KeyValue)*      in the order of revisions
 *
 * It is the CRC-32C that etcd's HashKV computes, so that a store that was copied from etcd can be
 * compared with it. `KeyValue` is etcd's protobuf message; a tombstone has only its key. What
 * compaction has made unreadable counts for nothing, whether or not it is swept yet.
 */
import { type Crc32c, crc32c, Writer } from '@mangrove/wire';
import type { Revision } from './revision.ts';
import type { KvStore } from './store.ts';
import { NO_VERSION, type VersionRow } from './versions.ts';

/**
 * The hash of `store` as of `revision`, which can be read.
 *
 * Cost: all versions up to there, sorted; meant for checks now and then, not for every change.
 */
export function hashKv(store: KvStore, revision: Revision, checksum: Crc32c = crc32c): number {
  const rows = readableVersions(store, revision);
  const { versions } = store;
  rows.sort(
    (left, right) =>
      versions.revision.at(left) - versions.revision.at(right) ||
      versions.sub.at(left) - versions.sub.at(right),
  );
  const writer = new Writer();
  let hash = checksum(new TextEncoder().encode('key'));
  for (const row of rows) {
    writer.rewind(0);
    writeVersion(writer, store, row);
    hash = checksum(writer.peek(), hash);
  }
  return hash;
}

/** All versions up to `revision` that a reader or a watcher can still see, by key. */
export function readableVersions(store: KvStore, revision: Revision): VersionRow[] {
  const rows: VersionRow[] = [];
  store.keys.visit({ from: new Uint8Array(0), to: undefined }, (keyRow) => {
    let row = store.versions.inForceAt(store.keys.newest.at(keyRow), revision);
    while (row !== NO_VERSION && store.versions.revision.at(row) > store.compactRevision) {
      rows.push(row);
      row = store.versions.previous.at(row);
    }
    if (row === NO_VERSION) return true;
    const isLive = !store.versions.isTombstone(row);
    if (isLive || store.versions.revision.at(row) === store.compactRevision) rows.push(row);
    return true;
  });
  return rows;
}

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
