/**
 * What a leader says of leases in one term: what it takes over, and what it has to tell replicas.
 */
import { describe, expect, it } from 'vitest';
import type { LeaseId } from './key-value.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import type { Lease } from './leases.ts';

const [ONE, TWO] = [1n as LeaseId, 2n as LeaseId];
const EXTENSION_MS = 150;

function leaseOf(id: LeaseId, remainingMs: number): Lease {
  return { id, ttlMs: 1_000, remainingMs };
}

describe('R37: the leases that a new leader takes over', () => {
  it('live for what replicas know is left, and the extension', () => {
    const keeper = new LeaseKeeper(2);
    keeper.take(leaseOf(ONE, 1_000), 5_000, EXTENSION_MS);
    keeper.take(leaseOf(TWO, 300), 5_000, EXTENSION_MS);
    expect(keeper.remainingMs(ONE, 5_100)).toBe(1_050);
    expect(keeper.remainingMs(TWO, 5_100)).toBe(350);
    expect(keeper.takeExpired(5_449, 10)).toEqual([]);
    expect(keeper.takeExpired(5_450, 10)).toEqual([TWO]);
    expect(keeper.takeExpired(6_150, 10)).toEqual([ONE]);
  });

  it('count from a renewal once there was one, without the extension', () => {
    const keeper = new LeaseKeeper(2);
    keeper.take(leaseOf(ONE, 1_000), 5_000, EXTENSION_MS);
    keeper.renew(leaseOf(ONE, 1_000), 5_100);
    expect(keeper.remainingMs(ONE, 5_100)).toBe(1_000);
    // The grant of a lease that it counts for comes to it with the log.
    keeper.granted(leaseOf(ONE, 1_000), 5_900);
    expect(keeper.remainingMs(ONE, 5_900)).toBe(200);
  });
});

describe('R37: a renewal that replicas must hear of', () => {
  it('is one of a lease of which they know, or may know, that less is left', () => {
    const keeper = new LeaseKeeper(2);
    const lease = leaseOf(ONE, 1_000);
    keeper.granted(lease, 0);
    expect(keeper.mustTell(lease)).toBe(false);
    const rests = keeper.checkpoint([lease], 400);
    expect(rests).toEqual([{ lease: ONE, remainingMs: 600 }]);
    // On its way: nobody knows what replicas believe.
    expect(keeper.mustTell(lease)).toBe(true);
    keeper.told(rests);
    expect(keeper.mustTell(lease)).toBe(false);
    expect(keeper.mustTell(leaseOf(ONE, 600))).toBe(true);
    // Nothing new to tell.
    expect(keeper.checkpoint([leaseOf(ONE, 600)], 400)).toEqual([]);
  });
});

describe('R36: a lease that is being ended', () => {
  it('cannot be renewed, has nothing left, and is tried again where that failed', () => {
    const keeper = new LeaseKeeper(2);
    keeper.granted(leaseOf(ONE, 1_000), 0);
    expect(keeper.canRenew(ONE)).toBe(true);
    expect(keeper.takeExpired(1_000, 10)).toEqual([ONE]);
    expect(keeper.canRenew(ONE)).toBe(false);
    expect(keeper.remainingMs(ONE, 1_000)).toBe(0);
    expect(keeper.takeExpired(2_000, 10)).toEqual([]);
    keeper.notEnded([ONE], 2_100);
    expect(keeper.takeExpired(2_100, 10)).toEqual([ONE]);
    keeper.ended(ONE);
    keeper.notEnded([ONE], 2_200);
    expect(keeper.takeExpired(9_000, 10)).toEqual([]);
  });
});
