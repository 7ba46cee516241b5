/**
 * A `NumberMap` says what a `Map` says, whatever is set and deleted, and keeps its table.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberMap } from './number-map.ts';

// Of few and neighbouring numbers, of those that share a place, and of the largest there are.
const key = fc.oneof(
  fc.nat(40),
  fc.nat(40).map((nth) => nth * 0x1_0000_0000),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1),
);

const change = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('set'), key, value: fc.nat() }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('delete'), key, value: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('clear'), key, value: fc.nat() }) },
);

describe('a map of numbers', () => {
  it('says what a Map says, in ascending order', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const map = new NumberMap<number, number>();
        const model = new Map<number, number>();
        for (const each of changes) {
          if (each.type === 'set') {
            map.set(each.key, each.value);
            model.set(each.key, each.value);
          } else if (each.type === 'delete') {
            expect(map.delete(each.key)).toBe(model.delete(each.key));
          } else {
            map.clear();
            model.clear();
          }
          expect(map.get(each.key)).toBe(model.get(each.key));
          expect(map.has(each.key)).toBe(model.has(each.key));
          expect(map.size).toBe(model.size);
        }
        expect([...map]).toEqual([...model].sort(([a], [b]) => a - b));
      }),
    );
  });

  it('is gone through as it was when that began', () => {
    const map = new NumberMap<number, string>();
    for (const nth of [3, 1, 2]) map.set(nth, `${nth}`);
    const seen: number[] = [];
    for (const [nth] of map) {
      seen.push(nth);
      map.delete(nth);
      map.set(nth + 10, 'later');
    }
    expect(seen).toEqual([1, 2, 3]);
    expect([...map].map(([nth]) => nth)).toEqual([11, 12, 13]);
  });

  it('holds a window of numbers that moves on for ever', () => {
    const map = new NumberMap<number, number>();
    for (let nth = 0; nth < 100_000; nth += 1) {
      map.set(nth, -nth);
      if (nth >= 1000) expect(map.delete(nth - 1000)).toBe(true);
    }
    expect(map.size).toBe(1000);
    expect([...map]).toEqual(
      Array.from({ length: 1000 }, (_, nth) => [99_000 + nth, -99_000 - nth]),
    );
  });
});
