/**
 * Shows that failing plans shrink to about what a person would write by hand, within the same class
 * of anomaly, and that the outcome replays by itself.
 */
import { fileURLToPath } from 'node:url';
import { drawPlan } from '@mangrove/sim';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBug } from '../src/catalog.ts';
import { failureOf } from '../src/failure.ts';
import { huntIn } from '../src/hunt.ts';
import { type PlanSize, sizeOf } from '../src/run-report.ts';
import { shrink } from '../src/shrinking/shrink.ts';
import { WorkerPool } from '../src/worker-pool.ts';
import { TOO_MANY, entry as twoRules } from './two-rules.ts';

const experiment = 'register';
const { entry, bug } = findBug('register-rename-before-sync');

/** By hand: one replica, one client that writes and reads, one loss of power in between. */
const MINIMUM = { replicaCount: 1, clientCount: 1, faultCount: 1, operationCount: 2 };

let pool: WorkerPool;
beforeAll(async () => {
  pool = await WorkerPool.open({ experiment, bug });
});
afterAll(() => pool.close());

describe('shrinking', () => {
  it('comes within 1.5 times of the minimum made by hand, for the usual seed', async () => {
    const { failures } = await huntIn(pool, { experiment, seedCount: 30 });
    expect(failures.length).toBeGreaterThanOrEqual(3);
    const sizes: PlanSize[] = [];
    for (const { seed, anomaly } of failures.slice(0, 3)) {
      const plan = drawPlan(entry.experiment, seed);
      const { evidence, steps } = await shrink(pool, { plan, anomaly, maxRuns: 1200 });
      sizes.push(sizeOf(evidence.plan));
      expect(evidence.verdict.anomaly).toBe(anomaly);
      expect(evidence.trace?.records.length).toBeGreaterThan(0);
      expect(steps.some(({ isKept }) => isKept)).toBe(true);
      const { seed: _seed, ...unseeded } = evidence.plan;
      expect((await pool.runPlan(unseeded)).hash).toBe(evidence.hash);
    }
    const usual = (of: (size: PlanSize) => number) => sizes.map(of).sort((a, b) => a - b)[1];
    const least = MINIMUM.faultCount + MINIMUM.operationCount;
    const weight = ({ faultCount, operationCount }: PlanSize) => faultCount + operationCount;
    expect(usual(weight)).toBeLessThanOrEqual(1.5 * least);
    expect(usual(({ replicaCount }) => replicaCount)).toBe(MINIMUM.replicaCount);
    expect(usual(({ clientCount }) => clientCount)).toBe(MINIMUM.clientCount);
    // What is left takes a part of the time that was drawn.
    expect(usual(({ activeMs }) => activeMs)).toBeLessThan(entry.experiment.activeMs / 5);
  }, 60_000);

  it('asks a system that is stuck by one operation, not by a queue of them', async () => {
    const { entry: leases, bug: endless } = findBug('transfer-never-ends');
    const { name } = leases.experiment;
    const threads = await WorkerPool.open({ experiment: name, bug: endless });
    try {
      const plan = drawPlan(leases.experiment, 1);
      const { evidence } = await shrink(threads, { plan, anomaly: 'stuck', maxRuns: 200 });
      const { faultCount, operationCount } = sizeOf(evidence.plan);
      expect(operationCount).toBe(endless.minimum?.operationCount);
      expect(faultCount).toBeLessThanOrEqual(1.5 * (endless.minimum?.faults.length ?? 0));
    } finally {
      await threads.close();
    }
  }, 30_000);

  it('takes what is asked at the end for the whole plan, where that shows the bug', async () => {
    const { entry: upkeep, bug: lenient } = findBug('alarm-lets-transactions-in');
    const { name } = upkeep.experiment;
    const threads = await WorkerPool.open({ experiment: name, bug: lenient });
    try {
      // A store that was filled write by write, and showed the bug long before the end.
      const plan = drawPlan(upkeep.experiment, 14);
      const { evidence } = await shrink(threads, { plan, anomaly: 'promise', maxRuns: 60 });
      const { faultCount, operationCount } = sizeOf(evidence.plan);
      const { operationCount: least = 0 } = lenient.minimum ?? {};
      expect(faultCount).toBe(0);
      expect(operationCount).toBeLessThanOrEqual(1.5 * least);
    } finally {
      await threads.close();
    }
  }, 90_000);

  it('keeps to the judge that spoke first, whatever it calls it and others say', async () => {
    const path = fileURLToPath(new URL('./two-rules.ts', import.meta.url));
    const threads = await WorkerPool.open({ experiment: path });
    try {
      const plan = drawPlan(twoRules.experiment, 1);
      const before = failureOf((await threads.runPlan(plan)).verdict);
      const { evidence } = await shrink(threads, { plan, anomaly: 'promise', maxRuns: 60 });
      // One read would be less, and breaks the other rule.
      expect(evidence.plan.operations.map(({ f }) => f)).toEqual(Array(TOO_MANY).fill('write'));
      expect(before?.name).toMatch(/^written-\d+-times$/);
      expect(failureOf(evidence.verdict)).toEqual({
        ...{ class: 'promise', check: before?.check, name: `written-${TOO_MANY}-times` },
      });
    } finally {
      await threads.close();
    }
  });

  it('keeps what the code without the bug needs, so that the plan shows the bug', async () => {
    const { entry: groups, bug: forgotten } = findBug('timers-of-one-moment-are-one');
    const { name } = groups.experiment;
    const threads = await WorkerPool.open({ experiment: name, bug: forgotten });
    const clean = await WorkerPool.open({ experiment: name, workerCount: 1 });
    try {
      const plan = drawPlan(groups.experiment, 17);
      const { evidence } = await shrink(threads, { plan, anomaly: 'stuck', clean, maxRuns: 200 });
      // A replica less, of whom each group has two, is stuck in any code.
      expect(sizeOf(evidence.plan)).toMatchObject({ replicaCount: 2, faultCount: 0 });
      expect((await clean.runPlan(evidence.plan)).verdict.answer).toBe('valid');
    } finally {
      await Promise.all([threads.close(), clean.close()]);
    }
  }, 60_000);

  it('does not ask the code without the bug where that fails from the beginning', async () => {
    const plan = drawPlan(entry.experiment, 20);
    const asked = { plan, anomaly: 'broken-node', maxRuns: 60 } as const;
    const { evidence } = await shrink(pool, { ...asked, clean: pool });
    expect(evidence.plan).toEqual((await shrink(pool, asked)).evidence.plan);
    expect(sizeOf(evidence.plan).faultCount).toBe(1);
  });

  it('gives the same plan on one thread as on two', async () => {
    const single = await WorkerPool.open({ experiment, bug, workerCount: 1 });
    const double = await WorkerPool.open({ experiment, bug, workerCount: 2 });
    try {
      const shrunkIn = async (threads: WorkerPool) => {
        const plan = drawPlan(entry.experiment, 20);
        return (await shrink(threads, { plan, anomaly: 'broken-node' })).evidence;
      };
      const [one, two] = [await shrunkIn(single), await shrunkIn(double)];
      expect(one.plan).toEqual(two.plan);
      expect(one.hash).toBe(two.hash);
    } finally {
      await single.close();
      await double.close();
    }
  }, 30_000);

  it('stops at its bound of runs with what it has', async () => {
    const [failure] = (await huntIn(pool, { experiment, seedCount: 30 })).failures;
    if (failure === undefined) throw new Error('nothing was found');
    const plan = drawPlan(entry.experiment, failure.seed);
    const { anomaly } = failure;
    const { evidence, steps } = await shrink(pool, { plan, anomaly, maxRuns: 20 });
    expect(evidence.verdict.anomaly).toBe(anomaly);
    // Short runs count as a tenth each, and what was begun with some luck ends with all of it.
    expect(steps.at(-1)?.run).toBeLessThanOrEqual(240);
    const long = await shrink(pool, { plan, anomaly, maxRuns: 200 });
    expect(long.steps.at(-1)?.run).toBeGreaterThan(steps.at(-1)?.run ?? 0);
  });

  it('refuses a plan that does not fail in that way', async () => {
    const plan = drawPlan(entry.experiment, 1);
    await expect(shrink(pool, { plan, anomaly: 'stuck' })).rejects.toThrow('nothing to shrink');
  });
});
