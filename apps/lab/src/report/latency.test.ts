/**
 * Shows that latencies and availability are what a naive count gives.
 */
import type { HistoryEvent } from '@mangrove/experiment';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binsOf, latencyFigures, quantile, timingsOf } from './latency.ts';

const event = (type: HistoryEvent['type'], process: string, atMs: number): HistoryEvent => ({
  ...{ type, process, atMs, f: 'read' },
});

describe('latency', () => {
  it('counts an operation without an answer as unknown, never as failed', () => {
    const timings = timingsOf(
      [
        ...[event('invoke', 'c1', 1), event('invoke', 'c2', 2), event('ok', 'c1', 5)],
        ...[event('invoke', 'c1', 6), event('fail', 'c1', 7), event('info', 'c2', 9)],
        event('invoke', 'c3', 9),
      ],
      20,
    );
    expect(timings.map(({ outcome }) => outcome)).toEqual(['ok', 'info', 'fail', 'info']);
    expect(timings.at(-1)).toEqual({ startMs: 9, endMs: 20, outcome: 'info' });
    expect(latencyFigures(timings)).toMatchObject({
      ...{ count: 4, okCount: 1, failCount: 1, unknownCount: 2, p50: 4, max: 4 },
    });
  });

  it('a quantile is the least value that so large a share does not exceed', () => {
    const anyValues = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(anyValues, fc.constantFrom(0.5, 0.9, 0.99, 1), (values, share) => {
        const sorted = values.toSorted((a, b) => a - b);
        const found = quantile(sorted, share);
        const atMost = (limit: number) => values.filter((each) => each <= limit).length;
        expect(values).toContain(found);
        expect(atMost(found)).toBeGreaterThanOrEqual(values.length * share - 1e-9);
        expect(atMost(found - 1)).toBeLessThan(values.length * share);
      }),
    );
  });

  it('every operation is in the stretch in which it began', () => {
    const anyTimes = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 60 });
    fc.assert(
      fc.property(anyTimes, fc.integer({ min: 1, max: 30 }), (starts, count) => {
        const timings = starts.map((startMs) => ({
          startMs,
          endMs: startMs + 1,
          outcome: 'ok' as const,
        }));
        const bins = binsOf(timings, 100, count);
        expect(bins).toHaveLength(count);
        expect(bins.reduce((sum, bin) => sum + bin.begunCount, 0)).toBe(starts.length);
        expect(bins.reduce((sum, bin) => sum + bin.doneCount, 0)).toBe(starts.length);
        for (const bin of bins) expect(bin.okCount).toBeLessThanOrEqual(bin.begunCount);
      }),
    );
  });
});
