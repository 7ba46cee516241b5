/**
 * Looks for an order of all operations that keeps the order of each process and that the model
 * accepts: depth first through the places that processes have come to, with a memo.
 *
 * Reads that are legal are taken at once: they change nothing, so whatever follows without them
 * follows with them.
 */
import type { Budget } from '../budget.ts';
import type { RecordedOperation, Value } from '../history.ts';
import { canonical, type Model } from '../model.ts';

/** The furthest that an order could be brought. */
export interface Impasse {
  /** The longest order. */
  readonly order: readonly RecordedOperation[];
  /** Of each process that is not at its end, its next operation: none of them can follow. */
  readonly next: readonly RecordedOperation[];
  /** By key, what each held then; keys that still held the initial value are left out. */
  readonly states: ReadonlyMap<string, Value>;
}

/** Where each process has come to, by which order, and what each key holds. */
interface Configuration {
  readonly places: readonly number[];
  readonly states: ReadonlyMap<string, Value>;
  /** The order that led here, its last step first. */
  readonly trail: Step | undefined;
  /** The next process to try. */
  cursor: number;
}

/** The last operation of an order, and what came before it. */
interface Step {
  readonly operation: RecordedOperation;
  readonly before: Step | undefined;
}

/** A search under way. `run` it until it is no longer running. */
export class SequentialSearch {
  readonly #model: Model;
  readonly #budget: Budget;
  readonly #lines: readonly (readonly RecordedOperation[])[];
  /** By process: up to where its operations are known to have happened. */
  readonly #knownCounts: readonly number[];
  readonly #stack: Configuration[] = [];
  readonly #seen = new Set<string>();
  #best: Configuration | undefined;
  #bestLength = -1;
  memoryBytes = 0;

  constructor(model: Model, operations: readonly RecordedOperation[], budget: Budget) {
    this.#model = model;
    this.#budget = budget;
    const lines = new Map<string, RecordedOperation[]>();
    for (const operation of operations) {
      const isIdle = operation.end === 'open' && model.isReadOnly(operation);
      if (operation.end === 'fail' || isIdle) continue;
      const line = lines.get(operation.process) ?? [];
      lines.set(operation.process, line);
      line.push(operation);
    }
    this.#lines = [...lines.values()];
    this.#knownCounts = this.#lines.map(
      (line) => line.findLastIndex(({ end }) => end === 'ok') + 1,
    );
    this.#enter(
      this.#lines.map(() => 0),
      new Map(),
      undefined,
    );
  }

  /** Searches on, for about `stepCount` steps. */
  run(stepCount: number): 'running' | 'found' | 'refuted' {
    const end = this.#budget.stepCount + stepCount;
    while (this.#budget.stepCount < end) {
      const top = this.#stack.at(-1);
      if (top === undefined) return 'refuted';
      if (top.cursor === 0 && this.#isDone(top)) return 'found';
      this.#budget.stepCount++;
      const process = top.cursor++;
      if (process >= this.#lines.length) {
        this.#stack.pop();
        continue;
      }
      const operation = this.#lines[process]?.[top.places[process] ?? 0];
      if (operation === undefined) continue;
      const next = this.#stateAfter(top.states, operation);
      if (next === undefined) continue;
      const places = top.places.with(process, (top.places[process] ?? 0) + 1);
      const states = new Map(top.states).set(this.#keyOf(operation), next);
      this.#enter(places, states, { operation, before: top.trail });
    }
    return 'running';
  }

  /** All that is known to have happened has its place. */
  #isDone({ places }: Configuration): boolean {
    return this.#knownCounts.every((count, process) => (places[process] ?? 0) >= count);
  }

  #enter(
    start: readonly number[],
    states: ReadonlyMap<string, Value>,
    before: Step | undefined,
  ): void {
    const places = [...start];
    let trail = before;
    // A place for each process is copied and named: with many of them that is the work.
    this.#budget.stepCount += this.#lines.length >>> 2;
    for (let moved = true; moved; ) {
      moved = false;
      this.#lines.forEach((line, process) => {
        const operation = line[places[process] ?? 0];
        if (operation === undefined || !this.#model.isReadOnly(operation)) return;
        this.#budget.stepCount++;
        if (this.#stateAfter(states, operation) === undefined) return;
        places[process] = (places[process] ?? 0) + 1;
        trail = { operation, before: trail };
        moved = true;
      });
    }
    const held = [...states].map(([key, state]) => `${key} ${canonical(state)}`).sort();
    const name = `${places.join()} ${held.join()}`;
    this.#budget.stepCount += name.length >>> 6;
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    this.memoryBytes += 2 * name.length + 8 * places.length + 200;
    const configuration = { places, states, trail, cursor: 0 };
    this.#stack.push(configuration);
    const length = places.reduce((sum, place) => sum + place, 0);
    if (length <= this.#bestLength) return;
    this.#best = configuration;
    this.#bestLength = length;
  }

  #stateAfter(states: ReadonlyMap<string, Value>, operation: RecordedOperation): Value | undefined {
    const state = states.get(this.#keyOf(operation));
    return this.#model.step(state === undefined ? this.#model.initial : state, operation);
  }

  #keyOf({ key }: RecordedOperation): string {
    return this.#model.perKey ? (key ?? '') : '';
  }

  /** Where the longest order ended. */
  impasse(): Impasse {
    const best = this.#best;
    const places = best?.places ?? [];
    const order: RecordedOperation[] = [];
    for (let step = best?.trail; step !== undefined; step = step.before) order.push(step.operation);
    const next = this.#lines.flatMap((line, process) => line[places[process] ?? 0] ?? []);
    return { order: order.reverse(), next, states: best?.states ?? new Map() };
  }
}
