/**
 * Names for what went wrong in the words of the field: which kind of lie a client was told.
 *
 * The class of an anomaly says which judge found it; its name says what a client would complain of.
 */
import type { HistoryEvent, Value } from '@mangrove/experiment';
import { isWrite, valueSeen } from './report/operation.ts';
import type { AnomalyClass, ExplainedOperation, HistoryExplanation, Verdict } from './verdict.ts';

/** A name of an anomaly. */
export type AnomalyName =
  /** A value was returned that nobody ever wrote. */
  | 'garbage-read'
  /** A read did not see a value that was known before it, and a later read did. */
  | 'stale-read'
  /** A value that was known was never seen again. */
  | 'lost-write'
  | 'not-linearizable'
  | Exclude<AnomalyClass, 'linearizability'>;

/** The name of what `verdict` found; undefined where nothing is wrong. */
export function nameAnomaly(
  verdict: Verdict,
  history: readonly HistoryEvent[],
): AnomalyName | undefined {
  const { anomaly, checks } = verdict;
  if (anomaly !== 'linearizability') return anomaly;
  const explanation = checks.find((check) => check.explanation !== undefined)?.explanation;
  return explanation === undefined ? 'not-linearizable' : nameOf(explanation, history);
}

function nameOf({ key, operations }: HistoryExplanation, history: readonly HistoryEvent[]) {
  const onKey = history.filter((event) => event.key === key);
  const answered = operations.filter(({ outcome }) => outcome === 'ok');
  const reads = answered.filter(({ f, output }) => !isWrite(f) && output !== undefined);
  // A register begins with null: that nobody has to write.
  const bornAtMs = (value: Value | undefined) =>
    value === null
      ? Number.NEGATIVE_INFINITY
      : onKey.find((event) => event.type === 'invoke' && isSame(event.value, value))?.atMs;
  if (reads.some(({ output }) => bornAtMs(output) === undefined)) return 'garbage-read';
  for (const read of reads) {
    // A newer value, that was known for sure when the read began.
    const missed = answered
      .filter((each) => each !== read && each.untilMs <= read.fromMs)
      .map(valueSeen)
      .find((value) => (bornAtMs(value) ?? 0) > (bornAtMs(read.output) ?? 0));
    if (missed === undefined) continue;
    return isReadAfter(onKey, read, missed) ? 'stale-read' : 'lost-write';
  }
  return 'not-linearizable';
}

/** Whether anybody who began after `read` got `value`. */
function isReadAfter(
  onKey: readonly HistoryEvent[],
  read: ExplainedOperation,
  value: Value,
): boolean {
  const begunAtMs = new Map<string, number>();
  return onKey.some((event) => {
    if (event.type === 'invoke') begunAtMs.set(event.process, event.atMs);
    const isRead = event.type === 'ok' && event.f === read.f && isSame(event.value, value);
    return isRead && (begunAtMs.get(event.process) ?? 0) > read.fromMs;
  });
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
