/**
 * Cuts what comes from a socket into frames, without copying frames that came whole.
 *
 * The caller pushes chunks and takes frames one by one; type and body of the frame that was taken
 * stand in fields, so that a flood of small messages makes no garbage but the messages themselves.
 */
import { HEADER_BYTES, ProtocolError } from './frames.ts';

/** A reader of frames for one connection. */
export class FrameReader {
  /** The type of the frame that `next` took. */
  type = 0;
  /** Its body: a plain view into a chunk, or bytes of its own. */
  body: Uint8Array = new Uint8Array(0);
  /** The longest frame, type and body, that is read; may be changed between frames. */
  frameBytesMax: number;
  private readonly chunks: Uint8Array[] = [];
  private at = 0;
  private readonly header = new Uint8Array(HEADER_BYTES);
  private headerFill = 0;
  private partial: Uint8Array | undefined;
  private partialFill = 0;

  constructor(frameBytesMax: number) {
    this.frameBytesMax = frameBytesMax;
  }

  /** How many chunks wait. */
  get chunkCount(): number {
    return this.chunks.length;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.chunks.push(chunk);
  }

  /** Takes the next whole frame; false where there is none yet. */
  next(): boolean {
    while (this.chunks.length > 0) {
      const chunk = this.chunks[0] as Uint8Array;
      const isWhole =
        this.partial === undefined ? this.open(chunk) : this.fill(chunk, this.partial);
      if (this.at >= chunk.length) {
        this.chunks.shift();
        this.at = 0;
      }
      if (isWhole) return true;
    }
    return false;
  }

  /** Reads a header, and the body if it lies in this chunk. */
  private open(chunk: Uint8Array): boolean {
    const { header } = this;
    let source: Uint8Array = header;
    let place = 0;
    if (this.headerFill === 0 && chunk.length - this.at >= HEADER_BYTES) {
      source = chunk;
      place = this.at;
      this.at += HEADER_BYTES;
    } else {
      while (this.headerFill < HEADER_BYTES && this.at < chunk.length) {
        header[this.headerFill] = chunk[this.at] as number;
        this.headerFill += 1;
        this.at += 1;
      }
      if (this.headerFill < HEADER_BYTES) return false;
      this.headerFill = 0;
    }
    const length =
      ((source[place] as number) |
        ((source[place + 1] as number) << 8) |
        ((source[place + 2] as number) << 16) |
        ((source[place + 3] as number) << 24)) >>>
      0;
    if (length < 1 || length > this.frameBytesMax) {
      throw new ProtocolError(
        `a frame of ${length} bytes, where ${this.frameBytesMax} are allowed`,
      );
    }
    this.type = source[place + 4] as number;
    const bodyBytes = length - 1;
    if (chunk.length - this.at >= bodyBytes) {
      this.body = new Uint8Array(chunk.buffer, chunk.byteOffset + this.at, bodyBytes);
      this.at += bodyBytes;
      return true;
    }
    // All of it is filled before anybody sees it, so it need not be zeros before.
    const { buffer } = Buffer.allocUnsafeSlow(bodyBytes);
    this.partial = new Uint8Array(buffer, 0, bodyBytes);
    this.partialFill = 0;
    return this.fill(chunk, this.partial);
  }

  private fill(chunk: Uint8Array, partial: Uint8Array): boolean {
    const count = Math.min(partial.length - this.partialFill, chunk.length - this.at);
    partial.set(chunk.subarray(this.at, this.at + count), this.partialFill);
    this.partialFill += count;
    this.at += count;
    if (this.partialFill < partial.length) return false;
    this.body = partial;
    this.partial = undefined;
    return true;
  }
}
