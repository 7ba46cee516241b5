/**
 * The commands of `mangrove`, their options and their help.
 *
 * What a command needs is imported when it runs, so that `--help` and wrong usage answer at once.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Value } from '@mangrove/check';
import { Command, InvalidArgumentError } from 'commander';
import { type Ending, exitCodeLines } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** The parser, and what the command that it ran came to. */
export interface Program {
  readonly program: Command;
  ending(): Ending;
}

/** Runs a command and keeps how it ended. */
type Run = (command: () => Promise<Ending>) => Promise<void>;

/** What every command gets. */
interface Surroundings {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly run: Run;
}

/** The program, which throws `CommanderError` instead of ending the process. */
export function createProgram(terminal: Terminal, signal: AbortSignal): Program {
  let ending: Ending = 'valid';
  const run: Run = async (command) => {
    ending = await command();
  };
  const program = new Command('mangrove')
    .description('Distributed systems in TypeScript: simulated, run for real, broken on purpose.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help, or that of a command')
    .option('--json', 'write one JSON object a line, for machines')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.result(text.trimEnd()),
      writeErr: (text) => terminal.complain(text.trimEnd()),
      outputError: () => {},
    })
    .addHelpText('after', `\n${EXAMPLES.join('\n')}\n\n${exitCodeLines()}`);
  addCheck(program, { terminal, signal, run });
  addBench(program, { terminal, signal, run });
  return { program, ending: () => ending };
}

const EXAMPLES: readonly string[] = [
  'Examples:',
  '  mangrove check history.jsonl         judge a recorded history',
  '  mangrove bench                       run every benchmark',
  '  mangrove bench host-process --json   those of one package, for machines',
];

function addCheck(program: Command, { terminal, signal, run }: Surroundings): void {
  program
    .command('check')
    .description('have a recorded history judged')
    .argument('<file>', 'a history; - is standard input')
    .option('--model <name>', 'what one object is meant to be; cas-register if nothing is said')
    .option('--level <name>', 'the isolation level that transactions are to have')
    .option('--initial <json>', 'the value at the start, where it is not that of the model', json)
    .option('--timeout <seconds>', 'give up after so long, and say unknown', positive, 60)
    .addHelpText(
      'after',
      [
        '',
        'The format is found by looking: JSON lines, an event a line; EDN or a log of Jepsen; the',
        'texts of AWDIT and PolySI. Transactions are judged by a level, single operations by a',
        'model.',
        'The exit code is the verdict: 0 valid, 1 invalid, 2 unknown.',
        '',
        'Examples:',
        '  mangrove check history.jsonl',
        '  mangrove check history.edn --model register --initial 0',
        '  mangrove check transactions.edn --level serializable',
        '  gunzip -c history.jsonl.gz | mangrove check - --json',
      ].join('\n'),
    )
    .action((file: string, _options: unknown, command: Command) =>
      run(async () => {
        const { checkCommand } = await import('./check/check-command.ts');
        const given = command.optsWithGlobals<{
          json?: boolean;
          model?: string;
          level?: string;
          initial?: Value;
          timeout: number;
        }>();
        return checkCommand({
          ...{ file, terminal, signal },
          ...{ model: given.model, level: given.level, initial: given.initial },
          ...{ timeoutSeconds: given.timeout, isJson: given.json === true },
        });
      }),
    );
}

/** A JSON value, or a refusal. */
function json(text: string): Value {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It is to be JSON: 0, null, "text".');
  }
}

/** A number above zero, or a refusal that commander prints with the option's name. */
function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It is to be a number above 0.');
  return value;
}

function addBench(program: Command, { terminal, signal, run }: Surroundings): void {
  program
    .command('bench')
    .description('run the benchmarks, or those of a package, beside their references')
    .argument('[name]', 'a package, a file or a benchmark: host-process, messages')
    .option('--list', 'print the names and run nothing')
    .addHelpText(
      'after',
      [
        '',
        'Every figure stands beside a reference that was measured in the same run. The exit',
        'code is 1 when a goal is missed.',
        '',
        'Examples:',
        '  mangrove bench --list',
        '  mangrove bench host-process/messages',
        '  mangrove bench --json > figures.jsonl',
      ].join('\n'),
    )
    .action((name: string | undefined, _options: unknown, command: Command) =>
      run(async () => {
        const { benchCommand } = await import('./bench/bench-command.ts');
        const { json, list } = command.optsWithGlobals<{ json?: boolean; list?: boolean }>();
        const isJson = json === true;
        const isList = list === true;
        return benchCommand({ root: houseRoot(), name, isJson, isList, terminal, signal });
      }),
    );
}

/** The folder of the repository, where this package stands in `apps/cli`. */
function houseRoot(): string {
  return fileURLToPath(new URL('../../..', import.meta.url));
}

function version(): string {
  const path = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;
}
