/**
 * The search for a linearization of the history of one object.
 *
 * It walks through the events. When an operation completes that is not linearized yet, it must be
 * linearized now, perhaps after other pending ones: each choice is tried, depth first, and a
 * configuration that was refuted before is not tried again. Five rules keep the search small:
 *
 * - A pending read that is legal is linearized at once. It changes nothing, so whatever follows
 *   without it follows with it.
 * - Of pending operations with the same effect and answer, the one that completes first goes first.
 * - Open operations come last, and a configuration that used more of them than a refuted one is
 *   refuted (`ConfigurationMemo`).
 * - An open operation is taken only where the next one, or a read, comes out differently for it.
 * - Where a state only grows, a state that can no longer reach what a later read saw is a dead end.
 *
 * Source: Wing and Gong, Testing and verifying concurrent objects, 1993, with the memo of Lowe,
 * Testing for linearizability, 2017, whose just-in-time rule is the one of completions above. Worst
 * case: exponential in the number of pending operations, which no algorithm avoids (Gibbons and
 * Korach, 1997).
 */

import type { Budget } from '../budget.ts';
import type { RecordedOperation, Value } from '../history.ts';
import type { UnknownReason } from '../verdict.ts';
import { ConfigurationMemo, type Uses, withUse } from './configuration-memo.ts';
import type { Problem } from './problem.ts';
import { ILLEGAL, StateSpace } from './state-space.ts';

/** What a search has come to. */
export type SearchResult =
  | { readonly type: 'running' }
  | { readonly type: 'linearizable'; readonly order: readonly RecordedOperation[] }
  | { readonly type: 'refuted'; readonly deadEnd: DeadEnd }
  | { readonly type: 'unknown'; readonly reason: UnknownReason };

/** The furthest that an order could be brought. */
export interface DeadEnd {
  /** The operation that could not be linearized before it completed. */
  readonly blocked: RecordedOperation;
  /** The end of the longest order: its last operations, the last one last. */
  readonly orderTail: readonly RecordedOperation[];
  readonly orderLength: number;
  /** The states that were possible there: at most `MAX_STATES`. */
  readonly states: readonly Value[];
}

/** How many states a dead end shows. */
export const MAX_STATES = 8;
const TAIL_LENGTH = 32;
const BUDGET_INTERVAL = 4096;

/** A place where a choice is made, and the choices that are left. */
interface Frame {
  readonly place: number;
  readonly state: number;
  readonly bits: Int32Array;
  readonly used: Uses;
  readonly orderLength: number;
  readonly shrunk: number;
  /**
   * The state before the last step, where that was an open operation that no read needed; else -1.
   */
  readonly openFrom: number;
  /** The next choice: 0 the blocked operation, then slots, then classes of open operations. */
  cursor: number;
}

/** A search under way. `run` it until it is no longer running. */
export class Search {
  readonly #problem: Problem;
  readonly #budget: Budget;
  readonly #space: StateSpace;
  readonly #memo: ConfigurationMemo;
  readonly #frames: Frame[] = [];
  readonly #order: number[] = [];
  /** By slot: the pending operation; -1 for none. */
  readonly #pending: Int32Array;
  /** By class: how many open operations were invoked. */
  readonly #available: Int32Array;
  /** How many of `openClasses` have an operation that was invoked. */
  #openClassCount = 0;
  #place = 0;
  #state = 0;
  #bits: Int32Array;
  #used: Uses = [];
  /** By class: how often it is in `#used`. */
  readonly #usesOf: Int32Array;
  /** How many linearized operations may have shrunk the state. */
  #shrunk = 0;
  #openFrom = -1;
  #frameBytes = 0;
  #best: { place: number; tail: number[]; length: number; states: Set<number> } | undefined;
  #started = false;

  constructor(problem: Problem, budget: Budget) {
    this.#problem = problem;
    this.#budget = budget;
    this.#space = new StateSpace(problem.model, problem.classCount, budget);
    this.#memo = new ConfigurationMemo(budget);
    this.#usesOf = new Int32Array(problem.classCount);
    this.#pending = new Int32Array(problem.slotCount).fill(-1);
    this.#available = new Int32Array(problem.classCount);
    this.#bits = new Int32Array((problem.slotCount + 31) >>> 5);
  }

  /** The memory of what the search remembers, estimated. */
  get memoryBytes(): number {
    return this.#memo.memoryBytes + this.#space.memoryBytes + this.#frameBytes;
  }

  /** Searches on, for about `stepCount` steps. */
  run(stepCount: number): SearchResult {
    const end = this.#budget.stepCount + stepCount;
    if (!this.#started) {
      this.#started = true;
      if (this.#advance()) return this.#found();
      this.#enter();
    }
    let checkAt = this.#budget.stepCount + BUDGET_INTERVAL;
    while (this.#budget.stepCount < end) {
      const frame = this.#frames.at(-1);
      if (frame === undefined) return { type: 'refuted', deadEnd: this.#deadEnd() };
      if (!this.#choose(frame)) {
        this.#leave(frame);
      } else if (this.#advance()) {
        return this.#found();
      } else {
        this.#enter();
      }
      if (this.#budget.stepCount >= checkAt) {
        const reason = this.#budget.exceeded(this.memoryBytes);
        if (reason !== undefined) return { type: 'unknown', reason };
        checkAt = this.#budget.stepCount + BUDGET_INTERVAL;
      }
    }
    const reason = this.#budget.exceeded(this.memoryBytes);
    return reason === undefined ? { type: 'running' } : { type: 'unknown', reason };
  }

  /** Goes on to the next completion of an operation that is not linearized; true at the end. */
  #advance(): boolean {
    const { events, slotOf, readOnly } = this.#problem;
    for (; this.#place < events.length; this.#place++) {
      this.#budget.stepCount++;
      const event = events[this.#place] ?? 0;
      const index = Math.abs(event) - 1;
      const slot = slotOf[index] ?? -1;
      if (event > 0) {
        this.#invoke(index, slot);
        if (slot >= 0 && readOnly[index] === 1) this.#tryRead(index, slot);
      } else if (this.#isLinearized(slot)) {
        this.#clear(slot);
        this.#pending[slot] = -1;
      } else {
        return false;
      }
    }
    return true;
  }

  #invoke(index: number, slot: number): void {
    if (slot >= 0) {
      this.#pending[slot] = index;
      return;
    }
    const { classOf, openClasses } = this.#problem;
    const classNumber = classOf[index] ?? 0;
    this.#available[classNumber] = (this.#available[classNumber] ?? 0) + 1;
    if (openClasses[this.#openClassCount] === classNumber) this.#openClassCount++;
  }

  /** Goes back to `place`, undoing what events did to the tables. */
  #retreat(place: number): void {
    const { events, slotOf, classOf, openClasses } = this.#problem;
    while (this.#place > place) {
      const event = events[--this.#place] ?? 0;
      const index = Math.abs(event) - 1;
      const slot = slotOf[index] ?? -1;
      if (slot >= 0) {
        this.#pending[slot] = event > 0 ? -1 : index;
        continue;
      }
      const classNumber = classOf[index] ?? 0;
      const left = (this.#available[classNumber] ?? 0) - 1;
      this.#available[classNumber] = left;
      if (left === 0 && openClasses[this.#openClassCount - 1] === classNumber)
        this.#openClassCount--;
    }
  }

  /** Makes a frame of the present configuration, unless it is known to lead nowhere. */
  #enter(): void {
    if (this.#isDeadEnd(this.#state, this.#space.state(this.#state))) return;
    if (!this.#memo.add(this.#place, this.#state, this.#bits, this.#used)) return;
    this.#frameBytes += frameBytes(this.#bits, this.#used);
    this.#frames.push({
      place: this.#place,
      state: this.#state,
      bits: this.#bits.slice(),
      used: this.#used,
      orderLength: this.#order.length,
      shrunk: this.#shrunk,
      openFrom: this.#openFrom,
      cursor: 0,
    });
  }

  #leave(frame: Frame): void {
    this.#restore(frame);
    this.#note(frame);
    this.#frames.pop();
    this.#frameBytes -= frameBytes(frame.bits, frame.used);
  }

  #restore(frame: Frame): void {
    this.#retreat(frame.place);
    this.#state = frame.state;
    this.#bits.set(frame.bits);
    this.#budget.stepCount += frame.bits.length >>> 5;
    this.#use(frame.used);
    this.#order.length = frame.orderLength;
    this.#shrunk = frame.shrunk;
    this.#openFrom = frame.openFrom;
  }

  #use(used: Uses): void {
    if (used === this.#used) return;
    this.#budget.stepCount += (this.#used.length + used.length) >>> 4;
    for (let at = 0; at < this.#used.length; at += 2) this.#usesOf[this.#used[at] ?? 0] = 0;
    for (let at = 0; at < used.length; at += 2) this.#usesOf[used[at] ?? 0] = used[at + 1] ?? 0;
    this.#used = used;
  }

  /** Takes the frame's next choice that is legal; false when none is left. */
  #choose(frame: Frame): boolean {
    const { events, slotOf, openClasses } = this.#problem;
    if (this.#place !== frame.place || this.#order.length !== frame.orderLength)
      this.#restore(frame);
    const blocked = -(events[frame.place] ?? 0) - 1;
    const blockedSlot = slotOf[blocked] ?? 0;
    const slotEnd = 1 + this.#pending.length;
    while (frame.cursor < slotEnd) {
      const slot = frame.cursor === 0 ? blockedSlot : frame.cursor - 1;
      frame.cursor++;
      if (frame.cursor > 1 && slot === blockedSlot) continue;
      this.#budget.stepCount++;
      if (this.#tryClosed(slot)) return true;
    }
    while (frame.cursor < slotEnd + this.#openClassCount) {
      const classNumber = openClasses[frame.cursor - slotEnd] ?? 0;
      frame.cursor++;
      this.#budget.stepCount++;
      if (this.#tryOpen(classNumber)) return true;
    }
    return false;
  }

  #tryClosed(slot: number): boolean {
    const index = this.#pending[slot] ?? -1;
    if (index < 0 || this.#isLinearized(slot)) return false;
    const { classOf, operations, readOnly, closedInClass, growth } = this.#problem;
    const operation = operations[index];
    // Reads were linearized wherever they were legal.
    if (operation === undefined || readOnly[index] === 1) return false;
    const classNumber = classOf[index] ?? 0;
    const to = this.#space.step(this.#state, classNumber, operation);
    if (to === ILLEGAL || this.#isIdleDetour(to, classNumber, operation)) return false;
    if ((closedInClass[classNumber] ?? 0) > 1 && this.#hasTwinBefore(index, classNumber))
      return false;
    this.#set(slot);
    this.#shrunk += growth?.shrinks[index] ?? 0;
    this.#moveTo(to, index);
    return true;
  }

  /** Whether a pending operation of the same class completes earlier and is not linearized. */
  #hasTwinBefore(index: number, classNumber: number): boolean {
    const { classOf, operations } = this.#problem;
    const completedAt = operations[index]?.completedAt ?? 0;
    this.#budget.stepCount += this.#pending.length >>> 5;
    return this.#pending.some(
      (other, slot) =>
        other >= 0 &&
        other !== index &&
        classOf[other] === classNumber &&
        !this.#isLinearized(slot) &&
        (operations[other]?.completedAt ?? 0) < completedAt,
    );
  }

  #tryOpen(classNumber: number): boolean {
    const { classMember, growth, model } = this.#problem;
    const member = classMember[classNumber];
    if (member === undefined) return false;
    if ((this.#usesOf[classNumber] ?? 0) >= (this.#available[classNumber] ?? 0)) return false;
    if (this.#growsTooFar(classNumber, member)) return false;
    const to = this.#space.step(this.#state, classNumber, member);
    if (to === ILLEGAL || to === this.#state) return false;
    if (this.#isIdleDetour(to, classNumber, member)) return false;
    this.#use(withUse(this.#used, classNumber));
    if (growth !== undefined && model.growth?.grows(member) === false) this.#shrunk++;
    const [before, length] = [this.#state, this.#order.length];
    this.#moveTo(to, -(classNumber + 1));
    this.#openFrom = this.#order.length === length + 1 ? before : -1;
    return true;
  }

  /**
   * Whether an operation that lets the state grow leads to a dead end. Found out before its state
   * is remembered: a million open operations have a million states that lead nowhere.
   */
  #growsTooFar(classNumber: number, operation: RecordedOperation): boolean {
    const { model } = this.#problem;
    if (model.growth?.grows(operation) !== true) return false;
    if (this.#space.knows(this.#state, classNumber)) return false;
    this.#space.spendOn(this.#state);
    const state = model.step(this.#space.state(this.#state), operation);
    return state === undefined || this.#isDeadEnd(this.#state, state);
  }

  /**
   * Whether the open operation just before made no difference: without it, the next leads to the
   * same state, and more open operations are left. The frame below tries that.
   */
  #isIdleDetour(to: number, classNumber: number, operation: RecordedOperation): boolean {
    if (this.#openFrom < 0) return false;
    return this.#space.step(this.#openFrom, classNumber, operation) === to;
  }

  /** `step` is an operation, or `-(class + 1)` for an open one of the class. */
  #moveTo(state: number, step: number): void {
    this.#order.push(step);
    this.#openFrom = -1;
    if (state === this.#state) return;
    this.#state = state;
    // Each of a crowd is looked at: with many of them that is the work.
    this.#budget.stepCount += this.#pending.length >>> 5;
    this.#pending.forEach((index, slot) => {
      if (index >= 0 && this.#problem.readOnly[index] === 1) this.#tryRead(index, slot);
    });
  }

  #tryRead(index: number, slot: number): void {
    const operation = this.#problem.operations[index];
    if (operation === undefined || this.#isLinearized(slot)) return;
    this.#budget.stepCount++;
    const classNumber = this.#problem.classOf[index] ?? 0;
    if (this.#space.step(this.#state, classNumber, operation) === ILLEGAL) return;
    this.#set(slot);
    this.#order.push(index);
  }

  /**
   * Whether a state cannot grow into what a read saw that is still to be linearized.
   *
   * @param near the number of a state that is about as large
   */
  #isDeadEnd(near: number, state: Value): boolean {
    const { growth, readOnly } = this.#problem;
    if (growth === undefined) return false;
    const next = growth.nextObservation[this.#place] ?? -1;
    if (next >= 0 && this.#isOutOfReach(next, near, state)) return true;
    this.#budget.stepCount += this.#pending.length >>> 5;
    return this.#pending.some(
      (index, slot) =>
        index >= 0 &&
        readOnly[index] === 1 &&
        !this.#isLinearized(slot) &&
        this.#isOutOfReach(index, near, state),
    );
  }

  #isOutOfReach(observation: number, near: number, state: Value): boolean {
    const { growth, model, operations } = this.#problem;
    if ((growth?.shrinkersBefore[observation] ?? 0) > this.#shrunk) return false;
    const operation = operations[observation];
    if (operation === undefined || model.growth === undefined) return false;
    this.#space.spendOn(near);
    return !model.growth.reaches(state, operation);
  }

  #isLinearized(slot: number): boolean {
    return (((this.#bits[slot >>> 5] ?? 0) >>> (slot & 31)) & 1) === 1;
  }

  #set(slot: number): void {
    this.#bits[slot >>> 5] = (this.#bits[slot >>> 5] ?? 0) | (1 << (slot & 31));
  }

  #clear(slot: number): void {
    this.#bits[slot >>> 5] = (this.#bits[slot >>> 5] ?? 0) & ~(1 << (slot & 31));
  }

  /** Remembers the frame if no order came further. */
  #note(frame: Frame): void {
    if (this.#best !== undefined && this.#best.place > frame.place) return;
    if (this.#best === undefined || this.#best.place < frame.place) {
      const tail = this.#order.slice(-TAIL_LENGTH);
      this.#best = { place: frame.place, tail, length: this.#order.length, states: new Set() };
    }
    if (this.#best.states.size < MAX_STATES) this.#best.states.add(frame.state);
  }

  #deadEnd(): DeadEnd {
    const { events, operations } = this.#problem;
    const best = this.#best;
    const blocked = operations[-(events[best?.place ?? this.#place] ?? 0) - 1];
    if (blocked === undefined) throw new Error(`no operation completes at ${best?.place}`);
    return {
      blocked,
      orderTail: (best?.tail ?? []).flatMap((step) => this.#operationOf(step)),
      orderLength: best?.length ?? 0,
      states: [...(best?.states ?? [this.#state])].map((state) => this.#space.state(state)),
    };
  }

  #found(): SearchResult {
    return { type: 'linearizable', order: this.#order.flatMap((step) => this.#operationOf(step)) };
  }

  #operationOf(step: number): readonly RecordedOperation[] {
    const { classMember, operations } = this.#problem;
    const operation = step >= 0 ? operations[step] : classMember[-step - 1];
    return operation === undefined ? [] : [operation];
  }
}

/** The memory of a frame, estimated. */
function frameBytes(bits: Int32Array, used: Uses): number {
  return 250 + 4 * bits.length + 8 * used.length;
}
