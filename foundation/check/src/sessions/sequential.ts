/**
 * Judges sequential consistency: whether some order of all operations, which keeps the order of
 * each process, is one that the model accepts. Real time does not count.
 *
 * All keys are judged together: two objects may each be sequentially consistent, and not both at
 * once. A history that is linearizable is sequentially consistent too, so that is tried first. Then
 * `sequential-search.ts` decides.
 *
 * Source: Lamport, How to make a multiprocessor computer, 1979. Worst case: exponential in the
 * number of processes.
 */
import { type Bounds, Budget } from '../budget.ts';
import {
  type HistoryEvent,
  HistoryFault,
  pairSlices,
  type RecordedOperation,
  type Value,
} from '../history.ts';
import { isLinearizableSlices } from '../linearizability/check-linearizable.ts';
import { searchSentences } from '../linearizability/explain.ts';
import { describeOperation, type Model, show } from '../model.ts';
import { OperationShrinker, type Trial } from '../shrink-operations.ts';
import { finishTask, type Slices, type Task, told } from '../task.ts';
import {
  coverageSlices,
  drawingOf,
  drawnOf,
  type Verdict,
  type Violation,
  violationOf,
} from '../verdict.ts';
import { type Impasse, SequentialSearch } from './sequential-search.ts';

/** The verdict, all at once. */
export function checkSequential(
  model: Model,
  history: readonly HistoryEvent[],
  bounds: Bounds = {},
): Verdict {
  return finishTask(sequentialTask(model, history, bounds));
}

const SLICE_STEPS = 1_000;
const QUICK_STEPS = 1_000_000;

/** The same judgement in slices. */
export function* sequentialTask(
  model: Model,
  history: readonly HistoryEvent[],
  bounds: Bounds = {},
): Task<Verdict> {
  const check = `sequentially consistent (${model.name})`;
  const budget = new Budget(bounds);
  const progress = () => ({ check, partsDone: 0, partCount: 1, stepCount: budget.stepCount });
  const operations = yield* told(pairSlices(history), progress);
  for (const operation of operations) {
    const fault = model.faultOf(operation);
    if (fault === undefined) continue;
    throw new HistoryFault(`event ${operation.invokedAt}`, `the model ${model.name} ${fault}`);
  }
  const coverage = yield* told(coverageSlices(check, operations), progress);
  const quick = isLinearizableSlices(model, operations, { maxSteps: QUICK_STEPS });
  const isLinearizable = yield* told(quick, progress);
  if (isLinearizable) return { type: 'valid', coverage, decidedBy: 'linearizable' };
  const search = new SequentialSearch(model, operations, budget);
  for (;;) {
    const result = search.run(SLICE_STEPS);
    if (result === 'found') return { type: 'valid', coverage, decidedBy: 'search' };
    if (result === 'refuted') {
      const explaining = () => ({ ...progress(), check: 'explaining' });
      const violation = yield* told(explain(model, operations, search.impasse()), explaining);
      return { type: 'invalid', coverage, decidedBy: 'search', violations: [violation] };
    }
    const reason = budget.exceeded(search.memoryBytes);
    if (reason !== undefined) return { type: 'unknown', coverage, reason };
    yield progress();
  }
}

/** What all trials of smaller histories may spend, and one of them. */
const TOTAL_STEPS = 1_000_000;
const TRY_STEPS = 100_000;
const TRY_MEMORY_BYTES = 32 * 1024 * 1024;

/** How many operations of a long order are told. */
const MAX_TOLD = 8;

/** A small part that is wrong, the longest order of it, and why that does not go on. */
function* explain(
  model: Model,
  operations: readonly RecordedOperation[],
  failure: Impasse,
): Slices<Violation> {
  const happened = operations.filter(({ end }) => end !== 'fail');
  const whole = { operations: happened, failure };
  const judge = (rest: readonly RecordedOperation[]) => judgePart(model, rest);
  const shrinker = new OperationShrinker(model, whole, judge, TOTAL_STEPS);
  yield* shrinker.shrink();
  const { order, next, states } = shrinker.failure;
  const ends = next.filter(({ end }) => end === 'ok');
  const marked = ends[0] ?? next[0];
  const drawn = marked === undefined ? [] : drawnOf(shrinker.operations, marked);
  const ids = new Set(drawn.map(({ id }) => id));
  const shown = order.filter(({ id }) => ids.has(id));
  const arrows = shown
    .slice(1)
    .map(({ id }, index) => ({ from: shown[index]?.id ?? id, to: id, label: 'then' }));
  const sentences = [
    ...sentencesOf(model, order, next, states),
    ...searchSentences(shrinker.isSmallest),
  ];
  const marks = new Set(ends.map(({ id }) => id));
  const drawing = drawingOf(drawn, describeOperation, marks, arrows);
  return {
    ...violationOf('not-sequential', sentences, shrinker.operations, marked),
    drawing,
  };
}

function* judgePart(model: Model, rest: readonly RecordedOperation[]): Slices<Trial<Impasse>> {
  const budget = new Budget({ maxSteps: TRY_STEPS, maxMemoryBytes: TRY_MEMORY_BYTES });
  const search = new SequentialSearch(model, rest, budget);
  for (;;) {
    const result = search.run(SLICE_STEPS);
    const { stepCount } = budget;
    if (result === 'refuted') return { failure: search.impasse(), isDecided: true, stepCount };
    if (result === 'found') return { failure: undefined, isDecided: true, stepCount };
    if (budget.exceeded(search.memoryBytes) !== undefined) {
      return { failure: undefined, isDecided: false, stepCount };
    }
    yield;
  }
}

function sentencesOf(
  model: Model,
  order: readonly RecordedOperation[],
  next: readonly RecordedOperation[],
  states: ReadonlyMap<string, Value>,
): readonly string[] {
  const said = (operation: RecordedOperation) =>
    `${describeOperation(operation)} of ${operation.process}`;
  const told = order.slice(-MAX_TOLD).map(said).join('; ');
  const count = order.length === 1 ? '1 operation' : `${order.length} operations`;
  const tried =
    order.length === 0
      ? 'No operation can come first.'
      : `The longest order that ${model.name} accepts, and that keeps the order of each process, ` +
        `has ${count}${order.length > MAX_TOLD ? ', the last' : ''}: ${told}.`;
  const keys = [...states].map(([key, state]) => `${key === '' ? 'it' : key} is ${show(state)}`);
  const held = keys.length === 0 ? '' : `Then ${keys.slice(0, MAX_TOLD).join(', ')}. `;
  return [
    tried,
    `${held}None of these, the next of their processes, can follow: ${next.map(said).join('; ')}.`,
  ];
}
