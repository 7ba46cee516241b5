/**
 * Judges convergence: once nothing changes any more and all can speak, all replicas tell the same.
 *
 * Only reads count that begin after the quiet time; a read of the same key at two processes must
 * then have the same answer. Cost: linear.
 */
import { type HistoryEvent, pairOperations, type RecordedOperation } from '../history.ts';
import { canonical, describeOperation } from '../model.ts';
import { concluded, coverageOf, type Verdict, type Violation, violationOf } from '../verdict.ts';

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
  { settledAtMs, nameOf = ({ result }) => canonical(result ?? null) }: ConvergenceOptions,
): Verdict {
  const operations = pairOperations(history);
  const firsts = new Map<string, RecordedOperation>();
  const faulty = new Set<string>();
  const violations: Violation[] = [];
  const unsettled = operations.filter(
    ({ f, end, completedAtMs }) => f !== 'read' && end !== 'fail' && completedAtMs > settledAtMs,
  );
  let comparedCount = 0;
  for (const read of operations) {
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
    const sentence =
      `When all had settled, at ${settledAtMs} ms, ${first.process} did ` +
      `${describeOperation(first)} and ${read.process} did ${describeOperation(read)}.`;
    violations.push(violationOf('divergence', [sentence], [first, read], read));
  }
  const notes =
    unsettled.length === 0 ? [] : [`${unsettled.length} changes may have come after that time`];
  const coverage = coverageOf('convergence', operations, notes);
  if (unsettled.some(({ end }) => end === 'ok')) {
    const sentence = 'changes ended after the time at which all should have settled';
    return { type: 'unknown', coverage, reason: { code: 'undecided', sentence } };
  }
  const nothing = 'no key was read by two processes after all had settled';
  return concluded({
    ...{ coverage, decidedBy: 'reads', violations, testedCount: comparedCount, nothing },
  });
}
