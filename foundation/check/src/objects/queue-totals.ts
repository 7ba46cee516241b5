/**
 * Judges queues by what went in and what came out, whatever the order; and generators of unique
 * ids.
 *
 * Source: Jepsen, `checker/queue`, `checker/total-queue`, `checker/unique-ids`.
 */
import { eventAt, told } from '../event-mention.ts';
import { type HistoryEvent, pairSlices, type RecordedOperation, type Value } from '../history.ts';
import { canonical, show } from '../model.ts';
import { ObservedWrites } from '../observed-writes.ts';
import { finishSlices, Pace, type Slices } from '../task.ts';
import {
  concluded,
  coverageSlices,
  MAX_VIOLATIONS,
  type Verdict,
  type Violation,
  vacuouslyValid,
  violationOf,
} from '../verdict.ts';
import { operationsOfOne } from './single-object.ts';

/** What became of the items of a queue that was drained in the end. */
export interface TotalQueueReport {
  readonly verdict: Verdict;
  /** Acknowledged more often than taken out. */
  readonly lost: readonly Value[];
  /** Taken out, and never put in. */
  readonly unexpected: readonly Value[];
  /** Taken out more often than put in. */
  readonly duplicated: readonly Value[];
  /** Not known to be put in, and taken out even so. */
  readonly recovered: readonly Value[];
}

/** What a caller may set. */
export interface TotalQueueOptions {
  /**
   * Whether an item may come out more often than it went in, as at-least-once delivery does; false.
   */
  readonly allowDuplicates?: boolean;
}

/**
 * Judges a queue that was drained before the history ended: all that was acknowledged came out,
 * nothing else did, and nothing came twice. Where the queue was not drained, what is still inside
 * is taken for lost.
 *
 * Unknown where only losses are wrong, and dequeues whose outcome is not known may have taken all
 * that is lost.
 *
 * @throws HistoryFault when the history is malformed, or of several keys
 */
export function checkTotalQueue(
  history: readonly HistoryEvent[],
  options: TotalQueueOptions = {},
): TotalQueueReport {
  return finishSlices(totalQueueSlices(history, options));
}

/** The same in slices. */
export function* totalQueueSlices(
  history: readonly HistoryEvent[],
  options: TotalQueueOptions = {},
): Slices<TotalQueueReport> {
  const operations = yield* operationsOfOne(history, 'total queue');
  const all = [...(yield* itemSlices(operations)).values()];
  const observed = yield* ObservedWrites.among(operations);
  const [lost, unexpected, duplicated, recovered] = [
    all.filter(({ acknowledged, out }) => out.length < acknowledged.length),
    all.filter(({ attempted, out }) => attempted.length === 0 && out.length > 0),
    all.filter(({ attempted, out }) => attempted.length > 0 && out.length > attempted.length),
    all.filter(
      ({ attempted, acknowledged, out }) =>
        out.length > acknowledged.length && acknowledged.length < attempted.length,
    ),
  ];
  const first = (list: readonly Item[]) => list.slice(0, MAX_VIOLATIONS);
  const strange = [
    ...first(unexpected).map((item) =>
      explain('unexpected', item, 'came out, and nobody put it in.', observed),
    ),
    ...(options.allowDuplicates === true
      ? []
      : first(duplicated).map((item) =>
          explain('duplicated', item, 'came out more than it went in.', observed),
        )),
  ];
  const losses = first(lost).map((item) =>
    explain('lost', item, 'was acknowledged more often than it came out.', observed),
  );
  const values = (list: readonly Item[]) => list.map(({ value }) => value);
  return {
    verdict: yield* verdictSlices(operations, lost, losses, strange),
    lost: values(lost),
    unexpected: values(unexpected),
    duplicated: values(duplicated),
    recovered: values(recovered),
  };
}

function* verdictSlices(
  operations: readonly RecordedOperation[],
  lost: readonly Item[],
  losses: readonly Violation[],
  strange: readonly Violation[],
): Slices<Verdict> {
  const coverage = yield* coverageSlices('total queue', operations);
  const lostCount = lost.reduce(
    (sum, { acknowledged, out }) => sum + acknowledged.length - out.length,
    0,
  );
  const open = operations.filter(({ end }) => end === 'open');
  const takers = open.filter(({ f }) => f === 'dequeue' || f === 'drain');
  const mostTaken = takers.some(({ f }) => f === 'drain')
    ? Number.POSITIVE_INFINITY
    : takers.length;
  if (strange.length === 0 && lostCount > 0 && lostCount <= mostTaken) {
    const sentence =
      `of what was acknowledged ${lostCount} never came out, but ${takers.length} dequeues whose ` +
      'outcome is not known may have taken it';
    return { type: 'unknown', coverage, reason: { code: 'undecided', sentence } };
  }
  return concluded({
    coverage,
    decidedBy: 'counts',
    violations: [...losses, ...strange],
    testedCount: operations.filter(({ end, f }) => end === 'ok' && f !== 'dequeue').length,
    nothing: 'nothing is known to have been put in, and nothing was drained',
  });
}

/** One value, and the operations that carried it. */
interface Item {
  readonly value: Value;
  readonly attempted: RecordedOperation[];
  readonly acknowledged: RecordedOperation[];
  readonly out: RecordedOperation[];
}

function* itemSlices(operations: readonly RecordedOperation[]): Slices<Map<string, Item>> {
  const pace = new Pace('items');
  const items = new Map<string, Item>();
  const itemOf = (value: Value): Item => {
    const name = canonical(value);
    const item = items.get(name) ?? { value, attempted: [], acknowledged: [], out: [] };
    items.set(name, item);
    return item;
  };
  for (const operation of operations) {
    if (pace.isOver()) yield;
    const { f, end, argument, result } = operation;
    if (f === 'enqueue' && end !== 'fail') {
      const item = itemOf(argument ?? null);
      item.attempted.push(operation);
      if (end === 'ok') item.acknowledged.push(operation);
    }
    if (end === 'ok') for (const value of takenBy(f, result)) itemOf(value).out.push(operation);
  }
  return items;
}

function takenBy(f: string, result: Value = null): readonly Value[] {
  if (f === 'dequeue' && result !== null) return [result];
  return f === 'drain' && Array.isArray(result) ? result : [];
}

function explain(
  anomaly: string,
  { value, attempted, out }: Item,
  why: string,
  observed: ObservedWrites,
): Violation {
  return violationOf(
    anomaly,
    [`${show(value)} ${why}`],
    observed.with([...attempted, ...out]),
    out.at(-1) ?? attempted.at(-1),
  );
}

/**
 * Judges that each item comes out only after somebody began to put it in, and once for each time.
 * The queue need not be drained.
 */
export function checkQueue(history: readonly HistoryEvent[]): Verdict {
  return finishSlices(queueSlices(history));
}

/** The same in slices. */
export function* queueSlices(history: readonly HistoryEvent[]): Slices<Verdict> {
  const operations = yield* operationsOfOne(history, 'queue');
  const observed = yield* ObservedWrites.among(operations);
  const pace = new Pace('queue');
  const violations: Violation[] = [];
  let takenCount = 0;
  for (const { value, attempted, out } of (yield* itemSlices(operations)).values()) {
    if (pace.isOver(attempted.length + out.length)) yield;
    takenCount += out.length;
    const begins = attempted.map(({ invokedAt }) => invokedAt).sort((a, b) => a - b);
    const takes = out.toSorted((a, b) => a.completedAt - b.completedAt);
    // The n-th to come out needs n to have begun to go in.
    const at = takes.findIndex(
      ({ completedAt }, index) => (begins[index] ?? Number.POSITIVE_INFINITY) > completedAt,
    );
    const strange = takes[at];
    if (strange === undefined || violations.length === MAX_VIOLATIONS) continue;
    const took = `${strange.process} took ${show(value)} out`;
    const when = eventAt(strange.completedAt);
    const sentence = told`${took} at ${when}, but by then nobody had begun to put it in so often.`;
    const begun = attempted.filter(({ invokedAt }) => invokedAt < strange.completedAt);
    const shown = observed.with([...begun, ...takes.slice(0, at + 1)]);
    violations.push(violationOf('unexpected', [sentence], shown, strange));
  }
  const coverage = yield* coverageSlices('queue', operations);
  if (violations.length === 0 && takenCount === 0) {
    return vacuouslyValid(coverage, 'nothing came out');
  }
  return concluded({
    coverage,
    decidedBy: 'counts',
    violations,
    testedCount: takenCount,
    nothing: '',
  });
}

/** Judges that no two `generate` operations answered the same, whatever their keys. */
export function checkUniqueIds(history: readonly HistoryEvent[]): Verdict {
  return finishSlices(uniqueIdSlices(history));
}

/** The same in slices. */
export function* uniqueIdSlices(history: readonly HistoryEvent[]): Slices<Verdict> {
  const operations = yield* pairSlices(history);
  const pace = new Pace('unique ids');
  const seen = new Map<string, RecordedOperation>();
  const violations: Violation[] = [];
  for (const operation of operations) {
    if (pace.isOver()) yield;
    if (operation.f !== 'generate' || operation.end !== 'ok') continue;
    const id = operation.result ?? null;
    const first = seen.get(canonical(id));
    if (first === undefined) {
      seen.set(canonical(id), operation);
      continue;
    }
    if (violations.length === MAX_VIOLATIONS) break;
    const sentence = `${first.process} and ${operation.process} both got ${show(id)}.`;
    violations.push(violationOf('duplicated', [sentence], [first, operation], operation));
  }
  return concluded({
    coverage: yield* coverageSlices('unique ids', operations),
    decidedBy: 'counts',
    violations,
    testedCount: seen.size,
    nothing: 'no id is known to have been given',
  });
}
