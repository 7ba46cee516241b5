/**
 * Shows what a person is told of the main job at its end: a row of every part, the files, and
 * whether something is not as it must be. Its parts are small runs of other systems here.
 */
import { resolve } from 'node:path';
import type { ExperimentReport } from '@mangrove/lab';
import { type DemoResult, hunt, runExperiment } from '@mangrove/lab/node';
import { beforeAll, expect, it } from 'vitest';
import { summary } from './demo-command.ts';

const FILES = { page: resolve('results/demo.html'), markdown: resolve('results/demo.md') };

let result: DemoResult;

beforeAll(async () => {
  const bug = 'register-rename-before-sync';
  const run = { experiment: 'register', world: 'sim', seed: 1 } as const;
  const [clean, broken, cleanHunt] = await Promise.all([
    runExperiment(run),
    runExperiment({ ...run, bug }),
    hunt({ experiment: 'register', seedCount: 2, workerCount: 1 }),
  ]);
  const { planted = expect.fail('nothing was planted') } = broken;
  const inevitability = { anomaly: 'broken-node', points: [], inevitableMs: 12.3 } as const;
  const told = { hunt: { ...cleanHunt, failureCount: 1 }, inevitability, shrunk: broken.found };
  const report: ExperimentReport = {
    ...{ ...broken, ...told, planted: { ...planted, cleanAnswer: 'valid' } },
    command: 'npx mangrove replay results/demo.html',
  };
  result = { report, cluster: clean.found, cleanHunt, isAsExpected: true };
});

it('has a row of every part, why the bug is one, and where the report is', () => {
  const text = summary(result, FILES).join('\n');
  expect(text).toMatch(/^processes +valid: held to \d+ promises$/m);
  expect(text).toMatch(/^ +\d+ operations: \d+ ok, \d+ refused, \d+ not known$/m);
  expect(text).toMatch(/^ +p50 [\d.]+ ms, p99 \d+ ms; nobody was answered for \d+ ms at most$/m);
  expect(text).toMatch(/^clean code +2 seeds in .*, 0 failures$/m);
  expect(text).toMatch(/^ +\d+ faults of \d+ kinds struck, .* of the protocol reached$/m);
  expect(text).toMatch(/^planted bug +register-rename-before-sync\n +2 seeds in .*, 1 failure$/m);
  expect(text).toMatch(/^shrunk +from 3 replicas, .*\n +to 3 replicas, .*, in 0 steps$/m);
  expect(text).toMatch(/^inevitable +from 12 ms of that run on$/m);
  expect(text).toMatch(/^without it +the same run is valid$/m);
  expect(text).toMatch(/^What the bug does, .*:\n {2}n\d broke at \d+ ms: SyntaxError/m);
  expect(text).toMatch(/^report +results\/demo\.html\nas text +results\/demo\.md$/m);
  expect(text).toMatch(/^again +npx mangrove replay results\/demo\.html$/m);
  expect(text).not.toContain('NOT AS IT MUST BE');
});

it('says so where processes broke a promise, and where anything is not as it must be', () => {
  const cluster = result.report.found;
  const text = summary({ ...result, cluster, isAsExpected: false }, FILES).join('\n');
  expect(text).toMatch(/^processes +INVALID \(broken-node\): /m);
  // Why, in a row of its own.
  expect(text).toMatch(/^ {4,}n\d broke at \d+ ms: SyntaxError/m);
  expect(text.endsWith('\n\nNOT AS IT MUST BE: see above.')).toBe(true);
});
