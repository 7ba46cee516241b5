/**
 * Shows that the figures of a hunt are those of its runs: they are held against sums that are made
 * here, run by run, of seeds some of which fail and some of which are not known.
 */
import { fileURLToPath } from 'node:url';
import { drawPlan } from '@mangrove/sim';
import { expect, it } from 'vitest';
import { proveBug } from '../src/bugs/prove-bug.ts';
import { findBug } from '../src/catalog.ts';
import { hunt } from '../src/hunt.ts';
import { runPlan } from '../src/run-plan.ts';
import type { RunEvidence } from '../src/run-report.ts';
import { entry } from './doubtful-register.ts';

const experiment = fileURLToPath(new URL('./doubtful-register.ts', import.meta.url));
const [FIRST, COUNT] = [3, 24];

it('every run is counted, once, as what it was', async () => {
  const seeds = Array.from({ length: COUNT }, (_, index) => FIRST + index);
  const runs: (RunEvidence & { readonly seed: number })[] = [];
  for (const seed of seeds) {
    runs.push({ seed, ...(await runPlan(entry, drawPlan(entry.experiment, seed))) });
  }
  const ofAnswer = (answer: string) =>
    runs.filter(({ verdict }) => verdict.answer === answer).map(({ seed }) => seed);
  const [failed, unknown] = [ofAnswer('invalid'), ofAnswer('unknown')];
  // Else this would show nothing.
  for (const some of [failed, unknown, ofAnswer('valid')]) expect(some.length).toBeGreaterThan(1);
  const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

  const figures = await hunt({ experiment, firstSeed: FIRST, seedCount: COUNT, workerCount: 2 });
  expect(figures).toMatchObject({
    ...{ firstSeed: FIRST, seedCount: COUNT, workerCount: 2 },
    ...{ failureCount: failed.length, unknownCount: unknown.length },
    eventCount: sum(runs.map(({ eventCount = 0 }) => eventCount)),
    eventCountMin: Math.min(...runs.map(({ eventCount = 0 }) => eventCount)),
  });
  expect(figures.simulatedMs).toBeCloseTo(sum(runs.map(({ endMs }) => endMs)), 3);
  expect(figures.failures.map(({ seed }) => seed)).toEqual(failed);
  expect(figures.failures.map(({ anomaly }) => anomaly)).toEqual(failed.map(() => 'slo'));
  expect(figures.unknowns.map(({ seed }) => seed)).toEqual(unknown);
  expect(figures.unknowns[0]?.sentence).toMatch(/^\d*[13579] is odd$/);
  const names = [...new Set(runs.flatMap(({ counts }) => Object.keys(counts)))];
  for (const name of names) {
    expect(figures.counts[name], name).toBe(sum(runs.map(({ counts }) => counts[name] ?? 0)));
  }
  expect(Object.keys(figures.counts).sort()).toEqual(names.sort());
});

it('a hunt that is over leaves the rest of its seeds', async () => {
  const seedCount = 400;
  const isOver = ({ failureCount }: { readonly failureCount: number }) => failureCount > 0;
  const figures = await hunt({ experiment, seedCount, workerCount: 1, isOver });
  expect(figures.failureCount).toBeGreaterThan(0);
  expect(figures.seedCount).toBeLessThan(200);
});

it('a bug is not proven by seeds on which the code as it is does not hold', async () => {
  const { bug } = findBug('register-rename-before-sync');
  const own = { ...entry, experiment: { ...entry.experiment, name: experiment } };
  const proof = await proveBug(own, bug, { isWatched: false, workerCount: 1 });
  expect(proof.planted.failureCount).toBeGreaterThan(0);
  const { failureCount, unknownCount } = proof.clean;
  expect(failureCount + unknownCount).toBeGreaterThan(0);
  expect(proof.isProven).toBe(false);
});
