/**
 * Writes files that people open later: reports and plans.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CommandError, messageOf } from '../command-error.ts';

/**
 * Writes `text` to `path`, from the current folder; folders on the way are made.
 *
 * @returns the whole path
 * @throws CommandError when it cannot be written
 */
export function writeResult(path: string, text: string): string {
  const whole = resolve(path);
  try {
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text);
  } catch (cause) {
    const sentence = `${path} cannot be written: ${messageOf(cause)}.`;
    throw new CommandError('could-not-run', sentence, cause);
  }
  return whole;
}
