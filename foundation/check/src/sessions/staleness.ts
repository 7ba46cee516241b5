/**
 * Judges how stale reads are: for how long the value that a read saw had surely been replaced.
 *
 * A write surely replaces another when it began after the other had ended; it is surely there once
 * it has ended. So a read is stale by the time from the earliest such end to its own beginning. It
 * is a lower bound, by the recorder's one clock. Values must be unique per key.
 *
 * Cost: O(n log n). Source: k-atomicity and delta-atomicity, Golab, Li and Shah, 2011.
 */
import { type HistoryEvent, pairSlices, type RecordedOperation, type Value } from '../history.ts';
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
export interface StalenessOptions {
  /** A read may be stale by so much and no more; 0 asks that no read is stale at all. */
  readonly maxStaleMs: number;
  /** What a key holds that nobody wrote; null. */
  readonly initial?: Value;
}

/** The verdict, and the stalest read. */
export interface StalenessReport {
  readonly verdict: Verdict;
  readonly worst: StaleRead | undefined;
  /** How many reads saw a value that had surely been replaced. */
  readonly staleCount: number;
}

/** A read of a value that had been replaced. */
export interface StaleRead {
  readonly read: RecordedOperation;
  /** The write that had surely replaced it. */
  readonly newer: RecordedOperation;
  readonly staleMs: number;
}

/** Judges `read` and `write` operations of registers. */
export function checkStaleness(
  history: readonly HistoryEvent[],
  options: StalenessOptions,
): StalenessReport {
  return finishSlices(stalenessSlices(history, options));
}

/** The same in slices. */
export function* stalenessSlices(
  history: readonly HistoryEvent[],
  { maxStaleMs, initial = null }: StalenessOptions,
): Slices<StalenessReport> {
  const operations = yield* pairSlices(history);
  const pace = new Pace('staleness');
  const parts = new Map<string | undefined, RecordedOperation[]>();
  for (const operation of operations) {
    if (pace.isOver()) yield;
    const part = parts.get(operation.key) ?? [];
    parts.set(operation.key, part);
    part.push(operation);
  }
  const stale: StaleRead[] = [];
  const garbage: RecordedOperation[] = [];
  const skipped: string[] = [];
  let testedCount = 0;
  for (const [key, part] of parts) {
    const found = yield* staleReadsOf(part, canonical(initial), garbage, pace);
    if (found === undefined) {
      skipped.push(`key ${key ?? 'of no name'}: a value was written twice`);
      continue;
    }
    testedCount += part.filter(({ f, end }) => f === 'read' && end === 'ok').length;
    for (const it of found) stale.push(it);
  }
  const observed = yield* ObservedWrites.among(operations);
  const violations = [
    ...garbage.slice(0, MAX_VIOLATIONS).map((read) => {
      const sentence = `${read.process} did ${describeOperation(read)}, which nobody wrote.`;
      return violationOf('garbage-read', [sentence], [read], read);
    }),
    ...stale
      .filter(({ staleMs }) => staleMs > maxStaleMs)
      .slice(0, MAX_VIOLATIONS)
      .map((it) => explain(it, maxStaleMs, observed)),
  ];
  const coverage = yield* coverageSlices(`staleness up to ${maxStaleMs} ms`, operations, skipped);
  const worst = stale.reduce<StaleRead | undefined>(
    (most, it) => (most === undefined || it.staleMs > most.staleMs ? it : most),
    undefined,
  );
  return {
    verdict: verdictOf(coverage, violations, skipped.length === parts.size, testedCount),
    worst,
    staleCount: stale.length,
  };
}

function verdictOf(
  coverage: Verdict['coverage'],
  violations: readonly Violation[],
  isAllSkipped: boolean,
  testedCount: number,
): Verdict {
  if (isAllSkipped && coverage.okCount > 0) {
    const sentence = 'no key has unique values';
    return { type: 'unknown', coverage, reason: { code: 'undecided', sentence } };
  }
  const nothing = 'of no key with unique values is a read known to have happened';
  return concluded({ ...{ coverage, decidedBy: 'times', violations, testedCount, nothing } });
}

/** The stale reads of one key; undefined where a value is written twice. */
function* staleReadsOf(
  part: readonly RecordedOperation[],
  initial: string,
  garbage: RecordedOperation[],
  pace: Pace,
): Slices<readonly StaleRead[] | undefined> {
  const writes = part.filter(({ f, end }) => f === 'write' && end !== 'fail');
  const byValue = new Map(writes.map((write) => [canonical(write.argument ?? null), write]));
  if (byValue.size < writes.length || byValue.has(initial)) return undefined;
  // By invocation, the write that ends first among this one and all that begin later.
  const earliest = writes.slice();
  for (let at = earliest.length - 2; at >= 0; at--) {
    const [here, later] = [earliest[at], earliest[at + 1]];
    if (here !== undefined && later !== undefined && later.completedAt < here.completedAt) {
      earliest[at] = later;
    }
  }
  const stale: StaleRead[] = [];
  for (const read of part) {
    if (pace.isOver(2)) yield;
    if (read.f !== 'read' || read.end !== 'ok') continue;
    const value = canonical(read.result ?? null);
    const write = byValue.get(value);
    if (write === undefined && value !== initial) {
      garbage.push(read);
      continue;
    }
    const newer = earliest[firstAfter(writes, write?.completedAt ?? -1)];
    if (newer === undefined || newer.completedAt > read.invokedAt) continue;
    stale.push({ read, newer, staleMs: read.invokedAtMs - newer.completedAtMs });
  }
  return stale;
}

/** The index of the first write, in the order of invocations, that begins after `position`. */
function firstAfter(writes: readonly RecordedOperation[], position: number): number {
  let [from, to] = [0, writes.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((writes[middle]?.invokedAt ?? 0) <= position) from = middle + 1;
    else to = middle;
  }
  return from;
}

function explain(
  { read, newer, staleMs }: StaleRead,
  maxStaleMs: number,
  observed: ObservedWrites,
): Violation {
  return violationOf(
    'stale-read',
    [
      `${newer.process} ended ${describeOperation(newer)} at ${newer.completedAtMs} ms.`,
      `${read.process} began at ${read.invokedAtMs} ms and did ${describeOperation(read)}, which ` +
        'was replaced.',
      `It is stale by ${staleMs} ms, and ${maxStaleMs} ms are allowed.`,
    ],
    observed.with([newer, read]),
    read,
  );
}
