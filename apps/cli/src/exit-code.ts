/**
 * The exit codes of `mangrove`: one number for each way in which a command can end.
 *
 * A command that a signal ended exits as a shell expects: 128 and the number of the signal.
 */

/** How a command ended, by the word for it. */
export const EXIT_CODES = {
  /** Everything held: the history is valid, the goals are met. */
  valid: 0,
  /** Something did not hold. */
  invalid: 1,
  /** It could not be told within the bounds; that is not valid. */
  unknown: 2,
  /** The command could not do its work: a file is missing, a port is taken, our own bug. */
  'could-not-run': 3,
  /** The command line is wrong. */
  usage: 64,
} as const;

/** The word for how a command ended. */
export type Ending = keyof typeof EXIT_CODES;

/** The lines of `--help` that list the codes. */
export function exitCodeLines(): string {
  return [
    'Exit codes:',
    '  0   valid: everything held',
    '  1   invalid: something did not hold',
    '  2   unknown: it could not be told within the bounds',
    '  3   the command could not run',
    '  64  wrong usage',
  ].join('\n');
}
