/**
 * Shows that the chart of a contradiction keeps the order of all calls and answers, and that no
 * label lies on another, for any few operations.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExplainedOperation, HistoryExplanation } from '../verdict.ts';
import { renderContradiction } from './contradiction-chart.ts';
import { contradictionOf, witnessOf } from './operation.ts';

/** Operations of three processes, each process one after the other; times in halves of a ms. */
const anyOperations = fc
  .array(
    fc.record({
      process: fc.constantFrom('c1', 'c2', 'c3'),
      idle: fc.integer({ min: 1, max: 4000 }),
      took: fc.integer({ min: 1, max: 4000 }),
      isWrite: fc.boolean(),
      value: fc.nat(9),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((drafts) => {
    const free = new Map<string, number>();
    return drafts.map(({ process, idle, took, isWrite, value }, index): ExplainedOperation => {
      const fromMs = (free.get(process) ?? 0) + idle / 2;
      const untilMs = fromMs + took / 2;
      free.set(process, untilMs);
      const seen = isWrite ? { f: 'write', input: value } : { f: 'read', output: value };
      const ends = { invokeIndex: index * 2, returnIndex: index * 2 + 1 };
      return { process, ...seen, key: 'x', outcome: 'ok', fromMs, untilMs, ...ends };
    });
  });

function chartOf(operations: readonly ExplainedOperation[]): string {
  return renderContradiction(explain(operations), 520).text;
}

function explain(
  operations: readonly ExplainedOperation[],
  kind: HistoryExplanation['class'] = 'linearizability',
): HistoryExplanation {
  return { class: kind, check: 'a promise', key: 'x', operations, sentences: [] };
}

describe('the chart of a contradiction', () => {
  it('keeps the order of all calls and answers', () => {
    fc.assert(
      fc.property(anyOperations, (operations) => {
        const bars = [
          ...chartOf(operations).matchAll(/class="bar" x="([\d.]+)"[^>]*?width="([\d.]+)"/g),
        ];
        const sorted = operations.toSorted((a, b) => a.fromMs - b.fromMs);
        expect(bars).toHaveLength(operations.length);
        for (const [index, [, x]] of bars.entries()) {
          const next = bars[index + 1];
          const isLater = sorted[index + 1]?.fromMs !== sorted[index]!.fromMs;
          if (next !== undefined && isLater) expect(Number(next[1])).toBeGreaterThan(Number(x));
        }
      }),
    );
  });

  it('puts no label on another', () => {
    fc.assert(
      fc.property(anyOperations, (operations) => {
        const labels = [
          ...chartOf(operations).matchAll(
            /<text x="([\d.]+)" y="([\d.]+)"\s+text-anchor="(\w+)">([^<]*)/g,
          ),
        ].map(([, x, y, anchor, text = '']) => {
          const long = text.length * 6.6;
          const left = anchor === 'end' ? Number(x) - long : Number(x);
          return { y: Number(y), left, right: left + long };
        });
        for (const [index, a] of labels.entries()) {
          for (const b of labels.slice(index + 1)) {
            const isApart = a.right <= b.left + 0.2 || b.right <= a.left + 0.2;
            expect(Math.abs(a.y - b.y) >= 13 || isApart).toBe(true);
          }
        }
      }),
    );
  });

  it('leaves an operation with unknown outcome open', () => {
    const read = { process: 'c1', f: 'read', key: 'x', output: 1, outcome: 'ok' as const };
    const chart = chartOf([
      { ...read, f: 'write', input: 2, outcome: 'info', ...{ fromMs: 1, untilMs: 9 }, ...INDEXES },
      { ...read, process: 'c2', fromMs: 2, untilMs: 5, ...INDEXES },
    ]);
    expect(chart).toMatch(/class="op key info"[\s\S]*<path class="bar"/);
    expect(chart).toContain('\u2192 unknown');
  });
});

const INDEXES = { invokeIndex: 0, returnIndex: 1 };

describe('the witness of a contradiction', () => {
  const base = { key: 'x', outcome: 'ok' as const, ...INDEXES };
  const write = { ...base, process: 'c1', f: 'write', input: 6, fromMs: 1, untilMs: 4 };
  const newer = { ...base, process: 'c3', f: 'read', output: 5, fromMs: 5, untilMs: 6 };
  const older = { ...base, process: 'c3', f: 'read', output: 6, fromMs: 6, untilMs: 7 };
  const explanation = explain([write, newer, older]);

  it('is the last that was over before and saw something else', () => {
    expect(contradictionOf(explanation)).toBe(older);
    expect(witnessOf(explanation)).toBe(newer);
  });

  it('is missing where everything before agrees', () => {
    expect(witnessOf({ ...explanation, operations: [write, older] })).toBeUndefined();
  });

  it('is for orders alone: of another promise, what is wrong is where its judge saw it', () => {
    const marked = { ...newer, isMarked: true };
    const promise = explain([write, marked, older], 'promise');
    expect(contradictionOf(promise)).toBe(marked);
    expect(witnessOf(promise)).toBeUndefined();
    expect(contradictionOf(explain([write, newer, older], 'promise'))).toBeUndefined();
  });
});
