/**
 * `mangrove journal inspect DIR`: prints what a journal holds, and verifies every byte of it.
 */
import { inspectDirectory } from '@mangrove/journal/node';
import { CommandError, messageOf } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';

/** What the command is told. */
export interface InspectCommandOptions {
  readonly directory: string;
  /** Prints every batch and group. */
  readonly isVerbose: boolean;
  readonly isJson: boolean;
  readonly terminal: Terminal;
}

/**
 * `valid` where all is whole, and where only the tail is torn: the next opening cuts it off.
 * `invalid` where synced bytes are damaged.
 */
export async function inspectCommand(options: InspectCommandOptions): Promise<Ending> {
  const { directory, isVerbose, isJson, terminal } = options;
  const print = isJson ? () => {} : (line: string) => terminal.result(line);
  const inspection = await inspect(directory, print, isVerbose);
  if (isJson) terminal.result(JSON.stringify({ directory, ...inspection }));
  if (inspection.type === 'missing') {
    const sentence = `${directory} holds no journal: name the directory of its segments.`;
    throw new CommandError('could-not-run', sentence);
  }
  return inspection.type === 'corrupt' ? 'invalid' : 'valid';
}

async function inspect(directory: string, print: (line: string) => void, isVerbose: boolean) {
  try {
    return await inspectDirectory(directory, print, { isVerbose });
  } catch (cause) {
    if (!(cause instanceof Error && cause.name === 'DiskError')) throw cause;
    const sentence = `${directory} cannot be read: ${messageOf(cause)}.`;
    throw new CommandError('could-not-run', sentence, cause);
  }
}
