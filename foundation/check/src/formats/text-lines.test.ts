/**
 * Shows that a text has the same lines as a string, as bytes, and as bytes that are cut anywhere.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HistoryFault } from '../history.ts';
import { beginningOf, linesOf, MAX_LINE_LENGTH, wholeOf } from './text-lines.ts';

it('R20: the lines of a text do not depend on how its bytes come', () => {
  const texts = fc
    .array(fc.constantFrom('a', '\n', '\r\n', ' ', 'ü', '€', '𝄞', '{"x":1}'), { maxLength: 30 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(texts, fc.array(fc.nat(80), { maxLength: 6 }), (text, cuts) => {
      const bytes = new TextEncoder().encode(text);
      const places = [0, ...cuts.filter((at) => at < bytes.length).sort((a, b) => a - b)];
      const pieces = places.map((from, index) => bytes.slice(from, places[index + 1]));
      const expected = [...linesOf(text)];
      expect(expected.map(({ line }) => line)).toEqual(
        text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()])),
      );
      expect([...linesOf(bytes)]).toEqual(expected);
      expect([...linesOf(pieces)]).toEqual(expected);
      expect([wholeOf(bytes), wholeOf(pieces)]).toEqual([text, text]);
      expect(beginningOf(pieces, 5).slice(0, 5)).toBe(text.slice(0, 5));
    }),
    { numRuns: 500 },
  );
});

it('R22: a line that does not end is refused before all of it is read', () => {
  const piece = new TextEncoder().encode('x'.repeat(1 << 20));
  let pieceCount = 0;
  const endless = Object.assign([], {
    *[Symbol.iterator]() {
      for (;;) {
        pieceCount++;
        yield piece;
      }
    },
  });
  expect(() => [...linesOf(endless)]).toThrow(HistoryFault);
  expect(pieceCount).toBeLessThan(2 + MAX_LINE_LENGTH / piece.length);
});
