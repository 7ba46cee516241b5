/**
 * A writer of bytes: it grows as needed up to a bound, and gives away what was written.
 *
 * Every method that writes a value has a twin of the same name in `Reader`; compiled codecs call
 * both by that name.
 */
import { InvalidArgument } from './invalid-argument.ts';
import { WireError } from './wire-error.ts';

/** How a writer allocates. */
export interface WriterOptions {
  /**
   * The size of the slabs in bytes, 16 or more. Default: 256. Larger slabs hold many messages and
   * make `take` cheap; each message that is still held keeps its whole slab in memory.
   */
  readonly slabBytes?: number;
  /** The most bytes between two calls of `take`. Default: 64 MiB. Beyond it: `too-long`. */
  readonly maxBytes?: number;
  /**
   * Cuts what is written into pieces of up to so many bytes, 16 or more, for `takePieces`, in place
   * of growing; `raw` bytes that are as long or longer become pieces of their own, not copied. So
   * nothing that is written takes long, however much was written before. Then there is no
   * `slabBytes`, and what was cut off can neither be looked at nor changed. Default: no pieces.
   */
  readonly pieceBytes?: number;
}

const TWO_32 = 4_294_967_296;
const HALF_SAFE = 2 ** 52;
const ENCODER = new TextEncoder();

/** Writes values one after the other. Multi-byte integers are big-endian unless they say `le`. */
export class Writer {
  private readonly slabBytes: number;
  private readonly maxBytes: number;
  private slab: Uint8Array<ArrayBuffer>;
  private view: DataView;
  // 0 <= start <= at <= slab.length; [start, at) was written since the last `take`.
  private start = 0;
  private at = 0;
  // What was cut off since the last `take`, in front of the rest, and how many bytes that is.
  private readonly isCutting: boolean;
  private pieces: Uint8Array[] = [];
  private cutBytes = 0;

  constructor(options: WriterOptions = {}) {
    const { slabBytes = 256, maxBytes = 67_108_864, pieceBytes } = options;
    checkSize('slabBytes', slabBytes);
    if (pieceBytes !== undefined) checkSize('pieceBytes', pieceBytes);
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
      throw new InvalidArgument('maxBytes', maxBytes, 'a positive integer');
    }
    this.slabBytes = Math.min(pieceBytes ?? slabBytes, maxBytes);
    this.maxBytes = maxBytes;
    this.isCutting = pieceBytes !== undefined;
    this.slab = new Uint8Array(this.slabBytes);
    this.view = new DataView(this.slab.buffer);
  }

  /** How many bytes were written since the last `take`. */
  get length(): number {
    return this.cutBytes + this.at - this.start;
  }

  /**
   * The bytes written since the last `take`. They are the caller's: this writer never touches them
   * again, unless it is told to `reuse` them. Where it cuts pieces: `takePieces`.
   */
  take(): Uint8Array<ArrayBuffer> {
    if (this.cutBytes > 0) throw new InvalidArgument('take', this.length, 'takePieces');
    const taken = this.slab.subarray(this.start, this.at);
    this.start = this.at;
    return taken;
  }

  /**
   * The bytes written since the last `take`, in pieces that follow each other, none of them empty.
   * They are the caller's, but for those that `raw` was given.
   */
  takePieces(): readonly Uint8Array[] {
    this.cut();
    const { pieces } = this;
    this.pieces = [];
    this.cutBytes = 0;
    return pieces;
  }

  /**
   * Has the memory of all that was taken written to again, up to `keptBytes` of it: whoever took
   * bytes must be done with them. Nothing may have been written since the last `take`.
   */
  reuse(keptBytes: number): void {
    if (this.length > 0) throw new InvalidArgument('length', this.length, '0');
    if (this.slab.length > Math.max(keptBytes, this.slabBytes)) {
      this.slab = new Uint8Array(this.slabBytes);
      this.view = new DataView(this.slab.buffer);
    }
    this.start = 0;
    this.at = 0;
  }

  /** Drops what was written after the first `length` bytes since the last `take`. */
  rewind(length: number): void {
    const { cutBytes } = this;
    if (!(length >= cutBytes && length <= this.length)) {
      const bound = `${cutBytes} to ${this.length}, what was written`;
      throw new InvalidArgument('length', length, bound);
    }
    this.at = this.start + length - cutBytes;
  }

  boolean(value: boolean): void {
    if (typeof value !== 'boolean') throw outOfRange(value, 'a boolean');
    const at = this.room(1);
    this.view.setUint8(at, value ? 1 : 0);
  }

  uint8(value: number): void {
    if ((value & 0xff) !== value) throw outOfRange(value, 'an integer from 0 to 255');
    const at = this.room(1);
    this.view.setUint8(at, value);
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) throw outOfRange(value, 'an integer of 8 bits');
    const at = this.room(1);
    this.view.setInt8(at, value);
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) throw outOfRange(value, 'an integer from 0 to 65535');
    const at = this.room(2);
    this.view.setUint16(at, value);
  }

  uint16le(value: number): void {
    if ((value & 0xffff) !== value) throw outOfRange(value, 'an integer from 0 to 65535');
    const at = this.room(2);
    this.view.setUint16(at, value, true);
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) throw outOfRange(value, 'an integer of 16 bits');
    const at = this.room(2);
    this.view.setInt16(at, value);
  }

  int16le(value: number): void {
    if ((value << 16) >> 16 !== value) throw outOfRange(value, 'an integer of 16 bits');
    const at = this.room(2);
    this.view.setInt16(at, value, true);
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) throw outOfRange(value, 'an integer from 0 to 4294967295');
    const at = this.room(4);
    this.view.setUint32(at, value);
  }

  uint32le(value: number): void {
    if (value >>> 0 !== value) throw outOfRange(value, 'an integer from 0 to 4294967295');
    const at = this.room(4);
    this.view.setUint32(at, value, true);
  }

  int32(value: number): void {
    if ((value | 0) !== value) throw outOfRange(value, 'an integer of 32 bits');
    const at = this.room(4);
    this.view.setInt32(at, value);
  }

  int32le(value: number): void {
    if ((value | 0) !== value) throw outOfRange(value, 'an integer of 32 bits');
    const at = this.room(4);
    this.view.setInt32(at, value, true);
  }

  uint64(value: bigint): void {
    if (BigInt.asUintN(64, value) !== value) throw outOfRange(value, 'unsigned, of 64 bits');
    const at = this.room(8);
    this.view.setBigUint64(at, value);
  }

  uint64le(value: bigint): void {
    if (BigInt.asUintN(64, value) !== value) throw outOfRange(value, 'unsigned, of 64 bits');
    const at = this.room(8);
    this.view.setBigUint64(at, value, true);
  }

  int64(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw outOfRange(value, 'signed, of 64 bits');
    const at = this.room(8);
    this.view.setBigInt64(at, value);
  }

  int64le(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw outOfRange(value, 'signed, of 64 bits');
    const at = this.room(8);
    this.view.setBigInt64(at, value, true);
  }

  /** 64 bits that hold a safe integer of 0 or more. */
  safeUint64(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw outOfRange(value, SAFE_UNSIGNED);
    const at = this.room(8);
    this.view.setUint32(at, value / TWO_32);
    this.view.setUint32(at + 4, value >>> 0);
  }

  safeUint64le(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw outOfRange(value, SAFE_UNSIGNED);
    const at = this.room(8);
    this.view.setUint32(at, value >>> 0, true);
    this.view.setUint32(at + 4, value / TWO_32, true);
  }

  /** 64 bits in two's complement that hold a safe integer. */
  safeInt64(value: number): void {
    if (!Number.isSafeInteger(value)) throw outOfRange(value, 'a safe integer');
    const at = this.room(8);
    this.view.setInt32(at, Math.floor(value / TWO_32));
    this.view.setUint32(at + 4, value >>> 0);
  }

  safeInt64le(value: number): void {
    if (!Number.isSafeInteger(value)) throw outOfRange(value, 'a safe integer');
    const at = this.room(8);
    this.view.setUint32(at, value >>> 0, true);
    this.view.setInt32(at + 4, Math.floor(value / TWO_32), true);
  }

  float64(value: number): void {
    if (typeof value !== 'number') throw outOfRange(value, 'a number');
    const at = this.room(8);
    this.view.setFloat64(at, value);
  }

  /** A safe integer of 0 or more in groups of 7 bits, lowest first (LEB128). */
  uvarint(value: number): void {
    if (value >>> 0 === value && value < 0x80) {
      const at = this.room(1);
      this.view.setUint8(at, value);
      return;
    }
    if (!Number.isSafeInteger(value) || value < 0) throw outOfRange(value, SAFE_UNSIGNED);
    let rest = value;
    while (rest >= 0x80000000) {
      const at = this.room(1);
      this.view.setUint8(at, (rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    while (rest >= 0x80) {
      const at = this.room(1);
      this.view.setUint8(at, (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    const at = this.room(1);
    this.view.setUint8(at, rest);
  }

  uvarint32(value: number): void {
    if (value >>> 0 !== value) throw outOfRange(value, 'an integer from 0 to 4294967295');
    this.uvarint(value);
  }

  /** A signed 32-bit integer, zig-zag: 0, -1, 1, -2, ... are 0, 1, 2, 3, ... */
  varint32(value: number): void {
    if ((value | 0) !== value) throw outOfRange(value, 'an integer of 32 bits');
    this.uvarint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** A safe integer, zig-zag. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value)) throw outOfRange(value, 'a safe integer');
    if (value >= HALF_SAFE || value < -HALF_SAFE) this.bigVarint(BigInt(value));
    else this.uvarint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Unsigned 64 bits as a varint of at most 10 bytes. */
  bigUvarint(value: bigint): void {
    if (BigInt.asUintN(64, value) !== value) throw outOfRange(value, 'unsigned, of 64 bits');
    let rest = value;
    while (rest >= 0x80n) {
      const at = this.room(1);
      this.view.setUint8(at, Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    const at = this.room(1);
    this.view.setUint8(at, Number(rest));
  }

  /** Signed 64 bits, zig-zag. */
  bigVarint(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw outOfRange(value, 'signed, of 64 bits');
    this.bigUvarint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
  }

  /** The bytes themselves, without a length. */
  raw(bytes: Uint8Array): void {
    if (this.isCutting && bytes.length >= this.slabBytes) {
      this.append(bytes);
      return;
    }
    const at = this.room(bytes.length);
    this.slab.set(bytes, at);
  }

  /** `text` in UTF-8, without a length. `sizeBytes` is what `utf8Length` says of it. */
  utf8(text: string, sizeBytes: number): void {
    const at = this.room(sizeBytes);
    if (sizeBytes === text.length) {
      for (let index = 0; index < sizeBytes; index++) {
        this.view.setUint8(at + index, text.charCodeAt(index));
      }
      return;
    }
    ENCODER.encodeInto(text, this.slab.subarray(at, at + sizeBytes));
  }

  /** Overwrites the four bytes that begin at `position` (counted as `length` counts). */
  patchUint32(position: number, value: number): void {
    this.view.setUint32(this.checked(position, 4), value);
  }

  patchUint32le(position: number, value: number): void {
    this.view.setUint32(this.checked(position, 4), value, true);
  }

  /**
   * Puts the uvarint of `value` in at `position`, in front of what was written from there on.
   *
   * So a length can stand before content whose length was not known; costs a move of the content.
   */
  insertUvarint(position: number, value: number): void {
    if (this.isCutting) {
      this.insertPiece(position, value);
      return;
    }
    const end = this.length;
    this.checked(position, 0);
    this.uvarint(value);
    const width = this.length - end;
    const head = this.slab.slice(this.start + end, this.at);
    const from = this.start + position;
    this.slab.copyWithin(from + width, from, this.start + end);
    this.slab.set(head, from);
  }

  /** What was written since the last `take`, still owned by this writer: only to look at. */
  peek(from = 0): Uint8Array {
    return this.slab.subarray(this.checked(from, 0), this.at);
  }

  private checked(position: number, width: number): number {
    const { cutBytes } = this;
    if (!(position >= cutBytes && position + width <= this.length)) {
      throw new InvalidArgument('position', position, `${cutBytes} to ${this.length - width}`);
    }
    return this.start + position - cutBytes;
  }

  /**
   * Claims the next `width` bytes; returns where they begin in the slab. May change `view`, so it
   * is called in a statement of its own, before `view` is looked at.
   */
  private room(width: number): number {
    if (this.at + width > this.slab.length) this.grow(width);
    const at = this.at;
    this.at = at + width;
    return at;
  }

  private grow(width: number): void {
    const pending = this.at - this.start;
    const needed = pending + width;
    this.checkRoom(width);
    if (this.isCutting) {
      this.cut();
      const leftBytes = this.maxBytes - this.length;
      this.slab = new Uint8Array(Math.max(width, Math.min(this.slabBytes, leftBytes)));
      this.view = new DataView(this.slab.buffer);
      this.start = 0;
      this.at = 0;
      return;
    }
    // Doubling keeps the cost of copying linear. What was taken stays in the old slab.
    const slab = new Uint8Array(Math.max(this.slabBytes, Math.min(2 * needed, this.maxBytes)));
    slab.set(this.slab.subarray(this.start, this.at));
    this.slab = slab;
    this.view = new DataView(slab.buffer);
    this.start = 0;
    this.at = pending;
  }

  private checkRoom(width: number): void {
    const needed = this.length + width;
    if (needed <= this.maxBytes) return;
    throw new WireError('too-long', `${needed} bytes or more, where ${this.maxBytes} may be`);
  }

  /** Cuts off what was written into the slab. */
  private cut(): void {
    const { start, at } = this;
    if (at === start) return;
    this.pieces.push(this.slab.subarray(start, at));
    this.cutBytes += at - start;
    this.start = at;
  }

  private append(piece: Uint8Array): void {
    this.checkRoom(piece.length);
    this.cut();
    this.pieces.push(piece);
    this.count(piece);
  }

  /** What is left of the slab holds no more than may still be written. */
  private count(piece: Uint8Array): void {
    this.cutBytes += piece.length;
    const end = this.at + this.maxBytes - this.length;
    if (end < this.slab.length) this.slab = this.slab.subarray(0, end);
  }

  private insertPiece(position: number, value: number): void {
    if (!(position >= 0 && position <= this.length)) {
      throw new InvalidArgument('position', position, `0 to ${this.length}`);
    }
    const head = new Writer({ slabBytes: 16 });
    head.uvarint(value);
    this.checkRoom(head.length);
    this.cut();
    let index = 0;
    let rest = position;
    for (; rest > 0; index += 1) {
      const piece = this.pieces[index] as Uint8Array;
      if (piece.length > rest) {
        this.pieces.splice(index, 1, piece.subarray(0, rest), piece.subarray(rest));
      }
      rest -= Math.min(rest, piece.length);
    }
    const piece = head.take();
    this.pieces.splice(index, 0, piece);
    this.count(piece);
  }
}

const SAFE_UNSIGNED = 'a safe integer of 0 or more';

function checkSize(name: string, size: number): void {
  if (Number.isSafeInteger(size) && size >= 16) return;
  throw new InvalidArgument(name, size, 'an integer of 16 or more');
}

function outOfRange(value: unknown, bound: string): WireError {
  return new WireError('out-of-range', `${String(value)} is not ${bound}`);
}
