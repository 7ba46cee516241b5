/**
 * Room that is taken ahead of durable writes, which go through a file of zeros from front to back.
 *
 *     |-- written --|-- taken: zeros on disk --|-- lengthened: zeros that take no room --|
 *                   ^ the next write            ^ zeros are written here meanwhile
 *
 * A file system that finds room for a write has to make that durable too, through its own journal,
 * which all files share and the write waits for. Where there is room already, nothing but the data
 * is written. So zeros are written over zeros before somebody needs the place, and each byte is
 * written twice. A file to which little is written is left alone.
 *
 * Zeros never meet what is written: they go behind all writes that were begun, and whoever writes
 * where they are under way, or changes the size, waits for them.
 */

/** How much is written to a file before room is taken ahead, in bytes. */
const PATIENCE_BYTES = 65_536;

/** How many zeros are written at once, and stay ahead of what is written. */
const AHEAD_BYTES = 262_144;

/** Room is taken in blocks of file systems. */
const BLOCK_BYTES = 4096;

/** Writes bytes at an offset; resolves to how many of them once those are durable. */
export type WriteAhead = (offset: number, bytes: Uint8Array) => Promise<number>;

/** What is taken of one file. */
export class RoomAhead {
  /** Behind the last byte that somebody has begun to write. */
  private begunEnd: number;
  /** Behind the last byte for which room is taken. */
  private takenEnd = 0;
  private durableBytes = 0;
  private resizeCount = 0;
  private isGivenUp = false;
  private zeros: Uint8Array | undefined;
  private underWay: { readonly from: number; readonly done: Promise<void> } | undefined;

  /** @param sizeBytes what is there counts as written */
  constructor(sizeBytes: number) {
    this.begunEnd = sizeBytes;
  }

  /**
   * Takes in that a write up to `end` is to begin. Where zeros are on their way there, it is to
   * begin once what this returns has resolved.
   */
  beginWrite(end: number): Promise<void> | undefined {
    this.begunEnd = Math.max(this.begunEnd, end);
    return this.underWay !== undefined && end > this.underWay.from ? this.underWay.done : undefined;
  }

  /** Has the size changed while no zeros are on their way. */
  async resize<Value>(work: () => Promise<Value>): Promise<Value> {
    this.resizeCount += 1;
    try {
      await this.underWay?.done;
      return await work();
    } finally {
      this.resizeCount -= 1;
    }
  }

  /** Takes in that the file was cut, or lengthened with zeros that take no room. */
  resized(sizeBytes: number): void {
    this.begunEnd = Math.min(this.begunEnd, sizeBytes);
    this.takenEnd = Math.min(this.takenEnd, sizeBytes);
  }

  /** Takes in that `lengthBytes` are durable, and goes on ahead in a file of `sizeBytes`. */
  advance(lengthBytes: number, sizeBytes: number, write: WriteAhead): void {
    this.durableBytes += lengthBytes;
    if (this.durableBytes < PATIENCE_BYTES || this.isGivenUp) return;
    if (this.underWay !== undefined || this.resizeCount > 0) return;
    const begun = Math.ceil(this.begunEnd / BLOCK_BYTES) * BLOCK_BYTES;
    const from = Math.max(this.takenEnd, begun);
    if (from >= begun + AHEAD_BYTES) return;
    const length = Math.min(AHEAD_BYTES, sizeBytes - from);
    if (length > 0) this.underWay = { from, done: this.take(from, length, write) };
  }

  private async take(from: number, length: number, write: WriteAhead): Promise<void> {
    try {
      this.zeros ??= new Uint8Array(AHEAD_BYTES);
      this.takenEnd = from + (await write(from, this.zeros.subarray(0, length)));
    } catch {
      // The write that needs the place finds out what is wrong, and tells it.
      this.isGivenUp = true;
    }
    this.underWay = undefined;
  }
}
