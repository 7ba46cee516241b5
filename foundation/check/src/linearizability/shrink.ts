/**
 * Finds a small part of a history that is still not linearizable, and for the same reason.
 *
 * What comes after the earliest end at which the history is wrong had no part in it and goes first.
 * Then `OperationShrinker` leaves out what it can.
 */
import { Budget } from '../budget.ts';
import type { RecordedOperation } from '../history.ts';
import type { Model } from '../model.ts';
import { OperationShrinker, type Trial } from '../shrink-operations.ts';
import type { Slices } from '../task.ts';
import { createProblem } from './problem.ts';
import { type DeadEnd, Search } from './search.ts';

/** A part that is wrong, and where its search ended. */
export interface SmallFailure {
  readonly operations: readonly RecordedOperation[];
  readonly deadEnd: DeadEnd;
  /** Whether none of the operations can be left out; false where a bound was reached before. */
  readonly isSmallest: boolean;
}

/** What all trials may spend, and one of them, besides going through the operations some times. */
const TOTAL_STEPS = 2_000_000;
const TOTAL_PASSES = 4;
const TRY_STEPS = 250_000;
const TRY_PASSES = 3;
const SLICE_STEPS = 5_000;
const TRY_MEMORY_BYTES = 32 * 1024 * 1024;
/** The longest history whose dead end is looked for once more without looking ahead. */
const MAX_EXPLAINED = 100;

/**
 * A small part of `operations`, of one object, that is not linearizable.
 *
 * Spends a bounded number of steps; what it has then may not be the smallest, but is wrong all the
 * same.
 */
export function* shrinkFailure(
  model: Model,
  operations: readonly RecordedOperation[],
  deadEnd: DeadEnd,
): Slices<SmallFailure> {
  const happened = operations.filter(({ end }) => end !== 'fail');
  const cut = new Cut(model);
  const whole = { operations: happened, failure: deadEnd };
  const maxSteps = TOTAL_STEPS + TOTAL_PASSES * happened.length;
  const shrinker = new OperationShrinker(model, whole, (rest) => cut.judge(rest), maxSteps);
  yield* cut.findEarliest(shrinker);
  yield* shrinker.shrink();
  return yield* explained(model, cut, shrinker);
}

/** The failure, its dead end found without looking ahead where that is easier to follow. */
function* explained(
  model: Model,
  cut: Cut,
  { operations, failure, isSmallest }: OperationShrinker<DeadEnd>,
): Slices<SmallFailure> {
  if (operations.length > MAX_EXPLAINED) return { operations, deadEnd: failure, isSmallest };
  const { growth: _, ...plain } = model;
  const { failure: seen } = yield* cut.judge(operations, plain);
  const found = seen ?? failure;
  const originals = new Map(operations.map((operation) => [operation.id, operation]));
  const original = (operation: RecordedOperation) => originals.get(operation.id) ?? operation;
  const orderTail = found.orderTail.map(original);
  const deadEnd = { ...found, orderTail, blocked: original(found.blocked) };
  return { operations, deadEnd, isSmallest };
}

/** The position by which a history is wrong: what had not ended then need not have happened. */
class Cut {
  readonly #model: Model;
  #at = Number.POSITIVE_INFINITY;

  constructor(model: Model) {
    this.#model = model;
  }

  /**
   * Cuts the history after the earliest end at which it is wrong.
   *
   * The place where a search stopped may be earlier than that, since it looks ahead: what it knew
   * of a later read is part of the reason, so the read must stay. A history that is wrong by some
   * position is wrong by every later one, so the position is found by halving.
   */
  *findEarliest(shrinker: OperationShrinker<DeadEnd>): Slices<void> {
    const { completedAt } = shrinker.failure.blocked;
    const ends = shrinker.operations
      .map((operation) => operation.completedAt)
      .filter((at) => at >= completedAt && at < Number.POSITIVE_INFINITY)
      .sort((a, b) => a - b);
    let [from, to] = [0, ends.length - 1];
    while (from < to && !shrinker.isSpent) {
      const middle = (from + to) >>> 1;
      if (yield* this.#tryAt(ends[middle] ?? 0, shrinker)) to = middle;
      else from = middle + 1;
    }
  }

  *#tryAt(at: number, shrinker: OperationShrinker<DeadEnd>): Slices<boolean> {
    const before = this.#at;
    this.#at = at;
    const rest = shrinker.operations.filter(({ invokedAt }) => invokedAt < at);
    const isWrong = yield* shrinker.tryRest(rest);
    if (!isWrong) this.#at = before;
    return isWrong;
  }

  /** Where the search for an order of the operations ends. */
  *judge(
    operations: readonly RecordedOperation[],
    model: Model = this.#model,
  ): Slices<Trial<DeadEnd>> {
    // Where nothing is known to have happened by then, nothing can be wrong.
    if (!operations.some(({ end, completedAt }) => end === 'ok' && completedAt <= this.#at)) {
      return { failure: undefined, isDecided: true, stepCount: 0 };
    }
    const maxSteps = TRY_STEPS + TRY_PASSES * operations.length;
    const budget = new Budget({ maxSteps, maxMemoryBytes: TRY_MEMORY_BYTES });
    const search = new Search(createProblem(model, operations.map(this.#untilCut)), budget);
    let result = search.run(SLICE_STEPS);
    while (result.type === 'running') {
      yield;
      result = search.run(SLICE_STEPS);
    }
    const failure = result.type === 'refuted' ? result.deadEnd : undefined;
    return { failure, isDecided: result.type !== 'unknown', stepCount: budget.stepCount };
  }

  /** What was under way at the cut need not have happened by then; its answer is known even so. */
  readonly #untilCut = (operation: RecordedOperation): RecordedOperation =>
    operation.end === 'ok' && operation.completedAt > this.#at
      ? { ...operation, end: 'open', completedAt: Number.POSITIVE_INFINITY }
      : operation;
}
