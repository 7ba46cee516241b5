/**
 * Leaves operations out of a history that is wrong, as long as the rest is still wrong.
 *
 * Only those go that a right history can lose and stay right: reads, and what the model's
 * `dropGroups` lets go. So what is left is wrong because the whole is, and not because something
 * was left out; and the writes that a read saw stay as long as the read does.
 *
 * Operations go in halves, quarters and so on down to single ones, reads and writes in turn, until
 * nothing goes any more: then the rest is the smallest in the sense that none of its operations can
 * go by itself. The work has a bound; `isSmallest` says whether it was reached before.
 *
 * Source: delta debugging, Zeller and Hildebrandt 2002.
 */
import type { RecordedOperation } from './history.ts';
import type { DropGroups, Model } from './model.ts';
import type { Slices } from './task.ts';

/** What came of judging some of the operations. */
export interface Trial<Failure> {
  /** What is wrong with them; undefined where nothing is, or nothing was found. */
  readonly failure: Failure | undefined;
  /** False where a bound was reached before it was known. */
  readonly isDecided: boolean;
  readonly stepCount: number;
}

/** Leaves out what it can. Belongs to one failure. */
export class OperationShrinker<Failure> {
  readonly #model: Model;
  readonly #judge: (operations: readonly RecordedOperation[]) => Slices<Trial<Failure>>;
  readonly #maxOperations: number;
  #stepsLeft: number;
  #operations: readonly RecordedOperation[];
  #failure: Failure;
  #isSmallest = false;
  #isSure = true;

  /**
   * @param judge says whether some of the operations are still wrong; in the order of the whole
   * @param maxSteps what all trials may spend, beside the last one
   */
  constructor(
    model: Model,
    whole: { readonly operations: readonly RecordedOperation[]; readonly failure: Failure },
    judge: (operations: readonly RecordedOperation[]) => Slices<Trial<Failure>>,
    maxSteps: number,
  ) {
    this.#model = model;
    this.#operations = whole.operations;
    this.#failure = whole.failure;
    this.#judge = judge;
    this.#stepsLeft = maxSteps;
    this.#maxOperations = whole.operations.length;
  }

  /** What is left, and wrong. */
  get operations(): readonly RecordedOperation[] {
    return this.#operations;
  }

  /** What is wrong with it. */
  get failure(): Failure {
    return this.#failure;
  }

  /** Whether none of what is left can go by itself, and that is known for each. */
  get isSmallest(): boolean {
    return this.#isSmallest;
  }

  /** Whether no step is left for another trial. */
  get isSpent(): boolean {
    return this.#stepsLeft <= 0;
  }

  /** Keeps only `rest` if it is still wrong; says whether it is. */
  *tryRest(rest: readonly RecordedOperation[]): Slices<boolean> {
    if (this.isSpent) return false;
    const { failure, isDecided, stepCount } = yield* this.#judge(rest);
    this.#stepsLeft -= stepCount + rest.length;
    if (!isDecided) this.#isSure = false;
    if (failure === undefined) return false;
    this.#operations = rest;
    this.#failure = failure;
    return true;
  }

  /** Leaves out reads and writes in turn until nothing goes any more, or no step is left. */
  *shrink(): Slices<void> {
    const isRead = (operation: RecordedOperation) => this.#model.isReadOnly(operation);
    for (let round = 0; round <= this.#maxOperations; round++) {
      const before = this.#operations.length;
      this.#isSure = true;
      yield* this.#shrinkAmong(isRead, round);
      yield* this.#shrinkAmong((operation) => !isRead(operation), round);
      if (this.isSpent) return;
      if (this.#operations.length === before) {
        this.#isSmallest = this.#isSure;
        return;
      }
    }
  }

  /** Later rounds try single operations only: larger groups went before, if they could. */
  *#shrinkAmong(isChosen: (operation: RecordedOperation) => boolean, round: number): Slices<void> {
    const count = this.#operations.filter(isChosen).length;
    let size = round === 0 ? count : Math.min(count, 1);
    const groupOf = size === 0 ? () => [] : this.#groups();
    while (size > 0 && !this.isSpent) {
      const chosen = this.#operations.filter(isChosen);
      for (let from = 0; from < chosen.length && !this.isSpent; from += size) {
        yield* this.#tryWithout(chosen.slice(from, from + size), groupOf);
      }
      size = size === 1 ? 0 : Math.ceil(size / 2);
    }
  }

  *#tryWithout(group: readonly RecordedOperation[], groupOf: DropGroups): Slices<void> {
    const gone = new Set<RecordedOperation>();
    for (const operation of group) {
      if (gone.has(operation)) continue;
      for (const other of groupOf(operation) ?? []) gone.add(other);
    }
    yield;
    if (gone.size === 0) return;
    const rest = this.#operations.filter((operation) => !gone.has(operation));
    if (rest.length < this.#operations.length) yield* this.tryRest(rest);
  }

  /** What goes together, as it is now: what was seen may be seen no more once a read is gone. */
  #groups(): DropGroups {
    this.#stepsLeft -= this.#operations.length;
    const dropped = this.#model.dropGroups?.(this.#operations);
    return (operation) => (this.#model.isReadOnly(operation) ? [operation] : dropped?.(operation));
  }
}
