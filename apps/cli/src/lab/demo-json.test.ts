/**
 * Shows what a machine is told of the main job: verdicts, sizes and figures, and nothing long. Its
 * parts are small runs of other systems here; `npm start` is run by CI as it is.
 */
import { hunt, runExperiment } from '@mangrove/lab/node';
import { expect, it } from 'vitest';
import { demoJson } from './demo-json.ts';

it('is one object with the verdict of every part, that fits on a screen or two', async () => {
  const experiment = 'register';
  const report = await runExperiment({ experiment, world: 'sim', seed: 3 });
  const cleanHunt = await hunt({ experiment, seedCount: 2 });
  const result = { report, cluster: report.found, cleanHunt, isAsExpected: true };
  const told = demoJson(result, 'results/demo.html');
  expect(told).toMatchObject({
    ...{ isAsExpected: true, report: 'results/demo.html' },
    cleanHunt: { seedCount: 2, failureCount: 0 },
    cluster: { verdict: { answer: 'valid' }, figures: { operationCount: expect.any(Number) } },
    found: { world: 'sim', hash: report.found.hash, size: { replicaCount: 3 } },
    shrunk: { verdict: { answer: 'valid' } },
  });
  const text = JSON.stringify(told);
  expect(JSON.parse(text)).toEqual(told);
  expect(text.length).toBeLessThan(20_000);
});
