/**
 * Shows how figures are written and how rows stand in a table.
 */
import { expect, it } from 'vitest';
import { formatFigure, tableOf } from './figures.ts';

it('writes three digits and a suffix', () => {
  const written = [0, 0.01234, 78.94, 300, 999.4, 999.6, 1_000, 456_000, 999_600, 1_234_567, 2e9];
  expect(written.map(formatFigure)).toEqual([
    ...['0', '0.0123', '78.9', '300', '999', '1 k', '1 k', '456 k', '1 M', '1.23 M', '2 G'],
  ]);
  expect(formatFigure(-1_500)).toBe('-1.5 k');
});

it('lines columns up, and says of every goal whether it was met', () => {
  const row = { bench: 'a', case: 'b', unit: 'ms', goal: 'ours <= 3', ours: 1, reference: 2 };
  const lines = tableOf([
    { ...row, ratio: 0.5, met: true },
    { ...row, case: 'longer', ours: 1_000_000, ratio: 500_000, met: false },
    { ...row, goal: '', ratio: 0.5, met: true },
  ]);
  expect(lines).toEqual([
    'bench  case      ours  reference    ratio  goal',
    'a      b         1 ms          2    0.500  ours <= 3: met',
    'a      longer  1 M ms          2  5.00e+5  ours <= 3: MISSED',
    'a      b         1 ms          2    0.500',
  ]);
});
