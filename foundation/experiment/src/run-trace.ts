/**
 * The story of a run: what happened, when, where and because of what, for drawings and debugging.
 */
import { InvalidArgument, type NodeId, type TraceFields } from '@mangrove/host';
import type { DiskOperation } from './fault.ts';
import { asList, asRecord, integer, listOf, oneOf, record, type Shape, text } from './shape.ts';

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

/** The longest packed trace that is read, in characters. */
export const MAX_TRACE_LENGTH = 536_870_912;

/**
 * The trace as text: rows of JSON, the names of their fields told once per shape, times in whole
 * microseconds and as differences; about a quarter of the plain form.
 *
 *     {"format":"mangrove-trace/1",...,"shapes":[["deliver","of"]],"rows":[[0,1500,"n1",7,6]]}
 *
 * A row is the place of its shape, the microseconds since the row before, node, cause, and the
 * values of the shape's fields.
 */
export function packTrace(trace: RunTrace): string {
  let before = 0;
  const shapes: string[][] = [];
  const places = new Map<string, number>();
  const rows = trace.records.map((record) => {
    const { type, atMs, node, cause, ...rest } = record;
    const fields = Object.entries(rest).filter(([, value]) => value !== undefined);
    const shape = [type, ...fields.map(([name]) => name)];
    // Names hold no space, so no two shapes have one key.
    const key = shape.join(' ');
    const place = places.get(key) ?? shapes.push(shape) - 1;
    places.set(key, place);
    const atUs = Math.round(atMs * 1000);
    const row = [place, atUs - before, node, cause, ...fields.map(([, value]) => value)];
    before = atUs;
    return row;
  });
  return JSON.stringify({ ...trace, records: undefined, shapes, rows });
}

/** The trace that `packTrace` made `source` of; throws `InvalidArgument` where it did not. */
export function unpackTrace(source: string): RunTrace {
  if (source.length > MAX_TRACE_LENGTH) {
    const bound = `at most ${MAX_TRACE_LENGTH} characters`;
    throw new InvalidArgument('trace', `a text of ${source.length} characters`, bound);
  }
  let data: unknown;
  try {
    data = JSON.parse(source);
  } catch (cause) {
    throw new InvalidArgument('trace', `not JSON (${String(cause)})`, 'a JSON object');
  }
  const fields = asRecord(data, 'trace');
  PACKED(fields, 'trace');
  const { shapes, rows, ...rest } = fields;
  let atUs = 0;
  const records = (rows as readonly PackedRow[]).map(
    ([place, step, node, cause, ...values], row) => {
      const shape = (shapes as readonly string[][])[place];
      if (shape === undefined || shape.length !== values.length + 1) {
        throw new InvalidArgument(
          `trace.rows[${row}]`,
          `of shape ${place}`,
          'of a shape that it fits',
        );
      }
      atUs += step;
      const record: Record<string, unknown> = { type: shape[0], atMs: atUs / 1000, node, cause };
      for (const [index, value] of values.entries()) record[shape[index + 1] as string] = value;
      return record;
    },
  );
  return { ...rest, records } as unknown as RunTrace;
}

type PackedRow = readonly [
  place: number,
  step: number,
  node: string,
  cause: number,
  ...values: unknown[],
];

const FIELD_NAMES_MAX = 20;

/** What no plain field may be called. */
const NAME: Shape = (value, at) => {
  text(1, 100)(value, at);
  if (value === '__proto__') throw new InvalidArgument(at, value, 'the name of a field');
};

const ROW: Shape = (value, at) => {
  const [place, step, node, cause] = asList(value, 4 + FIELD_NAMES_MAX, at);
  integer(0, MAX_TRACE_RECORDS)(place, `${at}[0]`);
  integer(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)(step, `${at}[1]`);
  text(1, 63)(node, `${at}[2]`);
  integer(-1, MAX_TRACE_RECORDS)(cause, `${at}[3]`);
};

const IS_CUT: Shape = (value, at) => {
  if (typeof value !== 'boolean') throw new InvalidArgument(at, value, 'true or false');
};

const PACKED = record({
  must: {
    format: oneOf(['mangrove-trace/1']),
    replicas: listOf(text(1, 63), 1000),
    clients: listOf(text(1, 63), 1000),
    isCut: IS_CUT,
    shapes: listOf(listOf(NAME, FIELD_NAMES_MAX), 1000),
    rows: listOf(ROW, MAX_TRACE_RECORDS),
  },
});
