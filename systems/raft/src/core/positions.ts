/**
 * Terms and log indexes, as types that cannot be mixed up, and the little arithmetic they need.
 */
import type { Brand } from '@mangrove/host';

/** A term: 0 before the first election, then growing by one with each. `Raft 5.1`. */
export type Term = Brand<number, 'Term'>;

/** A position in the log, counted from 1; 0 is the place before the first entry. */
export type LogIndex = Brand<number, 'LogIndex'>;

/** The term before every election. */
export const NO_TERM: Term = 0 as Term;

/** The place before the first entry. */
export const NO_INDEX: LogIndex = 0 as LogIndex;

/** The term after `term`. */
export function termAfter(term: Term): Term {
  return (term + 1) as Term;
}

/** The index `count` places behind `index`; the next one where `count` is not given. */
export function indexAfter(index: LogIndex, count = 1): LogIndex {
  return (index + count) as LogIndex;
}

/** The index before `index`; `index` is 1 or more. */
export function indexBefore(index: LogIndex): LogIndex {
  return (index - 1) as LogIndex;
}

/** The lower of two indexes. */
export function lowerIndex(left: LogIndex, right: LogIndex): LogIndex {
  return left < right ? left : right;
}

/** The higher of two indexes. */
export function higherIndex(left: LogIndex, right: LogIndex): LogIndex {
  return left > right ? left : right;
}
