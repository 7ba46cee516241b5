/**
 * The judge of causal reversal: who sees a write also sees every write that was complete before
 * that one began.
 *
 * Strict serializability promises it; a store that is only serializable may show the later write
 * without the earlier one. Writes are of unique values, reads return all that is there. For each
 * read it is enough to know the latest invocation among the writes that it saw: whatever completed
 * before that and is missing was skipped. Linear in the size of all reads, plus reads times writes.
 *
 * Source: jepsen.tests.causal-reverse; CockroachDB's analysis of 2017 found it first.
 */
import { type HistoryEvent, pairSlices, type RecordedOperation, type Value } from '../history.ts';
import { canonical } from '../model.ts';
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

/**
 * The verdict on writes (`f: "write"`) and reads (`f: "read"`, a list of values).
 *
 * `unknown` when no read saw any write, and when a value was written twice (`undecided`): then a
 * read does not tell which of the writes it saw.
 *
 * @throws HistoryFault when it is no history
 */
export function checkCausalReverse(history: readonly HistoryEvent[]): Verdict {
  return finishSlices(causalReverseSlices(history));
}

/** The same in slices. */
export function* causalReverseSlices(history: readonly HistoryEvent[]): Slices<Verdict> {
  const operations = yield* pairSlices(history);
  const pace = new Pace('causal-reverse');
  const coverage = yield* coverageSlices('causal-reverse', operations);
  const observed = yield* ObservedWrites.among(operations);
  const writes = new Map<string, RecordedOperation>();
  for (const operation of operations) {
    if (pace.isOver()) yield;
    if (operation.f !== 'write' || operation.end === 'fail') continue;
    const value = canonical(operation.argument ?? null);
    if (writes.has(value)) {
      const sentence = `${value} was written twice, but the rule needs unique values`;
      return { type: 'unknown', coverage, reason: { code: 'undecided', sentence } };
    }
    writes.set(value, operation);
  }
  const completed = [...writes.values()]
    .filter(({ end }) => end === 'ok')
    .sort((a, b) => a.completedAt - b.completedAt);
  const violations: Violation[] = [];
  let seeingCount = 0;
  for (const read of operations) {
    if (read.f !== 'read' || read.end !== 'ok' || violations.length >= MAX_VIOLATIONS) continue;
    const seen = seenBy(read);
    if (pace.isOver(1 + 2 * seen.size)) yield;
    const latest = latestOf(seen, writes);
    if (latest === undefined) continue;
    seeingCount++;
    const missed = findMissed(seen, latest, completed);
    if (missed !== undefined) violations.push(explain(read, latest, missed, observed));
  }
  const decidedBy = 'real-time order of writes';
  const nothing = 'no read saw a write';
  return concluded({ coverage, decidedBy, violations, testedCount: seeingCount, nothing });
}

function seenBy({ result }: RecordedOperation): ReadonlySet<string> {
  const values: readonly Value[] = Array.isArray(result) ? result : [];
  return new Set(values.map(canonical));
}

/** Of the writes that were seen, the one that began last. */
function latestOf(
  seen: ReadonlySet<string>,
  writes: ReadonlyMap<string, RecordedOperation>,
): RecordedOperation | undefined {
  let latest: RecordedOperation | undefined;
  for (const value of seen) {
    const write = writes.get(value);
    if (write !== undefined && write.invokedAt > (latest?.invokedAt ?? -1)) latest = write;
  }
  return latest;
}

/** A write that had completed before `latest` began and was not seen. */
function findMissed(
  seen: ReadonlySet<string>,
  latest: RecordedOperation,
  completed: readonly RecordedOperation[],
): RecordedOperation | undefined {
  for (const write of completed) {
    if (write.completedAt >= latest.invokedAt) return undefined;
    if (!seen.has(canonical(write.argument ?? null))) return write;
  }
  return undefined;
}

function explain(
  read: RecordedOperation,
  latest: RecordedOperation,
  missed: RecordedOperation,
  observed: ObservedWrites,
): Violation {
  const [early, late] = [canonical(missed.argument ?? null), canonical(latest.argument ?? null)];
  return violationOf(
    'causal-reverse',
    [
      `The write of ${early} had completed before the write of ${late} began.`,
      `Process ${read.process} read ${late}, yet not ${early}.`,
    ],
    observed.with([missed, latest, read]),
    read,
    [{ from: missed.id, to: latest.id, label: 'real time' }],
  );
}
