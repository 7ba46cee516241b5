/**
 * The main job: a real cluster under fire, a hunt through made-up ones, and one bug that is
 * planted, found, made smaller and explained.
 *
 *     three processes, the leader killed, then cut off -> hunt in clean code -> hunt with a bug
 *       -> shrink -> when did it become inevitable -> report
 */
import { drawPlan } from '@mangrove/sim';
import { type CatalogEntry, findBug, findExperiment } from './catalog.ts';
import { runCluster } from './demo-cluster.ts';
import { readEnvironment } from './environment.ts';
import { type HuntOptions, hunt, huntIn } from './hunt.ts';
import { findInevitability } from './inevitability.ts';
import type { LocalFigures } from './local/run-local.ts';
import { reportPlant } from './planted/planted-report.ts';
import type {
  ExperimentReport,
  HuntFigures,
  InevitabilityPoint,
  RunEvidence,
  ShrinkStep,
} from './run-report.ts';
import { shrink } from './shrinking/shrink.ts';
import { WorkerPool } from './worker-pool.ts';

/** What happens, as it happens. */
export type DemoProgress =
  | { readonly type: 'stage'; readonly stage: DemoStage }
  /** Of the real cluster: how far it is, and what is done to it. */
  | { readonly type: 'cluster'; readonly figures: LocalFigures }
  | { readonly type: 'event'; readonly sentence: string }
  | { readonly type: 'hunt'; readonly figures: HuntFigures }
  | { readonly type: 'shrink'; readonly step: ShrinkStep }
  | { readonly type: 'inevitability'; readonly points: readonly InevitabilityPoint[] };

/** The stages, in their order. */
export type DemoStage = 'cluster' | 'hunt-clean' | 'hunt-planted' | 'shrink';

/** How the main job is run. */
export interface DemoOptions {
  /** Where the report will be, from the root of the project: its command names it. */
  readonly reportPath: string;
  /** How long the hunt in the clean code lasts, ms. Default: 15,000. */
  readonly huntMs?: number | undefined;
  readonly workerCount?: number | undefined;
  readonly onProgress?: ((progress: DemoProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What came of it. */
export interface DemoResult {
  /** Of the planted bug; the real cluster stands in it too. */
  readonly report: ExperimentReport;
  /** The run of real processes. */
  readonly cluster: RunEvidence;
  /** The hunt in the clean code, which has to be silent. */
  readonly cleanHunt: HuntFigures;
  /** Whether all went as it has to: processes valid, clean code silent, bug found, and only it. */
  readonly isAsExpected: boolean;
}

/** What is hunted in the clean code: members come and go, faults of every kind strike. */
const HUNTED = 'raft';

/** What is planted: votes that the paper forbids, so that leaders lack what was acknowledged. */
const BUG_NAME = 'vote-for-a-shorter-log';

/** More seeds than a hunt of some seconds ever gets to. */
const SEEDS_MAX = 1_000_000;

/** How long is shrunk at most, and asked when the failure became inevitable, ms. */
const SHRINK_MS = 20_000;
const INEVITABILITY_MS = 4000;

/** Runs the main job. Rejects when it is aborted, or where the planted bug is not found. */
export async function demo(options: DemoOptions): Promise<DemoResult> {
  const { onProgress: tell = () => {}, huntMs = 15_000, signal } = options;
  tell({ type: 'stage', stage: 'cluster' });
  const cluster = await runCluster({
    signal,
    onFigures: (figures) => tell({ type: 'cluster', figures }),
    onProgress: (sentence) => tell({ type: 'event', sentence }),
  });
  tell({ type: 'stage', stage: 'hunt-clean' });
  const cleanHunt = await hunt({
    ...huntOptions(findExperiment(HUNTED), SEEDS_MAX, options),
    isOver: ({ elapsedMs, failureCount }) => elapsedMs >= huntMs || failureCount > 0,
  });
  signal?.throwIfAborted();
  const report = await findAndExplain(options, cluster);
  const isSilent = cleanHunt.failureCount + cleanHunt.unknownCount === 0;
  const isAsExpected =
    cluster.verdict.answer === 'valid' && isSilent && report.planted?.cleanAnswer === 'valid';
  return { report, cluster, cleanHunt, isAsExpected };
}

function huntOptions(
  { experiment: { name: experiment } }: CatalogEntry,
  seedCount: number,
  { workerCount, signal, onProgress }: DemoOptions,
): HuntOptions {
  return {
    ...{ experiment, seedCount, workerCount, signal },
    onProgress: (figures) => onProgress?.({ type: 'hunt', figures }),
  };
}

/** Hunts with the bug, makes the first failure smaller, and tells all about it. */
async function findAndExplain(
  options: DemoOptions,
  cluster: RunEvidence,
): Promise<ExperimentReport> {
  const { entry, bug } = findBug(BUG_NAME);
  const { workerCount, signal, onProgress: tell = () => {} } = options;
  const { name: experiment, subject } = entry.experiment;
  tell({ type: 'stage', stage: 'hunt-planted' });
  const pool = await WorkerPool.open({ experiment, bug, workerCount });
  let clean: WorkerPool | undefined;
  try {
    const figures = await huntIn(pool, {
      ...huntOptions(entry, 4 * bug.seedBudget, options),
      isOver: ({ failureCount }) => failureCount > 0,
    });
    signal?.throwIfAborted();
    const [failure] = figures.failures;
    if (failure === undefined) {
      throw new Error(`${bug.name} was not found in ${figures.seedCount} seeds`);
    }
    tell({ type: 'stage', stage: 'shrink' });
    const { seed, anomaly } = failure;
    const plan = drawPlan(entry.experiment, seed);
    const time = AbortSignal.timeout(SHRINK_MS);
    clean = await WorkerPool.open({ experiment, workerCount: 1 });
    const shrunk = await shrink(pool, {
      ...{ plan, anomaly, clean },
      signal: signal === undefined ? time : AbortSignal.any([signal, time]),
      onProgress: (step) => tell({ type: 'shrink', step }),
    });
    signal?.throwIfAborted();
    const { evidence, steps: shrinkSteps } = shrunk;
    const inevitability = await findInevitability(pool, {
      ...{ evidence, timeMs: INEVITABILITY_MS, signal },
      onProgress: (points) => tell({ type: 'inevitability', points }),
    });
    signal?.throwIfAborted();
    const { verdict: cleanVerdict } = await clean.runPlan(evidence.plan);
    return {
      format: 'mangrove-report/1',
      ...{ experiment, subject: subject.name, seed, inevitability, shrinkSteps },
      madeAt: new Date().toISOString(),
      command: `npx mangrove replay ${options.reportPath}`,
      environment: readEnvironment(),
      found: await pool.runPlan(plan, { isRecordingChoices: true }),
      shrunk: evidence,
      planted: await reportPlant(bug, cleanVerdict.answer),
      hunt: figures,
      others: [cluster],
    };
  } finally {
    await Promise.all([pool.close(), clean?.close()]);
  }
}
