/**
 * Judges a set that is only added to, and read as a whole: is every element there once it was
 * added?
 *
 * An element is known from the moment at which its `add` was acknowledged, or a read saw it. It is
 *
 * - stable, when the read that began last and could have seen it, and all after, have it;
 * - lost, when a read that began after it was known, and after the last one that has it, has it
 *   not;
 * - never read, when it is neither: no read began after it was known.
 *
 * A stable element that some read missed after it was known is stale; for how long is measured.
 * Cost: linear in the size of all reads.
 *
 * Source: Jepsen, `checker/set-full`.
 */
import { eventAt, type Told, told } from '../event-mention.ts';
import type { HistoryEvent, RecordedOperation, Value } from '../history.ts';
import { canonical, show } from '../model.ts';
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
import { operationsOfOne } from './single-object.ts';

/** What a caller may set. */
export interface SetFullOptions {
  /** Whether an element must be seen by every read that begins after it is known; false. */
  readonly linearizable?: boolean;
}

/** What became of the elements. */
export interface SetFullReport {
  readonly verdict: Verdict;
  readonly stable: readonly Value[];
  readonly lost: readonly Value[];
  readonly neverRead: readonly Value[];
  /** Stable elements that a read missed after they were known, the stalest first. */
  readonly stale: readonly SetLatency[];
  /** For each lost element, how long it was seen after it was known. */
  readonly lostLatencies: readonly SetLatency[];
  /** Elements that a read has more than once. */
  readonly duplicated: readonly Value[];
  /** Elements that a read has and nobody added. */
  readonly unexpected: readonly Value[];
}

/** An element with a time. */
export interface SetLatency {
  readonly element: Value;
  readonly ms: number;
}

/** One element through the history. */
interface Element {
  readonly value: Value;
  /** The first that was asked for. */
  readonly add: RecordedOperation;
  /** The end by which it was surely there: of its own operation, or of a read that has it. */
  known: { readonly by: RecordedOperation; readonly position: number } | undefined;
  lastPresent: RecordedOperation | undefined;
  lastAbsent: RecordedOperation | undefined;
}

/**
 * Judges `add` and `read` operations, whose results are lists of elements. An element that is added
 * several times counts from the first time on.
 *
 * @throws HistoryFault when the history is malformed, or of several keys
 */
export function checkSetFull(
  history: readonly HistoryEvent[],
  options: SetFullOptions = {},
): SetFullReport {
  return finishSlices(setFullSlices(history, options));
}

/** The same in slices. */
export function* setFullSlices(
  history: readonly HistoryEvent[],
  options: SetFullOptions = {},
): Slices<SetFullReport> {
  const operations = yield* operationsOfOne(history, 'set-full');
  const pace = new Pace('set-full');
  const reads = operations
    .filter(({ f, end }) => f === 'read' && end === 'ok')
    .sort((a, b) => a.completedAt - b.completedAt);
  const elements = new Map<string, Element>();
  for (const add of operations) {
    if (pace.isOver()) yield;
    if (add.f !== 'add' || add.end === 'fail') continue;
    const name = canonical(add.argument ?? null);
    const element = elements.get(name) ?? elementOf(add);
    elements.set(name, element);
    if (add.completedAt < (element.known?.position ?? Number.POSITIVE_INFINITY)) {
      element.known = { by: add, position: add.completedAt };
    }
  }
  const contents = new Map<RecordedOperation, ReadonlySet<string>>();
  const duplicated: Strange[] = [];
  for (const read of reads) {
    const list = listOf(read);
    if (pace.isOver(1 + list.length)) yield;
    contents.set(read, new Set(list.map(canonical)));
    for (const value of repeatedIn(list)) duplicated.push({ value, read });
  }
  const unexpected = yield* observe(reads, contents, elements, pace);
  yield* findAbsences(reads, contents, elements, pace);
  const strange = { duplicated, unexpected };
  return yield* reportSlices(operations, [...elements.values()], strange, options);
}

function elementOf(add: RecordedOperation): Element {
  const value = add.argument ?? null;
  return { value, add, known: undefined, lastPresent: undefined, lastAbsent: undefined };
}

function listOf({ result }: RecordedOperation): readonly Value[] {
  return Array.isArray(result) ? result : [];
}

/** An element that a read should not have. */
interface Strange {
  readonly value: Value;
  readonly read: RecordedOperation;
}

/** Notes which reads have which elements; returns what nobody added, and who has it first. */
function* observe(
  reads: readonly RecordedOperation[],
  contents: ReadonlyMap<RecordedOperation, ReadonlySet<string>>,
  elements: ReadonlyMap<string, Element>,
  pace: Pace,
): Slices<Strange[]> {
  const unexpected = new Map<string, Strange>();
  for (const read of reads) {
    for (const name of contents.get(read) ?? []) {
      if (pace.isOver()) yield;
      const element = elements.get(name);
      if (element !== undefined && element.add.invokedAt <= read.completedAt) see(element, read);
      else if (!unexpected.has(name)) unexpected.set(name, { value: JSON.parse(name), read });
    }
  }
  return [...unexpected.values()];
}

/** Notes that a read has the element. */
function see(element: Element, read: RecordedOperation): void {
  if (element.known === undefined || element.known.position > read.completedAt) {
    element.known = { by: read, position: read.completedAt };
  }
  if ((element.lastPresent?.invokedAt ?? -1) < read.invokedAt) element.lastPresent = read;
}

/** Finds the read that began last and has not the element, looking from the end. */
function* findAbsences(
  reads: readonly RecordedOperation[],
  contents: ReadonlyMap<RecordedOperation, ReadonlySet<string>>,
  elements: ReadonlyMap<string, Element>,
  pace: Pace,
): Slices<void> {
  const byBegin = reads.toSorted((a, b) => b.invokedAt - a.invokedAt);
  for (const [name, element] of elements) {
    const at = byBegin.findIndex(
      (read) => read.completedAt > element.add.invokedAt && contents.get(read)?.has(name) === false,
    );
    if (pace.isOver(at < 0 ? byBegin.length : 1 + at)) yield;
    element.lastAbsent = byBegin[at];
  }
}

function repeatedIn(list: readonly Value[]): Value[] {
  const seen = new Set<string>();
  return list.filter((value) => {
    const name = canonical(value);
    if (seen.has(name)) return true;
    seen.add(name);
    return false;
  });
}

function isStable({ lastPresent, lastAbsent }: Element): boolean {
  return lastPresent !== undefined && (lastAbsent?.invokedAt ?? -1) < lastPresent.invokedAt;
}

function isLost({ known, lastPresent, lastAbsent }: Element): boolean {
  return (
    known !== undefined &&
    lastAbsent !== undefined &&
    (lastPresent?.invokedAt ?? -1) < lastAbsent.invokedAt &&
    known.position < lastAbsent.invokedAt
  );
}

function* reportSlices(
  operations: readonly RecordedOperation[],
  elements: readonly Element[],
  strange: { readonly duplicated: readonly Strange[]; readonly unexpected: readonly Strange[] },
  options: SetFullOptions,
): Slices<SetFullReport> {
  const observed = yield* ObservedWrites.among(operations);
  const stable = elements.filter(isStable);
  const lost = elements.filter(isLost);
  const stale = stable
    .map((element) => ({ element, ms: latency(element.lastAbsent, element) }))
    .filter(({ ms, element }) => ms >= 0 && isMissedAfterKnown(element))
    .sort((a, b) => b.ms - a.ms);
  const neverRead = elements.filter((element) => !isStable(element) && !isLost(element));
  const violations = [
    ...lost.slice(0, MAX_VIOLATIONS).map((element) => explainLost(element, observed)),
    ...(options.linearizable === true
      ? stale.slice(0, MAX_VIOLATIONS).map(({ element }) => explainStale(element, observed))
      : []),
    ...strangeViolations(strange, observed),
  ];
  return {
    verdict: yield* verdictSlices(operations, violations, stable.length, neverRead),
    stable: stable.map(({ value }) => value),
    lost: lost.map(({ value }) => value),
    neverRead: neverRead.map(({ value }) => value),
    stale: stale.map(({ element, ms }) => ({ element: element.value, ms })),
    lostLatencies: lost.map((element) => ({
      element: element.value,
      ms: latency(element.lastPresent, element),
    })),
    duplicated: strange.duplicated.map(({ value }) => value),
    unexpected: strange.unexpected.map(({ value }) => value),
  };
}

function isMissedAfterKnown({ known, lastAbsent }: Element): boolean {
  return known !== undefined && lastAbsent !== undefined && known.position < lastAbsent.invokedAt;
}

/** From the moment at which an element was known to the beginning of a read; not below zero. */
function latency(read: RecordedOperation | undefined, { known }: Element): number {
  return Math.max(0, (read?.invokedAtMs ?? 0) - (known?.by.completedAtMs ?? 0));
}

function* verdictSlices(
  operations: readonly RecordedOperation[],
  violations: readonly Violation[],
  stableCount: number,
  neverRead: readonly Element[],
): Slices<Verdict> {
  const skipped = neverRead.length === 0 ? [] : [`${neverRead.length} elements were never read`];
  const coverage = yield* coverageSlices('set-full', operations, skipped);
  const nothing = 'no element was read after it was added';
  return concluded({
    ...{ coverage, decidedBy: 'reads', violations, testedCount: stableCount, nothing },
  });
}

function explainLost(element: Element, observed: ObservedWrites): Violation {
  const { lastPresent, lastAbsent } = element;
  const read = `A read of ${lastAbsent?.process}`;
  const seen =
    lastPresent === undefined
      ? `No read ever had it.`
      : told`The last read to have it began at ${eventAt(lastPresent.invokedAt)}.`;
  return violationOf(
    'lost',
    [
      knownSentence(element),
      seen,
      told`${read} began after that, at ${beginOf(lastAbsent)}, and has it not.`,
    ],
    observed.with(decisive(element)),
    lastAbsent,
  );
}

function knownSentence({ value, known }: Element): Told {
  return told`${show(value)} was known to be in the set by ${eventAt(known?.position ?? 0)}.`;
}

function beginOf(read: RecordedOperation | undefined): Told {
  return eventAt(read?.invokedAt ?? 0);
}

/** What makes an element lost or stale. */
function decisive({ add, known, lastPresent, lastAbsent }: Element): readonly RecordedOperation[] {
  return [add, known?.by, lastPresent, lastAbsent].filter((operation) => operation !== undefined);
}

function explainStale(element: Element, observed: ObservedWrites): Violation {
  const { lastAbsent } = element;
  const read = `A read of ${lastAbsent?.process} that began later`;
  return violationOf(
    'stale',
    [
      knownSentence(element),
      told`${read}, at ${beginOf(lastAbsent)}, has it not, though others do afterwards.`,
    ],
    observed.with(decisive(element)),
    lastAbsent,
  );
}

function strangeViolations(
  {
    duplicated,
    unexpected,
  }: { readonly duplicated: readonly Strange[]; readonly unexpected: readonly Strange[] },
  observed: ObservedWrites,
): Violation[] {
  const explain = (anomaly: string, { value, read }: Strange, why: string) => {
    const sentence = `A read of ${read.process} has ${show(value)} ${why}`;
    return violationOf(anomaly, [sentence], observed.with([read]), read);
  };
  return [
    ...duplicated
      .slice(0, MAX_VIOLATIONS)
      .map((strange) => explain('duplicated', strange, 'more than once.')),
    ...unexpected
      .slice(0, MAX_VIOLATIONS)
      .map((strange) => explain('unexpected', strange, 'before anybody added it.')),
  ];
}
