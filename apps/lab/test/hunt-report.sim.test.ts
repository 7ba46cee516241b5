/**
 * Shows which run the report of a hunt is about: a run that failed before one on which a judge gave
 * up, and that one before any that held.
 */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { hunt } from '../src/hunt.ts';
import { reportHunt } from '../src/hunt-report.ts';
import { headlineOf } from '../src/report/headline.ts';

const experiment = fileURLToPath(new URL('./doubtful-register.ts', import.meta.url));

async function reportOf(firstSeed: number, seedCount: number) {
  const figures = await hunt({ experiment, firstSeed, seedCount, workerCount: 1 });
  const report = await reportHunt(experiment, { figures, workerCount: 1, command: 'again' });
  return { figures, report, headline: headlineOf(report) };
}

it('a hunt on which a judge gave up is not told as valid, although its last seed is', async () => {
  const { figures, report, headline } = await reportOf(11, 4);
  // Else this would show nothing.
  expect(figures).toMatchObject({ failureCount: 0, unknownCount: 2 });
  expect(figures.unknowns.at(-1)?.seed).toBeLessThan(14);
  expect(report.seed).toBe(figures.unknowns[0]?.seed);
  expect(headline.answer).toBe('unknown');
  expect(headline.sentence).toBe('It is not known whether the promises held: 19 is odd.');
});

it('a hunt in which all held shows its last run', async () => {
  const { figures, report, headline } = await reportOf(13, 2);
  expect(figures).toMatchObject({ failureCount: 0, unknownCount: 0 });
  expect({ seed: report.seed, answer: headline.answer }).toEqual({ seed: 14, answer: 'valid' });
});

it('a hunt with a failure shows it, whatever is not known of earlier seeds', async () => {
  const { figures, report, headline } = await reportOf(3, 2);
  expect(figures.unknowns.map(({ seed }) => seed)).toEqual([3]);
  expect({ seed: report.seed, answer: headline.answer }).toEqual({ seed: 4, answer: 'invalid' });
});
