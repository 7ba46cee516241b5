/**
 * The sliced sort against the one of the language, in slices of any size.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlicedSort } from './sliced-sort.ts';

test('a sliced sort gives what a sort in one go gives, equals in their order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 2_000, size: 'max' }),
      fc.integer({ min: 1, max: 700 }),
      (numbers, movesMax) => {
        const items = numbers.map((number, place) => ({ number, place }));
        const compare = (left: { number: number }, right: { number: number }) =>
          left.number - right.number;
        const expected = [...items].sort(compare);
        const sort = new SlicedSort(items, compare);
        let sorted = sort.step(movesMax);
        for (let count = 0; sorted === undefined && count < 100_000; count += 1) {
          sorted = sort.step(movesMax);
        }
        expect(sorted).toEqual(expected);
      },
    ),
    { numRuns: 100 },
  );
});
