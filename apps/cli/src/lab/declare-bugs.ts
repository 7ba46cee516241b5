/**
 * Declares `mangrove lab bugs ...`.
 */
import type { Command } from 'commander';
import {
  count,
  type GlobalOptions,
  positiveInteger,
  positiveNumber,
  type Surroundings,
  seedNumber,
} from '../surroundings.ts';

/** Adds the commands to `lab`. */
export function declareBugs(lab: Command, surroundings: Surroundings): void {
  const bugs = lab
    .command('bugs')
    .description('plant bugs, find them, measure how long that takes')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  mangrove lab bugs',
        '  mangrove lab bugs run register-rename-before-sync --seed 9',
        '  mangrove lab bugs hunt journal-ends-at-rot',
      ].join('\n'),
    );
  declareList(bugs, surroundings);
  declareRun(bugs, surroundings);
  declareHunt(bugs, surroundings);
  declareTable(bugs, surroundings);
}

function isJson(command: Command): boolean {
  return command.optsWithGlobals<GlobalOptions>().json === true;
}

function declareList(bugs: Command, { terminal, signal, run }: Surroundings): void {
  bugs
    .command('list', { isDefault: true })
    .description('print the bugs that can be planted')
    .addHelpText('after', '\nExamples:\n  mangrove lab bugs list --json')
    .action((_options: unknown, command: Command) =>
      run(async () => {
        const { listBugs } = await import('./bugs-command.ts');
        return listBugs({ isJson: isJson(command), terminal, signal });
      }),
    );
}

function declareRun(bugs: Command, { terminal, signal, run }: Surroundings): void {
  bugs
    .command('run')
    .description('run one seed with a bug, and without it')
    .argument('<bug>', 'its name')
    .option('--seed <seed>', 'what is drawn from it', seedNumber, 1)
    .addHelpText(
      'after',
      [
        '',
        'The exit code is the verdict on the planted run: 0 valid, 1 invalid, 2 unknown.',
        '',
        'Examples:',
        '  mangrove lab bugs run register-rename-before-sync --seed 9',
      ].join('\n'),
    )
    .action((bug: string, { seed }: { seed: number }, command: Command) =>
      run(async () => {
        const { runBug } = await import('./bugs-command.ts');
        return runBug(bug, seed, { isJson: isJson(command), terminal, signal });
      }),
    );
}

function declareHunt(bugs: Command, { terminal, signal, run }: Surroundings): void {
  bugs
    .command('hunt')
    .description('prove that bugs are found within their budgets, and only they')
    .argument('[bugs...]', 'their names; all where there are none')
    .option('--watched', 'hold runs to the invariants of the experiment as well')
    .addHelpText(
      'after',
      [
        '',
        'The exit code is 1 when a bug was not found, or the code as it is failed the same seeds.',
        '',
        'Examples:',
        '  mangrove lab bugs hunt',
        '  mangrove lab bugs hunt vote-for-a-shorter-log --watched --json',
      ].join('\n'),
    )
    .action((names: readonly string[], { watched }: { watched?: boolean }, command: Command) =>
      run(async () => {
        const { huntBugs } = await import('./bugs-command.ts');
        const isWatched = watched === true;
        return huntBugs({ names, isWatched, isJson: isJson(command), terminal, signal });
      }),
    );
}

function declareTable(bugs: Command, { terminal, signal, run }: Surroundings): void {
  bugs
    .command('table')
    .description('measure how long it takes to find each bug, and write the page')
    .argument('[bugs...]', 'their names; all where there are none')
    .option('--bases <count>', 'base seeds from which each bug is looked for', positiveInteger, 30)
    .option('--seeds <count>', 'the most from each base; default: its budget', positiveInteger)
    .option('--minutes <minutes>', 'for each bug and way; then no base begins', positiveNumber, 10)
    .option('--shrinks <count>', 'failures of each bug that are shrunk', count, 3)
    .option('--shrink-runs <count>', 'the most runs of each shrinking', positiveInteger, 2000)
    .option('--clean <count>', 'runs without a bug, over all experiments', count, 10_000)
    .option('--ledger <file>', 'keeps what was measured', 'docs/planted-bugs.jsonl')
    .option('--page <file>', 'where the page is written', 'docs/planted-bugs.md')
    .option('--render', 'measure nothing, write the page from the ledger')
    .addHelpText(
      'after',
      [
        '',
        'All of it takes hours on two cores. Ended at any time, it goes on where it was: what the',
        'ledger has is not measured again, unless the patch of a bug has changed, or the shrinker,',
        'or the sources of a system that ran without a bug.',
        '',
        'Examples:',
        '  mangrove lab bugs table',
        '  mangrove lab bugs table journal-ends-at-rot --bases 5 --clean 0 \\',
        '    --ledger results/bugs.jsonl --page results/bugs.md',
      ].join('\n'),
    )
    .action((names: readonly string[], given: TableOptions, command: Command) =>
      run(async () => {
        const { bugTableCommand } = await import('./bug-table-command.ts');
        const { bases: baseCount, seeds: seedMax, minutes, shrinks: shrinkCount } = given;
        const { shrinkRuns: shrinkRunMax, clean: cleanCount } = given;
        return bugTableCommand({
          ...{ names, baseCount, seedMax, minutes, shrinkCount, shrinkRunMax, cleanCount },
          ...{ ledgerPath: given.ledger, pagePath: given.page },
          ...{ isRenderOnly: given.render === true, isJson: isJson(command), terminal, signal },
        });
      }),
    );
}

interface TableOptions {
  readonly bases: number;
  readonly seeds?: number;
  readonly minutes: number;
  readonly shrinks: number;
  readonly shrinkRuns: number;
  readonly clean: number;
  readonly ledger: string;
  readonly page: string;
  readonly render?: boolean;
}
