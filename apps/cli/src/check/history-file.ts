/**
 * Reads the bytes of a history from a file or from standard input.
 */
import { createReadStream } from 'node:fs';
import process from 'node:process';
import { CommandError, Interrupted, messageOf } from '../command-error.ts';

/** The most bytes that are read: what is longer would not fit into the memory of a judge. */
const MAX_HISTORY_BYTES = 400 * 1024 * 1024;

/** How many bytes a piece has. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** What `file` is called in a sentence; `-` is standard input. */
export function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/**
 * The bytes of `file`, or of standard input for `-`, in pieces. Each piece has memory of its own,
 * which can be given to another thread.
 *
 * @throws CommandError when it cannot be read or is too long
 */
export async function readHistoryFile(
  file: string,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>[]> {
  if (signal.aborted) throw new Interrupted();
  const source = file === '-' ? process.stdin : createReadStream(file);
  const stop = () => source.destroy(new Interrupted());
  signal.addEventListener('abort', stop, { once: true });
  const pieces = new Pieces();
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      pieces.take(chunk);
      if (pieces.sizeBytes > MAX_HISTORY_BYTES) {
        const limit = MAX_HISTORY_BYTES / 1024 / 1024;
        throw new CommandError(
          'could-not-run',
          `${nameOf(file)} is longer than ${limit} MiB: split it.`,
        );
      }
    }
  } catch (cause) {
    if (cause instanceof CommandError || cause instanceof Interrupted) throw cause;
    const sentence = `${nameOf(file)} cannot be read: ${messageOf(cause)}.`;
    throw new CommandError('could-not-run', sentence, cause);
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return pieces.all;
}

/** Gathers what comes in small chunks. */
class Pieces {
  readonly #full: Uint8Array<ArrayBuffer>[] = [];
  #last = new Uint8Array(PIECE_BYTES);
  #usedBytes = 0;

  get sizeBytes(): number {
    return this.#full.length * PIECE_BYTES + this.#usedBytes;
  }

  get all(): Uint8Array<ArrayBuffer>[] {
    return [...this.#full, this.#last.slice(0, this.#usedBytes)];
  }

  take(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; ) {
      const part = chunk.subarray(from, from + PIECE_BYTES - this.#usedBytes);
      this.#last.set(part, this.#usedBytes);
      this.#usedBytes += part.length;
      from += part.length;
      if (this.#usedBytes < PIECE_BYTES) continue;
      this.#full.push(this.#last);
      this.#last = new Uint8Array(PIECE_BYTES);
      this.#usedBytes = 0;
    }
  }
}
