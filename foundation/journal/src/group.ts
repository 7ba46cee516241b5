/**
 * Groups: what a batch is made of. A group is records of one log, or one change of one log.
 *
 *     group => checksum:uint32 of what follows, begun with the seed of the batch
 *              length:uint32 of what follows
 *              kind:uint8  log:uint32  body
 *     body of records (kind 1) and of moved records (kind 2) =>
 *              firstIndex:uvarint count:uvarint length:uvarint*count bytes*count
 *     body of a change (kind 0) => a member of `change`, below
 *
 * Records of one log that go to disk together share a group up to 64 KiB, since a reader checks
 * whole groups; a record of 32 KiB or more has a group to itself, so that it need not be copied.
 */
import {
  bytes,
  field,
  message,
  Reader,
  struct,
  type TypeOf,
  text,
  uint32,
  union,
  uvarint,
  WireError,
  type Writer,
} from '@mangrove/wire';
import { METADATA_BYTES_MAX } from './journal.ts';

/** The bytes of a group before its kind. */
export const GROUP_PREFIX_BYTES = 8;

/** The bytes that tell kind and log, behind the prefix. */
export const GROUP_HEAD_BYTES = 13;

/** Records share a group up to this many bytes. */
export const GROUP_BYTES = 65_536;

/** A record from this size on has a group of its own. */
export const LARGE_RECORD_BYTES = 32_768;

const metadata = bytes({ max: METADATA_BYTES_MAX });
const name = text({ max: 64 });

const change = union('type', {
  'truncate-suffix': { number: 0, schema: struct({ fromIndex: uvarint }) },
  'truncate-prefix': { number: 1, schema: struct({ firstIndex: uvarint }) },
  reset: { number: 2, schema: struct({ nextIndex: uvarint }) },
  metadata: { number: 3, schema: struct({ metadata }) },
  create: { number: 4, schema: struct({ name, slot: uint32, firstIndex: uvarint }) },
  remove: { number: 5, schema: struct({}) },
  /** In the head of a segment: a log as it stood when the segment began. */
  state: {
    number: 6,
    schema: struct({ name, slot: uint32, firstIndex: uvarint, nextIndex: uvarint, metadata }),
  },
  /** Segments below this one are not needed any more. Of no log: the number of the log is 0. */
  floor: { number: 7, schema: struct({ segment: field(uvarint, { absent: 0 }) }) },
});

/** A change of a log, as it is on disk. */
export type Change = TypeOf<typeof change>;

const CHANGE = message('change', change, { lowest: 1, highest: 1 }).at(1);
const KIND_CHANGE = 0;
const KIND_RECORDS = 1;
const KIND_MOVED = 2;

/** What a group holds. */
export type Group =
  | {
      readonly type: 'records';
      readonly log: number;
      /** Written again by a compaction: they come before records that were written earlier. */
      readonly isMoved: boolean;
      readonly firstIndex: number;
      readonly count: number;
      /** Where in the parsed bytes the record `index` begins and ends is told by `recordBounds`. */
      readonly lengthsAt: number;
      readonly endAt: number;
    }
  | { readonly type: 'change'; readonly log: number; readonly change: Change };

/** Adds the body of a change behind the head of its group. */
export function writeChange(writer: Writer, log: number, body: Change): void {
  writer.uint8(KIND_CHANGE);
  writer.uint32(log);
  CHANGE.encodeInto(writer, body);
}

/** Adds the head of a group of records and their lengths; the records themselves follow. */
export function writeRecordsHead(
  writer: Writer,
  log: number,
  isMoved: boolean,
  firstIndex: number,
  lengths: readonly number[],
): void {
  writer.uint8(isMoved ? KIND_MOVED : KIND_RECORDS);
  writer.uint32(log);
  writer.uvarint(firstIndex);
  writer.uvarint(lengths.length);
  for (const length of lengths) writer.uvarint(length);
}

/** What the prefix and the head of a group say, before it is checked. */
export interface GroupHead {
  readonly checksum: number;
  /** All bytes of the group, with its prefix. */
  readonly totalBytes: number;
  readonly isMoved: boolean;
  readonly isRecords: boolean;
  readonly log: number;
}

/** Reads the first `GROUP_HEAD_BYTES` of a group. */
export function readGroupHead(from: Uint8Array, at: number): GroupHead {
  const reader = new Reader(from, at);
  const checksum = reader.uint32();
  const totalBytes = GROUP_PREFIX_BYTES + reader.uint32();
  const kind = reader.uint8();
  const isMoved = kind === KIND_MOVED;
  return {
    checksum,
    totalBytes,
    isMoved,
    isRecords: isMoved || kind === KIND_RECORDS,
    log: reader.uint32(),
  };
}

/** The indexes that a group of records states, unchecked; undefined where they mean nothing. */
export function readRecordRange(
  from: Uint8Array,
  at: number,
): { readonly firstIndex: number; readonly count: number } | undefined {
  try {
    const reader = new Reader(from, at + GROUP_HEAD_BYTES);
    return { firstIndex: reader.uvarint(), count: reader.uvarint() };
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/**
 * The group at `at`, whose checksum was found right. Throws `WireError` where the bytes mean
 * nothing in spite of that.
 */
export function parseGroup(from: Uint8Array, at: number, head: GroupHead): Group {
  const endAt = at + head.totalBytes;
  const reader = new Reader(from.subarray(0, endAt), at + GROUP_HEAD_BYTES);
  if (!head.isRecords) {
    const body = CHANGE.decodeFrom(reader);
    reader.finish();
    return { type: 'change', log: head.log, change: body };
  }
  const firstIndex = reader.uvarint();
  const count = reader.uvarint();
  const lengthsAt = reader.offset;
  return {
    type: 'records',
    log: head.log,
    isMoved: head.isMoved,
    firstIndex,
    count,
    lengthsAt,
    endAt,
  };
}

/** The records of a group, sharing the memory of `from`. */
export function recordsOf(
  from: Uint8Array,
  group: Extract<Group, { type: 'records' }>,
): Uint8Array[] {
  const reader = new Reader(from.subarray(0, group.endAt), group.lengthsAt);
  const lengths: number[] = [];
  for (let index = 0; index < group.count; index++) lengths.push(reader.uvarint());
  const records = lengths.map((length) => reader.raw(length));
  reader.finish();
  return records;
}
