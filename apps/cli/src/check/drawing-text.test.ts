/**
 * Shows how operations are drawn: nothing overlaps, labels fit, what never ended is open.
 */
import type { Drawing, DrawingBar } from '@mangrove/check';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { drawingLines, MAX_DRAWING_WIDTH } from './drawing-text.ts';

it('draws a lane a process and a bar an operation', () => {
  const drawing: Drawing = {
    lanes: ['c1', 'c10'],
    bars: [
      { id: 0, lane: 0, label: 'write 1', from: 0, to: 2, marked: false },
      { id: 1, lane: 1, label: 'write 2', from: 1, marked: false },
      { id: 2, lane: 0, label: 'read -> 0', from: 3, to: 4, marked: true },
    ],
    arrows: [],
  };
  expect(drawingLines(drawing)).toEqual([
    'c1   |- write 1 -| |= read -> 0 =|',
    'c10    |- write 2 ...',
  ]);
});

it('gives up on what would wrap', () => {
  const bar = { id: 0, lane: 0, label: 'x'.repeat(MAX_DRAWING_WIDTH), from: 0, to: 1 };
  expect(drawingLines({ lanes: ['c'], bars: [{ ...bar, marked: true }], arrows: [] })).toEqual([]);
});

it('begins bars in the order of their ranks and shows every label whole', () => {
  const bars = fc
    .array(fc.record({ lane: fc.nat(2), length: fc.integer({ min: 1, max: 9 }) }), {
      minLength: 1,
      maxLength: 6,
    })
    .chain((shapes) =>
      fc
        .shuffledSubarray(
          shapes.flatMap((_, id) => [id, id]),
          { minLength: shapes.length * 2 },
        )
        .map((order) =>
          shapes.map(({ lane, length }, id): DrawingBar => {
            const label = String(id).repeat(length);
            const [from, to] = [order.indexOf(id), order.lastIndexOf(id)];
            return { id, lane, label, from, to, marked: false };
          }),
        ),
    );
  fc.assert(
    fc.property(bars, (drawn) => {
      const lines = drawingLines({ lanes: ['a', 'b', 'c'], bars: drawn, arrows: [] });
      const places = drawn.map(({ label, from }) => {
        const line = lines.find((each) => each.includes(` ${label} `)) ?? '';
        expect(line).not.toBe('');
        return { from, column: line.slice(0, line.indexOf(` ${label} `)).lastIndexOf('|') };
      });
      places.sort((a, b) => a.from - b.from);
      for (const [index, { column }] of places.entries()) {
        expect(column).toBeGreaterThan(places[index - 1]?.column ?? -1);
      }
    }),
  );
});
