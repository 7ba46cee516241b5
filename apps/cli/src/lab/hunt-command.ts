/**
 * `mangrove lab hunt NAME`: runs seed after seed on all cores, and makes what fails smaller.
 */
import { formatPlan } from '@mangrove/experiment';
import { type HuntFailure, type HuntFigures, sizeOf } from '@mangrove/lab';
import { findBug, hunt, loadExperiment, shrink, WorkerPool } from '@mangrove/lab/node';
import { drawPlan } from '@mangrove/sim';
import { CommandError } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { callLab } from './lab-call.ts';
import { writeResult } from './report-file.ts';
import { huntWords, reasonsOf, sizeWords } from './wording.ts';

/** What the command is told. */
export interface HuntCommandOptions {
  readonly experiment: string;
  /** A planted bug; the code as it is where it is undefined. */
  readonly bug: string | undefined;
  readonly firstSeed: number;
  readonly seedCount: number;
  /** Holds every run to the invariants of the experiment as well; it must have some. */
  readonly isWatched: boolean;
  /** Goes on after the first failure. */
  readonly isGoingOn: boolean;
  /** Where the smallest failing plan is written; nothing is shrunk where it is undefined. */
  readonly planPath: string | undefined;
  readonly isJson: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** How many failures are shown. */
const SHOWN_FAILURES = 10;

/** `invalid` when a seed failed, else `unknown` when a judge gave up on one. */
export async function huntCommand(options: HuntCommandOptions): Promise<Ending> {
  const { experiment, firstSeed, seedCount, isWatched, isGoingOn, terminal, signal } = options;
  const figures = await callLab(signal, async () => {
    const entry = await loadExperiment(experiment);
    if (isWatched && entry.createInvariant === undefined) {
      throw new CommandError('usage', `${experiment} has no invariants: leave out --invariants`);
    }
    const bug = bugOf(options);
    const code = bug === undefined ? 'the code as it is' : `with ${bug.name}`;
    const watch = isWatched ? ', invariants on' : '';
    terminal.say(`Hunts through ${seedCount} seeds of ${experiment}, ${code}${watch}.`);
    return hunt({
      ...{ experiment, bug, firstSeed, seedCount, isWatched, signal },
      isOver: ({ failureCount }) => !isGoingOn && failureCount > 0,
      onProgress: (so) => terminal.status(huntWords(so)),
    });
  });
  terminal.status('');
  printFigures(figures, options);
  const [first] = figures.failures;
  if (first !== undefined && options.planPath !== undefined) {
    await callLab(signal, () => shrinkFailure(first, options.planPath ?? '', options));
  }
  if (figures.failureCount > 0) return 'invalid';
  return figures.unknownCount > 0 ? 'unknown' : 'valid';
}

function printFigures(figures: HuntFigures, options: HuntCommandOptions): void {
  const { experiment, bug, isJson, terminal } = options;
  if (isJson) {
    terminal.result(JSON.stringify({ experiment, bug, ...figures }));
    return;
  }
  terminal.result(huntWords(figures));
  for (const { seed, anomaly, sentence } of figures.failures.slice(0, SHOWN_FAILURES)) {
    terminal.result(`seed ${seed}: ${anomaly}: ${sentence}`);
  }
  const more = figures.failureCount - SHOWN_FAILURES;
  if (more > 0) terminal.result(`and ${more} more`);
  const [first] = figures.failures;
  if (first === undefined) return;
  const planted = bug === undefined ? '' : ` --bug ${bug}`;
  terminal.result(`again: npx mangrove lab run ${experiment} --seed ${first.seed}${planted}`);
}

async function shrinkFailure(
  { seed, anomaly }: HuntFailure,
  path: string,
  options: HuntCommandOptions,
): Promise<void> {
  const { experiment, isJson, terminal, signal } = options;
  const pool = await WorkerPool.open({ experiment, bug: bugOf(options) });
  try {
    const { evidence } = await shrink(pool, {
      plan: drawPlan((await loadExperiment(experiment)).experiment, seed),
      ...{ anomaly, signal },
      onProgress: ({ run, size }) => terminal.status(`shrinks, run ${run}: ${sizeWords(size)}`),
    });
    signal.throwIfAborted();
    terminal.status('');
    const whole = writeResult(path, formatPlan(evidence.plan));
    const size = sizeOf(evidence.plan);
    if (isJson) terminal.result(JSON.stringify({ shrunk: size, seed, anomaly, plan: whole }));
    else {
      terminal.result(`shrunk to ${sizeWords(size)}`);
      for (const line of reasonsOf(evidence.verdict)) terminal.result(`  ${line}`);
      terminal.result(`plan: ${path}, which \`mangrove replay\` runs`);
    }
  } finally {
    await pool.close();
  }
}

function bugOf({ bug }: HuntCommandOptions) {
  return bug === undefined ? undefined : findBug(bug).bug;
}
