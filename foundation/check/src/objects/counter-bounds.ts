/**
 * Judges a counter by bounds: what each read could have seen at least and at most.
 *
 * When a read begins, whatever was acknowledged counts; when it ends, whatever was attempted may.
 * So a read lies between the acknowledged increments less the attempted decrements, and the
 * attempted increments less the acknowledged decrements. It is necessary and not sufficient, and
 * its cost is linear: the model `counter` decides linearizability.
 *
 * Source: Jepsen, `checker/counter`.
 */
import { eventAt, told } from '../event-mention.ts';
import { type HistoryEvent, HistoryFault, type RecordedOperation } from '../history.ts';
import { show } from '../model.ts';
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

/** A read with what it could have been. */
export interface CounterRead {
  readonly read: RecordedOperation;
  readonly low: number;
  readonly value: number;
  readonly high: number;
}

/** The sums of what was added and of what was taken away. */
interface Sums {
  up: number;
  down: number;
}

/** The verdict, and each read with its bounds, in the order of their ends. */
export interface CounterReport {
  readonly verdict: Verdict;
  readonly reads: readonly CounterRead[];
}

/**
 * Judges `add` (of any number), `increment`, `decrement` and `read` operations of one counter.
 *
 * @throws HistoryFault when the history is malformed, or has an operation of another kind
 */
export function checkCounterBounds(history: readonly HistoryEvent[]): CounterReport {
  return finishSlices(counterBoundsSlices(history));
}

/** The same in slices; only the sorting is done at once. */
export function* counterBoundsSlices(history: readonly HistoryEvent[]): Slices<CounterReport> {
  const operations = yield* operationsOfOne(history, 'counter bounds');
  for (const operation of operations) refuseStrange(operation);
  const pace = new Pace('counter bounds');
  const reads: CounterRead[] = [];
  const begun = new Map<RecordedOperation, Sums>();
  const [attempted, acknowledged]: [Sums, Sums] = [
    { up: 0, down: 0 },
    { up: 0, down: 0 },
  ];
  for (const { operation, isEnd } of turnsOf(operations)) {
    if (pace.isOver()) yield;
    if (operation.f === 'read') {
      const before = begun.get(operation);
      if (before === undefined) begun.set(operation, { ...acknowledged });
      else if (typeof operation.result === 'number') {
        const [low, high] = [before.up + attempted.down, attempted.up + before.down];
        reads.push({ read: operation, low, value: operation.result, high });
      }
      continue;
    }
    const amount = amountOf(operation);
    const sums = isEnd ? acknowledged : attempted;
    if (amount >= 0) sums.up += amount;
    else sums.down += amount;
  }
  const coverage = yield* coverageSlices('counter bounds', operations);
  const violations = [
    ...operations.filter(isUnreadable).slice(0, MAX_VIOLATIONS).map(explainUnreadable),
    ...reads
      .filter(isOutside)
      .slice(0, MAX_VIOLATIONS)
      .map((it) => explain(it, operations)),
  ];
  const nothing = 'no read is known to have happened';
  if (violations.length === 0 && reads.length === 0) {
    return { verdict: vacuouslyValid(coverage, nothing), reads };
  }
  const verdict = concluded({
    ...{ coverage, decidedBy: 'bounds', violations, testedCount: reads.length, nothing },
  });
  return { verdict, reads };
}

function isOutside({ low, value, high }: CounterRead): boolean {
  return value < low || value > high;
}

const KINDS: readonly string[] = ['add', 'increment', 'decrement', 'read'];

/** @throws HistoryFault where it is no operation of a counter */
export function refuseStrange({ f, invokedAt }: RecordedOperation): void {
  if (KINDS.includes(f)) return;
  throw new HistoryFault(`event ${invokedAt}`, `a counter has ${KINDS.join(', ')}, not ${f}`);
}

/** Whether a read answered something that no counter holds. */
function isUnreadable({ f, end, result }: RecordedOperation): boolean {
  return f === 'read' && end === 'ok' && typeof result !== 'number';
}

function explainUnreadable(read: RecordedOperation): Violation {
  const sentence = `${read.process} read ${show(read.result ?? null)}, which is no number.`;
  return violationOf('unreadable-total', [sentence], [read], read);
}

function turnsOf(
  operations: readonly RecordedOperation[],
): readonly { readonly operation: RecordedOperation; readonly isEnd: boolean }[] {
  return operations
    .filter(({ end }) => end !== 'fail')
    .flatMap((operation) => [
      { operation, isEnd: false, at: operation.invokedAt },
      { operation, isEnd: true, at: operation.completedAt },
    ])
    .filter(({ at }) => at !== Number.POSITIVE_INFINITY)
    .sort((a, b) => a.at - b.at);
}

/** What an operation other than a read adds. */
export function amountOf({ f, argument }: RecordedOperation): number {
  const amount = typeof argument === 'number' ? argument : 1;
  return f === 'decrement' ? -amount : amount;
}

/**
 * The read with all changes that it may have seen: which of them are in its sum, it does not tell,
 * and it is the sum of all that is wrong.
 */
function explain(
  { read, low, value, high }: CounterRead,
  operations: readonly RecordedOperation[],
): Violation {
  const bound =
    value < low
      ? `increments of ${low} were acknowledged before it began`
      : `increments of at most ${high} had begun before it ended`;
  return violationOf(
    value < low ? 'lost-increment' : 'unexpected-increment',
    [told`${read.process} read ${String(value)} at ${eventAt(read.completedAt)}, but ${bound}.`],
    withChanges([read], operations),
    read,
  );
}

/** Reads, and the changes that began before the last of them ended. */
function withChanges(
  reads: readonly RecordedOperation[],
  operations: readonly RecordedOperation[],
): readonly RecordedOperation[] {
  const until = Math.max(...reads.map(({ completedAt }) => completedAt));
  return operations.filter(
    (it) => reads.includes(it) || (it.f !== 'read' && it.end !== 'fail' && it.invokedAt < until),
  );
}
