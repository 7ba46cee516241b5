/**
 * Judges whether a history is linearizable: whether each operation can be given one moment between
 * its invocation and its completion, so that the model accepts them in the order of their moments.
 *
 * Operations of different keys are judged apart where the model allows it, since linearizability is
 * local (Herlihy and Wing, 1990). Operations that did not happen are left out; open ones may happen
 * at any moment after their invocation, or never.
 */
import { type Bounds, Budget } from '../budget.ts';
import {
  type HistoryEvent,
  HistoryFault,
  pairOperations,
  type RecordedOperation,
} from '../history.ts';
import type { Model } from '../model.ts';
import { finishTask, type Task } from '../task.ts';
import { coverageOf, type UnknownReason, type Verdict, type Violation } from '../verdict.ts';
import { explainDeadEnd } from './explain.ts';
import { createProblem } from './problem.ts';
import { Search } from './search.ts';

/** What a caller may set. */
export interface LinearizableOptions extends Bounds {
  /** How many keys at fault are explained; 8. */
  readonly maxViolations?: number;
}

const SLICE_STEPS = 20_000;

/**
 * The verdict on a history, all at once. See `linearizableTask` for work in slices.
 *
 * @throws HistoryFault when the history is malformed, or has an operation that the model cannot
 * have
 */
export function checkLinearizable(
  model: Model,
  history: readonly HistoryEvent[],
  options: LinearizableOptions = {},
): Verdict {
  return finishTask(linearizableTask(model, history, options));
}

/** The same judgement as a task: `finishTaskInSlices` keeps the event loop alive while it works. */
export function* linearizableTask(
  model: Model,
  history: readonly HistoryEvent[],
  options: LinearizableOptions = {},
): Task<Verdict> {
  const operations = pairOperations(history);
  for (const operation of operations) refuseStrange(model, operation);
  const check = `linearizable (${model.name})`;
  const coverage = coverageOf(check, operations);
  if (coverage.okCount === 0) return nothingTested(coverage);
  const budget = new Budget(options);
  const parts = partsOf(model, operations);
  const violations: Violation[] = [];
  let unknown: UnknownReason | undefined;
  let partsDone = 0;
  for (const part of parts.values()) {
    const search = new Search(createProblem(model, part), budget);
    let result = search.run(SLICE_STEPS);
    while (result.type === 'running') {
      yield { check, partsDone, partCount: parts.size, stepCount: budget.stepCount };
      result = search.run(SLICE_STEPS);
    }
    if (result.type === 'unknown') unknown ??= result.reason;
    if (result.type === 'refuted' && violations.length < (options.maxViolations ?? 8)) {
      violations.push(explainDeadEnd(model, part, result.deadEnd));
    }
    partsDone++;
  }
  if (violations.length > 0) return { type: 'invalid', coverage, decidedBy: 'search', violations };
  if (unknown !== undefined) return { type: 'unknown', coverage, reason: unknown };
  return { type: 'valid', coverage, decidedBy: 'search' };
}

function refuseStrange(model: Model, operation: RecordedOperation): void {
  const fault = model.faultOf(operation);
  if (fault === undefined) return;
  throw new HistoryFault(`event ${operation.invokedAt}`, `the model ${model.name} ${fault}`);
}

function nothingTested(coverage: Verdict['coverage']): Verdict {
  const sentence = 'no operation is known to have happened, so nothing was tested';
  return { type: 'unknown', coverage, reason: { code: 'nothing-tested', sentence } };
}

function partsOf(
  model: Model,
  operations: readonly RecordedOperation[],
): ReadonlyMap<string | undefined, readonly RecordedOperation[]> {
  if (!model.perKey) return new Map([[undefined, operations]]);
  const parts = new Map<string | undefined, RecordedOperation[]>();
  for (const operation of operations) {
    const part = parts.get(operation.key);
    if (part === undefined) parts.set(operation.key, [operation]);
    else part.push(operation);
  }
  return parts;
}
