/**
 * Judges a counter by its last reads: each is a total that some choice of the unknown increments
 * gives, and all are the same.
 *
 * Source: Maelstrom, `pn-counter`.
 */
import type { RecordedOperation } from '../history.ts';
import { show } from '../model.ts';
import { finishSlices, Pace, type Slices } from '../task.ts';
import {
  concluded,
  coverageSlices,
  MAX_VIOLATIONS,
  type Verdict,
  violationOf,
} from '../verdict.ts';
import { amountOf, refuseStrange } from './counter-bounds.ts';

/**
 * Judges reads that were made when nothing was under way any more: each must be a total that some
 * choice of the unknown increments gives, and all must be the same.
 */
export function checkFinalCounter(
  operations: readonly RecordedOperation[],
  isFinal: (read: RecordedOperation) => boolean,
): Verdict {
  return finishSlices(finalCounterSlices(operations, isFinal));
}

/** The same in slices. */
export function* finalCounterSlices(
  operations: readonly RecordedOperation[],
  isFinal: (read: RecordedOperation) => boolean,
): Slices<Verdict> {
  for (const operation of operations) refuseStrange(operation);
  const coverage = yield* coverageSlices('final counter', operations);
  const adds = operations.filter(({ f }) => f !== 'read');
  const definite = adds
    .filter(({ end }) => end === 'ok')
    .reduce((sum, add) => sum + amountOf(add), 0);
  const uncertain = adds.filter(({ end }) => end === 'open').map(amountOf);
  const totals = yield* totalsSlices(definite, uncertain);
  if (totals === undefined) {
    const sentence = `${uncertain.length} unknown increments have too many sums`;
    return { type: 'unknown', coverage, reason: { code: 'memory', sentence } };
  }
  const reads = operations.filter((it) => it.f === 'read' && it.end === 'ok' && isFinal(it));
  const shown = totals
    .map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`))
    .join(', ');
  const violations = reads
    .filter(({ result }) => !isAmong(totals, result))
    .slice(0, MAX_VIOLATIONS)
    .map((read) => {
      const answer = show(read.result ?? null);
      const sentence = `${read.process} read ${answer} in the end, but only ${shown} can be.`;
      return violationOf('wrong-total', [sentence], withChanges([read], operations), read);
    });
  const different = reads.find(({ result }) => result !== reads[0]?.result);
  if (violations.length === 0 && different !== undefined && reads[0] !== undefined) {
    const sentence =
      `${reads[0].process} read ${reads[0].result} in the end, and ${different.process} read ` +
      `${different.result}.`;
    const part = withChanges([reads[0], different], operations);
    violations.push(violationOf('divergence', [sentence], part, different));
  }
  const nothing = 'no final read is known to have happened';
  return concluded({
    ...{ coverage, decidedBy: 'totals', violations, testedCount: reads.length, nothing },
  });
}

/** Reads, and every change: a total in the end is the sum of all of them. */
function withChanges(
  reads: readonly RecordedOperation[],
  operations: readonly RecordedOperation[],
): readonly RecordedOperation[] {
  return operations.filter((it) => reads.includes(it) || (it.f !== 'read' && it.end !== 'fail'));
}

/** A total, or all integers from one to another. */
type Interval = readonly [from: number, to: number];

/** The most intervals that are told apart, and the most that are made on the way to them. */
const MAX_INTERVALS = 1_000_000;
const MAX_MADE = 20_000_000;

/**
 * The totals that a counter can have in the end, as closed intervals of integers in ascending
 * order; undefined when they are too many. `definite` is the sum of what was acknowledged; each of
 * `uncertain` may count or not.
 */
export function acceptableTotals(
  definite: number,
  uncertain: readonly number[],
): readonly Interval[] | undefined {
  return finishSlices(totalsSlices(definite, uncertain));
}

/** The same in slices. Small amounts come first: they make long intervals of few. */
function* totalsSlices(
  definite: number,
  uncertain: readonly number[],
): Slices<readonly Interval[] | undefined> {
  const pace = new Pace('totals');
  const counts = new Map<number, number>();
  for (const amount of uncertain) counts.set(amount, (counts.get(amount) ?? 0) + 1);
  const amounts = [...counts].sort(([a], [b]) => Math.abs(a) - Math.abs(b));
  let [totals, madeCount]: [readonly Interval[], number] = [[[definite, definite]], 0];
  for (const [amount, count] of amounts) {
    const next: Interval[] = [];
    for (const interval of totals) {
      for (const moved of movedBy(interval, amount, count)) {
        next.push(moved);
        if (++madeCount > MAX_MADE) return undefined;
        if (pace.isOver()) yield;
      }
    }
    totals = joined(next);
    if (totals.length > MAX_INTERVALS) return undefined;
  }
  return totals;
}

/** The interval moved by none to `count` times the amount: one interval, where they overlap. */
function* movedBy([from, to]: Interval, amount: number, count: number): Generator<Interval> {
  if (Number.isInteger(from + amount) && to - from + 1 >= Math.abs(amount)) {
    const far = count * amount;
    yield amount < 0 ? [from + far, to] : [from, to + far];
    return;
  }
  for (let times = 0; times <= count; times++) yield [from + times * amount, to + times * amount];
}

/** In order, and what touches is one. What is no integer stays by itself. */
function joined(intervals: readonly Interval[]): readonly Interval[] {
  const all: [number, number][] = [];
  for (const [from, to] of intervals.toSorted(([a], [b]) => a - b)) {
    const last = all.at(-1);
    const isNext = last !== undefined && from <= last[1] + (Number.isInteger(from) ? 1 : 0);
    if (last !== undefined && isNext && (from === last[1] || Number.isInteger(last[1]))) {
      last[1] = Math.max(last[1], to);
    } else all.push([from, to]);
  }
  return all;
}

function isAmong(totals: readonly Interval[], total: RecordedOperation['result']): boolean {
  return typeof total === 'number' && totals.some(([from, to]) => total >= from && total <= to);
}
