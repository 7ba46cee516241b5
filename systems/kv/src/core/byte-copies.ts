/**
 * Copies of byte strings, side by side in few buffers: a buffer for each would cost several times
 * what its bytes do, and keep the garbage collector busy.
 *
 * Whoever keeps one of them keeps its buffer: they are for answers, which go as a whole.
 */

/** The longest buffer that is shared. */
const SHARED_BYTES_MAX = 65_536;

/** Copies that are made one after the other. */
export class ByteCopies {
  private buffer: Uint8Array = new Uint8Array(0);
  private used = 0;
  private copiedBytes = 0;

  /** A copy of `bytes`. Buffers are as long as what was copied before: few bytes take few. */
  readonly copy = (bytes: Uint8Array): Uint8Array => {
    const { length } = bytes;
    if (this.used + length > this.buffer.length) {
      this.buffer = new Uint8Array(Math.max(length, Math.min(this.copiedBytes, SHARED_BYTES_MAX)));
      this.used = 0;
    }
    const begin = this.used;
    this.used += length;
    this.copiedBytes += length;
    this.buffer.set(bytes, begin);
    return this.buffer.subarray(begin, this.used);
  };
}
