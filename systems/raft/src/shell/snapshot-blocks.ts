/**
 * The bytes of a snapshot: blocks that are checked one by one, and as a whole at the end.
 *
 *     snapshot => header block, slices, trailer block
 *     slice    => one block or more: what the state machine gave at once comes back at once
 *     block    => head:uint32 checksum:uint32 bytes          (big endian)
 *     head     => kind in the upper 8 bits, the length of bytes in the lower 24
 *     checksum => CRC-32C of the block's offset:uint64, head and bytes
 *     trailer  => CRC-32C, seeded one by the other, of the first 8 bytes of all blocks before it
 *
 * The offset is in the checksum, so a block in the wrong place is damage. What is cut off at a
 * block is a whole beginning; a transfer goes on from there.
 */
import { type Crc32c, crc32c as portableCrc32c, WireError } from '@mangrove/wire';
import type { SnapshotImage } from '../core/snapshot-metadata.ts';

/** The most bytes that one slice of a state machine may have. */
export const SLICE_BYTES_MAX = 16_842_752;

/** The most bytes of one block, its head included. */
export const BLOCK_BYTES_MAX = 65_536;

/** What a block is. `part` is followed by the rest of its slice, which ends with an `end`. */
export type BlockKind = 'header' | 'part' | 'end' | 'trailer';

/** A block that was checked; its bytes share the memory that it was read into. */
export interface Block {
  readonly kind: BlockKind;
  readonly bytes: Uint8Array;
}

const HEAD_BYTES = 8;
const KINDS: readonly (BlockKind | undefined)[] = [undefined, 'header', 'part', 'end', 'trailer'];

/**
 * Where one is in the bytes of a snapshot, while they are made or read in order. A block that is
 * made is lent: the next one is made in its memory.
 */
export class BlockCursor {
  private readonly crc32c: Crc32c;
  private room: Uint8Array = new Uint8Array(0);
  private place = 0;
  private sum = 0;
  private isComplete = false;

  /** @param crc32c the checksum of blocks; default: the portable one */
  constructor(crc32c: Crc32c = portableCrc32c) {
    this.crc32c = crc32c;
  }

  /** How many bytes are behind. */
  get offset(): number {
    return this.place;
  }

  /** Whether the trailer was there, and confirmed all before it. */
  get isEnded(): boolean {
    return this.isComplete;
  }

  /** What tells these bytes from others, once they are ended. */
  get image(): SnapshotImage {
    return { sizeBytes: this.place, checksum: this.sum };
  }

  /** The header block. */
  header(bytes: Uint8Array): Uint8Array {
    return this.encode('header', bytes);
  }

  /**
   * The blocks of a slice, one after the other.
   *
   * @param blockBytesMax the size of a block, its head included
   */
  *slice(bytes: Uint8Array, blockBytesMax: number): Generator<Uint8Array> {
    const size = blockBytesMax - HEAD_BYTES;
    let at = 0;
    for (; bytes.length - at > size; at += size) {
      yield this.encode('part', bytes.subarray(at, at + size));
    }
    yield this.encode('end', bytes.subarray(at));
  }

  /** The trailer block. */
  trailer(): Uint8Array {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, this.sum);
    return this.encode('trailer', bytes);
  }

  /**
   * The next block, at `at` in `bytes`; `undefined` where not all of it is there. Throws
   * `WireError` where it is damaged.
   */
  read(bytes: Uint8Array, at: number): Block | undefined {
    const block = readBlock(bytes, at, this.place, this.crc32c);
    if (block === undefined) return undefined;
    if (block.kind === 'trailer') this.confirm(block.bytes);
    const head = bytes.subarray(at, at + HEAD_BYTES);
    this.sum = this.crc32c(head, this.sum);
    this.place += HEAD_BYTES + block.bytes.length;
    return block;
  }

  private confirm(bytes: Uint8Array): void {
    const told = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    if (bytes.length !== 4 || told !== this.sum) {
      throw new WireError(
        'malformed',
        `the blocks before ${this.place} are not those of the trailer`,
      );
    }
    this.isComplete = true;
  }

  private encode(kind: BlockKind, payload: Uint8Array): Uint8Array {
    const sizeBytes = HEAD_BYTES + payload.length;
    if (this.room.length < sizeBytes) this.room = new Uint8Array(sizeBytes);
    const block = this.room.subarray(0, sizeBytes);
    const view = new DataView(block.buffer);
    const head = KINDS.indexOf(kind) * 0x1000000 + payload.length;
    view.setUint32(0, head);
    view.setUint32(4, checksumOf(this.place, head, payload, this.crc32c));
    block.set(payload, HEAD_BYTES);
    this.sum = this.crc32c(block.subarray(0, HEAD_BYTES), this.sum);
    this.place += block.length;
    if (kind === 'trailer') this.isComplete = true;
    return block;
  }
}

/**
 * How many of `bytes`, which stand at `offset` of a snapshot, are whole blocks, up to `bytesMax`,
 * one block at least. Throws `WireError` where one is damaged.
 */
export function wholeBlocks(
  bytes: Uint8Array,
  offset: number,
  bytesMax: number,
  crc32c: Crc32c = portableCrc32c,
): number {
  let length = 0;
  for (;;) {
    const block = readBlock(bytes, length, offset + length, crc32c);
    if (block === undefined) return length;
    const next = length + HEAD_BYTES + block.bytes.length;
    if (length > 0 && next > bytesMax) return length;
    length = next;
  }
}

function readBlock(
  bytes: Uint8Array,
  at: number,
  offset: number,
  crc32c: Crc32c,
): Block | undefined {
  if (bytes.length - at < HEAD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  const head = view.getUint32(0);
  const kind = KINDS[head >>> 24];
  const length = head & 0xffffff;
  if (kind === undefined || length > BLOCK_BYTES_MAX - HEAD_BYTES) {
    throw new WireError('malformed', `there is no block of a snapshot at ${offset}`);
  }
  if (bytes.length - at < HEAD_BYTES + length) return undefined;
  const payload = bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length);
  if (checksumOf(offset, head, payload, crc32c) !== view.getUint32(4)) {
    throw new WireError('checksum', `wrong checksum of the block at ${offset} of a snapshot`);
  }
  return { kind, bytes: payload };
}

function checksumOf(offset: number, head: number, payload: Uint8Array, crc32c: Crc32c): number {
  const place = new Uint8Array(12);
  const view = new DataView(place.buffer);
  view.setBigUint64(0, BigInt(offset));
  view.setUint32(8, head);
  return crc32c(payload, crc32c(place));
}
