/**
 * The index of watchers against a list of them.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isInRange, type KeyRange, singleKey } from './key-range.ts';
import { WatcherIndex } from './watcher-index.ts';

test('R28: the index finds exactly the watchers in whose range a key is', () => {
  const key = fc.uint8Array({ minLength: 1, maxLength: 2, max: 4 });
  const range: fc.Arbitrary<KeyRange> = fc.oneof(
    key.map(singleKey),
    fc.record({ from: key, to: fc.option(key, { nil: undefined }) }),
  );
  const step = fc.record({ range, removes: fc.nat({ max: 3 }), key });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const index = new WatcherIndex<{ readonly range: KeyRange }>();
      const all = new Set<{ readonly range: KeyRange }>();
      for (const each of steps) {
        const watcher = { range: each.range };
        index.add(watcher);
        all.add(watcher);
        const doomed = each.removes === 0 ? [...all][all.size >> 1] : undefined;
        if (doomed !== undefined) {
          index.remove(doomed);
          all.delete(doomed);
        }
        const found = new Set<{ readonly range: KeyRange }>();
        index.visit(each.key, (watching) => {
          expect(found.has(watching)).toBe(false);
          found.add(watching);
        });
        expect(found).toEqual(new Set([...all].filter((one) => isInRange(one.range, each.key))));
      }
    }),
    { numRuns: 300 },
  );
});

test('R28: a key is matched against ten thousand ranges in some tens of steps', () => {
  const index = new WatcherIndex<{ readonly range: KeyRange }>();
  let read = 0;
  for (let at = 0; at < 10_000; at += 1) {
    const from = new Uint8Array([at >> 8, at & 0xff]);
    const to = new Uint8Array([at >> 8, at & 0xff, 0, 0]);
    const range = {
      from,
      get to(): Uint8Array {
        read += 1;
        return to;
      },
    };
    index.add({ range });
  }
  read = 0;
  let found = 0;
  index.visit(new Uint8Array([20, 20]), () => {
    found += 1;
  });
  expect(found).toBe(1);
  expect(read).toBeLessThan(150);
});
