/**
 * Shows what starts of processes say of a machine.
 */
import { expect, it } from 'vitest';
import { machinePace, paceOf } from './machine-pace.ts';

it('is the median start against that of the machine of the budgets, and never below one', () => {
  expect(paceOf([90, 80, 900, 70, 80])).toBe(2);
  expect(paceOf([10, 11, 12])).toBe(1);
});

it('is measured', () => {
  const pace = machinePace();
  expect(pace).toBeGreaterThanOrEqual(1);
  expect(pace).toBeLessThan(1_000);
});
