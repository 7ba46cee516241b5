/**
 * Frames: messages on a byte stream, each with its length and checksum.
 *
 *     frame => length:uint32 of the payload  crc32c:uint32 of length and payload  payload
 *
 * The checksum covers the length, so that a length that was changed on the way is noticed as soon
 * as that many bytes have come.
 */
import { type Crc32c, crc32c as portableCrc32c } from './crc32c.ts';
import { InvalidArgument } from './invalid-argument.ts';
import { Reader } from './reader.ts';
import type { Steps } from './schema.ts';
import { WireError } from './wire-error.ts';
import type { Writer } from './writer.ts';

/** The bytes of a frame before its payload. */
export const FRAME_HEADER_BYTES = 8;

/** Adds a frame; `write` adds its payload. */
export function encodeFrame(
  writer: Writer,
  write: (writer: Writer) => void,
  crc32c: Crc32c = portableCrc32c,
): void {
  const begin = beginFrame(writer);
  try {
    write(writer);
  } catch (error) {
    writer.rewind(begin);
    throw error;
  }
  endFrame(writer, begin, crc32c);
}

/** Begins a frame whose payload is written bit by bit; where it begins, for `endFrame`. */
export function beginFrame(writer: Writer): number {
  const begin = writer.length;
  writer.uint32(0);
  writer.uint32(0);
  return begin;
}

/** Ends the frame that was begun at `begin`: all that was written since is its payload. */
export function endFrame(writer: Writer, begin: number, crc32c: Crc32c = portableCrc32c): void {
  const payload = writer.peek(begin + FRAME_HEADER_BYTES);
  writer.patchUint32(begin, payload.length);
  const checksum = crc32c(payload, crc32c(writer.peek(begin).subarray(0, 4)));
  writer.patchUint32(begin + 4, checksum);
}

/**
 * The header of a frame whose payload is `pieces`, one behind the other, with a pause after every
 * few kilobytes of the checksum.
 */
export function* frameHeaderOf(
  pieces: readonly Uint8Array[],
  crc32c: Crc32c = portableCrc32c,
): Steps<Uint8Array> {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  const view = new DataView(header.buffer);
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  view.setUint32(0, length);
  let checksum = crc32c(header.subarray(0, 4));
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += STEP_BYTES) {
      checksum = crc32c(piece.subarray(at, at + STEP_BYTES), checksum);
      yield;
    }
  }
  view.setUint32(4, checksum);
  return header;
}

/** How much is summed in one step. */
const STEP_BYTES = 65_536;

/** Takes a stream of bytes, however it is cut, and gives the payloads of its frames. */
export class FrameReader {
  private readonly maxBytes: number;
  private readonly crc32c: Crc32c;
  // What came: as it came, or gathered. 0 <= from <= to <= its length.
  private held: Uint8Array = NOTHING;
  private isGathered = false;
  private from = 0;
  private to = 0;

  /** @param maxBytes the longest payload; a longer one is `too-long` before it is held */
  constructor(maxBytes: number, crc32c: Crc32c = portableCrc32c) {
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 1 || maxBytes > 0x7fffffff) {
      throw new InvalidArgument('maxBytes', maxBytes, 'an integer from 1 to 2^31 - 1');
    }
    this.maxBytes = maxBytes;
    this.crc32c = crc32c;
  }

  /** How many bytes wait for the rest of their frame, or to be taken by `next`. */
  get heldBytes(): number {
    return this.to - this.from;
  }

  /** Adds what came. The bytes are the reader's from now on: payloads share their memory. */
  push(bytes: Uint8Array): void {
    if (this.heldBytes === 0) {
      this.hold(bytes, false);
      this.to = bytes.length;
      return;
    }
    if (!this.isGathered || this.to + bytes.length > this.held.length) this.gather(bytes.length);
    this.held.set(bytes, this.to);
    this.to += bytes.length;
  }

  /**
   * The next payload, in memory that is not written to any more; undefined until all of it has
   * come.
   *
   * After a `WireError` the stream cannot be read on: where the next frame begins is not known.
   */
  next(): Uint8Array | undefined {
    if (this.heldBytes < FRAME_HEADER_BYTES) return this.wait();
    const reader = new Reader(this.held, this.from);
    const length = reader.uint32();
    if (length > this.maxBytes) {
      throw new WireError('too-long', `a frame of ${length} bytes, where ${this.maxBytes} may be`);
    }
    if (this.heldBytes < FRAME_HEADER_BYTES + length) return this.wait();
    const stated = reader.uint32();
    const begin = this.from + FRAME_HEADER_BYTES;
    const payload = this.held.subarray(begin, begin + length);
    const { crc32c } = this;
    const found = crc32c(payload, crc32c(this.held.subarray(this.from, this.from + 4)));
    if (found !== stated) {
      throw new WireError('checksum', `the checksum is ${found}, where ${stated} is stated`);
    }
    this.from = begin + length;
    if (this.from === this.to) this.hold(NOTHING, false);
    return payload;
  }

  // A chunk is not kept for the beginning of a frame at its end.
  private wait(): undefined {
    if (this.from > 0 && !this.isGathered) this.gather(0);
  }

  // Always in new memory: what is before `from` was given away. It is twice what has come, or less,
  // where the frame and the beginning of the next one in its last chunk need less.
  private gather(width: number): void {
    const rest = this.held.subarray(this.from, this.to);
    const comingBytes = rest.length + width;
    const isLengthKnown = rest.length >= FRAME_HEADER_BYTES;
    const length = isLengthKnown
      ? new Reader(this.held, this.from).uint32()
      : Number.POSITIVE_INFINITY;
    const neededBytes = Math.max(comingBytes, FRAME_HEADER_BYTES + length + CHUNK_BYTES);
    this.hold(new Uint8Array(Math.min(neededBytes, 2 * comingBytes)), true);
    this.held.set(rest);
    this.to = rest.length;
  }

  private hold(memory: Uint8Array, isGathered: boolean): void {
    this.held = memory;
    this.isGathered = isGathered;
    this.from = 0;
    this.to = 0;
  }
}

/** How long the chunks of a stream are, by and large. */
const CHUNK_BYTES = 65_536;

const NOTHING = new Uint8Array(0);
