/**
 * The bytes of a batch, made of the operations that go to disk together.
 */
import { type Crc32c, Writer } from '@mangrove/wire';
import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  encodeBatchHeader,
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

/** One operation of a batch. */
export type Operation =
  | {
      readonly type: 'records';
      readonly log: number;
      readonly isMoved: boolean;
      readonly firstIndex: number;
      readonly records: readonly Uint8Array[];
    }
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

/** What of the header is known before the groups are. */
export type BatchPlace = Omit<BatchHeader, 'groupCount' | 'bodyBytes' | 'groupsChecksum'>;

/** Encodes a batch; yields in between where there is much to check. */
export async function encodeBatch(
  place: BatchPlace,
  operations: readonly Operation[],
  crc32c: Crc32c,
  slices: Slices,
): Promise<EncodedBatch> {
  const encoder = new BatchEncoder(place, crc32c, slices);
  for (const operation of gathered(operations)) {
    await encoder.add(operation);
    if (slices.isOver()) await slices.pause();
  }
  return encoder.finish();
}

/**
 * Operations as groups: neighbouring records of one log that follow each other are put together up
 * to `GROUP_BYTES`, and large ones are set apart.
 */
export function* gathered(operations: readonly Operation[]): Generator<Operation> {
  let open: Extract<Operation, { type: 'records' }> | undefined;
  let records: Uint8Array[] = [];
  let sizeBytes = 0;
  const close = function* (): Generator<Operation> {
    if (open !== undefined) yield { ...open, records };
    open = undefined;
  };
  for (const operation of operations) {
    if (operation.type === 'change') {
      yield* close();
      yield operation;
      continue;
    }
    for (const [nth, record] of operation.records.entries()) {
      const firstIndex = operation.firstIndex + nth;
      const isNext =
        open !== undefined &&
        open.log === operation.log &&
        open.isMoved === operation.isMoved &&
        open.firstIndex + records.length === firstIndex;
      const isLarge = record.length >= LARGE_RECORD_BYTES;
      if (!isNext || isLarge || sizeBytes + record.length > GROUP_BYTES) {
        yield* close();
        open = { ...operation, firstIndex };
        records = [];
        sizeBytes = 0;
      }
      records.push(record);
      sizeBytes += record.length;
      if (isLarge) yield* close();
    }
  }
  yield* close();
}

class BatchEncoder {
  private readonly place: BatchPlace;
  private readonly crc32c: Crc32c;
  private readonly slices: Slices;
  private readonly seed: number;
  private readonly writer = new Writer({ slabBytes: 4096 });
  private readonly pieces: Uint8Array[] = [new Uint8Array(0)];
  private readonly groups: PlacedGroup[] = [];
  private readonly checksums = new Writer();
  private takenBytes = 0;

  constructor(place: BatchPlace, crc32c: Crc32c, slices: Slices) {
    this.place = place;
    this.slices = slices;
    this.crc32c = crc32c;
    this.seed = groupSeed(place, crc32c);
  }

  /** Adds a group; awaits nothing but pauses. */
  add(operation: Operation): Promise<void> | undefined {
    const { writer } = this;
    const begin = writer.length;
    const offset = this.place.offset + BATCH_HEADER_BYTES + this.takenBytes + begin;
    this.groups.push({ operation, offset });
    writer.uint32(0);
    writer.uint32(0);
    let apart: Uint8Array | undefined;
    if (operation.type === 'change') writeChange(writer, operation.log, operation.change);
    else {
      const { log, isMoved, firstIndex, records } = operation;
      writeRecordsHead(writer, log, isMoved, firstIndex, records);
      const only = records.length === 1 ? records[0] : undefined;
      if (only !== undefined && only.length >= LARGE_RECORD_BYTES) apart = only;
      else for (const record of records) writer.raw(record);
    }
    const length = writer.length - begin - GROUP_PREFIX_BYTES + (apart?.length ?? 0);
    writer.patchUint32(begin + 4, length);
    const checksum = this.crc32c(writer.peek(begin + 4), this.seed);
    if (apart !== undefined) return this.addApart(begin, checksum, apart);
    writer.patchUint32(begin, checksum);
    this.checksums.uint32(checksum);
    return undefined;
  }

  /** Ends a group with a large record, which is checked in slices and not copied. */
  private async addApart(begin: number, seed: number, apart: Uint8Array): Promise<void> {
    const checksum = await checksumInSlices(apart, seed, this.crc32c, this.slices);
    this.writer.patchUint32(begin, checksum);
    this.checksums.uint32(checksum);
    this.take();
    this.pieces.push(apart);
    this.takenBytes += apart.length;
  }

  finish(): EncodedBatch {
    this.take();
    const groupsChecksum = this.crc32c(this.checksums.take());
    const bodyBytes = this.takenBytes;
    const groupCount = this.groups.length;
    const header = { ...this.place, groupCount, bodyBytes, groupsChecksum };
    this.pieces[0] = encodeBatchHeader(header, this.crc32c);
    return {
      pieces: joined(this.pieces),
      totalBytes: BATCH_HEADER_BYTES + bodyBytes,
      seed: this.seed,
      groups: this.groups,
    };
  }

  private take(): void {
    const taken = this.writer.take();
    if (taken.length === 0) return;
    this.pieces.push(taken);
    this.takenBytes += taken.length;
  }
}

/** Small neighbours as one piece: a call to the system costs more than a copy. */
function joined(pieces: readonly Uint8Array[]): Uint8Array[] {
  const result: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  const flush = () => {
    const [first] = small;
    if (first === undefined) return;
    if (small.length === 1) result.push(first);
    else {
      const whole = new Uint8Array(small.reduce((sum, piece) => sum + piece.length, 0));
      let at = 0;
      for (const piece of small) {
        whole.set(piece, at);
        at += piece.length;
      }
      result.push(whole);
    }
    small = [];
  };
  for (const piece of pieces) {
    if (piece.length < LARGE_RECORD_BYTES) small.push(piece);
    else {
      flush();
      result.push(piece);
    }
  }
  flush();
  return result;
}
