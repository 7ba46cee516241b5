/**
 * What many runs of one seed came to is told with the run that tells most.
 */
import { expect, it } from 'vitest';
import { figureEightReport } from '../test/figure-eight.ts';
import { repeatExperiment } from './repeat-experiment.ts';
import { headlineOf } from './report/headline.ts';
import { type ExperimentReport, repetitionWords } from './run-report.ts';
import type { Answer, Verdict } from './verdict.ts';

function reportOf(answer: Answer, command: string): ExperimentReport {
  const { shrunk: _, ...report } = figureEightReport();
  const verdict: Verdict = { answer, checks: [] };
  const anomaly = answer === 'invalid' ? ({ anomaly: 'stuck' } as const) : {};
  return { ...report, command, found: { ...report.found, verdict: { ...verdict, ...anomaly } } };
}

it('reports the first run that is invalid, and how many are', async () => {
  const answers: Answer[] = ['valid', 'unknown', 'invalid', 'invalid', 'valid'];
  const told: string[] = [];
  const report = await repeatExperiment(
    {
      ...{ experiment: 'kv', world: 'local', seed: 3, runCount: answers.length },
      onRun: ({ found }, run) => told.push(`${run} ${found.verdict.answer}`),
    },
    async () => reportOf(answers[told.length] ?? 'valid', `run ${told.length + 1}`),
  );
  expect(told).toEqual(['1 valid', '2 unknown', '3 invalid', '4 invalid', '5 valid']);
  expect(report.command).toBe('run 3 --repeat 5');
  const words = '2 of 5 runs are invalid (stuck 2), 1 is not known';
  expect(report.repetition && repetitionWords(report.repetition)).toBe(words);
  expect(headlineOf(report).notes).toContain(`Of the same seed ${words}.`);
});

it('says that none was invalid, and of one run nothing more than its verdict', async () => {
  const options = { experiment: 'kv', world: 'local', seed: 3 } as const;
  const runOnce = async () => reportOf('valid', 'again');
  const { repetition } = await repeatExperiment({ ...options, runCount: 2 }, runOnce);
  expect(repetition && repetitionWords(repetition)).toBe('0 of 2 runs are invalid');
  expect(await repeatExperiment({ ...options, runCount: 1 }, runOnce)).toEqual(await runOnce());
});
