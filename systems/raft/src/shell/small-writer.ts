/**
 * Memory that small messages and records share, one behind the other: each keeps what it was given,
 * and nobody writes to it again.
 */
import { Writer } from '@mangrove/wire';

/** How much memory is taken at a time: one message that is held holds all of it. */
const SLAB_BYTES = 8192;

/** What is longer has memory of its own. */
const SMALL_BYTES = 1024;

/** The writer of what is small. */
export class SmallWriter {
  private writer: Writer | undefined;

  /** A writer for so many bytes at most, taken before the next one; `undefined` for many. */
  for(sizeBytes: number): Writer | undefined {
    if (sizeBytes > SMALL_BYTES) return undefined;
    this.writer ??= new Writer({ slabBytes: SLAB_BYTES });
    // What an encoding that failed half-way may have left.
    this.writer.rewind(0);
    return this.writer;
  }
}
