/**
 * Judges whether a history is linearizable: whether each operation can be given one moment between
 * its invocation and its completion, so that the model accepts them in the order of their moments.
 *
 * Operations of different keys are judged apart where the model allows it, since linearizability is
 * local (Herlihy and Wing, 1990). Operations that did not happen are left out; open ones may happen
 * at any moment after their invocation, or never.
 */
import { type Bounds, Budget } from '../budget.ts';
import { type HistoryEvent, HistoryFault, pairSlices, type RecordedOperation } from '../history.ts';
import type { Model } from '../model.ts';
import { finishTask, Pace, type Slices, type Task, told } from '../task.ts';
import {
  type Coverage,
  CoverageCounter,
  type UnknownReason,
  type Verdict,
  type Violation,
} from '../verdict.ts';
import { explainDeadEnd, explainUniqueFault } from './explain.ts';
import { problemSlices } from './problem.ts';
import { Search } from './search.ts';
import { type UniqueFault, uniqueRegisterSlices } from './unique-register.ts';
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
 * The same judgement as a task: `finishTaskInSlices` keeps the event loop alive meanwhile. Done at
 * once are only the verification of a witness and, of a register with unique values, sorting: some
 * tenths of a second for a million operations of one object.
 */
export function* linearizableTask(
  model: Model,
  history: readonly HistoryEvent[],
  options: LinearizableOptions = {},
): Task<Verdict> {
  const check = `linearizable (${model.name})`;
  const preparing = () => ({ check, partsDone: 0, partCount: 1, stepCount: 0 });
  const operations = yield* told(pairSlices(history), preparing);
  const { coverage, parts } = yield* told(partSlices(model, check, operations), preparing);
  if (coverage.okCount === 0) return { type: 'valid', coverage, decidedBy: 'nothing to test' };
  const budget = new Budget(options);
  // At least one: a fault that nobody explains is a fault all the same.
  const maxViolations = Math.max(1, options.maxViolations ?? DEFAULT_VIOLATIONS);
  const violations: Violation[] = [];
  const ways = new Set<string>();
  let unknown: UnknownReason | undefined;
  let partsDone = 0;
  const partCount = parts.size;
  const progress = () => ({ check, partsDone, partCount, stepCount: budget.stepCount });
  for (const part of parts.values()) {
    const { way, fault } = yield* told(judgePart(model, part, budget, options.witness), progress);
    ways.add(way);
    if (fault !== undefined && 'code' in fault) unknown ??= fault;
    else if (fault !== undefined && violations.length < maxViolations) {
      violations.push(yield* told(fault(), () => ({ ...progress(), check: EXPLAINING })));
    }
    partsDone++;
  }
  const decidedBy = [...ways].join(', ');
  if (violations.length > 0) return { type: 'invalid', coverage, decidedBy, violations };
  if (unknown !== undefined) return { type: 'unknown', coverage, reason: unknown };
  return { type: 'valid', coverage, decidedBy };
}

/**
 * Whether operations, all of them such as the model can have, are known to be linearizable: false
 * where they are not, and where a bound was reached. Explains nothing.
 */
export function* isLinearizableSlices(
  model: Model,
  operations: readonly RecordedOperation[],
  bounds: Bounds,
): Slices<boolean> {
  const budget = new Budget(bounds);
  const { parts } = yield* partSlices(model, model.name, operations);
  for (const part of parts.values()) {
    const { fault } = yield* judgePart(model, part, budget, undefined);
    if (fault !== undefined) return false;
  }
  return true;
}

/** What progress is called while a small part is looked for that is still wrong. */
const EXPLAINING = 'explaining';

/**
 * What is wrong with one object, and how it was found out; explanations are made when asked for.
 */
interface PartVerdict {
  readonly way: string;
  readonly fault?: UnknownReason | (() => Slices<Violation>);
}

/** The cheap ways first: what the system claims, unique values, and then the search. */
function* judgePart(
  model: Model,
  part: readonly RecordedOperation[],
  budget: Budget,
  witness: Witness | undefined,
): Slices<PartVerdict> {
  if (witness !== undefined && verifiesWitness(model, part, witness)) return { way: 'witness' };
  yield;
  if (model.register !== undefined) {
    const fault = yield* uniqueRegisterSlices(part, model.register.initial);
    const way = 'unique values';
    if (fault === 'linearizable') return { way };
    if (fault !== undefined) return { way, fault: () => explainUnique(fault, part) };
  }
  const search = new Search(yield* problemSlices(model, part), budget);
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

function* explainUnique(fault: UniqueFault, part: readonly RecordedOperation[]): Slices<Violation> {
  yield;
  return explainUniqueFault(fault, part);
}

/** The operations of each object, and how many there are; what the model cannot have is refused. */
function* partSlices(
  model: Model,
  check: string,
  operations: readonly RecordedOperation[],
): Slices<{
  readonly coverage: Coverage;
  readonly parts: ReadonlyMap<string | undefined, readonly RecordedOperation[]>;
}> {
  const pace = new Pace(check);
  const counter = new CoverageCounter();
  const parts = new Map<string | undefined, RecordedOperation[]>();
  for (const operation of operations) {
    if (pace.isOver(2)) yield;
    refuseStrange(model, operation);
    counter.add(operation);
    const name = model.perKey ? operation.key : undefined;
    const part = parts.get(name);
    if (part === undefined) parts.set(name, [operation]);
    else part.push(operation);
  }
  return { coverage: counter.coverage(check), parts };
}

function refuseStrange(model: Model, operation: RecordedOperation): void {
  const fault = model.faultOf(operation);
  if (fault === undefined) return;
  throw new HistoryFault(`event ${operation.invokedAt}`, `the model ${model.name} ${fault}`);
}
