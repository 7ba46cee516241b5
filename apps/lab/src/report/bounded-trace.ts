/**
 * A trace cut to what a page can carry: the part around the decisive moment.
 *
 * A page with all 500 000 records that a trace may have would be hundreds of megabytes. Above the
 * bound, the records before the decisive moment are kept first, since they hold its causes, and the
 * report says how many were left out.
 */
import type { RunTrace, TraceRecord } from '@mangrove/experiment';

/** The most records of a trace that a report tells. */
export const MAX_TOLD_RECORDS = 20_000;

/** How many of them may lie after the decisive moment. */
const TAIL_SHARE = 0.2;

/** A trace, and which part of the run it covers. */
export interface BoundedTrace {
  readonly trace: RunTrace;
  readonly fromMs: number;
  /** Where the end was left out, the time of the last record that is told. */
  readonly untilMs: number | undefined;
  readonly leftOutCount: number;
}

/**
 * `trace` as it is when it has at most `max` records, else those around `focusMs`, with their
 * references put right: what points to a record that was left out becomes -1.
 */
export function boundTrace(
  trace: RunTrace,
  focusMs: number,
  max: number = MAX_TOLD_RECORDS,
): BoundedTrace {
  const { records } = trace;
  if (records.length <= max) return { trace, fromMs: 0, untilMs: undefined, leftOutCount: 0 };
  const after = records.findIndex(({ atMs }) => atMs > focusMs);
  const focus = after === -1 ? records.length : after;
  const end = Math.min(records.length, focus + Math.floor(max * TAIL_SHARE));
  const start = Math.max(0, end - max);
  const last = Math.min(records.length, start + max);
  const kept = records.slice(start, last).map((record) => shift(record, start));
  return {
    trace: { ...trace, records: kept },
    fromMs: start === 0 ? 0 : (kept[0]?.atMs ?? 0),
    untilMs: last === records.length ? undefined : kept.at(-1)?.atMs,
    leftOutCount: records.length - kept.length,
  };
}

function shift(record: TraceRecord, by: number): TraceRecord {
  const move = (index: number) => (index < by ? -1 : index - by);
  const cause = move(record.cause);
  return 'of' in record ? { ...record, cause, of: move(record.of) } : { ...record, cause };
}
