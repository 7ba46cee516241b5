/**
 * Judges sequential consistency: whether some order of all operations, which keeps the order of
 * each process, is one that the model accepts. Real time does not count.
 *
 * All keys are judged together: two objects may each be sequentially consistent, and not both at
 * once. A history that is linearizable is sequentially consistent too, so that is tried first. Then
 * the search goes through the places that processes have come to, depth first, with a memo; reads
 * that are legal are taken at once, as in the search of linearizability.
 *
 * Source: Lamport, How to make a multiprocessor computer, 1979. Worst case: exponential in the
 * number of processes.
 */
import { type Bounds, Budget } from '../budget.ts';
import {
  type HistoryEvent,
  HistoryFault,
  pairOperations,
  type RecordedOperation,
  type Value,
} from '../history.ts';
import { linearizableTask } from '../linearizability/check-linearizable.ts';
import { canonical, describeOperation, type Model } from '../model.ts';
import { finishTask, type Task } from '../task.ts';
import { coverageOf, type Verdict, type Violation, violationOf } from '../verdict.ts';

/** The verdict, all at once. */
export function checkSequential(
  model: Model,
  history: readonly HistoryEvent[],
  bounds: Bounds = {},
): Verdict {
  return finishTask(sequentialTask(model, history, bounds));
}

const SLICE_STEPS = 5_000;
const QUICK_STEPS = 1_000_000;

/** The same judgement in slices. */
export function* sequentialTask(
  model: Model,
  history: readonly HistoryEvent[],
  bounds: Bounds = {},
): Task<Verdict> {
  const operations = pairOperations(history);
  for (const operation of operations) {
    const fault = model.faultOf(operation);
    if (fault === undefined) continue;
    throw new HistoryFault(`event ${operation.invokedAt}`, `the model ${model.name} ${fault}`);
  }
  const check = `sequentially consistent (${model.name})`;
  const coverage = coverageOf(check, operations);
  const budget = new Budget(bounds);
  const quick = yield* linearizableTask(model, history, { maxSteps: QUICK_STEPS });
  if (quick.type === 'valid') return { type: 'valid', coverage, decidedBy: 'linearizable' };
  const search = new SequentialSearch(model, operations, budget);
  for (;;) {
    const result = search.run(SLICE_STEPS);
    if (result === 'found') return { type: 'valid', coverage, decidedBy: 'search' };
    if (result === 'refuted') {
      const violations = [search.explain()];
      return { type: 'invalid', coverage, decidedBy: 'search', violations };
    }
    const reason = budget.exceeded(search.memoryBytes);
    if (reason !== undefined) return { type: 'unknown', coverage, reason };
    yield { check, partsDone: 0, partCount: 1, stepCount: budget.stepCount };
  }
}

/** Where each process has come to, and what each key holds. */
interface Configuration {
  readonly places: readonly number[];
  readonly states: ReadonlyMap<string, Value>;
  /** The next process to try. */
  cursor: number;
}

class SequentialSearch {
  readonly #model: Model;
  readonly #budget: Budget;
  readonly #lines: readonly (readonly RecordedOperation[])[];
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
    this.#enter(
      this.#lines.map(() => 0),
      new Map(),
    );
  }

  run(stepCount: number): 'running' | 'found' | 'refuted' {
    for (let step = 0; step < stepCount; step++) {
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
      this.#enter(places, new Map(top.states).set(this.#keyOf(operation), next));
    }
    return 'running';
  }

  /** All that is known to have happened has its place. */
  #isDone({ places }: Configuration): boolean {
    return this.#lines.every((line, process) =>
      line.slice(places[process]).every(({ end }) => end === 'open'),
    );
  }

  #enter(start: readonly number[], states: ReadonlyMap<string, Value>): void {
    const places = [...start];
    // A place for each process is copied and named: with many of them that is the work.
    this.#budget.stepCount += this.#lines.length >>> 3;
    for (let moved = true; moved; ) {
      moved = false;
      this.#lines.forEach((line, process) => {
        const operation = line[places[process] ?? 0];
        if (operation === undefined || !this.#model.isReadOnly(operation)) return;
        this.#budget.stepCount++;
        if (this.#stateAfter(states, operation) === undefined) return;
        places[process] = (places[process] ?? 0) + 1;
        moved = true;
      });
    }
    const held = [...states].map(([key, state]) => `${key} ${canonical(state)}`).sort();
    const name = `${places.join()} ${held.join()}`;
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    this.memoryBytes += 2 * name.length + 8 * places.length + 120;
    const configuration = { places, states, cursor: 0 };
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

  explain(): Violation {
    const places = this.#best?.places ?? [];
    const next = this.#lines.flatMap((line, process) => line[places[process] ?? 0] ?? []);
    const done = this.#lines.flatMap((line, process) => line.slice(0, places[process]));
    const tail = done.sort((a, b) => a.id - b.id).slice(-24);
    const told = next.map((it) => `${it.process}: ${describeOperation(it)}`).join('; ');
    return violationOf(
      'not-sequential',
      [
        `The longest order that keeps the order of each process has ${done.length} operations.`,
        `None of these, the next of their processes, can follow: ${told}.`,
      ],
      [...tail, ...next].sort((a, b) => a.id - b.id),
      next[0],
    );
  }
}
