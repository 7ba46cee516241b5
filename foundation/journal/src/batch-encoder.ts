/**
 * The bytes of a batch, made of the operations that go to disk together.
 */
import type { Crc32c, Writer } from '@mangrove/wire';
import {
  BATCH_HEADER_BYTES,
  type BatchPlace,
  beginBatchHeader,
  endBatchHeader,
  groupSeed,
} from './batch-header.ts';
import {
  type Change,
  GROUP_BYTES,
  GROUP_PREFIX_BYTES,
  LARGE_RECORD_BYTES,
  writeChange,
  writeRecordsHead,
} from './group.ts';
import { checksumInSlices, type Slices } from './slices.ts';

/** What a record takes of its group beside its bytes, so that empty ones are bounded too. */
const RECORD_COST_BYTES = 16;

/** Records of one log, which follow each other. */
interface Records {
  readonly type: 'records';
  readonly log: number;
  readonly isMoved: boolean;
  readonly firstIndex: number;
  readonly lengths: readonly number[];
  /** Their bytes: the records one by one, or all of them in one piece. */
  readonly pieces: readonly Uint8Array[];
}

/** One operation of a batch. */
export type Operation =
  | Records
  | { readonly type: 'change'; readonly log: number; readonly change: Change };

/** A group as it was placed: what the index needs to find its records again. */
export interface PlacedGroup {
  readonly operation: Operation;
  /** Where the group begins in the file. */
  readonly offset: number;
}

/** A batch that is ready to be written: its pieces one after the other. */
export interface EncodedBatch {
  readonly pieces: readonly Uint8Array[];
  readonly totalBytes: number;
  readonly seed: number;
  readonly groups: readonly PlacedGroup[];
}

/**
 * Encodes a batch: at once where it is small, else with pauses where there is much to check.
 *
 * @param writer what the bytes are written with, apart from large records. It may be used for one
 * batch after the other, and for one at a time: to allocate its memory for each batch would take
 * longer than all else here.
 */
export function encodeBatch(
  place: BatchPlace,
  operations: readonly Operation[],
  crc32c: Crc32c,
  slices: Slices,
  writer: Writer,
): EncodedBatch | Promise<EncodedBatch> {
  const steps = encoding(new BatchEncoder(place, crc32c, slices, writer), operations, slices);
  const first = steps.next();
  return first.done ? first.value : encodeRest(steps, first.value);
}

/** Encodes; gives what is to be awaited before it goes on. */
function* encoding(
  encoder: BatchEncoder,
  operations: readonly Operation[],
  slices: Slices,
): Generator<Promise<void>, EncodedBatch, void> {
  for (const operation of gathered(operations)) {
    const before = encoder.copiedBytes;
    const pause = encoder.add(operation);
    if (pause !== undefined) yield pause;
    if (slices.spend(encoder.copiedBytes - before)) yield slices.pause();
  }
  return encoder.finish();
}

async function encodeRest(
  steps: Generator<Promise<void>, EncodedBatch, void>,
  firstPause: Promise<void>,
): Promise<EncodedBatch> {
  let pause = firstPause;
  for (;;) {
    await pause;
    const step = steps.next();
    if (step.done) return step.value;
    pause = step.value;
  }
}

/** How much of a batch is copied into its writer, by and large: all but large records. */
export function copiedBytes(operations: readonly Operation[]): number {
  let sizeBytes = BATCH_HEADER_BYTES;
  for (const operation of operations) {
    sizeBytes += GROUP_COST_BYTES;
    if (operation.type === 'change') continue;
    for (const length of operation.lengths) {
      if (length < LARGE_RECORD_BYTES) sizeBytes += length + LENGTH_COST_BYTES;
    }
  }
  return sizeBytes + GROUP_COST_BYTES * Math.ceil(sizeBytes / (GROUP_BYTES / 2));
}

/** What the length of a record takes at most. */
const LENGTH_COST_BYTES = 4;

/** What a group takes beside its records, by and large. */
const GROUP_COST_BYTES = 40;

/**
 * Operations as groups: neighbouring records of one log that follow each other are put together up
 * to `GROUP_BYTES`, and large ones are set apart.
 */
function gathered(operations: readonly Operation[]): Iterable<Operation> {
  const [only] = operations;
  const isGroup =
    operations.length === 1 && (only?.type === 'change' || only?.lengths.length === 1);
  return isGroup ? operations : gatheredGroups(operations);
}

function* gatheredGroups(operations: readonly Operation[]): Generator<Operation, void, void> {
  // The group to which the next record may be added.
  let open: OpenGroup | undefined;
  for (const operation of operations) {
    if (operation.type === 'change') {
      if (open !== undefined) yield open;
      open = undefined;
      yield operation;
      continue;
    }
    const cursor = { nth: 0, offset: 0 };
    while (cursor.nth < operation.lengths.length) {
      if (open === undefined || !open.hasRoomFor(operation, cursor.nth)) {
        if (open !== undefined) yield open;
        open = new OpenGroup(operation, cursor.nth);
      }
      open.take(operation, cursor);
    }
  }
  if (open !== undefined) yield open;
}

/** A group of records that may still grow. */
class OpenGroup implements Records {
  readonly type = 'records';
  readonly log: number;
  readonly isMoved: boolean;
  readonly firstIndex: number;
  readonly lengths: number[] = [];
  readonly pieces: Uint8Array[] = [];
  private costBytes = 0;

  /** An empty one, in which the record `nth` of `records` is to be the first. */
  constructor({ log, isMoved, firstIndex }: Records, nth: number) {
    this.log = log;
    this.isMoved = isMoved;
    this.firstIndex = firstIndex + nth;
  }

  /** Whether the record `nth` of `records` fits in, and follows what is here. */
  hasRoomFor(records: Records, nth: number): boolean {
    const isSameLog = this.log === records.log && this.isMoved === records.isMoved;
    const isNext = this.firstIndex + this.lengths.length === records.firstIndex + nth;
    return isSameLog && isNext && this.fits(records, nth);
  }

  /** Takes as many records as there is room for, one at least; moves `cursor` behind them. */
  take(records: Records, cursor: { nth: number; offset: number }): void {
    const { lengths, pieces } = records;
    const from = cursor.offset;
    const first = cursor.nth;
    do {
      const length = lengths[cursor.nth] as number;
      this.lengths.push(length);
      this.costBytes += costOf(length);
      cursor.offset += length;
      cursor.nth += 1;
    } while (cursor.nth < lengths.length && this.fits(records, cursor.nth));
    const isInOnePiece = pieces.length === 1;
    const taken = isInOnePiece
      ? [(pieces[0] as Uint8Array).subarray(from, cursor.offset)]
      : pieces.slice(first, cursor.nth);
    for (const piece of taken) this.pieces.push(piece);
  }

  private fits({ lengths }: Records, nth: number): boolean {
    return this.costBytes + costOf(lengths[nth] as number) <= GROUP_BYTES;
  }
}

/** What a record takes of its group. A large one takes all, so that nothing joins it. */
function costOf(length: number): number {
  return length >= LARGE_RECORD_BYTES ? GROUP_BYTES : length + RECORD_COST_BYTES;
}

class BatchEncoder {
  private readonly place: BatchPlace;
  private readonly crc32c: Crc32c;
  private readonly slices: Slices;
  private readonly writer: Writer;
  private readonly seed: number;
  private readonly groups: PlacedGroup[] = [];
  /** Large records, each with how much of the writer comes before it. */
  private readonly apart: { readonly record: Uint8Array; readonly at: number }[] = [];
  private apartBytes = 0;
  /** The checksum of the checksums of the groups. */
  private digest = 0;

  constructor(place: BatchPlace, crc32c: Crc32c, slices: Slices, writer: Writer) {
    this.place = place;
    this.crc32c = crc32c;
    this.slices = slices;
    this.writer = writer;
    // What an encoding that failed half-way may have left.
    writer.rewind(0);
    beginBatchHeader(writer, place);
    this.seed = groupSeed(writer.peek(), 0, crc32c);
  }

  /** How many bytes were copied so far. */
  get copiedBytes(): number {
    return this.writer.length;
  }

  /** Adds a group; awaits nothing but pauses. */
  add(operation: Operation): Promise<void> | undefined {
    const { writer } = this;
    const begin = writer.length;
    const offset = this.place.offset + begin + this.apartBytes;
    this.groups.push({ operation, offset });
    writer.uint32(0);
    writer.uint32(0);
    let apart: Uint8Array | undefined;
    if (operation.type === 'change') writeChange(writer, operation.log, operation.change);
    else {
      const { log, isMoved, firstIndex, lengths, pieces } = operation;
      writeRecordsHead(writer, log, isMoved, firstIndex, lengths);
      const only = lengths.length === 1 ? pieces[0] : undefined;
      if (only !== undefined && only.length >= LARGE_RECORD_BYTES) apart = only;
      else for (const piece of pieces) writer.raw(piece);
    }
    const length = writer.length - begin - GROUP_PREFIX_BYTES + (apart?.length ?? 0);
    writer.patchUint32(begin + 4, length);
    const checksum = this.crc32c(writer.peek(begin + 4), this.seed);
    if (apart !== undefined) return this.addApart(begin, checksum, apart);
    this.seal(begin, checksum);
    return undefined;
  }

  /** Ends a group with a large record, which is checked in slices and not copied. */
  private async addApart(begin: number, seed: number, record: Uint8Array): Promise<void> {
    this.apart.push({ record, at: this.writer.length });
    this.apartBytes += record.length;
    this.seal(begin, await checksumInSlices(record, seed, this.crc32c, this.slices));
  }

  /** Puts the checksum of a group in its place. */
  private seal(begin: number, checksum: number): void {
    this.writer.patchUint32(begin, checksum);
    const written = this.writer.peek(begin).subarray(0, 4);
    this.digest = this.crc32c(written, this.digest);
  }

  finish(): EncodedBatch {
    const { writer, groups, seed, apart, digest: groupsChecksum } = this;
    const totalBytes = writer.length + this.apartBytes;
    const bodyBytes = totalBytes - BATCH_HEADER_BYTES;
    endBatchHeader(writer, { groupCount: groups.length, bodyBytes, groupsChecksum }, this.crc32c);
    const written = writer.take();
    const pieces: Uint8Array[] = [];
    let from = 0;
    for (const { record, at } of apart) {
      if (at > from) pieces.push(written.subarray(from, at));
      pieces.push(record);
      from = at;
    }
    if (from < written.length) pieces.push(written.subarray(from));
    return { pieces, totalBytes, seed, groups };
  }
}
