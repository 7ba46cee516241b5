/**
 * The keys of leases are what a set for each lease would hold, however they move.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type LeaseId, NO_LEASE } from './key-value.ts';
import { LeaseTable } from './leases.ts';

const LEASES = [1n, 2n, 3n].map((id) => id as LeaseId);

it('R16: a key hangs on the lease that it was moved to last, and on no other', () => {
  const move = fc.record({ key: fc.integer({ min: 1, max: 12 }), to: fc.constantFrom(0, 1, 2, 3) });
  fc.assert(
    fc.property(fc.array(move, { minLength: 30, maxLength: 60 }), (moves) => {
      const table = new LeaseTable();
      for (const id of LEASES) table.add({ id, ttlMs: 1, remainingMs: 1 });
      const leaseOf = new Map<number, LeaseId>();
      for (const { key, to } of moves) {
        const lease = LEASES[to - 1] ?? NO_LEASE;
        table.move(key, leaseOf.get(key) ?? NO_LEASE, lease);
        leaseOf.set(key, lease);
        for (const id of LEASES) {
          const due = [...leaseOf].flatMap(([each, its]) => (its === id ? [each] : []));
          expect([...table.keysOf(id)].sort()).toEqual(due.sort());
          expect(table.keyCountOf(id)).toBe(due.length);
        }
      }
    }),
  );
});

it('knows no lease that was not granted', () => {
  const table = new LeaseTable();
  expect([...table.keysOf(7n as LeaseId)]).toEqual([]);
  expect(() => table.move(1, NO_LEASE, 7n as LeaseId)).toThrow('lease 7, which nobody granted');
});
