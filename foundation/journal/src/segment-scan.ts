/**
 * Reading a segment from its beginning, batch by batch, and checking all of it.
 *
 * Reads are of a mebibyte and yield, so that the recovery of a large journal keeps no event loop to
 * itself.
 */
import type { DiskFile } from '@mangrove/host';
import { type Crc32c, WireError } from '@mangrove/wire';
import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  groupSeed,
  parseBatchHeader,
} from './batch-header.ts';
import { GROUP_HEAD_BYTES, type Group, parseGroup, readGroupHead } from './group.ts';
import { JournalError } from './journal-error.ts';
import { checksumInSlices, type Slices } from './slices.ts';

/** How much is read, and at most checked, before others run. */
const CHUNK_BYTES = 1_048_576;

/** No batch is longer: what states more is damaged. */
const BODY_BYTES_MAX = 67_108_864 - BATCH_HEADER_BYTES;

/** A group of a batch that was read. */
export interface ScannedGroup {
  readonly group: Group;
  /** The bytes in which the group was parsed. */
  readonly bytes: Uint8Array;
  /** Where the group begins and ends in the file. */
  readonly offset: number;
  readonly endOffset: number;
}

/** A batch that was read, or why the bytes at `offset` are none. */
export type Scanned =
  | {
      readonly type: 'batch';
      readonly header: BatchHeader;
      readonly seed: number;
      readonly groups: readonly ScannedGroup[];
      readonly endOffset: number;
    }
  | { readonly type: 'damaged'; readonly offset: number; readonly reason: string }
  /** No batch follows; from `offset` on there is nothing, or the zeros that were set aside. */
  | { readonly type: 'end'; readonly offset: number };

/** A walk over one segment. */
export class SegmentScan {
  private readonly file: DiskFile;
  private readonly segment: number;
  private readonly crc32c: Crc32c;
  private readonly slices: Slices;
  private chunk: Uint8Array = new Uint8Array(0);
  private chunkAt = 0;
  private offset = 0;

  constructor(file: DiskFile, segment: number, crc32c: Crc32c, slices: Slices) {
    this.file = file;
    this.segment = segment;
    this.crc32c = crc32c;
    this.slices = slices;
  }

  /** The next batch. After damage there is none; `findLater` tells what lies behind it. */
  async next(): Promise<Scanned> {
    const offset = this.offset;
    if (offset >= this.file.size()) return { type: 'end', offset };
    const damaged = (reason: string): Scanned => ({ type: 'damaged', offset, reason });
    const parsed = await this.header(offset);
    if (typeof parsed === 'string') {
      return (await this.isBlank(offset)) ? { type: 'end', offset } : damaged(parsed);
    }
    const endOffset = offset + BATCH_HEADER_BYTES + parsed.bodyBytes;
    if (endOffset > this.file.size()) return damaged('the file ends before the batch does');
    const seed = groupSeed(this.chunk, offset - this.chunkAt, this.crc32c);
    const groups = await this.groups(parsed, offset + BATCH_HEADER_BYTES, seed);
    if (typeof groups === 'string') return damaged(groups);
    this.offset = endOffset;
    return { type: 'batch', header: parsed, seed, groups, endOffset };
  }

  /**
   * Whether a whole header of this segment stands anywhere behind `offset`: then the batch at
   * `offset` had been synced before that header was written.
   */
  async findLater(offset: number, journal: number | undefined): Promise<BatchHeader | undefined> {
    const sizeBytes = this.file.size();
    let from = offset + 1;
    while (from + BATCH_HEADER_BYTES <= sizeBytes) {
      const bytes = await this.file.readAt(from, CHUNK_BYTES);
      this.slices.begin();
      const last = bytes.length - BATCH_HEADER_BYTES;
      let at = bytes.indexOf(MAGIC_FIRST_BYTE);
      for (; at >= 0 && at <= last; at = bytes.indexOf(MAGIC_FIRST_BYTE, at + 1)) {
        const header = this.parse(bytes, at, from + at);
        const isOurs = typeof header !== 'string' && header.journal === (journal ?? header.journal);
        if (isOurs) return header;
        if (this.slices.spend(0)) await this.slices.pause();
      }
      if (last < 0) break;
      from += last + 1;
    }
    return undefined;
  }

  /** Whether zeros are all that there is from `offset` on. */
  private async isBlank(offset: number): Promise<boolean> {
    let from = offset;
    while (from < this.file.size()) {
      const bytes = await this.bytes(from, 1);
      const at = from - this.chunkAt;
      if (at >= bytes.length) return false;
      for (let index = at; index < bytes.length; index++) if (bytes[index] !== 0) return false;
      from = this.chunkAt + bytes.length;
      if (this.slices.spend(bytes.length - at)) await this.slices.pause();
    }
    return true;
  }

  /** The header at `offset`, or what is wrong there. */
  private async header(offset: number): Promise<BatchHeader | string> {
    const bytes = await this.bytes(offset, BATCH_HEADER_BYTES);
    return this.parse(bytes, offset - this.chunkAt, offset);
  }

  private parse(bytes: Uint8Array, at: number, offset: number): BatchHeader | string {
    const parsed = parseBatchHeader(bytes, at, this.crc32c);
    if (parsed.type === 'damaged') return parsed.reason;
    if (parsed.type === 'unknown-version') {
      const place = { file: this.file.path, offset };
      const message = `the journal has format ${parsed.version}, which this code does not know`;
      throw new JournalError('unknown-version', message, { place });
    }
    const { header } = parsed;
    if (header.segment !== this.segment || header.offset !== offset) {
      return `the batch belongs to segment ${header.segment} at ${header.offset}`;
    }
    if (header.bodyBytes > BODY_BYTES_MAX) return `the batch states ${header.bodyBytes} bytes`;
    return header;
  }

  private async groups(
    header: BatchHeader,
    begin: number,
    seed: number,
  ): Promise<ScannedGroup[] | string> {
    const end = begin + header.bodyBytes;
    // More groups than could stand there would be an array made for nothing.
    if (header.groupCount * GROUP_HEAD_BYTES > header.bodyBytes)
      return 'too many groups are stated';
    const groups: ScannedGroup[] = [];
    let digest = 0;
    let offset = begin;
    for (let nth = 0; nth < header.groupCount; nth++) {
      if (offset + GROUP_HEAD_BYTES > end) return `group ${nth} begins behind the batch`;
      const head = readGroupHead(await this.bytes(offset, GROUP_HEAD_BYTES), offset - this.chunkAt);
      if (head.totalBytes < GROUP_HEAD_BYTES || offset + head.totalBytes > end) {
        return `group ${nth} states a length of ${head.totalBytes}`;
      }
      const bytes = await this.bytes(offset, head.totalBytes);
      const at = offset - this.chunkAt;
      const checked = bytes.subarray(at + 4, at + head.totalBytes);
      const found = await checksumInSlices(checked, seed, this.crc32c, this.slices);
      if (found !== head.checksum) return `the checksum of group ${nth} does not match`;
      digest = this.crc32c(bytes.subarray(at, at + 4), digest);
      try {
        const group = parseGroup(bytes, at, head);
        groups.push({ group, bytes, offset, endOffset: offset + head.totalBytes });
      } catch (error) {
        if (error instanceof WireError) return `group ${nth}: ${error.message}`;
        throw error;
      }
      offset += head.totalBytes;
    }
    if (offset !== end) return `${end - offset} bytes follow the groups`;
    if (digest !== header.groupsChecksum) return 'the groups are not those of the header';
    return groups;
  }

  /** A chunk that holds `length` bytes from `offset` on, or all that the file has. */
  private async bytes(offset: number, length: number): Promise<Uint8Array> {
    const isHeld = offset >= this.chunkAt && offset + length <= this.chunkAt + this.chunk.length;
    if (isHeld) return this.chunk;
    this.chunk = await this.file.readAt(offset, Math.max(length, CHUNK_BYTES));
    this.chunkAt = offset;
    this.slices.begin();
    return this.chunk;
  }
}

/** The first byte of the magic of a header. */
const MAGIC_FIRST_BYTE = 0x4d;
