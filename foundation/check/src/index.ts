/**
 * The door of the judges: histories, their formats, models, verdicts.
 */
export type { Bounds } from './budget.ts';
export type { AskedCheck, Check, CheckFamily, Judged } from './catalogue/check.ts';
export { CHECK_NAMES, CHECKS, checkNamed } from './catalogue/checks.ts';
export { type Setting, Settings } from './catalogue/settings.ts';
export {
  type CheckPort,
  type PortCallOptions,
  PortChecker,
  type PortCheckOptions,
  type ServeOptions,
  serveChecks,
} from './check-port.ts';
export { type CheckTextOptions, checkTextTask, type TextReport } from './check-text.ts';
export { type EventMention, eventAt, sentencesNaming, type Told, told } from './event-mention.ts';
export { readAwditText } from './formats/awdit-text.ts';
export { EdnReader, MAX_EDN_DEPTH, readEdn } from './formats/edn.ts';
export {
  formatOf,
  type HistoryFormat,
  historyTextTask,
  type ReadHistory,
  readHistoryText,
} from './formats/history-text.ts';
export { readJepsenEdn } from './formats/jepsen-edn.ts';
export { isJepsenLogLine, readJepsenLog } from './formats/jepsen-log.ts';
export { isRecord, toJepsenEvents } from './formats/jepsen-maps.ts';
export { formatJsonLines, readJsonLines } from './formats/json-history.ts';
export { readPolysiText } from './formats/polysi-text.ts';
export type { HistoryText } from './formats/text-lines.ts';
export {
  type EventType,
  type HistoryEvent,
  HistoryFault,
  MAX_EVENTS,
  type OperationEnd,
  pairOperations,
  type RecordedOperation,
  type Value,
} from './history.ts';
export {
  checkLinearizable,
  type LinearizableOptions,
  linearizableTask,
} from './linearizability/check-linearizable.ts';
export type { Witness } from './linearizability/witness.ts';
export {
  canonical,
  describeOperation,
  type Growth,
  isAnswerKnown,
  type Model,
  sameValue,
  show,
} from './model.ts';
export { counter } from './models/counter.ts';
export { kv } from './models/kv.ts';
export { multiRegister } from './models/multi-register.ts';
export { fencedLock, mutex, ownedMutex } from './models/mutex.ts';
export { MODEL_NAMES, modelNamed } from './models/named-models.ts';
export { fifoQueue, unorderedQueue } from './models/queue.ts';
export { casRegister, register } from './models/register.ts';
export { set } from './models/set.ts';
export {
  type CounterRead,
  type CounterReport,
  checkCounterBounds,
} from './objects/counter-bounds.ts';
export { acceptableTotals, checkFinalCounter } from './objects/final-counter.ts';
export { checkFinalSet, type FinalSetReport } from './objects/final-set.ts';
export {
  checkQueue,
  checkTotalQueue,
  checkUniqueIds,
  type TotalQueueOptions,
  type TotalQueueReport,
} from './objects/queue-totals.ts';
export {
  checkSetFull,
  type SetFullOptions,
  type SetFullReport,
  type SetLatency,
} from './objects/set-full.ts';
export { type ConvergenceOptions, checkConvergence } from './rules/convergence.ts';
export { checkMutualExclusion, type MutualExclusionOptions } from './rules/mutual-exclusion.ts';
export { checkRateBound, type RateBound, type RateReport } from './rules/rate-bound.ts';
export {
  checkWatches,
  WATCH_GUARANTEES,
  type WatchChange,
  type WatchFault,
  type WatchGuarantee,
  type WatchRecording,
  type WatchReport,
  type WatchResponse,
} from './rules/watch.ts';
export { checkWatchHistory, type WatchHistoryReport } from './rules/watch-history.ts';
export { checkSequential, sequentialTask } from './sessions/sequential.ts';
export {
  checkSessions,
  SESSION_GUARANTEES,
  type SessionGuarantee,
  type SessionOptions,
} from './sessions/session-guarantees.ts';
export {
  checkStaleness,
  type StalenessOptions,
  type StalenessReport,
  type StaleRead,
} from './sessions/staleness.ts';
export {
  finishTask,
  finishTaskInSlices,
  Pace,
  type Progress,
  type SliceOptions,
  type Task,
} from './task.ts';
export { type BankOptions, checkBank } from './transactions/bank.ts';
export { checkCausalReverse } from './transactions/causal-reverse.ts';
export {
  checkIsolation,
  findAnomalies,
  type IsolationFindings,
  type IsolationOptions,
  type IsolationReport,
  isolationTask,
  judgeIsolation,
  type TransactionWorkload,
} from './transactions/isolation.ts';
export {
  ANOMALY_NAMES,
  type AnomalyName,
  ISOLATION_LEVELS,
  type IsolationLevel,
  type LevelReport,
  refutes,
  reportLevels,
  weakerLevels,
} from './transactions/levels.ts';
export { checkLongFork } from './transactions/long-fork.ts';
export { type Predicate, parsePredicate } from './transactions/predicate.ts';
export {
  type MicroOperation,
  type Transaction,
  toMicroOperations,
  toTransactions,
} from './transactions/transaction.ts';
export {
  judgeWeakIsolation,
  WEAK_ANOMALY_NAMES,
  WEAK_LEVELS,
  type WeakLevel,
  weakIsolationTask,
} from './transactions/weak-isolation.ts';
export {
  type Coverage,
  coverageOf,
  type Drawing,
  type DrawingArrow,
  type DrawingBar,
  drawingOf,
  type UnknownReason,
  type Verdict,
  type Violation,
  violationOf,
} from './verdict.ts';
