/**
 * Shows that the wait before the next dial doubles to its bound, and that two nodes draw apart.
 */
import { SeededRandom } from '@mangrove/host';
import { expect, it } from 'vitest';
import { reconnectDelayMs } from './reconnect-delay.ts';

const LIMITS = { reconnectMs: 10, reconnectMsMax: 1000 };

it('doubles with every failure up to its bound, and stays in the upper half of it', () => {
  const random = new SeededRandom(1);
  for (let failedCount = 0; failedCount < 2000; failedCount++) {
    const ceilingMs = Math.min(1000, 10 * 2 ** failedCount);
    const delayMs = reconnectDelayMs(LIMITS, failedCount, random);
    expect(delayMs).toBeGreaterThanOrEqual(ceilingMs / 2);
    expect(delayMs).toBeLessThanOrEqual(ceilingMs + 1);
  }
});

it('has two nodes that lost the same peer come back at different times', () => {
  const delaysOf = (seed: number) => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 20 }, () => reconnectDelayMs(LIMITS, 10, random));
  };
  const [first, second] = [delaysOf(1), delaysOf(2)];
  expect(new Set(first).size).toBeGreaterThan(15);
  expect(first.filter((delayMs, index) => delayMs === second[index]).length).toBeLessThan(3);
});
