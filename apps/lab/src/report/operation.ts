/**
 * What clients did, as bars on their lifelines.
 */
import type { HistoryEvent, RunTrace, Value } from '@mangrove/experiment';
import type { ExplainedOperation, HistoryExplanation } from '../verdict.ts';
import type { TimeWindow } from './time-scale.ts';
import { formatOperation, formatValue } from './wording.ts';

/** One operation of a client. */
export interface Operation {
  readonly client: string;
  readonly process: string;
  /** What was asked: `write x=2`. */
  readonly label: string;
  /** What the client was told: `ok`, `1`, `unknown`, `failed`. */
  readonly result: string;
  readonly outcome: 'ok' | 'fail' | 'info';
  readonly error?: string;
  readonly startMs: number;
  /** When its client knew; the end of the run where it never did. */
  readonly endMs: number;
  /** It belongs to the smallest history that shows the violation. */
  readonly isKey: boolean;
  /** It is the one that no lawful history can end in, or at which the judge saw the violation. */
  readonly isContradiction: boolean;
  /** It is the one that speaks against the contradiction: see `witnessOf`. */
  readonly isWitness: boolean;
  /** Where its beginning and end stand in the trace; -1 where they do not. */
  readonly startIndex: number;
  readonly endIndex: number;
}

/** The operations of `history` that touch `told`, by their start. */
export function readOperations(
  history: readonly HistoryEvent[],
  trace: RunTrace,
  explanation: HistoryExplanation | undefined,
  told: TimeWindow,
): readonly Operation[] {
  const ends = pairUp(history);
  const places = placesInTrace(trace);
  const key = new Set(explanation?.operations.map(({ invokeIndex }) => invokeIndex));
  const contradiction = explanation === undefined ? undefined : contradictionOf(explanation);
  const witness = explanation === undefined ? undefined : witnessOf(explanation);
  const operations: Operation[] = [];
  const nth = new Map<string, number>();
  for (const [index, event] of history.entries()) {
    if (event.type !== 'invoke') continue;
    const order = nth.get(event.process) ?? 0;
    nth.set(event.process, order + 1);
    const place = places.get(`${event.process} ${order}`);
    const end = ends.get(index);
    const endMs = end?.atMs ?? told.untilMs;
    if (endMs < told.fromMs || event.atMs > told.untilMs) continue;
    const outcome = end === undefined || end.type === 'invoke' ? 'info' : end.type;
    operations.push({
      client: clientOf(event.process),
      process: event.process,
      label: formatOperation(event),
      result: resultOf(event, end),
      outcome,
      ...(end?.error === undefined ? {} : { error: end.error }),
      startMs: event.atMs,
      endMs,
      isKey: key.has(index),
      isContradiction: contradiction?.invokeIndex === index,
      isWitness: witness?.invokeIndex === index,
      startIndex: place?.start ?? -1,
      endIndex: place?.end ?? -1,
    });
  }
  return operations;
}

/**
 * The operation whose result cannot be. Of an order it is the last one to be answered with a value,
 * as judges put their histories together until the first answer that does not fit; of another
 * promise it is the one that its judge marked, if any.
 */
export function contradictionOf(explanation: HistoryExplanation): ExplainedOperation | undefined {
  if (explanation.class !== 'linearizability') {
    return explanation.operations.findLast(({ isMarked }) => isMarked === true);
  }
  const answered = explanation.operations.filter(({ outcome }) => outcome === 'ok');
  const withResult = answered.filter(({ f, output }) => output !== undefined && !isWrite(f));
  const candidates = withResult.length > 0 ? withResult : answered;
  return candidates.reduce<ExplainedOperation | undefined>(
    (last, each) => (last === undefined || each.untilMs >= last.untilMs ? each : last),
    undefined,
  );
}

/**
 * The operation that speaks against the contradiction most plainly: the last one that was over
 * before it began, and that wrote or read something else than it returned. Only where an order is
 * asked for does that speak against anything.
 */
export function witnessOf(explanation: HistoryExplanation): ExplainedOperation | undefined {
  if (explanation.class !== 'linearizability') return undefined;
  const wrong = contradictionOf(explanation);
  if (wrong === undefined || isWrite(wrong.f) || wrong.output === undefined) return undefined;
  const returned = JSON.stringify(wrong.output);
  const before = explanation.operations.filter((each) => {
    const value = valueSeen(each);
    const isOther = value !== undefined && JSON.stringify(value) !== returned;
    return each.outcome === 'ok' && each.untilMs <= wrong.fromMs && each !== wrong && isOther;
  });
  return before.reduce<ExplainedOperation | undefined>(
    (last, each) => (last === undefined || each.untilMs > last.untilMs ? each : last),
    undefined,
  );
}

/** What an operation wrote or read. */
export function valueSeen({ f, input, output }: ExplainedOperation): Value | undefined {
  return isWrite(f) ? input : output;
}

/** Whether `f` sets a value, so that its result is no more than a confirmation. */
export function isWrite(f: string): boolean {
  return /^(?:write|put|set|append|store|add|inc|delete)/.test(f);
}

/** The client that a process is of: `c1` of `c1.2`. */
export function clientOf(process: string): string {
  return process.split('.')[0] ?? process;
}

/** The outcome in a word, as `resultOf` and the table of operations say it. */
export function wordOf(outcome: Operation['outcome'], value: Value | undefined): string {
  if (outcome === 'info') return 'unknown';
  if (outcome === 'fail') return 'failed';
  return value === undefined ? 'ok' : formatValue(value);
}

function resultOf(invoke: HistoryEvent, end: HistoryEvent | undefined): string {
  if (end === undefined || end.type === 'info' || end.type === 'invoke') return 'unknown';
  if (end.type === 'fail') return 'failed';
  const isEcho = JSON.stringify(end.value) === JSON.stringify(invoke.value);
  return wordOf('ok', isEcho && isWrite(invoke.f) ? undefined : end.value);
}

/** For the index of each `invoke` the event that ends it. */
function pairUp(history: readonly HistoryEvent[]): ReadonlyMap<number, HistoryEvent> {
  const open = new Map<string, number>();
  const ends = new Map<number, HistoryEvent>();
  for (const [index, event] of history.entries()) {
    if (event.type === 'invoke') {
      open.set(event.process, index);
      continue;
    }
    const start = open.get(event.process);
    if (start === undefined) continue;
    ends.set(start, event);
    open.delete(event.process);
  }
  return ends;
}

/** Where the n-th operation of each process begins and ends in the trace: `c1.2 0`. */
function placesInTrace({ records }: RunTrace): Map<string, { start: number; end: number }> {
  const places = new Map<string, { start: number; end: number }>();
  const count = new Map<string, number>();
  const open = new Map<string, { start: number; end: number }>();
  for (const [index, record] of records.entries()) {
    if (record.type === 'invoke') {
      const order = count.get(record.process) ?? 0;
      count.set(record.process, order + 1);
      const place = { start: index, end: -1 };
      places.set(`${record.process} ${order}`, place);
      open.set(`${record.node} ${record.operation}`, place);
    } else if (record.type === 'return') {
      const place = open.get(`${record.node} ${record.operation}`);
      if (place !== undefined) place.end = index;
    }
  }
  return places;
}
