/**
 * The door of the judges: histories, their formats, models, verdicts.
 */
export type { Bounds } from './budget.ts';
export { EdnReader, MAX_EDN_DEPTH, readEdn } from './formats/edn.ts';
export { readJepsenEdn } from './formats/jepsen-edn.ts';
export { isJepsenLogLine, readJepsenLog } from './formats/jepsen-log.ts';
export { isRecord, toJepsenEvents } from './formats/jepsen-maps.ts';
export { formatJsonLines, readJsonLines } from './formats/json-history.ts';
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
  finishTask,
  finishTaskInSlices,
  type Progress,
  type SliceOptions,
  type Task,
} from './task.ts';
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
} from './verdict.ts';
