/**
 * The commands of `mangrove`, their options and their help.
 *
 * What a command needs is imported when it runs, so that `--help` and wrong usage answer at once.
 */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { declareBench } from './bench/declare-bench.ts';
import { declareCheck } from './check/declare-check.ts';
import { type Ending, exitCodeLines } from './exit-code.ts';
import { declareJournal } from './journal/declare-journal.ts';
import { declareKv } from './kv/declare-kv.ts';
import { declareLab } from './lab/declare-lab.ts';
import { declareService } from './service/declare-service.ts';
import type { Surroundings } from './surroundings.ts';
import type { Terminal } from './terminal.ts';

/** The parser, and what the command that it ran came to. */
export interface Program {
  readonly program: Command;
  ending(): Ending;
}

/** The program, which throws `CommanderError` instead of ending the process. */
export function createProgram(terminal: Terminal, signal: AbortSignal): Program {
  let ending: Ending = 'valid';
  const run: Surroundings['run'] = async (command) => {
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
  for (const declare of [
    declareLab,
    declareCheck,
    declareService,
    declareKv,
    declareJournal,
    declareBench,
  ]) {
    declare(program, { terminal, signal, run });
  }
  return { program, ending: () => ending };
}

const EXAMPLES: readonly string[] = [
  'Examples:',
  '  mangrove lab demo                    the main job: a real cluster under fire, a hunt, a bug',
  '  mangrove lab hunt register           look for failures over many seeds',
  '  mangrove replay results/demo.html    run once more what a report shows',
  '  mangrove check history.jsonl         judge a recorded history',
  '  mangrove up kv --data data           start a key-value store of three processes',
  '  mangrove bench                       run every benchmark',
  '  mangrove bench host-process --json   those of one package, for machines',
];

function version(): string {
  const path = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;
}
