/**
 * The door of the lab for what runs anywhere: verdicts and reports as data.
 */

export { type Failure, failureOf } from './failure.ts';
export { renderDiagram } from './report/diagram.ts';
export type { DiagramView } from './report/diagram-layout.ts';
export {
  type EmbeddedReport,
  MAX_PAGE_LENGTH,
  readEmbeddedReport,
} from './report/embedded-report.ts';
export { firstView } from './report/explorer.ts';
export { type PageScript, renderPage } from './report/html-report.ts';
export { renderMarkdown } from './report/markdown-report.ts';
export { storyOf, storyOfRun } from './report/run-story.ts';
export { readStory, type Story, type StorySource } from './report/story.ts';
export {
  commitWords,
  type ExperimentReport,
  type HuntFailure,
  type HuntFigures,
  type HuntUnknown,
  type Inevitability,
  type InevitabilityPoint,
  MAX_HUNT_FAILURES,
  type PlanSize,
  type PlantedReport,
  type Repetition,
  type ReportEnvironment,
  type RunEnd,
  type RunEvidence,
  repetitionWords,
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
  type SloFigures,
  type Verdict,
  verdictOf,
} from './verdict.ts';
