/**
 * Runs one seed of one experiment, in either world, and makes a report of it.
 */
import { drawPlan } from '@mangrove/sim';
import { bugOf, loadExperiment } from './catalog.ts';
import { readEnvironment } from './environment.ts';
import { runLocal } from './local/run-local.ts';
import { reportPlant } from './planted/planted-report.ts';
import type { ExperimentReport, RunEvidence } from './run-report.ts';
import { WorkerPool } from './worker-pool.ts';

/** What is run. */
export interface RunOptions {
  /** Its name, or the path of a module that exports it. */
  readonly experiment: string;
  readonly world: 'sim' | 'local';
  readonly seed: number;
  /** The name of a planted bug. Default: the code as it is. */
  readonly bug?: string | undefined;
  /** Told what happens, a sentence each; only in `local`. */
  readonly onProgress?: ((sentence: string) => void) | undefined;
  /** Where the history is written as it grows; only in `local`. */
  readonly historyPath?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Runs it; resolves to its report, whatever the verdict. */
export async function runExperiment(options: RunOptions): Promise<ExperimentReport> {
  const { world, seed } = options;
  const entry = await loadExperiment(options.experiment);
  const bug = options.bug === undefined ? undefined : bugOf(entry, options.bug);
  const { name, subject } = entry.experiment;
  const withBug = bug === undefined ? '' : ` --bug ${bug.name}`;
  return {
    format: 'mangrove-report/1',
    experiment: name,
    subject: subject.name,
    madeAt: new Date().toISOString(),
    command: `npx mangrove lab run ${options.experiment} --world ${world} --seed ${seed}${withBug}`,
    environment: readEnvironment(),
    found: await evidenceOf(options),
    seed,
    shrinkSteps: [],
    ...(bug === undefined ? {} : { planted: await reportPlant(bug, undefined) }),
    others: [],
  };
}

async function evidenceOf(options: RunOptions): Promise<RunEvidence> {
  const { world, seed, onProgress, historyPath, signal } = options;
  const entry = await loadExperiment(options.experiment);
  const bug = options.bug === undefined ? undefined : bugOf(entry, options.bug);
  const plan = drawPlan(entry.experiment, seed);
  if (world === 'local')
    return runLocal(entry, plan, {
      place: options.experiment,
      bug,
      onProgress,
      historyPath,
      signal,
    });
  const pool = await WorkerPool.open({ experiment: options.experiment, bug, workerCount: 1 });
  try {
    return await pool.runPlan(plan, { isRecording: true, isRecordingChoices: true });
  } finally {
    await pool.close();
  }
}
