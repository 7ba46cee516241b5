/**
 * The `mangrove` command, from its arguments to its exit code.
 */
import process from 'node:process';
import { type Command, CommanderError } from 'commander';
import { CommandError, Interrupted, messageOf } from './command-error.ts';
import { EXIT_CODES } from './exit-code.ts';
import { type Interruption, listenForInterruption } from './interruption.ts';
import { createProgram } from './program.ts';
import { createTerminal, type Sink } from './terminal.ts';

/** The streams of the command; those of the process where nothing else is given. */
export interface MainStreams {
  readonly output?: Sink;
  readonly progress?: Sink;
}

/**
 * Runs the command line `args` and resolves to the exit code; it never rejects.
 *
 * @param args without the program's own name: `['bench', '--json']`
 */
export async function main(
  args: readonly string[],
  { output, progress }: MainStreams = {},
): Promise<number> {
  const isQuiet = args.includes('--json');
  const terminal = createTerminal(output, progress, { isQuiet });
  const interruption = listenForInterruption();
  const { program, ending } = createProgram(terminal, interruption.signal);
  const complain = (line: string) => {
    terminal.status('');
    terminal.complain(line);
  };
  const run = async (): Promise<number> => {
    try {
      await program.parseAsync(args, { from: 'user' });
      return EXIT_CODES[ending()];
    } catch (error) {
      return exitCodeOf(error, interruption, complain, () => nameOfCommand(program, args));
    }
  };
  try {
    const exitCode = await run();
    // A reader that has gone shows only when the last line is written.
    await new Promise((resolve) => process.stdout.write('', resolve));
    return interruption.exitCode() ?? exitCode;
  } finally {
    interruption.close();
  }
}

function exitCodeOf(
  error: unknown,
  interruption: Interruption,
  complain: (line: string) => void,
  nameCommand: () => string,
): number {
  const interruptedBy = interruption.exitCode();
  if (error instanceof Interrupted && interruptedBy !== undefined) return interruptedBy;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT_CODES.valid;
    // Help that was shown because the command line said nothing to do has been printed already.
    if (error.code !== 'commander.help') complain(usageSentence(error.message, nameCommand()));
    return EXIT_CODES.usage;
  }
  if (error instanceof CommandError) {
    complain(`mangrove: ${error.message}`);
    return EXIT_CODES[error.ending];
  }
  const trace = error instanceof Error ? error.stack : undefined;
  complain(`mangrove: this is a defect, please report it: ${trace ?? messageOf(error)}`);
  return EXIT_CODES['could-not-run'];
}

/** The command that `args` name, as people type it: `mangrove kv put`. */
function nameOfCommand(program: Command, args: readonly string[]): string {
  let command = program;
  let name = program.name();
  for (const arg of args) {
    if (arg.startsWith('-')) continue;
    const next = command.commands.find((each) => each.name() === arg);
    if (next === undefined) break;
    command = next;
    name += ` ${arg}`;
  }
  return name;
}

/** `error: unknown command 'labb'\n(Did you mean lab?)`, as one sentence that says what to do. */
function usageSentence(message: string, command: string): string {
  const [first = '', hint] = message.replace(/^error: /, '').split('\n');
  const advice = /^\(Did you mean (.*)\?\)$/.exec(hint ?? '')?.[1];
  const did = advice === undefined ? '' : `, did you mean ${advice}`;
  const what = `${first.replace(/\.$/, '')}${did}`;
  return `mangrove: ${what}: \`${command} --help\` shows how it is used.`;
}
