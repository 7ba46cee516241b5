/**
 * An error that a person can act on: one sentence that says what is wrong and what to do.
 */
import type { Ending } from './exit-code.ts';

/** Ends the command; its message is printed as it is, without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly ending: Ending;

  /** @param ending `usage` for what the command line says, `could-not-run` for all else */
  constructor(ending: 'usage' | 'could-not-run', sentence: string, cause?: unknown) {
    super(sentence, { cause });
    this.ending = ending;
  }
}

/** Thrown where a command stops because a signal asked for it; nothing is printed. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
