/**
 * A reader of bytes that nobody vouches for: every method gives a value or throws a `WireError`.
 */
import { WireError } from './wire-error.ts';

const TWO_32 = 4_294_967_296;
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** From this many bytes on the platform's decoder is faster than a loop. */
const LONG_TEXT_BYTES = 32;

/** Reads values one after the other. Multi-byte integers are big-endian unless they say `le`. */
export class Reader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at: number;
  private end: number;

  /** Reads `bytes` from `start` on. They must not change while values that share them are used. */
  constructor(bytes: Uint8Array, start = 0) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = start;
    this.end = bytes.length;
  }

  /** Where the next value begins, counted from the first of the bytes. */
  get offset(): number {
    return this.at;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.end - this.at;
  }

  boolean(): boolean {
    const value = this.view.getUint8(this.next(1));
    if (value > 1) throw new WireError('malformed', `${value} is no boolean`);
    return value === 1;
  }

  uint8(): number {
    return this.view.getUint8(this.next(1));
  }

  int8(): number {
    return this.view.getInt8(this.next(1));
  }

  uint16(): number {
    return this.view.getUint16(this.next(2));
  }

  uint16le(): number {
    return this.view.getUint16(this.next(2), true);
  }

  int16(): number {
    return this.view.getInt16(this.next(2));
  }

  int16le(): number {
    return this.view.getInt16(this.next(2), true);
  }

  uint32(): number {
    return this.view.getUint32(this.next(4));
  }

  uint32le(): number {
    return this.view.getUint32(this.next(4), true);
  }

  int32(): number {
    return this.view.getInt32(this.next(4));
  }

  int32le(): number {
    return this.view.getInt32(this.next(4), true);
  }

  uint64(): bigint {
    return this.view.getBigUint64(this.next(8));
  }

  uint64le(): bigint {
    return this.view.getBigUint64(this.next(8), true);
  }

  int64(): bigint {
    return this.view.getBigInt64(this.next(8));
  }

  int64le(): bigint {
    return this.view.getBigInt64(this.next(8), true);
  }

  safeUint64(): number {
    const at = this.next(8);
    return joined(this.view.getUint32(at), this.view.getUint32(at + 4));
  }

  safeUint64le(): number {
    const at = this.next(8);
    return joined(this.view.getUint32(at + 4, true), this.view.getUint32(at, true));
  }

  safeInt64(): number {
    const at = this.next(8);
    return joined(this.view.getInt32(at), this.view.getUint32(at + 4));
  }

  safeInt64le(): number {
    const at = this.next(8);
    return joined(this.view.getInt32(at + 4, true), this.view.getUint32(at, true));
  }

  float64(): number {
    return this.view.getFloat64(this.next(8));
  }

  uvarint(): number {
    const first = this.view.getUint8(this.next(1));
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 0x80;
    // Eight groups hold 56 bits: what is above a safe integer is found at the end.
    for (let group = 1; group < 8; group++) {
      const byte = this.view.getUint8(this.next(1));
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) throw beyondSafe();
        return value;
      }
      scale *= 0x80;
    }
    throw beyondSafe();
  }

  uvarint32(): number {
    const value = this.uvarint();
    if (value >= TWO_32) throw new WireError('out-of-range', `${value} needs more than 32 bits`);
    return value;
  }

  varint32(): number {
    const value = this.uvarint32();
    return (value >>> 1) ^ -(value & 1);
  }

  varint(): number {
    const value = this.bigVarintOrSmall();
    if (typeof value === 'number') return value;
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw beyondSafe();
    return number;
  }

  bigUvarint(): bigint {
    // Most are 0, and all other numbers of this type take memory.
    if (this.at < this.end && this.bytes[this.at] === 0) {
      this.at += 1;
      return 0n;
    }
    let value = 0n;
    for (let group = 0; group < 10; group++) {
      const byte = this.view.getUint8(this.next(1));
      value |= BigInt(byte & 0x7f) << BigInt(7 * group);
      if (byte < 0x80) {
        if (value >= 1n << 64n) break;
        return value;
      }
    }
    throw new WireError('out-of-range', 'the varint needs more than 64 bits');
  }

  bigVarint(): bigint {
    const value = this.bigUvarint();
    return (value >> 1n) ^ -(value & 1n);
  }

  /** The next `length` bytes, not copied: they share the memory of what is read. */
  raw(length: number): Uint8Array {
    const at = this.next(length);
    return this.bytes.subarray(at, at + length);
  }

  /** The next `length` bytes as UTF-8. */
  utf8(length: number): string {
    const at = this.next(length);
    if (length < LONG_TEXT_BYTES) {
      let text = '';
      let index = at;
      for (; index < this.at; index++) {
        const byte = this.view.getUint8(index);
        if (byte >= 0x80) break;
        text += String.fromCharCode(byte);
      }
      if (index === this.at) return text;
    }
    try {
      return DECODER.decode(this.bytes.subarray(at, at + length));
    } catch {
      // The platform's decoder says no more than that it is no UTF-8.
      throw new WireError('malformed', 'the text is not UTF-8');
    }
  }

  skip(length: number): void {
    this.next(length);
  }

  /**
   * Reads with `read` as though the bytes ended `length` bytes from here, and demands that it reads
   * all of them.
   */
  block<Value>(length: number, read: (reader: Reader) => Value): Value {
    const outer = this.end;
    if (length > outer - this.at) throw this.truncated(length);
    this.end = this.at + length;
    const value = read(this);
    this.finish();
    this.end = outer;
    return value;
  }

  /** Throws unless everything was read. */
  finish(): void {
    if (this.at === this.end) return;
    throw new WireError('trailing-bytes', `${this.end - this.at} bytes follow the value`);
  }

  private bigVarintOrSmall(): bigint | number {
    const at = this.at;
    const first = this.view.getUint8(this.next(1));
    if (first < 0x80) return (first >>> 1) ^ -(first & 1);
    this.at = at;
    return this.bigVarint();
  }

  private next(width: number): number {
    const at = this.at;
    if (at + width > this.end) throw this.truncated(width);
    this.at = at + width;
    return at;
  }

  private truncated(width: number): WireError {
    const left = this.end - this.at;
    return new WireError('truncated', `${width} bytes are needed and ${left} are left`);
  }
}

function joined(high: number, low: number): number {
  const value = high * TWO_32 + low;
  if (!Number.isSafeInteger(value)) throw beyondSafe();
  return value;
}

function beyondSafe(): WireError {
  return new WireError('out-of-range', 'the integer is not a safe integer');
}
