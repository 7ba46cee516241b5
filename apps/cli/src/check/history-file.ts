/**
 * Reads a history from a file or from standard input, in whichever format it is written.
 */
import { createReadStream } from 'node:fs';
import process from 'node:process';
import { type HistoryEvent, readJepsenEdn, readJsonLines } from '@mangrove/check';
import { CommandError, messageOf } from '../command-error.ts';

/** A history, and the format it was found in. */
export interface HistoryFile {
  readonly format: HistoryFormat;
  readonly events: readonly HistoryEvent[];
}

/** The formats by name: `json-lines` is our own, `edn` is what Jepsen writes. */
export type HistoryFormat = 'json-lines' | 'edn';

/** The most bytes that are read: a text of them still fits into a string. */
export const MAX_HISTORY_BYTES = 400 * 1024 * 1024;

/**
 * Reads the history in `file`, or on standard input for `-`.
 *
 * @throws CommandError when it cannot be read, is too long or is no history
 */
export async function readHistoryFile(file: string, signal: AbortSignal): Promise<HistoryFile> {
  const name = file === '-' ? 'standard input' : file;
  const text = await readText(file, name, signal);
  const format = formatOf(text);
  try {
    return { format, events: format === 'edn' ? readJepsenEdn(text) : readJsonLines(text) };
  } catch (cause) {
    throw new CommandError(
      'could-not-run',
      `${name} is no history in the format ${format}: ${messageOf(cause)}.`,
      cause,
    );
  }
}

/** EDN maps have keywords for keys, JSON objects have strings. */
export function formatOf(text: string): HistoryFormat {
  return /^[\s,]*(?:;.*\s*)*[[({]*\s*:/.test(text.slice(0, 10_000)) ? 'edn' : 'json-lines';
}

async function readText(file: string, name: string, signal: AbortSignal): Promise<string> {
  const source = file === '-' ? process.stdin : createReadStream(file);
  const stop = () => source.destroy(new Error('interrupted'));
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_HISTORY_BYTES) {
        const limit = MAX_HISTORY_BYTES / 1024 / 1024;
        throw new CommandError('could-not-run', `${name} is longer than ${limit} MiB: split it.`);
      }
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError('could-not-run', `${name} cannot be read: ${messageOf(cause)}.`, cause);
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return Buffer.concat(chunks).toString('utf8');
}
