/**
 * The leader's clock of leases against a twin that looks at all of them each time.
 */
import { LeaseClock, type LeaseId } from '@mangrove/kv';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('R19: a lease is over at its last deadline, neither before it nor twice', () => {
  const id = fc.bigInt({ min: 1n, max: 9n }).map((value) => value as LeaseId);
  const step = fc.oneof(
    fc.record({ type: fc.constant('set' as const), id, ttlMs: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ type: fc.constant('remove' as const), id }),
    fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 20 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const clock = new LeaseClock();
      const deadlines = new Map<LeaseId, number>();
      let nowMs = 0;
      for (const each of steps) {
        if (each.type === 'set') {
          clock.set(each.id, nowMs + each.ttlMs);
          deadlines.set(each.id, nowMs + each.ttlMs);
        } else if (each.type === 'remove') {
          clock.remove(each.id);
          deadlines.delete(each.id);
        } else {
          nowMs += each.ms;
          const over = [...deadlines].filter(([, atMs]) => atMs <= nowMs).map(([lease]) => lease);
          expect([...clock.takeExpired(nowMs, 100)].sort()).toEqual(over.sort());
          for (const lease of over) {
            clock.remove(lease);
            deadlines.delete(lease);
          }
        }
        expect(clock.nextAtMs()).toBe(
          deadlines.size === 0 ? undefined : Math.min(...deadlines.values()),
        );
        expect(clock.count).toBe(deadlines.size);
      }
    }),
    { numRuns: 100 },
  );
});
