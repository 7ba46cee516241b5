/**
 * Judges queues by what went in and what came out, whatever the order; and generators of unique
 * ids.
 *
 * Source: Jepsen, `checker/queue`, `checker/total-queue`, `checker/unique-ids`.
 */
import {
  type HistoryEvent,
  pairOperations,
  type RecordedOperation,
  type Value,
} from '../history.ts';
import { canonical, show } from '../model.ts';
import {
  coverageOf,
  MAX_VIOLATIONS,
  type Verdict,
  type Violation,
  violationOf,
} from '../verdict.ts';

/** What became of the items of a queue that was drained in the end. */
export interface TotalQueueReport {
  readonly verdict: Verdict;
  /** Acknowledged, and never taken out. */
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
 */
export function checkTotalQueue(
  history: readonly HistoryEvent[],
  options: TotalQueueOptions = {},
): TotalQueueReport {
  const operations = pairOperations(history);
  const items = itemsOf(operations);
  const all = [...items.values()];
  const [lost, unexpected, duplicated, recovered] = [
    all.filter(({ acknowledged, out }) => out.length === 0 && acknowledged.length > 0),
    all.filter(({ attempted, out }) => attempted.length === 0 && out.length > 0),
    all.filter(({ attempted, out }) => attempted.length > 0 && out.length > attempted.length),
    all.filter(
      ({ attempted, acknowledged, out }) =>
        out.length > acknowledged.length && acknowledged.length < attempted.length,
    ),
  ];
  const violations = [
    ...lost.map((item) => explain('lost', item, 'was acknowledged, and never came out.')),
    ...unexpected.map((item) => explain('unexpected', item, 'came out, and nobody put it in.')),
    ...(options.allowDuplicates === true
      ? []
      : duplicated.map((item) => explain('duplicated', item, 'came out more than it went in.'))),
  ];
  const values = (list: readonly Item[]) => list.map(({ value }) => value);
  return {
    verdict: verdictOf('total queue', operations, violations),
    lost: values(lost),
    unexpected: values(unexpected),
    duplicated: values(duplicated),
    recovered: values(recovered),
  };
}

/** One value, and the operations that carried it. */
interface Item {
  readonly value: Value;
  readonly attempted: RecordedOperation[];
  readonly acknowledged: RecordedOperation[];
  readonly out: RecordedOperation[];
}

function itemsOf(operations: readonly RecordedOperation[]): Map<string, Item> {
  const items = new Map<string, Item>();
  const itemOf = (value: Value): Item => {
    const name = canonical(value);
    const item = items.get(name) ?? { value, attempted: [], acknowledged: [], out: [] };
    items.set(name, item);
    return item;
  };
  for (const operation of operations) {
    const { f, end, argument, result } = operation;
    if (f === 'enqueue' && end !== 'fail') {
      const item = itemOf(argument ?? null);
      item.attempted.push(operation);
      if (end === 'ok') item.acknowledged.push(operation);
    }
    if (end !== 'ok' || result === null || result === undefined) continue;
    if (f === 'dequeue') itemOf(result).out.push(operation);
    if (f === 'drain' && Array.isArray(result)) {
      for (const value of result) itemOf(value).out.push(operation);
    }
  }
  return items;
}

function explain(anomaly: string, { value, attempted, out }: Item, why: string): Violation {
  const operations = [...attempted, ...out];
  return violationOf(
    anomaly,
    [`${show(value)} ${why}`],
    operations,
    out.at(-1) ?? attempted.at(-1),
  );
}

/**
 * Judges that each item comes out only after somebody began to put it in, and once for each time.
 * The queue need not be drained.
 */
export function checkQueue(history: readonly HistoryEvent[]): Verdict {
  const operations = pairOperations(history);
  const violations: Violation[] = [];
  for (const { value, attempted, out } of itemsOf(operations).values()) {
    const begins = attempted.map(({ invokedAt }) => invokedAt).sort((a, b) => a - b);
    const takes = out.toSorted((a, b) => a.completedAt - b.completedAt);
    // The n-th to come out needs n to have begun to go in.
    const strange = takes.find(
      ({ completedAt }, index) => (begins[index] ?? Number.POSITIVE_INFINITY) > completedAt,
    );
    if (strange === undefined) continue;
    const sentence =
      `${strange.process} took ${show(value)} out at event ${strange.completedAt}, but by then ` +
      'nobody had begun to put it in so often.';
    const shown = [...attempted, ...takes].sort((a, b) => a.id - b.id);
    violations.push(violationOf('unexpected', [sentence], shown, strange));
  }
  return verdictOf('queue', operations, violations);
}

/** Judges that no two `generate` operations answered the same. */
export function checkUniqueIds(history: readonly HistoryEvent[]): Verdict {
  const operations = pairOperations(history);
  const seen = new Map<string, RecordedOperation>();
  const violations: Violation[] = [];
  for (const operation of operations) {
    if (operation.f !== 'generate' || operation.end !== 'ok') continue;
    const id = operation.result ?? null;
    const first = seen.get(canonical(id));
    if (first === undefined) {
      seen.set(canonical(id), operation);
      continue;
    }
    const sentence = `${first.process} and ${operation.process} both got ${show(id)}.`;
    violations.push(violationOf('duplicated', [sentence], [first, operation], operation));
  }
  return verdictOf('unique ids', operations, violations);
}

function verdictOf(
  check: string,
  operations: readonly RecordedOperation[],
  violations: readonly Violation[],
): Verdict {
  const coverage = coverageOf(check, operations);
  if (violations.length > 0) {
    return {
      type: 'invalid',
      coverage,
      decidedBy: 'counts',
      violations: violations.slice(0, MAX_VIOLATIONS),
    };
  }
  return { type: 'valid', coverage, decidedBy: 'counts' };
}
