/**
 * What a hunt says while it runs: how fast, how much, what failed, and which marks of the protocol
 * any run has reached so far.
 */
import type { HuntFigures } from '@mangrove/lab';
import { expect, it } from 'vitest';
import { huntWords, liveHuntWords, testedLines } from './wording.ts';

const FIGURES: HuntFigures = {
  ...{ firstSeed: 1, seedCount: 300, workerCount: 2, elapsedMs: 4000, simulatedMs: 90_000 },
  ...{ eventCount: 1_210_000, eventCountMin: 5200, failureCount: 1, unknownCount: 2 },
  ...{ failures: [], unknowns: [], counts: {} },
  marks: { 'Elections won': 521, 'Logs cut': 3, 'Snapshots installed': 0 },
};

it('tells of a hunt that runs how many of all marks were reached', () => {
  expect(liveHuntWords(FIGURES)).toBe(
    '300 seeds in 4.0 s (75 a second), 90 s simulated, 1.21 M events, 1 failure, 2 not known, ' +
      '2 of 3 marks',
  );
});

it('tells of no marks where nodes count nothing', () => {
  const unmarked = { ...FIGURES, marks: {} };
  expect(liveHuntWords(unmarked)).toBe(huntWords(unmarked));
  expect(liveHuntWords(unmarked)).not.toContain('marks');
});

it('names in the end which marks were reached, how often, and which never', () => {
  const [, reached, never] = testedLines(FIGURES);
  expect(reached).toBe('marks: elections won 521, logs cut 3');
  expect(never).toBe('never reached: snapshots installed');
});
