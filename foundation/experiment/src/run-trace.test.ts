/**
 * Shows that a recorded run survives being packed, whatever it holds, and that text which is no
 * packed trace is refused.
 */
import { InvalidArgument, type NodeId, toNodeId } from '@mangrove/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packTrace, type RunTrace, type TraceRecord, unpackTrace } from './run-trace.ts';

const head = fc.record({
  // Virtual time has whole microseconds.
  atMs: fc.integer({ min: 0, max: 10_000_000 }).map((us) => us / 1000),
  node: fc.constantFrom('n1', 'n2', 'c1').map(toNodeId) as fc.Arbitrary<NodeId>,
  cause: fc.integer({ min: -1, max: 1000 }),
});
const fields = fc.dictionary(fc.string({ maxLength: 5 }), fc.oneof(fc.nat(), fc.string()));
const bodies: readonly fc.Arbitrary<object>[] = [
  fc.record({ type: fc.constant('deliver'), of: fc.nat() }),
  fc.record({ type: fc.constant('drop'), of: fc.nat(), reason: fc.string() }),
  fc.record({ type: fc.constantFrom('timer', 'pause', 'resume') }),
  fc.record({ type: fc.constant('state'), fields }),
  fc.record({ type: fc.constant('event'), name: fc.string(), fields }),
  fc.record({ type: fc.constant('down'), reason: fc.string(), lostBytes: fc.nat() }),
  // With both, either or none of what is optional.
  fc.record(
    {
      type: fc.constant('disk'),
      operation: fc.constantFrom('write', 'sync'),
      path: fc.string(),
      sizeBytes: fc.nat(),
      endMs: fc.nat(),
      error: fc.string(),
    },
    { requiredKeys: ['type', 'operation', 'path', 'sizeBytes'] },
  ),
];
const record = fc
  .tuple(head, fc.oneof(...bodies))
  .map(([start, body]) => ({ ...start, ...body }) as TraceRecord);
const trace: fc.Arbitrary<RunTrace> = fc.record({
  format: fc.constant('mangrove-trace/1' as const),
  replicas: fc.constant(['n1', 'n2'].map(toNodeId)),
  clients: fc.constant([toNodeId('c1')]),
  records: fc.array(record, { maxLength: 40 }),
  isCut: fc.boolean(),
});

describe('a trace', () => {
  it('survives being packed and unpacked', () => {
    fc.assert(
      fc.property(trace, (original) => {
        expect(unpackTrace(packTrace(original))).toEqual(original);
      }),
      { numRuns: 300 },
    );
  });

  it('tells an end from an error, of which a disk operation has either', () => {
    const disk = { type: 'disk', operation: 'sync', path: 'log', sizeBytes: 0 } as const;
    const start = { atMs: 1, node: toNodeId('n1'), cause: -1 };
    const records = [
      { ...start, ...disk, endMs: 2 },
      { ...start, ...disk, error: 'input-output' },
    ];
    const original = {
      format: 'mangrove-trace/1',
      replicas: [],
      clients: [],
      records,
      isCut: false,
    };
    expect(unpackTrace(packTrace(original as RunTrace)).records).toEqual(records);
  });

  it('is about a quarter of its plain form', () => {
    const records = Array.from({ length: 1000 }, (_, index) => ({
      ...{ atMs: index * 1.5, node: toNodeId('n1'), cause: index - 1, type: 'drop' as const },
      ...{ of: index, reason: 'cut' },
    }));
    const isCut = false;
    const whole: RunTrace = {
      format: 'mangrove-trace/1',
      replicas: [],
      clients: [],
      records,
      isCut,
    };
    const ratio = packTrace(whole).length / JSON.stringify(whole).length;
    expect(ratio).toBeLessThan(0.4);
  });

  it('ends in a trace or in a refusal, whatever a file holds', () => {
    const hostile = fc.oneof(
      fc.json(),
      fc.string(),
      fc.tuple(trace, fc.nat(), fc.string({ maxLength: 3 })).map(([original, place, text]) => {
        const packed = packTrace(original);
        const at = place % packed.length;
        return packed.slice(0, at) + text + packed.slice(at + text.length + 1);
      }),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          expect(unpackTrace(text).format).toBe('mangrove-trace/1');
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidArgument);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is refused where a row does not fit its shape', () => {
    const packed = (shapes: unknown, rows: unknown) =>
      JSON.stringify({
        ...{ format: 'mangrove-trace/1', replicas: [], clients: [], isCut: false },
        ...{ shapes, rows },
      });
    const bad: readonly [unknown, unknown][] = [
      [[['deliver', 'of']], [[1, 0, 'n1', -1, 5]]],
      [[['deliver', 'of']], [[0, 0, 'n1', -1]]],
      [[['deliver', 'of']], [[0, 0, 'n1', -1, 5, 6]]],
      [[['deliver', '__proto__']], [[0, 0, 'n1', -1, {}]]],
      [[[]], [[0, 0, 'n1']]],
      [[['timer']], [['0', 0, 'n1', -1]]],
    ];
    for (const [shapes, rows] of bad) {
      expect(() => unpackTrace(packed(shapes, rows))).toThrow(InvalidArgument);
    }
    expect(unpackTrace(packed([['timer']], [[0, 2500, 'n1', -1]])).records).toEqual([
      { type: 'timer', atMs: 2.5, node: 'n1', cause: -1 },
    ]);
  });
});
