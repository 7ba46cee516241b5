/**
 * Judges convergence: once nothing changes any more and all can speak, all replicas tell the same.
 *
 * Only reads count that begin after the quiet time; a read of the same key at two processes must
 * then have the same answer. Cost: linear.
 */
import { type HistoryEvent, pairSlices, type RecordedOperation } from '../history.ts';
import { canonical, describeOperation } from '../model.ts';
import { ObservedWrites } from '../observed-writes.ts';
import { finishSlices, Pace, type Slices } from '../task.ts';
import {
  concluded,
  coverageSlices,
  MAX_VIOLATIONS,
  type Verdict,
  type Violation,
  violationOf,
} from '../verdict.ts';

/** What a caller sets. */
export interface ConvergenceOptions {
  /** From when on all must agree: the end of the last change and fault, and the time to settle. */
  readonly settledAtMs: number;
  /** Which answers mean the same; equal JSON. A set may come in any order, for example. */
  readonly nameOf?: (read: RecordedOperation) => string;
}

/** Judges the `read` operations that begin at `settledAtMs` or later. */
export function checkConvergence(
  history: readonly HistoryEvent[],
  options: ConvergenceOptions,
): Verdict {
  return finishSlices(convergenceSlices(history, options));
}

/** The same in slices. */
export function* convergenceSlices(
  history: readonly HistoryEvent[],
  { settledAtMs, nameOf = ({ result }) => canonical(result ?? null) }: ConvergenceOptions,
): Slices<Verdict> {
  const operations = yield* pairSlices(history);
  const observed = yield* ObservedWrites.among(operations);
  const pace = new Pace('convergence');
  const firsts = new Map<string, RecordedOperation>();
  const faulty = new Set<string>();
  const violations: Violation[] = [];
  const unsettled = operations.filter(
    ({ f, end, completedAtMs }) => f !== 'read' && end !== 'fail' && completedAtMs > settledAtMs,
  );
  let comparedCount = 0;
  for (const read of operations) {
    if (pace.isOver(2)) yield;
    const isLate = read.invokedAtMs >= settledAtMs;
    if (read.f !== 'read' || read.end !== 'ok' || !isLate) continue;
    const key = read.key ?? '';
    const first = firsts.get(key);
    if (first === undefined) {
      firsts.set(key, read);
      continue;
    }
    if (first.process !== read.process) comparedCount++;
    if (nameOf(first) === nameOf(read) || faulty.has(key)) continue;
    faulty.add(key);
    if (faulty.size > MAX_VIOLATIONS) break;
    const sentence =
      `When all had settled, at ${settledAtMs} ms, ${first.process} did ` +
      `${describeOperation(first)} and ${read.process} did ${describeOperation(read)}.`;
    violations.push(violationOf('divergence', [sentence], observed.with([first, read]), read));
  }
  const notes =
    unsettled.length === 0 ? [] : [`${unsettled.length} changes may have come after that time`];
  const coverage = yield* coverageSlices('convergence', operations, notes);
  if (unsettled.some(({ end }) => end === 'ok')) {
    const sentence = 'changes ended after the time at which all should have settled';
    return { type: 'unknown', coverage, reason: { code: 'undecided', sentence } };
  }
  const nothing = 'no key was read by two processes after all had settled';
  return concluded({
    ...{ coverage, decidedBy: 'reads', violations, testedCount: comparedCount, nothing },
  });
}
