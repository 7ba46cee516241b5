/**
 * The main job for now: a small system hunted clean, then broken on purpose, found out, shown, and
 * run as real processes.
 *
 *     hunt clean code -> hunt planted bug -> shrink -> three processes, one killed -> report
 */
import type { Plan, PlantedBug } from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import { type CatalogEntry, findBug } from './catalog.ts';
import { readEnvironment } from './environment.ts';
import { huntIn } from './hunt.ts';
import { findInevitability } from './inevitability.ts';
import { runLocal } from './local/run-local.ts';
import { reportPlant } from './planted/planted-report.ts';
import { runPlan } from './run-plan.ts';
import {
  type ExperimentReport,
  type HuntFailure,
  type HuntFigures,
  type Inevitability,
  type RunEvidence,
  type ShrinkStep,
  sizeOf,
} from './run-report.ts';
import { type Shrunk, shrink } from './shrinking/shrink.ts';
import { WorkerPool } from './worker-pool.ts';

/** What happens, as it happens. */
export type DemoProgress =
  | { readonly type: 'stage'; readonly stage: DemoStage }
  | { readonly type: 'hunt'; readonly figures: HuntFigures; readonly seedCount: number }
  | { readonly type: 'shrink'; readonly step: ShrinkStep }
  | { readonly type: 'local'; readonly sentence: string };

/** The stages, in their order. */
export type DemoStage = 'hunt-clean' | 'hunt-planted' | 'shrink' | 'local';

/** How the main job is run. */
export interface DemoOptions {
  /** Where the report will be, from the root of the project: its command names it. */
  readonly reportPath: string;
  /** Seeds of the clean hunt. Default: 600. */
  readonly seedCount?: number | undefined;
  readonly workerCount?: number | undefined;
  readonly onProgress?: ((progress: DemoProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What came of it. */
export interface DemoResult {
  readonly report: ExperimentReport;
  /** The hunt in the clean code, which has to be silent. */
  readonly cleanHunt: HuntFigures;
  /** The run of real processes. */
  readonly local: RunEvidence;
  /** Whether all went as it has to: clean code silent, bug found, processes valid. */
  readonly isAsExpected: boolean;
}

const BUG_NAME = 'register-read-without-write-back';

/** How many failures are shrunk; the smallest result is shown. */
const SHRUNK_FAILURES = 3;

/** How long it is asked when the failure became inevitable, ms. */
const INEVITABILITY_MS = 5000;

/** Runs the main job. Rejects when it is aborted, or where the planted bug is not found. */
export async function demo(options: DemoOptions): Promise<DemoResult> {
  const { entry, bug } = findBug(BUG_NAME);
  const tell = options.onProgress ?? (() => {});
  tell({ type: 'stage', stage: 'hunt-clean' });
  const { seedCount = 600 } = options;
  const cleanHunt = await huntWith(entry, undefined, seedCount, options);
  tell({ type: 'stage', stage: 'hunt-planted' });
  const planted = await findAndShrink(entry, bug, options);
  tell({ type: 'stage', stage: 'local' });
  const local = await runLocal(entry, localPlan(entry), {
    signal: options.signal,
    onProgress: (sentence) => tell({ type: 'local', sentence }),
  });
  const clean = await runPlan(entry, planted.shrunk.evidence.plan);
  const report: ExperimentReport = {
    format: 'mangrove-report/1',
    experiment: entry.experiment.name,
    subject: entry.experiment.subject.name,
    madeAt: new Date().toISOString(),
    command: `npx mangrove replay ${options.reportPath}`,
    environment: readEnvironment(),
    found: planted.found,
    seed: planted.seed,
    shrunk: planted.shrunk.evidence,
    shrinkSteps: planted.shrunk.steps,
    planted: await reportPlant(bug, clean.verdict.answer),
    inevitability: planted.inevitability,
    hunt: planted.figures,
    others: [local],
  };
  const isAsExpected =
    cleanHunt.failureCount === 0 &&
    cleanHunt.unknownCount === 0 &&
    clean.verdict.answer === 'valid' &&
    local.verdict.answer === 'valid';
  return { report, cleanHunt, local, isAsExpected };
}

/** A failure with its run, and the smallest plan that fails alike. */
interface FoundBug {
  readonly seed: number;
  readonly figures: HuntFigures;
  readonly found: RunEvidence;
  readonly shrunk: Shrunk;
  readonly inevitability: Inevitability;
}

async function findAndShrink(
  entry: CatalogEntry,
  bug: PlantedBug,
  options: DemoOptions,
): Promise<FoundBug> {
  const { workerCount, signal, onProgress } = options;
  const experiment = entry.experiment.name;
  const pool = await WorkerPool.open({ experiment, bug, workerCount });
  try {
    const seedCount = 4 * bug.seedBudget;
    const figures = await huntIn(pool, {
      experiment,
      seedCount,
      signal,
      isOver: ({ failureCount }) => failureCount >= SHRUNK_FAILURES,
      onProgress: (so) => onProgress?.({ type: 'hunt', figures: so, seedCount }),
    });
    signal?.throwIfAborted();
    onProgress?.({ type: 'stage', stage: 'shrink' });
    let best: { readonly failure: HuntFailure; readonly shrunk: Shrunk } | undefined;
    for (const failure of figures.failures.slice(0, SHRUNK_FAILURES)) {
      const shrunk = await shrink(pool, {
        plan: drawPlan(entry.experiment, failure.seed),
        anomaly: failure.anomaly,
        signal,
        onProgress: (step) => onProgress?.({ type: 'shrink', step }),
      });
      signal?.throwIfAborted();
      if (best === undefined || weightOf(shrunk) < weightOf(best.shrunk))
        best = { failure, shrunk };
    }
    if (best === undefined) {
      throw new Error(`${bug.name} was not found in ${figures.seedCount} seeds`);
    }
    const { seed } = best.failure;
    const found = await pool.runPlan(drawPlan(entry.experiment, seed), {
      isRecordingChoices: true,
    });
    const { evidence } = best.shrunk;
    const { anomaly } = best.failure;
    const asked = { evidence, anomaly, timeMs: INEVITABILITY_MS, signal };
    const inevitability = await findInevitability(pool, asked);
    signal?.throwIfAborted();
    return { seed, figures, found, shrunk: best.shrunk, inevitability };
  } finally {
    await pool.close();
  }
}

/** How much there is to look at in a shrunk plan. */
function weightOf({ evidence }: Shrunk): number {
  const { faultCount, operationCount, clientCount } = sizeOf(evidence.plan);
  return faultCount + operationCount + clientCount;
}

async function huntWith(
  entry: CatalogEntry,
  bug: PlantedBug | undefined,
  seedCount: number,
  options: DemoOptions,
): Promise<HuntFigures> {
  const { workerCount, signal, onProgress } = options;
  const experiment = entry.experiment.name;
  const pool = await WorkerPool.open({ experiment, bug, workerCount });
  try {
    const figures = await huntIn(pool, {
      experiment,
      seedCount,
      signal,
      onProgress: (so) => onProgress?.({ type: 'hunt', figures: so, seedCount }),
    });
    signal?.throwIfAborted();
    return figures;
  } finally {
    await pool.close();
  }
}

/** Two seconds of load on three processes; the first is killed amid it and comes back. */
function localPlan(entry: CatalogEntry): Plan {
  // A busy machine has time for its answers: what counts here is that they are right.
  const times = { activeMs: 2000, quietMs: 2000, operationTimeoutMs: 2000 };
  const plan = drawPlan({ ...entry.experiment, ...times }, 1);
  const [first] = plan.replicas;
  if (first === undefined) return plan;
  const crash = { type: 'crash', node: first, disk: 'kept', atMs: 500, untilMs: 1200 } as const;
  return { ...plan, faults: [crash] };
}
