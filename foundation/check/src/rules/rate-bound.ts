/**
 * Judges a rate limiter: in no window of time, wherever it begins, were more admitted than the
 * limit.
 *
 * An admission happened at some moment between its invocation and its completion. It counts in a
 * window only when both lie in it, so a violation is one wherever the moments were. Cost: O(n log
 * n).
 */
import { InvalidArgument } from '@mangrove/host';
import { type HistoryEvent, pairSlices, type RecordedOperation } from '../history.ts';
import { finishSlices, Pace, type Slices } from '../task.ts';
import {
  concluded,
  coverageSlices,
  MAX_VIOLATIONS,
  type Verdict,
  type Violation,
  violationOf,
} from '../verdict.ts';

/** The limit. */
export interface RateBound {
  /** The most that may be admitted in a window, of each key. */
  readonly limit: number;
  readonly windowMs: number;
  /** What an operation that ended `ok` consumed: 0 when it was refused; 1 for all. */
  readonly costOf?: (operation: RecordedOperation) => number;
}

/** The verdict, and the fullest window of all keys. */
export interface RateReport {
  readonly verdict: Verdict;
  readonly most: number;
}

/**
 * Judges the operations that ended `ok`. @throws InvalidArgument when the window is not positive
 */
export function checkRateBound(history: readonly HistoryEvent[], bound: RateBound): RateReport {
  return finishSlices(rateBoundSlices(history, bound));
}

/** The same in slices; only the sorting is done at once. */
export function* rateBoundSlices(
  history: readonly HistoryEvent[],
  bound: RateBound,
): Slices<RateReport> {
  const { limit, windowMs, costOf = () => 1 } = bound;
  if (!(windowMs > 0)) throw new InvalidArgument('windowMs', windowMs, 'a positive number');
  const operations = yield* pairSlices(history);
  const pace = new Pace('rate bound');
  const keys = new Map<string, RecordedOperation[]>();
  for (const operation of operations) {
    if (pace.isOver()) yield;
    if (operation.end !== 'ok' || costOf(operation) === 0) continue;
    const key = keys.get(operation.key ?? '') ?? [];
    keys.set(operation.key ?? '', key);
    key.push(operation);
  }
  const violations: Violation[] = [];
  let [most, testedCount] = [0, 0];
  for (const part of keys.values()) {
    testedCount += part.length;
    const fullest = yield* fullestWindow(part, windowMs, costOf, pace);
    most = Math.max(most, fullest.total);
    if (fullest.total <= limit || violations.length === MAX_VIOLATIONS) continue;
    violations.push(explain(part, fullest, { ...bound, costOf }));
  }
  const coverage = yield* coverageSlices(`at most ${limit} in ${windowMs} ms`, operations);
  const nothing = 'nothing was admitted';
  const verdict = concluded({ coverage, decidedBy: 'windows', violations, testedCount, nothing });
  return { verdict, most };
}

interface FullWindow {
  readonly fromMs: number;
  readonly total: number;
}

/**
 * The window that holds most. A fullest one begins with an invocation. Going through these from the
 * last to the first, all that begin in or after the window are in the tree, by the order of their
 * ends.
 */
function* fullestWindow(
  part: readonly RecordedOperation[],
  windowMs: number,
  costOf: (operation: RecordedOperation) => number,
  pace: Pace,
): Slices<FullWindow> {
  const byEnd = part.toSorted((a, b) => a.completedAtMs - b.completedAtMs);
  const rank = new Map(byEnd.map((operation, index) => [operation.id, index]));
  const sums = new Float64Array(part.length + 1);
  let fullest: FullWindow = { fromMs: 0, total: 0 };
  for (const operation of part.toSorted((a, b) => b.invokedAtMs - a.invokedAtMs)) {
    if (pace.isOver(4)) yield;
    const cost = costOf(operation);
    for (let at = (rank.get(operation.id) ?? 0) + 1; at <= part.length; at += at & -at) {
      sums[at] = (sums[at] ?? 0) + cost;
    }
    let total = 0;
    const fromMs = operation.invokedAtMs;
    for (let at = countBefore(byEnd, fromMs + windowMs); at > 0; at -= at & -at) {
      total += sums[at] ?? 0;
    }
    if (total > fullest.total) fullest = { fromMs, total };
  }
  return fullest;
}

/** How many of the operations, in the order of their ends, end before a time. */
function countBefore(byEnd: readonly RecordedOperation[], timeMs: number): number {
  let [from, to] = [0, byEnd.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((byEnd[middle]?.completedAtMs ?? 0) < timeMs) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** As few admissions of the window as are over the limit, those that consumed most first. */
function explain(
  part: readonly RecordedOperation[],
  { fromMs, total }: FullWindow,
  { limit, windowMs, costOf }: Required<RateBound>,
): Violation {
  const untilMs = fromMs + windowMs;
  const inside = part.filter((it) => it.invokedAtMs >= fromMs && it.completedAtMs < untilMs);
  const sentence =
    `From ${fromMs} ms to before ${untilMs} ms ${total} were admitted for certain, but the limit ` +
    `is ${limit}.`;
  let sum = 0;
  const shown = inside
    .sort((a, b) => costOf(b) - costOf(a) || a.id - b.id)
    .filter((it) => {
      const isNeeded = sum <= limit;
      sum += costOf(it);
      return isNeeded;
    })
    .sort((a, b) => a.id - b.id);
  return violationOf('over-limit', [sentence], shown, shown.at(-1));
}
