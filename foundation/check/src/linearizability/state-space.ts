/**
 * The states that a search has met, by number, and the steps between them.
 *
 * Equal states have one number, so that the search compares integers; a step is computed once.
 */
import type { RecordedOperation, Value } from '../history.ts';
import { canonical, type Model } from '../model.ts';

/** What a step leads to that is not legal. */
export const ILLEGAL = -1;

/** Numbers states and remembers steps. Belongs to one search. */
export class StateSpace {
  readonly #model: Model;
  readonly #classCount: number;
  readonly #states: Value[] = [];
  readonly #primitives = new Map<Value, number>();
  readonly #composites = new Map<string, number>();
  readonly #steps = new Map<number, number>();
  /** Memory of what is remembered, estimated. */
  memoryBytes = 0;

  constructor(model: Model, classCount: number) {
    this.#model = model;
    this.#classCount = classCount;
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

  /** The number of the state after an operation of a class; `ILLEGAL` where it cannot be. */
  step(from: number, classNumber: number, operation: RecordedOperation): number {
    const name = from * this.#classCount + classNumber;
    const known = this.#steps.get(name);
    if (known !== undefined) return known;
    const state = this.#model.step(this.state(from), operation);
    const to = state === undefined ? ILLEGAL : this.#numberOf(state);
    this.#steps.set(name, to);
    this.memoryBytes += 40;
    return to;
  }

  #numberOf(state: Value): number {
    if (typeof state !== 'object' || state === null) {
      const sizeBytes = typeof state === 'string' ? 2 * state.length : 8;
      return this.#numberIn(this.#primitives, state, state, sizeBytes);
    }
    const text = canonical(state);
    return this.#numberIn(this.#composites, text, state, 4 * text.length);
  }

  #numberIn<Name>(numbers: Map<Name, number>, name: Name, state: Value, sizeBytes: number): number {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#states.length;
    this.#states.push(state);
    numbers.set(name, number);
    this.memoryBytes += 100 + sizeBytes;
    return number;
  }
}
