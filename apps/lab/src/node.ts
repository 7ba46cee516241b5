/**
 * The door of the lab for what needs Node.js.
 */
export type { BugRow, SearchFigures, ShrinkFigures, Spread } from './bugs/bug-row.ts';
export type { BugTable } from './bugs/bug-table.ts';
export { type BugTableOptions, type MadeBugTable, makeBugTable } from './bugs/measure-bugs.ts';
export { type BugProof, type ProveOptions, proveBug } from './bugs/prove-bug.ts';
export {
  bugOf,
  CATALOG,
  type CatalogEntry,
  findBug,
  findExperiment,
  loadExperiment,
} from './catalog.ts';
export {
  type DemoOptions,
  type DemoProgress,
  type DemoResult,
  type DemoStage,
  demo,
} from './demo.ts';
export { type ClusterFigures, clusterFiguresOf } from './demo-cluster.ts';
export { PROJECT_ROOT, readEnvironment } from './environment.ts';
export {
  differencesOf,
  FACTS_BEGIN,
  FACTS_END,
  renderFacts,
  seedOfFacts,
  withFacts,
} from './experiment-facts.ts';
export { type HuntOptions, hunt } from './hunt.ts';
export { type HuntReportOptions, reportHunt } from './hunt-report.ts';
export { findInevitability, type InevitabilityOptions } from './inevitability.ts';
export { type HistoryJudge, linearizable } from './judge.ts';
export type { SeedOutcome } from './lab-worker.ts';
export { whyNotInjectable } from './local/host-fault.ts';
export { type LocalOptions, runLocal } from './local/run-local.ts';
export { plantedLaunch } from './planted/planted.ts';
export { type PlantingPlugin, plantingPlugin } from './planted/vite-plugin.ts';
export { type RepeatOptions, repeatExperiment } from './repeat-experiment.ts';
export { type ReplayOptions, type ReplayResult, replay } from './replay.ts';
export { type ReplayReportOptions, reportReplay } from './replay-report.ts';
export { renderReport } from './report/render-report.ts';
export { type RunOptions, runExperiment } from './run-experiment.ts';
export { runPlan } from './run-plan.ts';
export { type ShrinkOptions, type Shrunk, shrink } from './shrinking/shrink.ts';
export { DEFAULT_WORKER_COUNT, type PoolOptions, WorkerPool } from './worker-pool.ts';
export { type MissingFault, missingInLocal, scriptOf } from './worlds.ts';
