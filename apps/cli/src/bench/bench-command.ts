/**
 * `mangrove bench [NAME]`: runs benchmarks, one after the other, and prints what they measured.
 */
import type { BenchRow } from '@mangrove/experiment';
import { CommandError } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { type FoundBench, findBenches, selectBenches } from './discovery.ts';
import { tableOf } from './figures.ts';
import { runBench } from './run-bench.ts';

/** What the command is told. */
export interface BenchCommandOptions {
  /** The root of the house. */
  readonly root: string;
  /** A package, a file or a benchmark; all of them when it is undefined. */
  readonly name: string | undefined;
  /** One JSON object a line, as the rows come, instead of a table. */
  readonly isJson: boolean;
  /** Only prints what there is. */
  readonly isList: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** `invalid` when a goal was missed, else `could-not-run` when a benchmark failed. */
export async function benchCommand(options: BenchCommandOptions): Promise<Ending> {
  const benches = chosen(options);
  if (options.isList) {
    for (const { id, name, room } of benches) {
      options.terminal.result(options.isJson ? JSON.stringify({ id, bench: name, room }) : id);
    }
    return 'valid';
  }
  const { terminal } = options;
  const what =
    benches.length === 1 ? 'one benchmark' : `${benches.length} benchmarks, one after the other`;
  terminal.say(`Runs ${what}; most take less than a minute. Leave the machine alone meanwhile.`);
  const rows: BenchRow[] = [];
  let failedCount = 0;
  for (const [index, bench] of benches.entries()) {
    const hasRun = await runOne(bench, `${index + 1}/${benches.length}`, options, rows);
    if (!hasRun) failedCount += 1;
  }
  terminal.status('');
  if (!options.isJson && rows.length > 0) for (const line of tableOf(rows)) terminal.result(line);
  const missed = rows.filter(({ met }) => !met);
  terminal.say(summary(rows, missed.length, failedCount));
  if (missed.length > 0) return 'invalid';
  return failedCount === 0 ? 'valid' : 'could-not-run';
}

/** Runs one and adds its rows to `rows`; whether it came to its end. */
async function runOne(
  bench: FoundBench,
  count: string,
  { isJson, terminal, signal }: BenchCommandOptions,
  rows: BenchRow[],
): Promise<boolean> {
  const startedMs = performance.now();
  const elapsed = () => `${((performance.now() - startedMs) / 1000).toFixed(0)} s`;
  if (!terminal.isLive) terminal.say(`[${count}] ${bench.id}`);
  const show = () => terminal.status(`[${count}] ${bench.id} ${elapsed()}`);
  show();
  const timer = setInterval(show, 1_000);
  try {
    const { failure } = await runBench(bench.path, {
      signal,
      onRow: (row) => {
        rows.push(row);
        if (isJson) terminal.result(JSON.stringify(row));
      },
    });
    if (failure !== undefined) terminal.complain(`${bench.id} could not run: ${failure}`);
    else if (terminal.isLive) terminal.say(`[${count}] ${bench.id} took ${elapsed()}`);
    return failure === undefined;
  } finally {
    clearInterval(timer);
  }
}

function chosen({ root, name }: BenchCommandOptions): readonly FoundBench[] {
  const all = findBenches(root);
  if (all.length === 0) {
    throw new CommandError(
      'could-not-run',
      'there are no benchmarks here: they come with the repository, not with the package, so run ' +
        '`npx mangrove bench` in a clone of it.',
    );
  }
  if (name === undefined) return all;
  const selected = selectBenches(all, name);
  if (selected.length === 0) {
    throw new CommandError(
      'usage',
      `no benchmark is called ${JSON.stringify(name)}: \`mangrove bench --list\` prints the names.`,
    );
  }
  return selected;
}

function summary(rows: readonly BenchRow[], missedCount: number, failedCount: number): string {
  const goals = rows.filter(({ goal }) => goal !== '').length;
  const failures = failedCount === 0 ? '' : `, ${failedCount} could not run`;
  return `${rows.length} figures, ${goals - missedCount} of ${goals} goals met${failures}.`;
}
