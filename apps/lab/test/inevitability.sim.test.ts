/**
 * When a failure became inevitable is asked by runs that repeat it up to a moment: from the moment
 * of the failure on all of them fail, and a run repeated to its end is the same run. The report of
 * a hunt shows it, and one of a hunt without failures shows what was tested.
 */
import { drawPlan } from '@mangrove/sim';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findBug } from '../src/catalog.ts';
import { huntIn } from '../src/hunt.ts';
import { reportHunt } from '../src/hunt-report.ts';
import { findInevitability } from '../src/inevitability.ts';
import { renderMarkdown } from '../src/report/markdown-report.ts';
import { renderReport } from '../src/report/render-report.ts';
import { WorkerPool } from '../src/worker-pool.ts';

const { entry, bug } = findBug('register-rename-before-sync');
const experiment = entry.experiment.name;

let pool: WorkerPool;
beforeAll(async () => {
  pool = await WorkerPool.open({ experiment, bug });
});
afterAll(() => pool.close());

it('a run repeated to its end, choice by choice, is the same run', async () => {
  const plan = drawPlan(entry.experiment, 20);
  const first = await pool.runPlan(plan, { isRecordingChoices: true });
  const times = { isRecordingChoices: true, choiceTimesMs: [0, 400, first.endMs - 0.001] };
  const { choicesUntil = [] } = await pool.runPlan(first.plan, times);
  expect(choicesUntil).toHaveLength(3);
  const sizes = choicesUntil.map((choices) => JSON.stringify(choices).length);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  const last = choicesUntil.at(-1) ?? { links: {}, draws: {} };
  const again = await pool.runPlan({ ...plan, choices: last, seed: 7 });
  expect(again.history).toEqual(first.history);
});

it('the chance grows to certainty, which begins before the failure or with it', async () => {
  const { failures } = await huntIn(pool, { experiment, seedCount: 40 });
  const [failure] = failures;
  if (failure === undefined) throw new Error('nothing was found');
  const plan = drawPlan(entry.experiment, failure.seed);
  const evidence = await pool.runPlan(plan, { isRecordingChoices: true });
  const asked = { evidence, runMax: 6, timeMs: 10_000 };
  const { points, inevitableMs } = await findInevitability(pool, asked);
  expect(points.map(({ atMs }) => atMs)).toEqual(
    points.map(({ atMs }) => atMs).toSorted((a, b) => a - b),
  );
  expect(points.at(-1)).toMatchObject({ failureCount: points.at(-1)?.runCount });
  expect(inevitableMs).toBeDefined();
  expect(points.some(({ runCount, failureCount }) => failureCount < runCount)).toBe(true);
  // From that point on every run fails, and from the one before it not every one.
  const place = points.findIndex(({ atMs }) => atMs === inevitableMs);
  const isCertain = points.map(({ runCount, failureCount }) => failureCount === runCount);
  expect(isCertain.slice(place)).not.toContain(false);
  expect(isCertain[place - 1] ?? false).toBe(false);
  // A run that fails in another way does not count.
  const { verdict } = evidence;
  const checks = verdict.checks.map((each) => ({ ...each, check: `not ${each.check}` }));
  const otherwise = { ...evidence, verdict: { ...verdict, checks } };
  const other = await findInevitability(pool, { ...asked, evidence: otherwise, runMax: 1 });
  expect(other.points.reduce((sum, { failureCount }) => sum + failureCount, 0)).toBe(0);
  expect(other.inevitableMs).toBeUndefined();
}, 30_000);

it('a report of a hunt shows when, and what all seeds tested, failures or not', async () => {
  const figures = await huntIn(pool, { experiment, seedCount: 20 });
  const command = 'npx mangrove lab hunt register';
  const failed = await reportHunt(experiment, { bug, figures, command, isAskingWhen: true });
  expect(renderReport(failed)).toContain('When did it become inevitable?');
  expect(renderMarkdown(failed)).toMatch(/runs failed/);
  const clean = { ...figures, failures: [], failureCount: 0 };
  const silent = await reportHunt(experiment, { figures: { ...clean, seedCount: 3 }, command });
  const page = renderReport(silent);
  expect(page).not.toContain('When did it become inevitable?');
  expect(page).toContain('>VALID: register, seed 3<'.slice(1));
  expect(page).toMatch(/bytes lost at power failure<\/td>/);
  expect(page).toMatch(/operations during a fault<\/td>/);
}, 60_000);
