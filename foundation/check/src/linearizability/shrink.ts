/**
 * Finds a small part of a history that is still wrong, and wrong for the same reason.
 *
 * What comes after the end of the blocked operation had no part in it and goes first. Then
 * operations are left out, in halves, quarters and so on, as long as the rest is still not
 * linearizable. Only those go that a right history can lose and stay right: reads, and what the
 * model lets go (`dropGroup`), so that what is left is wrong because the whole is, and not because
 * something was left out.
 *
 * Source: delta debugging, Zeller and Hildebrandt 2002.
 */
import { Budget } from '../budget.ts';
import type { RecordedOperation } from '../history.ts';
import type { Model } from '../model.ts';
import { createProblem } from './problem.ts';
import { type DeadEnd, Search } from './search.ts';

/** A part that is wrong, and where its search ended. */
export interface SmallFailure {
  readonly operations: readonly RecordedOperation[];
  readonly deadEnd: DeadEnd;
}

const TOTAL_STEPS = 1_000_000;
const TRY_STEPS = 250_000;
const TRY_MEMORY_BYTES = 32 * 1024 * 1024;
/** The longest history whose dead end is looked for once more without looking ahead. */
const MAX_EXPLAINED = 100;

/**
 * A small part of `operations`, of one object, that is not linearizable.
 *
 * Spends a bounded number of steps; what it has then is not the smallest, but wrong all the same.
 */
export function shrinkFailure(
  model: Model,
  operations: readonly RecordedOperation[],
  deadEnd: DeadEnd,
): SmallFailure {
  const happened = operations.filter(({ end }) => end !== 'fail');
  const shrinker = new Shrinker(model, { operations: happened, deadEnd });
  const readsOf = (all: readonly RecordedOperation[]) => all.filter((it) => model.isReadOnly(it));
  const writesOf = (all: readonly RecordedOperation[]) => all.filter((it) => !model.isReadOnly(it));
  shrinker.cutEarliest();
  for (const choose of [readsOf, writesOf, readsOf]) shrinker.shrink(choose);
  return shrinker.explained();
}

/** Leaves out what it can. Belongs to one failure. */
class Shrinker {
  readonly #model: Model;
  #stepsLeft = TOTAL_STEPS;
  /** What had not ended by this position need not have happened. */
  #cut = Number.POSITIVE_INFINITY;
  #smallest: SmallFailure;

  constructor(model: Model, failure: SmallFailure) {
    this.#model = model;
    this.#smallest = failure;
  }

  /**
   * Cuts the history after the earliest end at which it is wrong.
   *
   * The place where a search stopped may be earlier than that, since it looks ahead: what it knew
   * of a later read is part of the reason, so the read must stay. A history that is wrong by some
   * position is wrong by every later one, so the position is found by halving.
   */
  cutEarliest(): void {
    const { operations, deadEnd } = this.#smallest;
    const ends = operations
      .map(({ completedAt }) => completedAt)
      .filter((at) => at >= deadEnd.blocked.completedAt && at < Number.POSITIVE_INFINITY)
      .sort((a, b) => a - b);
    let [from, to] = [0, ends.length - 1];
    while (from < to && this.#stepsLeft > 0) {
      const middle = (from + to) >>> 1;
      if (this.#tryCut(ends[middle] ?? 0)) to = middle;
      else from = middle + 1;
    }
  }

  #tryCut(cut: number): boolean {
    const before = this.#cut;
    const rest = this.#smallest.operations.filter(({ invokedAt }) => invokedAt < cut);
    this.#cut = cut;
    const deadEnd = this.#failureOf(this.#model, rest);
    if (deadEnd === undefined) this.#cut = before;
    else this.#smallest = { operations: rest, deadEnd };
    return deadEnd !== undefined;
  }

  /** Leaves out operations among those that `choose` names, ever smaller groups of them. */
  shrink(choose: (all: readonly RecordedOperation[]) => readonly RecordedOperation[]): void {
    let size = Math.ceil(choose(this.#smallest.operations).length / 2);
    while (size > 0 && this.#stepsLeft > 0) {
      const chosen = choose(this.#smallest.operations);
      for (let from = 0; from < chosen.length && this.#stepsLeft > 0; from += size) {
        this.#tryWithout(chosen.slice(from, from + size));
      }
      size = size === 1 ? 0 : Math.ceil(size / 2);
    }
  }

  /** The smallest failure, its dead end found without looking ahead: that is easier to follow. */
  explained(): SmallFailure {
    const { growth: _, ...plain } = this.#model;
    const { operations, deadEnd } = this.#smallest;
    if (operations.length > MAX_EXPLAINED) return this.#smallest;
    this.#stepsLeft = Math.max(this.#stepsLeft, TRY_STEPS);
    const found = this.#failureOf(plain, operations) ?? deadEnd;
    const originals = new Map(operations.map((operation) => [operation.id, operation]));
    const original = (operation: RecordedOperation) => originals.get(operation.id) ?? operation;
    const orderTail = found.orderTail.map(original);
    return { operations, deadEnd: { ...found, orderTail, blocked: original(found.blocked) } };
  }

  #tryWithout(group: readonly RecordedOperation[]): void {
    const { operations } = this.#smallest;
    const gone = new Set<RecordedOperation>();
    for (const operation of group) {
      if (this.#stepsLeft <= 0) return;
      for (const other of this.#groupOf(operation, operations)) gone.add(other);
    }
    this.#stepsLeft -= operations.length;
    if (gone.size === 0) return;
    const rest = operations.filter((operation) => !gone.has(operation));
    const deadEnd = this.#failureOf(this.#model, rest);
    if (deadEnd !== undefined) this.#smallest = { operations: rest, deadEnd };
  }

  #groupOf(
    operation: RecordedOperation,
    all: readonly RecordedOperation[],
  ): readonly RecordedOperation[] {
    if (this.#model.isReadOnly(operation)) return [operation];
    this.#stepsLeft -= all.length;
    return this.#model.dropGroup?.(operation, all) ?? [];
  }

  /** Where the search for an order of the operations ends; undefined when there is an order. */
  #failureOf(model: Model, operations: readonly RecordedOperation[]): DeadEnd | undefined {
    if (this.#stepsLeft <= 0) return undefined;
    const budget = new Budget({ maxSteps: TRY_STEPS, maxMemoryBytes: TRY_MEMORY_BYTES });
    const search = new Search(createProblem(model, operations.map(this.#untilCut)), budget);
    const result = search.run(TRY_STEPS);
    this.#stepsLeft -= budget.stepCount;
    return result.type === 'refuted' ? result.deadEnd : undefined;
  }

  /** What was under way at the cut need not have happened by then; its answer is known even so. */
  readonly #untilCut = (operation: RecordedOperation): RecordedOperation =>
    operation.completedAt > this.#cut
      ? { ...operation, end: 'open', completedAt: Number.POSITIVE_INFINITY }
      : operation;
}
