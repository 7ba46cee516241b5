/**
 * A history of one object, laid out for the search.
 *
 * What cannot matter is left out: operations that did not happen, and reads whose outcome is not
 * known. Every closed operation (one that ended) gets a slot, which is free again after its
 * completion, so that a set of pending operations is a short bitset. Every open operation belongs
 * to a class: those of a class have the same effect, so it only matters how many of them were used.
 */
import type { RecordedOperation, Value } from '../history.ts';
import { canonical, type Model } from '../model.ts';
import { finishSlices, Pace, type Slices } from '../task.ts';

/** What the search reads. Nothing of it changes while the search runs. */
export interface Problem {
  readonly model: Model;
  /** In the order of their invocations. */
  readonly operations: readonly RecordedOperation[];
  /** By operation: operations of one class have the same effect and answer. */
  readonly classOf: Int32Array;
  readonly classCount: number;
  /** By class: one of its operations. */
  readonly classMember: readonly RecordedOperation[];
  /** By class: how many closed operations it has. */
  readonly closedInClass: Int32Array;
  /** By operation: 1 where it changes no state. */
  readonly readOnly: Uint8Array;
  /** By operation: its slot while it is pending; -1 for open ones. */
  readonly slotOf: Int32Array;
  readonly slotCount: number;
  /** `operation + 1` where one is invoked, `-(operation + 1)` where one completes. */
  readonly events: Int32Array;
  /** Classes of open operations, in the order of their first invocations. */
  readonly openClasses: Int32Array;
  /** Where the model grows: for the growth rule of the search. */
  readonly growth: GrowthIndex | undefined;
}

/** What the growth rule needs to know of a history. */
export interface GrowthIndex {
  /** By event: the next observation that is invoked there or later; -1 for none. */
  readonly nextObservation: Int32Array;
  /** By operation: how many that may shrink the state are invoked before it completes. */
  readonly shrinkersBefore: Int32Array;
  /** By operation: 1 where it may shrink the state. */
  readonly shrinks: Uint8Array;
}

/** Lays out the operations of one object, which must be in the order of their invocations. */
export function createProblem(model: Model, recorded: readonly RecordedOperation[]): Problem {
  return finishSlices(problemSlices(model, recorded));
}

/** The same in slices: of the passes over the operations, the longest yields within. */
export function* problemSlices(
  model: Model,
  recorded: readonly RecordedOperation[],
): Slices<Problem> {
  const operations = recorded.filter(
    (operation) =>
      operation.end === 'ok' || (operation.end === 'open' && !model.isReadOnly(operation)),
  );
  const readOnly = Uint8Array.from(operations, (operation) =>
    model.isReadOnly(operation) ? 1 : 0,
  );
  yield;
  const events = eventsOf(operations);
  yield;
  const classes = yield* classSlices(model, operations, readOnly);
  const slots = slotsOf(operations, events);
  yield;
  return {
    model,
    operations,
    readOnly,
    events,
    ...classes,
    ...slots,
    growth: growthOf(model, operations, readOnly, events),
  };
}

function eventsOf(operations: readonly RecordedOperation[]): Int32Array {
  const completions = operations
    .map((operation, index) => ({ at: operation.completedAt, index }))
    .filter(({ at }) => at !== Number.POSITIVE_INFINITY)
    .sort((a, b) => a.at - b.at);
  const events = new Int32Array(operations.length + completions.length);
  let [next, count] = [0, 0];
  operations.forEach((operation, index) => {
    for (;;) {
      const completion = completions[next];
      if (completion === undefined || completion.at > operation.invokedAt) break;
      events[count++] = -(completion.index + 1);
      next++;
    }
    events[count++] = index + 1;
  });
  for (const { index } of completions.slice(next)) events[count++] = -(index + 1);
  return events;
}

function* classSlices(
  model: Model,
  operations: readonly RecordedOperation[],
  readOnly: Uint8Array,
): Slices<
  Pick<Problem, 'classOf' | 'classCount' | 'classMember' | 'closedInClass' | 'openClasses'>
> {
  const pace = new Pace('classes');
  const classes = new ClassNames();
  const classMember: RecordedOperation[] = [];
  const classOf = new Int32Array(operations.length);
  const openClasses = new Set<number>();
  const closed: number[] = [];
  for (const [index, operation] of operations.entries()) {
    if (pace.isOver(4)) yield;
    const { end } = operation;
    const id = classes.numberOf(operation, model.usesProcess);
    if (id === classMember.length) {
      classMember.push(operation);
      closed.push(0);
    }
    classOf[index] = id;
    if (end === 'open') openClasses.add(id);
    else if (readOnly[index] === 0) closed[id] = (closed[id] ?? 0) + 1;
  }
  return {
    classOf,
    classCount: classMember.length,
    classMember,
    closedInClass: Int32Array.from(closed),
    openClasses: Int32Array.from(openClasses),
  };
}

/** Numbers what has the same effect and answer. */
class ClassNames {
  /** By what an operation is but for argument and process, numbers by these. */
  readonly #groups = new Map<string, Map<Value | undefined, number>>();
  #count = 0;

  numberOf({ f, key, argument, result, process, end }: RecordedOperation, usesProcess: boolean) {
    // What differs in a million operations is mostly the argument, or the process: groups are few.
    const isText = usesProcess || (typeof argument === 'object' && argument !== null);
    const name = canonical([f, key ?? null, result === undefined ? [] : [result], end, isText]);
    const group = this.#groups.get(name) ?? new Map<Value | undefined, number>();
    this.#groups.set(name, group);
    const given = argument === undefined ? [] : [argument];
    const value = isText ? canonical([usesProcess ? process : null, ...given]) : argument;
    const number = group.get(value) ?? this.#count;
    if (number === this.#count) {
      group.set(value, number);
      this.#count++;
    }
    return number;
  }
}

function slotsOf(
  operations: readonly RecordedOperation[],
  events: Int32Array,
): Pick<Problem, 'slotOf' | 'slotCount'> {
  const slotOf = new Int32Array(operations.length).fill(-1);
  const free: number[] = [];
  let slotCount = 0;
  for (const event of events) {
    const index = Math.abs(event) - 1;
    if (operations[index]?.end === 'open') continue;
    if (event > 0) slotOf[index] = free.pop() ?? slotCount++;
    else free.push(slotOf[index] ?? 0);
  }
  return { slotOf, slotCount };
}

function growthOf(
  model: Model,
  operations: readonly RecordedOperation[],
  readOnly: Uint8Array,
  events: Int32Array,
): GrowthIndex | undefined {
  const { growth } = model;
  if (growth === undefined) return undefined;
  const shrinks = Uint8Array.from(operations, (operation, index) =>
    readOnly[index] === 0 && !growth.grows(operation) ? 1 : 0,
  );
  const shrinkersBefore = new Int32Array(operations.length);
  let count = 0;
  for (const event of events) {
    if (event > 0) count += shrinks[event - 1] ?? 0;
    else shrinkersBefore[-event - 1] = count;
  }
  const nextObservation = new Int32Array(events.length + 1).fill(-1);
  for (let at = events.length - 1; at >= 0; at--) {
    const event = events[at] ?? 0;
    const isObservation = event > 0 && readOnly[event - 1] === 1;
    nextObservation[at] = isObservation ? event - 1 : (nextObservation[at + 1] ?? -1);
  }
  return { nextObservation, shrinkersBefore, shrinks };
}
