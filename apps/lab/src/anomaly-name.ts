/**
 * Names for histories that no order explains, in the words of the field: which kind of lie a client
 * was told. Judges of other promises have names of their own.
 */
import type { HistoryEvent, Value } from '@mangrove/experiment';
import { isWrite, valueSeen } from './report/operation.ts';
import type { ExplainedOperation, HistoryExplanation } from './verdict.ts';

/** The name of a lie. */
export type LieName =
  /** A value was returned that nobody ever wrote. */
  | 'garbage-read'
  /** A read did not see a value that was known before it, and a later read did. */
  | 'stale-read'
  /** A value that was known was never seen again. */
  | 'lost-write'
  | 'not-linearizable';

/** The name of what the smallest history that shows it comes to, within the whole one. */
export function nameLie(
  { key, operations }: HistoryExplanation,
  history: readonly HistoryEvent[],
): LieName {
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
