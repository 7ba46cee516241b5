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
import { explainDeadEnd, explainUniqueFault } from './explain.ts';
import { createProblem } from './problem.ts';
import { Search } from './search.ts';
import { judgeUniqueRegister } from './unique-register.ts';
import { verifiesWitness, type Witness } from './witness.ts';

/** What a caller may set. */
export interface LinearizableOptions extends Bounds {
  /** How many keys at fault are explained, at least one; 8. */
  readonly maxViolations?: number;
  /** Where the system itself says that operations stand: verified first, and never believed. */
  readonly witness?: Witness;
}

const SLICE_STEPS = 5_000;
const DEFAULT_VIOLATIONS = 8;

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

/**
 * The same judgement as a task: `finishTaskInSlices` keeps the event loop alive while it searches.
 * What comes before is done at once, and takes about a second for a million operations: making
 * operations of the events, and of each object the fast ways. Use a worker where that is too long.
 */
export function* linearizableTask(
  model: Model,
  history: readonly HistoryEvent[],
  options: LinearizableOptions = {},
): Task<Verdict> {
  const operations = pairOperations(history);
  for (const operation of operations) refuseStrange(model, operation);
  const check = `linearizable (${model.name})`;
  const coverage = coverageOf(check, operations);
  if (coverage.okCount === 0) return { type: 'valid', coverage, decidedBy: 'nothing to test' };
  const budget = new Budget(options);
  const parts = partsOf(model, operations);
  // At least one: a fault that nobody explains is a fault all the same.
  const maxViolations = Math.max(1, options.maxViolations ?? DEFAULT_VIOLATIONS);
  const violations: Violation[] = [];
  const ways = new Set<string>();
  let unknown: UnknownReason | undefined;
  let partsDone = 0;
  for (const part of parts.values()) {
    const task = judgePart(model, part, budget, options.witness);
    let turn = task.next();
    while (turn.done !== true) {
      yield { check, partsDone, partCount: parts.size, stepCount: budget.stepCount };
      turn = task.next();
    }
    const { way, fault } = turn.value;
    ways.add(way);
    if (fault !== undefined && 'code' in fault) unknown ??= fault;
    else if (fault !== undefined && violations.length < maxViolations) violations.push(fault());
    partsDone++;
  }
  const decidedBy = [...ways].join(', ');
  if (violations.length > 0) return { type: 'invalid', coverage, decidedBy, violations };
  if (unknown !== undefined) return { type: 'unknown', coverage, reason: unknown };
  return { type: 'valid', coverage, decidedBy };
}

/**
 * What is wrong with one object, and how it was found out; explanations are made when asked for.
 */
interface PartVerdict {
  readonly way: string;
  readonly fault?: UnknownReason | (() => Violation);
}

/** The cheap ways first: what the system claims, unique values, and then the search. */
function* judgePart(
  model: Model,
  part: readonly RecordedOperation[],
  budget: Budget,
  witness: Witness | undefined,
): Generator<void, PartVerdict, void> {
  if (witness !== undefined && verifiesWitness(model, part, witness)) return { way: 'witness' };
  yield;
  if (model.register !== undefined) {
    const fault = judgeUniqueRegister(part, model.register.initial);
    const way = 'unique values';
    if (fault === 'linearizable') return { way };
    if (fault !== undefined) return { way, fault: () => explainUniqueFault(fault, part) };
  }
  const search = new Search(createProblem(model, part), budget);
  for (;;) {
    const result = search.run(SLICE_STEPS);
    const way = 'search';
    switch (result.type) {
      case 'running':
        yield;
        break;
      case 'linearizable':
        return { way };
      case 'refuted':
        return { way, fault: () => explainDeadEnd(model, part, result.deadEnd) };
      case 'unknown':
        return { way, fault: result.reason };
    }
  }
}

function refuseStrange(model: Model, operation: RecordedOperation): void {
  const fault = model.faultOf(operation);
  if (fault === undefined) return;
  throw new HistoryFault(`event ${operation.invokedAt}`, `the model ${model.name} ${fault}`);
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
