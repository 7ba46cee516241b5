/**
 * The states that a search has met, by number, and the steps between them.
 *
 * Equal states have one number, so that the search compares integers; a step is computed once. It
 * costs as much as the state and the answer are large, since both are copied or compared.
 */
import type { Budget } from '../budget.ts';
import type { RecordedOperation, Value } from '../history.ts';
import { canonical, type Model } from '../model.ts';

/** What a step leads to that is not legal. */
export const ILLEGAL = -1;

/** Of `weightOf`: about so much is copied or compared in the time of a step. */
const WEIGHT_SHIFT = 2;

const STATE_BYTES = 120;

/** An entry of a table, and its share of what the table grows into. */
const STEP_BYTES = 80;

/** How much there is to copy or compare of a value: its items and names, and its texts in parts. */
function weightOf(value: Value): number {
  if (typeof value === 'string') return value.length >>> 8;
  if (typeof value !== 'object' || value === null) return 0;
  const items = Object.values(value);
  return items.reduce<number>((sum, item) => sum + weightOf(item), items.length);
}

/** Numbers states and remembers steps. Belongs to one search. */
export class StateSpace {
  readonly #model: Model;
  readonly #classCount: number;
  readonly #states: Value[] = [];
  readonly #primitives = new Map<Value, number>();
  readonly #composites = new Map<string, number>();
  readonly #weights: number[] = [];
  readonly #steps = new Map<number, number>();
  readonly #budget: Budget;
  /** Memory of what is remembered, estimated. */
  memoryBytes = 0;

  constructor(model: Model, classCount: number, budget: Budget) {
    this.#model = model;
    this.#classCount = classCount;
    this.#budget = budget;
    this.#numberOf(model.initial);
  }

  /** The state of a number; the initial one has 0. */
  state(number: number): Value {
    return this.#states[number] ?? null;
  }

  /** Whether the step is remembered. */
  knows(from: number, classNumber: number): boolean {
    return this.#steps.has(from * this.#classCount + classNumber);
  }

  /** Counts the work of looking at a state once, as steps. */
  spendOn(number: number): void {
    this.#budget.stepCount += 1 + ((this.#weights[number] ?? 0) >>> WEIGHT_SHIFT);
  }

  /**
   * The number of the state after an operation of a class; `ILLEGAL` where it cannot be.
   *
   * Steps of open operations are remembered only where they were much work: there may be a million
   * of their classes, and each state has a step of each.
   */
  step(from: number, classNumber: number, operation: RecordedOperation): number {
    const name = from * this.#classCount + classNumber;
    const known = this.#steps.get(name);
    if (known !== undefined) return known;
    this.spendOn(from);
    const state = this.#model.step(this.state(from), operation);
    const to = state === undefined ? ILLEGAL : this.#numberOf(state);
    if (operation.end === 'open' && (to === ILLEGAL || this.#weights[to] === 0)) return to;
    this.#steps.set(name, to);
    this.memoryBytes += STEP_BYTES;
    return to;
  }

  #numberOf(state: Value): number {
    if (typeof state !== 'object' || state === null) {
      const sizeBytes = typeof state === 'string' ? 2 * state.length : 8;
      return this.#numberIn(this.#primitives, state, state, sizeBytes);
    }
    const text = canonical(state);
    return this.#numberIn(this.#composites, text, state, 100 + 8 * text.length);
  }

  #numberIn<Name>(numbers: Map<Name, number>, name: Name, state: Value, sizeBytes: number): number {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#states.length;
    this.#states.push(state);
    const weight = weightOf(state);
    this.#weights.push(weight);
    this.#budget.stepCount += weight >>> WEIGHT_SHIFT;
    numbers.set(name, number);
    this.memoryBytes += STATE_BYTES + sizeBytes;
    return number;
  }
}
