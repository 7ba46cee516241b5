/**
 * Shows a whole hunt on worker threads: the clean register holds, each planted bug is found, a run
 * does not depend on the thread that it is on, and a hunt can be ended.
 */
import { drawPlan } from '@mangrove/sim';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBug, findExperiment } from '../src/catalog.ts';
import { hunt, huntIn } from '../src/hunt.ts';
import { runPlan } from '../src/run-plan.ts';
import { WorkerPool } from '../src/worker-pool.ts';

const experiment = 'register';
const entry = findExperiment(experiment);

let clean: WorkerPool;
beforeAll(async () => {
  clean = await WorkerPool.open({ experiment });
});
afterAll(() => clean.close());

describe('a hunt', () => {
  it('finds nothing in the clean register, under faults that did strike', async () => {
    const figures = await huntIn(clean, { experiment, seedCount: 100 });
    expect(figures).toMatchObject({ seedCount: 100, failureCount: 0, unknownCount: 0 });
    expect(figures.counts['fault crash']).toBeGreaterThan(20);
    expect(figures.counts['fault cut']).toBeGreaterThan(20);
    expect(figures.counts['bytes lost at power failure']).toBeGreaterThan(0);
    expect(figures.counts['operation ok']).toBeGreaterThan(2000);
  });

  it.each(entry.bugs)('finds the planted bug $name within its budget of seeds', async (bug) => {
    const figures = await hunt({
      experiment,
      bug,
      seedCount: bug.seedBudget,
      isOver: ({ failureCount }) => failureCount > 0,
    });
    expect(figures.failureCount).toBeGreaterThan(0);
    expect(figures.failures[0]?.sentence).not.toBe('');
    expect(figures.seedCount).toBeLessThanOrEqual(bug.seedBudget);
  });

  it('tells its progress as it goes, and ends with what it has when it is aborted', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const figures = await huntIn(clean, {
      experiment,
      seedCount: 1_000_000,
      signal: controller.signal,
      onProgress: ({ seedCount }) => {
        seen.push(seedCount);
        controller.abort();
      },
    });
    expect(seen.length).toBeGreaterThan(0);
    expect(figures.seedCount).toBeLessThan(1000);
    expect(figures.seedCount).toBe(seen.at(-1));
  });

  it('refuses a count that is none, and names that are not there', async () => {
    await expect(huntIn(clean, { experiment, seedCount: 0 })).rejects.toThrow('seeds is 0');
    expect(() => findExperiment('leader-isolated')).toThrow('such as kv/leader-isolated, raft/le');
    expect(() => findExperiment('none')).toThrow(/experiment is "none".* one of \d+ names$/);
    expect(() => findBug('register-rename')).toThrow('such as register-rename-before-sync');
  });
});

describe('a run', () => {
  it('of one seed is the same in this thread and in two workers', async () => {
    for (const seed of [3, 7, 20]) {
      const here = await runPlan(entry, drawPlan(entry.experiment, seed));
      const there = await Promise.all([clean.runSeed(seed), clean.runSeed(seed)]);
      expect(there.map(({ hash }) => hash)).toEqual([here.hash, here.hash]);
    }
  });

  it('replays from its recorded choices alone, without its seed', async () => {
    const plan = drawPlan(entry.experiment, 20);
    const first = await runPlan(entry, plan, { isRecordingChoices: true });
    const { seed: _seed, ...unseeded } = first.plan;
    const second = await runPlan(entry, unseeded);
    expect(second.hash).toBe(first.hash);
    expect(second.history).toEqual(first.history);
  });

  it('whose thread ends does not leave its caller waiting', async () => {
    const { bug } = findBug('register-rename-before-sync');
    const find = '  // What is on the disk for sure; nobody is told of anything else.\n';
    const replace = '  (globalThis as any).process.exit(7);\n';
    const pool = await WorkerPool.open({
      experiment,
      bug: { ...bug, find, replace },
      workerCount: 1,
    });
    try {
      await expect(pool.runSeed(1)).rejects.toThrow('ended with 7');
      await expect(pool.runSeed(2)).rejects.toThrow('ended with 7');
    } finally {
      await pool.close();
    }
  });

  it('that cannot be done fails by itself, and its thread goes on', async () => {
    const plan = drawPlan(entry.experiment, 1);
    const twice = { ...plan, replicas: [...plan.replicas, ...plan.replicas] };
    await expect(clean.runPlan(twice)).rejects.toThrow('named once each');
    expect((await clean.runSeed(1)).answer).toBe('valid');
  });
});
