/**
 * Shows that the budgets of all packages together fit into the twenty minutes of a CI run, and
 * that a slow machine has more of them.
 */
import { expect, it } from 'vitest';
import { atPace, BUDGETS } from './budgets.ts';

it('leaves room for everything else in the twenty minutes of .ci/run', () => {
  const sumSeconds = Object.values(BUDGETS.roomSeconds).reduce((sum, each) => sum + each, 0);
  // Two files run at once: the files of a whole run, added up, were 1.9 times as long as the run.
  expect(sumSeconds).toBeLessThanOrEqual(1.8 * BUDGETS.suiteSeconds);
  expect(BUDGETS.suiteSeconds).toBeLessThanOrEqual(17 * 60);
  expect(BUDGETS.usualSeconds).toBeLessThanOrEqual(BUDGETS.suiteSeconds);
});

it('gives packages more on a slow machine, and the whole no more', () => {
  const budgets = { suiteSeconds: 60, usualSeconds: 2, roomSeconds: { 'systems/a': 30 } };
  const paced = { ...budgets, pace: 1.5, roomSeconds: { 'systems/a': 45 } };
  expect(atPace(budgets, 1.5)).toEqual(paced);
});
