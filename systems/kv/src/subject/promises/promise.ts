/**
 * A promise of the store, as histories of clients are held to it.
 */
import {
  coverageOf,
  type HistoryEvent,
  type RecordedOperation,
  type Verdict,
  type Violation,
} from '@mangrove/check';

/** A promise and its judge. */
export interface KvPromise {
  /** What is asked, as people say it: `every register is linearizable`. */
  readonly check: string;
  /** An event as the judge is to see it; `undefined` where it is none of its business. */
  readonly view: (event: HistoryEvent) => HistoryEvent | undefined;
  readonly judge: (seen: readonly HistoryEvent[]) => Verdict;
}

/** A view of the events of some functions, which the judge knows by another name. */
export function named(
  names: Readonly<Record<string, string>>,
  keyPrefix = '',
): (event: HistoryEvent) => HistoryEvent | undefined {
  return (event) => {
    const f = names[event.f];
    if (f === undefined || !(event.key ?? '').startsWith(keyPrefix)) return undefined;
    return { ...event, f };
  };
}

/** What a judge of this house has to say. */
export function verdictOn(
  check: string,
  operations: readonly RecordedOperation[],
  violations: readonly Violation[],
  testedCount: number,
): Verdict {
  const coverage = coverageOf(check, operations);
  if (violations.length > 0) {
    const some = violations.slice(0, VIOLATIONS_MAX);
    return { type: 'invalid', coverage, decidedBy: 'times and revisions', violations: some };
  }
  if (testedCount > 0) return { type: 'valid', coverage, decidedBy: 'times and revisions' };
  const sentence = `nothing was tested: ${check}`;
  return { type: 'unknown', coverage, reason: { code: 'nothing-tested', sentence } };
}

const VIOLATIONS_MAX = 8;

/** Fields of what an operation answered; none where it is no object. */
export function fieldsOf({ result }: RecordedOperation): Readonly<Record<string, unknown>> {
  const isObject = typeof result === 'object' && result !== null && !Array.isArray(result);
  return isObject ? (result as Readonly<Record<string, unknown>>) : {};
}

/** The revision that an operation was told; `undefined` where it was told none. */
export function revisionOf(operation: RecordedOperation): number | undefined {
  const { revision } = fieldsOf(operation);
  return typeof revision === 'number' ? revision : undefined;
}

/** Of the operations that ended before another began, the one that was told most revisions. */
export function highestBefore(
  told: readonly RecordedOperation[],
  begun: RecordedOperation,
): RecordedOperation | undefined {
  let highest: RecordedOperation | undefined;
  for (const each of told) {
    if (each.completedAt > begun.invokedAt) continue;
    if ((revisionOf(each) ?? 0) > (highest === undefined ? 0 : (revisionOf(highest) ?? 0))) {
      highest = each;
    }
  }
  return highest;
}
