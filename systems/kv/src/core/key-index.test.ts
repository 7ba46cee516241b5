/**
 * The index of keys beside a sorted list, while keys come, are looked up again and go: whatever its
 * cache remembers, keys are found or not, in order, and the leaf of a key that changes is counted
 * anew.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOf, KeyCache, WAYS } from './key-cache.ts';
import { KeyIndex, NO_KEY } from './key-index.ts';
import type { Revision } from './revision.ts';

const keyOf = (nth: number): Uint8Array => new TextEncoder().encode(`k/${10_000 + nth}`);
const ALL = { from: new Uint8Array(0), to: undefined };
const SUMMARY = { liveCount: 1, lastRevision: 1 as Revision };

/** So many keys whose hashes end alike: all of them share a set of a small cache. */
function crowd(count: number): number[] {
  const found: number[] = [];
  for (let nth = 0; found.length < count; nth += 1) {
    if ((hashOf(keyOf(nth)) & 0xff) === 7) found.push(nth);
  }
  return found;
}

class Twins {
  readonly index = new KeyIndex();
  private readonly rows = new Map<number, number>();

  add(nth: number): void {
    this.summarize();
    const row = this.index.findOrAdd(keyOf(nth));
    const known = this.rows.get(nth);
    if (known === undefined) expect([...this.rows.values()]).not.toContain(row);
    else expect(row).toBe(known);
    this.rows.set(nth, row);
    this.expectChanged(row);
  }

  fill(from: number, to: number): void {
    for (let nth = from; nth < to; nth += 1) {
      this.rows.set(nth, this.index.findOrAdd(keyOf(nth)));
    }
  }

  /** Says that a key changes whose row is known. */
  change(nth: number): void {
    const row = this.rows.get(nth);
    if (row === undefined) return;
    this.summarize();
    this.index.changing(row);
    this.expectChanged(row);
  }

  remove(nth: number): void {
    const row = this.rows.get(nth);
    if (row === undefined) return;
    this.index.remove(row);
    this.rows.delete(nth);
    expect(this.index.find(keyOf(nth))).toBe(NO_KEY);
  }

  find(nth: number): void {
    expect(this.index.find(keyOf(nth))).toBe(this.rows.get(nth) ?? NO_KEY);
  }

  expectAll(): void {
    const shown: number[] = [];
    this.index.visit(ALL, (row) => shown.push(row) > 0);
    const sorted = [...this.rows].sort(([one], [other]) => one - other);
    expect(shown).toEqual(sorted.map(([, row]) => row));
    for (const [nth] of sorted) this.find(nth);
    expect(this.index.count).toBe(this.rows.size);
  }

  private summarize(): void {
    this.index.visitLeaves(ALL, (leaf) => {
      leaf.summary = SUMMARY;
      return true;
    });
  }

  /** The leaf of `row` is to be counted anew, and no other but the one that it split from. */
  private expectChanged(row: number): void {
    let changedCount = 0;
    this.index.visitLeaves(ALL, ({ rows, count, summary }) => {
      if (rows.subarray(0, count).includes(row)) expect(summary).toBeUndefined();
      if (summary === undefined) changedCount += 1;
      return true;
    });
    expect(changedCount).toBeLessThanOrEqual(2);
  }
}

describe('the index of keys', () => {
  const nth = fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.constantFrom(...crowd(12)));
  const step = fc.record({
    type: fc.constantFrom('add' as const, 'change' as const, 'remove' as const, 'find' as const),
    nth,
  });

  it('finds what a sorted list has', () => {
    const property = fc.property(
      fc.integer({ min: 0, max: 2500 }),
      fc.array(step, { maxLength: 120 }),
      (filledCount, steps) => {
        const twins = new Twins();
        // Leaves split, and the cache grows.
        twins.fill(500, 500 + filledCount);
        for (const { type, nth: key } of steps) twins[type](key);
        twins.expectAll();
      },
    );
    fc.assert(property, { numRuns: 60 });
  });

  it('gives leaves away and takes them again', () => {
    const twins = new Twins();
    for (let round = 0; round < 3; round += 1) {
      for (let key = 0; key < 2000; key += 1) twins.add(key);
      twins.expectAll();
      for (let key = 0; key < 2000; key += 1) if (key % 700 !== 0) twins.remove(key);
      twins.expectAll();
    }
  });

  it('finds keys whose hashes are alike', () => {
    const twins = new Twins();
    const keys = crowd(WAYS * 3);
    for (const each of keys) twins.add(each);
    for (const each of keys) twins.find(each);
    for (const each of keys.slice(0, WAYS)) twins.remove(each);
    twins.expectAll();
    for (const each of keys.slice(0, WAYS)) twins.add(each);
    twins.expectAll();
  });
});

describe('the cache of keys', () => {
  const ways = (cache: KeyCache, hash: number) =>
    Array.from({ length: WAYS }, (_, way) => cache.at(hash, way));

  it('has the last rows of a set, without gaps', () => {
    const cache = new KeyCache();
    expect(ways(cache, 5)).toEqual([0, 0, 0, 0]);
    for (let row = 1; row <= WAYS + 1; row += 1) cache.put(5, row, row);
    expect(ways(cache, 5)).toEqual([5, 4, 3, 2]);
    cache.remove(5, 4);
    cache.remove(5, 99);
    expect(ways(cache, 5)).toEqual([5, 3, 2, 0]);
    expect(ways(cache, 6)).toEqual([0, 0, 0, 0]);
    expect(ways(cache, 5 + 256)).toEqual([5, 3, 2, 0]);
  });

  it('grows with the keys, and begins empty then', () => {
    const cache = new KeyCache();
    cache.put(5, 1, 256);
    cache.put(5 + 256, 2, 257);
    expect(ways(cache, 5)).toEqual([0, 0, 0, 0]);
    expect(ways(cache, 5 + 256)).toEqual([2, 0, 0, 0]);
    cache.put(-1, 3, 257);
    expect(ways(cache, -1)).toEqual([3, 0, 0, 0]);
  });
});
