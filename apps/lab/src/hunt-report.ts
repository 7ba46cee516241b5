/**
 * The report of a hunt: of its first failure, made smaller; without any, of the first run on which
 * a judge gave up; without any of these, of its last run.
 */
import type { PlantedBug } from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import { type CatalogEntry, loadExperiment } from './catalog.ts';
import { readEnvironment } from './environment.ts';
import { findInevitability } from './inevitability.ts';
import { reportPlant } from './planted/planted-report.ts';
import type {
  ExperimentReport,
  HuntFigures,
  InevitabilityPoint,
  ShrinkStep,
} from './run-report.ts';
import { type Shrunk, shrink } from './shrinking/shrink.ts';
import { WorkerPool } from './worker-pool.ts';

/** What is told, and how much is found out about it. */
export interface HuntReportOptions {
  readonly bug?: PlantedBug | undefined;
  /** How the hunt went. */
  readonly figures: HuntFigures;
  /** The command that reproduces what the report shows. */
  readonly command: string;
  /** Whether runs are held to the invariant of the experiment as well. Default: no. */
  readonly isWatched?: boolean | undefined;
  /** Whether it is found out when the failure became inevitable. Default: no. */
  readonly isAskingWhen?: boolean | undefined;
  readonly workerCount?: number | undefined;
  /** Ends the shrinking with what it has, and nothing else. */
  readonly shrinkSignal?: AbortSignal | undefined;
  readonly onShrink?: ((step: ShrinkStep) => void) | undefined;
  readonly onInevitability?: ((points: readonly InevitabilityPoint[]) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Shrinks the first failure, where there is one, and tells all about it.
 *
 * @param name that of the experiment, or the path of the module that has it
 */
export async function reportHunt(
  name: string,
  options: HuntReportOptions,
): Promise<ExperimentReport> {
  const { bug, workerCount, figures } = options;
  const entry = await loadExperiment(name);
  const { experiment } = entry;
  const pool = await WorkerPool.open({ experiment: name, bug, workerCount });
  let clean: WorkerPool | undefined;
  try {
    const [failure] = figures.failures;
    if (failure === undefined) return await reportSilence(entry, pool, options);
    if (bug !== undefined) clean = await WorkerPool.open({ experiment: name, workerCount: 1 });
    const { seed, anomaly } = failure;
    const { isWatched = false, onShrink: onProgress } = options;
    const plan = drawPlan(experiment, seed);
    const signal = AbortSignal.any([options.signal, options.shrinkSignal].filter(isThere));
    const shrunk = await shrink(pool, { plan, anomaly, isWatched, clean, signal, onProgress });
    return {
      ...headOf(entry, options, seed),
      found: await pool.runPlan(plan, { isWatched, isRecordingChoices: true }),
      shrunk: shrunk.evidence,
      shrinkSteps: shrunk.steps,
      ...(await plantedPart(clean, options, shrunk)),
      ...(await inevitabilityPart(pool, options, shrunk)),
    };
  } finally {
    await Promise.all([pool.close(), clean?.close()]);
  }
}

function isThere(signal: AbortSignal | undefined): signal is AbortSignal {
  return signal !== undefined;
}

/**
 * Nothing failed. A run on which a judge gave up is shown before any that held, or the page would
 * call the hunt valid; where all held, the last one stands for all.
 */
async function reportSilence(
  entry: CatalogEntry,
  pool: WorkerPool,
  options: HuntReportOptions,
): Promise<ExperimentReport> {
  const { firstSeed, seedCount, unknowns } = options.figures;
  const seed = unknowns[0]?.seed ?? firstSeed + Math.max(0, seedCount - 1);
  const { isWatched = false } = options;
  const recording = { isRecording: true, isRecordingChoices: true };
  const plan = drawPlan(entry.experiment, seed);
  const found = await pool.runPlan(plan, { isWatched, ...recording });
  return { ...headOf(entry, options, seed), found, shrinkSteps: [] };
}

function headOf({ experiment }: CatalogEntry, options: HuntReportOptions, seed: number) {
  return {
    format: 'mangrove-report/1',
    experiment: experiment.name,
    subject: experiment.subject.name,
    madeAt: new Date().toISOString(),
    command: options.command,
    environment: readEnvironment(),
    seed,
    isWatched: options.isWatched === true,
    hunt: options.figures,
    others: [],
  } as const;
}

async function plantedPart(
  clean: WorkerPool | undefined,
  { bug, isWatched = false }: HuntReportOptions,
  shrunk: Shrunk,
) {
  if (bug === undefined || clean === undefined) return {};
  const { verdict } = await clean.runPlan(shrunk.evidence.plan, { isWatched });
  return { planted: await reportPlant(bug, verdict.answer) };
}

async function inevitabilityPart(
  pool: WorkerPool,
  { isWatched, isAskingWhen = false, onInevitability: onProgress, signal }: HuntReportOptions,
  { evidence }: Shrunk,
) {
  if (!isAskingWhen) return {};
  const asked = { evidence, isWatched, onProgress, signal };
  return { inevitability: await findInevitability(pool, asked) };
}
