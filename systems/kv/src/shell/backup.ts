/**
 * Backups: the content of a store as a file that can be verified.
 *
 *     backup  => frames (wire), each with its length and checksum; their payloads:
 *     payload => 1 "mangrove-kv" version:uvarint           the first
 *              | 2 slice of the state
 *              | 3 sliceCount:uvarint checksum:uint32      the last; a CRC-32C over all slices
 *
 * A backup has keys with their history since the compaction, and leases. What belongs to one
 * cluster is left out: sessions, alarms and addresses.
 */
import { crc32c, encodeFrame, FrameReader, Reader, WireError, Writer } from '@mangrove/wire';
import type { ReplicatedState } from '../core/replicated-state.ts';
import type { Revision } from '../core/revision.ts';
import { readContent, restoreState } from './state-slices.ts';

const NAME = 'mangrove-kv';
const VERSION = 1;

/** The longest payload: a version of the largest key and value, and what stands beside them. */
const PAYLOAD_BYTES_MAX = 16_777_216;

/** What a backup holds. */
export interface BackupSummary {
  readonly revision: Revision;
  readonly compactRevision: Revision;
  readonly keyCount: number;
  readonly leaseCount: number;
  /** What the store takes of its quota. */
  readonly sizeBytes: number;
}

/**
 * The bytes of a backup of `state` as it is at the first chunk, whatever is applied meanwhile; a
 * chunk is the work of a millisecond or so. Who ends the taking early gives up the rest.
 */
export function* writeBackup(state: ReplicatedState): Generator<Uint8Array> {
  const read = readContent(state);
  try {
    yield frameOf((writer) => {
      writer.uint8(1);
      writer.raw(new TextEncoder().encode(NAME));
      writer.uvarint(VERSION);
    });
    let sliceCount = 0;
    let checksum = 0;
    for (const slice of read) {
      sliceCount += 1;
      checksum = crc32c(slice, checksum);
      yield frameOf((writer) => {
        writer.uint8(2);
        writer.raw(slice);
      });
    }
    yield frameOf((writer) => {
      writer.uint8(3);
      writer.uvarint(sliceCount);
      writer.uint32(checksum);
    });
  } finally {
    read.close();
  }
}

/** The slices in the bytes of a backup, however they are cut. Throws `WireError` where damaged. */
export async function* readBackup(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const frames = new FrameReader(PAYLOAD_BYTES_MAX);
  const check = new BackupCheck();
  for await (const chunk of chunks) {
    frames.push(chunk);
    for (let payload = frames.next(); payload !== undefined; payload = frames.next()) {
      const slice = check.take(payload);
      if (slice !== undefined) yield slice;
    }
  }
  if (!check.isEnded || frames.heldBytes > 0) throw new WireError('truncated', 'it has no end');
}

/**
 * Reads a backup to its end and makes a store of it; what it holds. Throws `WireError` where it is
 * damaged.
 *
 * @param pause lets others run
 */
export async function verifyBackup(
  chunks: AsyncIterable<Uint8Array>,
  pause: () => Promise<void>,
): Promise<BackupSummary> {
  const restored = await restoreState(readBackup(chunks), pause);
  if (restored === undefined) throw new WireError('truncated', 'it has no state');
  const { revision, compactRevision, keyCount, leases, sizeBytes } = restored.store;
  return { revision, compactRevision, keyCount, leaseCount: leases.count, sizeBytes };
}

class BackupCheck {
  isEnded = false;
  private isBegun = false;
  private sliceCount = 0;
  private checksum = 0;

  /** The slice of a payload that has one. */
  take(payload: Uint8Array): Uint8Array | undefined {
    const reader = new Reader(payload);
    const kind = reader.uint8();
    if (this.isEnded || this.isBegun !== kind > 1) {
      throw new WireError('malformed', `a payload of kind ${kind} out of its place`);
    }
    if (kind === 2) {
      const slice = payload.subarray(1);
      this.sliceCount += 1;
      this.checksum = crc32c(slice, this.checksum);
      return slice;
    }
    if (kind === 3) this.end(reader);
    else this.begin(reader);
    reader.finish();
    return undefined;
  }

  private begin(reader: Reader): void {
    const name = reader.utf8(NAME.length);
    if (name !== NAME) throw new WireError('malformed', `a file of '${name}'`);
    const version = reader.uvarint();
    if (version !== VERSION) {
      throw new WireError('unknown-version', `version ${version}, where ${VERSION} is known`);
    }
    this.isBegun = true;
  }

  private end(reader: Reader): void {
    const sliceCount = reader.uvarint();
    const checksum = reader.uint32();
    if (sliceCount !== this.sliceCount || checksum !== this.checksum) {
      const found = `${this.sliceCount} slices of checksum ${this.checksum}`;
      throw new WireError('checksum', `${found}, where ${sliceCount} of ${checksum} are stated`);
    }
    this.isEnded = true;
  }
}

function frameOf(write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer();
  encodeFrame(writer, write);
  return writer.take();
}
