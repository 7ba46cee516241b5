/**
 * Reads the bytes of a history from a file or from standard input.
 */
import { createReadStream } from 'node:fs';
import process from 'node:process';
import { CommandError, Interrupted, messageOf } from '../command-error.ts';

/** The most bytes that are read: a text of them still fits into a string. */
export const MAX_HISTORY_BYTES = 400 * 1024 * 1024;

/** What `file` is called in a sentence; `-` is standard input. */
export function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/**
 * The bytes of `file`, or of standard input for `-`.
 *
 * @throws CommandError when it cannot be read or is too long
 */
export async function readHistoryFile(
  file: string,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  if (signal.aborted) throw new Interrupted();
  const source = file === '-' ? process.stdin : createReadStream(file);
  const stop = () => source.destroy(new Interrupted());
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_HISTORY_BYTES) {
        const limit = MAX_HISTORY_BYTES / 1024 / 1024;
        throw new CommandError(
          'could-not-run',
          `${nameOf(file)} is longer than ${limit} MiB: split it.`,
        );
      }
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof CommandError || cause instanceof Interrupted) throw cause;
    const sentence = `${nameOf(file)} cannot be read: ${messageOf(cause)}.`;
    throw new CommandError('could-not-run', sentence, cause);
  } finally {
    signal.removeEventListener('abort', stop);
  }
  // Memory of its own, which can be given to another thread.
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks.splice(0)) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
