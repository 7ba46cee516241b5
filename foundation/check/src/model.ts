/**
 * A sequential model: what an object does when operations come one after the other.
 *
 * A judge of linearizability looks for an order of the recorded operations that a model accepts.
 */
import type { RecordedOperation, Value } from './history.ts';

/**
 * An object as a state machine that may refuse.
 *
 * States are immutable. A model is deterministic: an operation whose outcome is not known leads,
 * where it is legal, to one state, the one that it would have led to with any answer.
 */
export interface Model<State extends Value = Value> {
  /** As it is asked for on the command line: `cas-register`. */
  readonly name: string;
  readonly initial: State;
  /** Whether operations of different keys have nothing to do with each other. */
  readonly perKey: boolean;
  /** Whether it matters which process does an operation, as it does for a lock. */
  readonly usesProcess: boolean;
  /**
   * The state after the operation; undefined when its answer cannot be given in this state. Where
   * the answer is not known (see `isAnswerKnown`), every answer is right.
   */
  step(state: State, operation: RecordedOperation): State | undefined;
  /** Whether the operation leaves every state as it is in which it is legal. */
  isReadOnly(operation: RecordedOperation): boolean;
  /** What is wrong with an operation that this model cannot have; undefined when nothing is. */
  faultOf(operation: RecordedOperation): string | undefined;
  /**
   * Where it is given, operations that only let the state grow: from a state that does not reach an
   * observation, no growth makes the observation legal. It lets a search see dead ends early.
   */
  readonly growth?: Growth<State>;
  /**
   * Of the operations `all`: those that can be left out together with one of them, itself included,
   * so that a history that is right stays right; undefined where there are none. Reads can always
   * be left out. Looks at all of them once, since there may be a million.
   *
   * It is what makes an explanation small: a write goes when no read that stays saw it. Where it is
   * absent, no write goes.
   */
  dropGroups?(all: readonly RecordedOperation[]): DropGroups;
  /** The initial value, where the model is a register that is only read and written. */
  readonly register?: { readonly initial: Value };
}

/** What can be left out together with an operation. */
export type DropGroups = (operation: RecordedOperation) => readonly RecordedOperation[] | undefined;

/** What a search may conclude from the fact that a state only grows. */
export interface Growth<State> {
  /** Whether the operation only lets the state grow. */
  grows(operation: RecordedOperation): boolean;
  /** Whether growth can lead from the state to one in which the observation is legal. */
  reaches(state: State, observation: RecordedOperation): boolean;
}

/** Whether an answer holds the operation to anything. */
export function isAnswerKnown({ end, result }: RecordedOperation): boolean {
  return end === 'ok' || result !== undefined;
}

/** An operation in a few words: `write 3`, `read -> 3`, `cas [1,2] (outcome not known)`. */
export function describeOperation(operation: RecordedOperation): string {
  const { f, key, argument, result, end } = operation;
  const what = [f, key, argument === undefined || argument === null ? '' : show(argument)]
    .filter((part) => part !== undefined && part !== '')
    .join(' ');
  if (end === 'open') return `${what} (outcome not known)`;
  if (end === 'fail') return `${what} (did not happen)`;
  return result === undefined || isEcho(operation) ? what : `${what} -> ${show(result)}`;
}

/** A value as JSON, cut where it is long. */
export function show(value: Value): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 40)}...${text.slice(-17)}` : text;
}

/** Whether two values are the same JSON. Names of an object may come in any order. */
export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (!isComposite(a) || !isComposite(b)) return false;
  if (!Array.isArray(a) || !Array.isArray(b)) return canonical(a) === canonical(b);
  return a.length === b.length && a.every((item, at) => sameValue(item, b[at]));
}

/**
 * JSON of a value with the names of objects in one order, so that equal values have equal texts.
 */
export function canonical(value: Value): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const fields = entries.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`);
  return `{${fields.join(',')}}`;
}

function isComposite(
  value: Value | undefined,
): value is Exclude<Value, null | boolean | number | string> {
  return typeof value === 'object' && value !== null;
}

/** Recorders repeat the argument where there is no result. */
function isEcho({ argument, result }: RecordedOperation): boolean {
  return argument !== undefined && argument !== null && sameValue(argument, result);
}
