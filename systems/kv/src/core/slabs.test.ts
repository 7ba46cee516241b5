/**
 * Slabs against a map of byte strings: what is in them stays what it is, wherever it is moved.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Place, SLAB_BYTES, Slabs } from './slabs.ts';

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('add'), size: fc.nat({ max: 2 ** 21 }) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('free'), size: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('evacuate'), size: fc.nat() }) },
);

test('R20: strings survive the emptying of slabs, and the buffers are used again', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const slabs = new Slabs();
      const held = new Map<number, { place: Place; bytes: Uint8Array }>();
      let owner = 0;
      for (const { type, size } of steps) {
        if (type === 'add') {
          owner += 1;
          const bytes = new Uint8Array(size).fill(owner);
          held.set(owner, { place: slabs.add(owner, bytes), bytes });
        } else if (type === 'free') {
          const doomed = [...held.keys()][size % Math.max(1, held.size)];
          if (doomed === undefined) continue;
          slabs.free(held.get(doomed)?.place ?? -1);
          held.delete(doomed);
        } else {
          slabs.evacuate(
            (who) => held.get(who)?.place ?? -1,
            (who, place) => {
              const entry = held.get(who);
              if (entry !== undefined) entry.place = place;
            },
          );
        }
      }
      let live = 0;
      for (const { place, bytes } of held.values()) {
        expect(slabs.lengthAt(place)).toBe(bytes.length);
        expect(Buffer.compare(slabs.at(place), bytes)).toBe(0);
        live += bytes.length;
      }
      expect(slabs.liveBytes).toBe(live);
      while (
        slabs.evacuate(
          (who) => held.get(who)?.place ?? -1,
          (who, place) => {
            const entry = held.get(who);
            if (entry !== undefined) entry.place = place;
          },
        )
      );
      // Half of each slab lives at least, but for the one being filled and one in reserve.
      expect(slabs.usedBytes).toBeLessThanOrEqual(4 * live + 2 * SLAB_BYTES);
    }),
    { numRuns: 60 },
  );
}, 30_000);
