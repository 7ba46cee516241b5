/**
 * The story of a run: what happened, when, where and because of what, for drawings and debugging.
 */
import type { NodeId, TraceFields } from '@mangrove/host';
import type { DiskOperation } from './fault.ts';

/** What every record has. */
interface RecordHead {
  /** When, in milliseconds of virtual time. */
  readonly atMs: number;
  /** On which node. */
  readonly node: NodeId;
  /** The index of the record that caused this one; -1 for what the run itself did. */
  readonly cause: number;
}

/** One thing that happened. */
export type TraceRecord = RecordHead &
  (
    | {
        readonly type: 'send';
        readonly to: NodeId;
        readonly label: string;
        readonly sizeBytes: number;
      }
    /** `of` is the index of the `send`. */
    | { readonly type: 'deliver'; readonly of: number }
    | { readonly type: 'drop'; readonly of: number; readonly reason: string }
    | { readonly type: 'timer' }
    | {
        readonly type: 'disk';
        readonly operation: DiskOperation;
        readonly path: string;
        readonly sizeBytes: number;
        /** When it ended; missing while it never did. */
        readonly endMs?: number;
        readonly error?: string;
      }
    | { readonly type: 'start'; readonly incarnation: number; readonly version: number }
    | { readonly type: 'down'; readonly reason: string; readonly lostBytes: number }
    | { readonly type: 'pause' }
    | { readonly type: 'resume' }
    | { readonly type: 'state'; readonly fields: TraceFields }
    | { readonly type: 'event'; readonly name: string; readonly fields: TraceFields }
    /** A client began its `operation`-th planned operation. */
    | { readonly type: 'invoke'; readonly operation: number; readonly process: string }
    | {
        readonly type: 'return';
        readonly operation: number;
        readonly outcome: 'ok' | 'fail' | 'info';
      }
  );

/** A recorded run. */
export interface RunTrace {
  readonly format: 'mangrove-trace/1';
  readonly replicas: readonly NodeId[];
  readonly clients: readonly NodeId[];
  readonly records: readonly TraceRecord[];
  /** True where the run went on after the recorder was full. */
  readonly isCut: boolean;
}

/** The most records of one trace; later ones are left out and `isCut` says so. */
export const MAX_TRACE_RECORDS = 500_000;

/**
 * The trace as text: JSON of columns by type, each name once, times in whole microseconds and as
 * differences; about a quarter of the plain form.
 */
export function packTrace(trace: RunTrace): string {
  let before = 0;
  const rows = trace.records.map((record) => {
    const { type, atMs, node, cause, ...rest } = record;
    const atUs = Math.round(atMs * 1000);
    const row = [type, atUs - before, node, cause, ...Object.values(rest)];
    before = atUs;
    return row;
  });
  const fields: Record<string, string[]> = {};
  for (const record of trace.records) {
    const { type, atMs: _at, node: _node, cause: _cause, ...rest } = record;
    const key = `${type}/${Object.keys(rest).length}`;
    fields[key] ??= Object.keys(rest);
  }
  return JSON.stringify({ ...trace, records: undefined, fields, rows });
}

/** The trace that `packTrace` made `text` of. */
export function unpackTrace(text: string): RunTrace {
  const { fields, rows, ...rest } = JSON.parse(text);
  let atUs = 0;
  const records = rows.map(
    ([type, step, node, cause, ...values]: [string, number, ...unknown[]]) => {
      atUs += step;
      const record: Record<string, unknown> = { type, atMs: atUs / 1000, node, cause };
      const names: string[] = fields[`${type}/${values.length}`] ?? [];
      for (const [index, name] of names.entries()) record[name] = values[index];
      return record;
    },
  );
  return { ...rest, records };
}
