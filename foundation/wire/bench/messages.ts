/**
 * The messages that are measured: declared, and written by hand on a `DataView` with the same
 * bytes, with what a careful author would check and no more.
 */
import {
  array,
  boolean,
  bytes,
  message,
  safeUint64,
  struct,
  type TypeOf,
  text,
  uint8,
  uint32,
} from '@mangrove/wire';

const heartbeat = struct({
  term: safeUint64,
  commitIndex: safeUint64,
  from: uint32,
  isLeader: boolean,
});

const entry = struct({
  term: safeUint64,
  index: safeUint64,
  kind: uint8,
  data: bytes({ max: 1_000_000, length: 'int32' }),
});

const appendEntries = struct({
  term: safeUint64,
  leader: text({ max: 63, length: 'int16' }),
  prevIndex: safeUint64,
  prevTerm: safeUint64,
  commitIndex: safeUint64,
  entries: array(entry, { max: 10_000, length: 'int32' }),
});

/** A small struct. */
export type Heartbeat = TypeOf<typeof heartbeat>;
/** A message with entries. */
export type AppendEntries = TypeOf<typeof appendEntries>;

const VERSIONS = { lowest: 1, highest: 1, flexibleFrom: 2 };

/** The declared codecs. */
export const HEARTBEAT = message('heartbeat', heartbeat, VERSIONS).at(1);
/** The same for the message with entries. */
export const APPEND_ENTRIES = message('append-entries', appendEntries, VERSIONS).at(1);

const TWO_32 = 4_294_967_296;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** A buffer that messages are written into one after the other. */
export class HandWriter {
  private slab = new Uint8Array(65_536);
  private view = new DataView(this.slab.buffer);
  private at = 0;

  heartbeat(value: Heartbeat): Uint8Array {
    const begin = this.reserve(21);
    const { view } = this;
    let at = begin;
    at = putUint64(view, at, value.term);
    at = putUint64(view, at, value.commitIndex);
    view.setUint32(at, value.from);
    view.setUint8(at + 4, value.isLeader ? 1 : 0);
    this.at = at + 5;
    return this.slab.subarray(begin, this.at);
  }

  appendEntries(value: AppendEntries): Uint8Array {
    let sizeBytes = 38 + value.leader.length * 3;
    for (const { data } of value.entries) sizeBytes += 21 + data.length;
    const begin = this.reserve(sizeBytes);
    const { view, slab } = this;
    let at = begin;
    at = putUint64(view, at, value.term);
    const { written } = ENCODER.encodeInto(value.leader, slab.subarray(at + 2));
    view.setInt16(at, written);
    at += 2 + written;
    at = putUint64(view, at, value.prevIndex);
    at = putUint64(view, at, value.prevTerm);
    at = putUint64(view, at, value.commitIndex);
    view.setInt32(at, value.entries.length);
    at += 4;
    for (const { term, index, kind, data } of value.entries) {
      at = putUint64(view, at, term);
      at = putUint64(view, at, index);
      view.setUint8(at, kind);
      view.setInt32(at + 1, data.length);
      slab.set(data, at + 5);
      at += 5 + data.length;
    }
    this.at = at;
    return slab.subarray(begin, at);
  }

  private reserve(sizeBytes: number): number {
    if (this.at + sizeBytes > this.slab.length) {
      this.slab = new Uint8Array(Math.max(65_536, sizeBytes));
      this.view = new DataView(this.slab.buffer);
      this.at = 0;
    }
    return this.at;
  }
}

/** Reads what `HandWriter.heartbeat` wrote. */
export function readHeartbeat(from: Uint8Array): Heartbeat {
  const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
  return {
    term: takeUint64(view, 0),
    commitIndex: takeUint64(view, 8),
    from: view.getUint32(16),
    isLeader: view.getUint8(20) === 1,
  };
}

/** Reads what `HandWriter.appendEntries` wrote. */
export function readAppendEntries(from: Uint8Array): AppendEntries {
  const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
  const term = takeUint64(view, 0);
  const leaderEnd = 10 + view.getInt16(8);
  const leader = DECODER.decode(from.subarray(10, leaderEnd));
  const prevIndex = takeUint64(view, leaderEnd);
  const prevTerm = takeUint64(view, leaderEnd + 8);
  const commitIndex = takeUint64(view, leaderEnd + 16);
  const count = view.getInt32(leaderEnd + 24);
  let at = leaderEnd + 28;
  if (count * 21 > from.length - at) throw new RangeError('the count is too large');
  const entries: AppendEntries['entries'][number][] = [];
  for (let nth = 0; nth < count; nth++) {
    const dataAt = at + 21;
    const dataEnd = dataAt + view.getInt32(at + 17);
    if (dataEnd > from.length) throw new RangeError('the entry is too long');
    entries.push({
      term: takeUint64(view, at),
      index: takeUint64(view, at + 8),
      kind: view.getUint8(at + 16),
      data: from.subarray(dataAt, dataEnd),
    });
    at = dataEnd;
  }
  return { term, leader, prevIndex, prevTerm, commitIndex, entries };
}

function putUint64(view: DataView, at: number, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('not a safe integer');
  view.setUint32(at, value / TWO_32);
  view.setUint32(at + 4, value >>> 0);
  return at + 8;
}

function takeUint64(view: DataView, at: number): number {
  const value = view.getUint32(at) * TWO_32 + view.getUint32(at + 4);
  if (!Number.isSafeInteger(value)) throw new RangeError('not a safe integer');
  return value;
}
