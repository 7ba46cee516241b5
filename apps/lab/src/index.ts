/**
 * The door of the lab for what runs anywhere: verdicts and reports as data.
 */

export {
  type EmbeddedReport,
  MAX_PAGE_LENGTH,
  readEmbeddedReport,
} from './report/embedded-report.ts';
export { type PageScript, renderPage } from './report/html-report.ts';
export { renderMarkdown } from './report/markdown-report.ts';
export {
  type ExperimentReport,
  type HuntFailure,
  type HuntFigures,
  MAX_HUNT_FAILURES,
  type PlanSize,
  type PlantedReport,
  type ReportEnvironment,
  type RunEnd,
  type RunEvidence,
  type ShrinkStep,
  sizeOf,
} from './run-report.ts';
export {
  ANOMALY_CLASSES,
  type Anomaly,
  type AnomalyClass,
  type Answer,
  anomaliesOf,
  type CheckResult,
  type ExplainedOperation,
  type HistoryExplanation,
  type Verdict,
  verdictOf,
} from './verdict.ts';
