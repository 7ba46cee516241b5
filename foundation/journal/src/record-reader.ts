/**
 * Reading records back: from the sparse index to the group, checked, to the records.
 */
import { assert } from '@mangrove/host';
import { type Crc32c, WireError } from '@mangrove/wire';
import { BATCH_HEADER_BYTES, groupSeed, parseBatchHeader } from './batch-header.ts';
import {
  GROUP_HEAD_BYTES,
  type Group,
  type GroupHead,
  parseGroup,
  readGroupHead,
  readRecordRange,
  recordsOf,
} from './group.ts';
import type { JournalRecord, ReadLimits } from './journal.ts';
import { JournalError } from './journal-error.ts';
import type { LogState, Span } from './log-table.ts';
import { type SegmentFiles, segmentName } from './segment-files.ts';
import { checksumInSlices, type Slices } from './slices.ts';

/** How much is read at once, where groups are small. */
const CHUNK_BYTES = 65_536;

/** The most bytes that first index and count of a group take. */
const COUNTS_BYTES_MAX = 16;

/** What a reader needs. */
export interface ReaderParts {
  readonly files: SegmentFiles;
  readonly crc32c: Crc32c;
  readonly slices: () => Slices;
}

/** Durable records of `log` from `fromIndex` on, which it has. */
export async function readRecords(
  parts: ReaderParts,
  log: LogState,
  fromIndex: number,
  limits: ReadLimits,
): Promise<JournalRecord[]> {
  const { maxRecords = 1000, maxBytes = 1_048_576 } = limits;
  const lastIndex = Math.min(limits.lastIndex ?? Number.MAX_SAFE_INTEGER, log.nextIndex - 1);
  const records: JournalRecord[] = [];
  let leftBytes = maxBytes;
  for await (const record of recordsBetween(parts, log, fromIndex, lastIndex)) {
    leftBytes -= record.bytes.length;
    if (records.length > 0 && (leftBytes < 0 || records.length >= maxRecords)) break;
    records.push(record);
  }
  return records;
}

async function* recordsBetween(
  parts: ReaderParts,
  log: LogState,
  fromIndex: number,
  lastIndex: number,
): AsyncGenerator<JournalRecord, void, void> {
  const slices = parts.slices();
  // The spans as they are now: a truncation meanwhile does not change what is read here.
  for (const span of log.spans.map((each) => ({ ...each }))) {
    if (span.lastIndex < fromIndex || span.firstIndex > lastIndex) continue;
    const walk = new SpanWalk(parts, log, span, Math.max(fromIndex, span.firstIndex), slices);
    for (let group = await walk.next(); group !== undefined; group = await walk.next()) {
      for (const record of group) {
        if (record.index > lastIndex) return;
        if (record.index >= fromIndex) yield record;
      }
    }
  }
}

/** Walks over the groups of a span that may hold an index or what follows it. */
class SpanWalk {
  private readonly parts: ReaderParts;
  private readonly log: LogState;
  private readonly span: Span;
  private readonly slices: Slices;
  private offset: number;
  private seed: number;
  private batchEnd: number;
  private readonly fromIndex: number;
  private nextIndex: number;
  private chunk: Uint8Array = new Uint8Array(0);
  private chunkAt = 0;

  constructor(parts: ReaderParts, log: LogState, span: Span, index: number, slices: Slices) {
    const entry = span.entries.find(index);
    this.parts = parts;
    this.log = log;
    this.span = span;
    this.slices = slices;
    this.offset = entry.offset;
    this.seed = entry.seed;
    this.batchEnd = entry.batchEnd;
    this.nextIndex = entry.index;
    this.fromIndex = index;
  }

  /** The records of the next group of the log; undefined at the end of the span. */
  async next(): Promise<JournalRecord[] | undefined> {
    while (this.nextIndex <= this.span.lastIndex) {
      if (this.offset >= this.span.endOffset) throw this.missing();
      if (this.offset >= this.batchEnd) {
        await this.enterBatch();
        continue;
      }
      const head = readGroupHead(await this.bytes(GROUP_HEAD_BYTES), this.at);
      if (head.totalBytes < GROUP_HEAD_BYTES || this.offset + head.totalBytes > this.batchEnd) {
        throw this.corrupt('the length of the group is damaged');
      }
      const isOurs =
        head.isRecords && head.log === this.log.number && head.isMoved === this.span.isMoved;
      if (!isOurs) {
        this.offset += head.totalBytes;
        continue;
      }
      if (await this.isSkipped(head)) continue;
      const records = await this.readGroup(head);
      this.offset += head.totalBytes;
      const first = records[0]?.index ?? this.nextIndex;
      if (first !== this.nextIndex) throw this.missing();
      this.nextIndex += records.length;
      return records.filter(({ index }) => {
        return index >= this.span.firstIndex && index <= this.span.lastIndex;
      });
    }
    return undefined;
  }

  /**
   * Passes over a group that ends before the first record that is wanted. It is not checked: damage
   * of records that nobody asked for is not theirs to know, and a damaged count shows in the group
   * that follows.
   */
  private async isSkipped(head: GroupHead): Promise<boolean> {
    const width = Math.min(head.totalBytes, GROUP_HEAD_BYTES + COUNTS_BYTES_MAX);
    const bytes = await this.bytes(width);
    const range = readRecordRange(bytes.subarray(0, this.at + width), this.at);
    if (range === undefined || range.firstIndex !== this.nextIndex) return false;
    if (range.firstIndex + range.count > this.fromIndex) return false;
    this.offset += head.totalBytes;
    this.nextIndex += range.count;
    return true;
  }

  private async readGroup(head: GroupHead): Promise<JournalRecord[]> {
    const bytes = await this.bytes(head.totalBytes);
    const checked = bytes.subarray(this.at + 4, this.at + head.totalBytes);
    const found = await checksumInSlices(checked, this.seed, this.parts.crc32c, this.slices);
    if (found !== head.checksum) throw this.corrupt('the checksum of the group does not match');
    try {
      const group: Group = parseGroup(bytes, this.at, head);
      assert(group.type === 'records', 'a group of records was looked for');
      return recordsOf(bytes, group).map((record, nth) => {
        return { index: group.firstIndex + nth, bytes: record };
      });
    } catch (cause) {
      if (cause instanceof WireError) throw this.corrupt(cause.message);
      throw cause;
    }
  }

  /** Reads the header of the batch that begins here. */
  private async enterBatch(): Promise<void> {
    const { crc32c } = this.parts;
    const bytes = await this.bytes(BATCH_HEADER_BYTES);
    const parsed = parseBatchHeader(bytes, this.at, crc32c);
    if (parsed.type !== 'header') throw this.corrupt('the header of the batch is damaged');
    const { header } = parsed;
    if (header.segment !== this.span.segment || header.offset !== this.offset) {
      throw this.corrupt('the batch belongs somewhere else');
    }
    this.seed = groupSeed(bytes, this.at, crc32c);
    this.offset += BATCH_HEADER_BYTES;
    this.batchEnd = this.offset + header.bodyBytes;
  }

  /** Where `offset` is in what `bytes` returned last. */
  private get at(): number {
    return this.offset - this.chunkAt;
  }

  /** A chunk that holds `length` bytes from `offset` on. */
  private async bytes(length: number): Promise<Uint8Array> {
    if (this.at >= 0 && this.at + length <= this.chunk.length) return this.chunk;
    const { files } = this.parts;
    const wanted = Math.max(length, Math.min(CHUNK_BYTES, this.span.endOffset - this.offset));
    this.chunk = await files.read(this.span.segment, this.offset, wanted);
    this.chunkAt = this.offset;
    this.slices.begin();
    if (this.chunk.length < length) throw this.corrupt('the file ends too soon');
    return this.chunk;
  }

  private missing(): JournalError {
    return this.corrupt('the records are not where they were written');
  }

  private corrupt(reason: string): JournalError {
    const { directory } = this.parts.files;
    const file = `${directory}/${segmentName(this.span.segment)}`;
    const place = { file, offset: this.offset, log: this.log.name, index: this.nextIndex };
    const message = `record ${this.nextIndex} of log '${this.log.name}' is damaged: ${reason}`;
    return new JournalError('corrupt', message, { place });
  }
}
