/**
 * Judges a counter by bounds: what each read could have seen at least and at most.
 *
 * When a read begins, whatever was acknowledged counts; when it ends, whatever was attempted may.
 * So a read lies between the acknowledged increments less the attempted decrements, and the
 * attempted increments less the acknowledged decrements. It is necessary and not sufficient, and
 * its cost is linear: the model `counter` decides linearizability.
 *
 * Source: Jepsen, `checker/counter`; for final reads, Maelstrom's `pn-counter`.
 */
import { type HistoryEvent, HistoryFault, type RecordedOperation } from '../history.ts';
import { show } from '../model.ts';
import {
  concluded,
  coverageOf,
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
  const operations = operationsOfOne(history, 'counter bounds');
  for (const operation of operations) refuseStrange(operation);
  const reads: CounterRead[] = [];
  const begun = new Map<RecordedOperation, Sums>();
  const [attempted, acknowledged]: [Sums, Sums] = [
    { up: 0, down: 0 },
    { up: 0, down: 0 },
  ];
  for (const { operation, isEnd } of turnsOf(operations)) {
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
  const coverage = coverageOf('counter bounds', operations);
  const violations = [
    ...operations.filter(isUnreadable).slice(0, MAX_VIOLATIONS).map(explainUnreadable),
    ...reads.filter(isOutside).slice(0, MAX_VIOLATIONS).map(explain),
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

function refuseStrange({ f, invokedAt }: RecordedOperation): void {
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

function amountOf({ f, argument }: RecordedOperation): number {
  const amount = typeof argument === 'number' ? argument : 1;
  return f === 'decrement' ? -amount : amount;
}

function explain({ read, low, value, high }: CounterRead): Violation {
  const bound =
    value < low
      ? `increments of ${low} were acknowledged before it began`
      : `increments of at most ${high} had begun before it ended`;
  return violationOf(
    value < low ? 'lost-increment' : 'unexpected-increment',
    [`${read.process} read ${value} at event ${read.completedAt}, but ${bound}.`],
    [read],
    read,
  );
}

/** The most totals that are told apart. */
const MAX_TOTALS = 1_000_000;

/**
 * The totals that a counter can have in the end, as closed intervals in ascending order; undefined
 * when they are too many. `definite` is the sum of what was acknowledged; each of `uncertain` may
 * count or not.
 */
export function acceptableTotals(
  definite: number,
  uncertain: readonly number[],
): readonly (readonly [number, number])[] | undefined {
  let totals = new Set([definite]);
  for (const amount of uncertain) {
    totals = new Set([...totals, ...[...totals].map((total) => total + amount)]);
    if (totals.size > MAX_TOTALS) return undefined;
  }
  const intervals: [number, number][] = [];
  for (const total of [...totals].sort((a, b) => a - b)) {
    const last = intervals.at(-1);
    if (last !== undefined && total === last[1] + 1) last[1] = total;
    else intervals.push([total, total]);
  }
  return intervals;
}

/**
 * Judges reads that were made when nothing was under way any more: each must be a total that some
 * choice of the unknown increments gives, and all must be the same.
 */
export function checkFinalCounter(
  operations: readonly RecordedOperation[],
  isFinal: (read: RecordedOperation) => boolean,
): Verdict {
  for (const operation of operations) refuseStrange(operation);
  const coverage = coverageOf('final counter', operations);
  const adds = operations.filter(({ f }) => f !== 'read');
  const definite = adds
    .filter(({ end }) => end === 'ok')
    .reduce((sum, add) => sum + amountOf(add), 0);
  const uncertain = adds.filter(({ end }) => end === 'open').map(amountOf);
  const totals = acceptableTotals(definite, uncertain);
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
    .map((read) => {
      const answer = show(read.result ?? null);
      const sentence = `${read.process} read ${answer} in the end, but only ${shown} can be.`;
      return violationOf('wrong-total', [sentence], [read], read);
    });
  const different = reads.find(({ result }) => result !== reads[0]?.result);
  if (violations.length === 0 && different !== undefined && reads[0] !== undefined) {
    const sentence =
      `${reads[0].process} read ${reads[0].result} in the end, and ${different.process} read ` +
      `${different.result}.`;
    violations.push(violationOf('divergence', [sentence], [reads[0], different], different));
  }
  const nothing = 'no final read is known to have happened';
  return concluded({
    ...{ coverage, decidedBy: 'totals', violations, testedCount: reads.length, nothing },
  });
}

function isAmong(
  totals: readonly (readonly [number, number])[],
  total: RecordedOperation['result'],
): boolean {
  return typeof total === 'number' && totals.some(([from, to]) => total >= from && total <= to);
}
