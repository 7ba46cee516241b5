/**
 * Swarm runs of four members, of which three found the cluster, and nine clients: every promise of
 * the store holds, so do the invariants at every event, quiet brings progress, no node breaks, and
 * a seed is one run. Once with the client library, once by the contract alone.
 */
import { execFile } from 'node:child_process';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Experiment } from '@mangrove/experiment';
import {
  type KvPromise,
  kvContractExperiment,
  kvExperiment,
  kvPromises,
  watchKv,
} from '@mangrove/kv';
import { drawPlan, simulate } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';

const SEED_COUNT = 5;

/** What is wrong with a run of `seed`, and how often clients got what they asked for. */
async function run(experiment: Experiment, promises: readonly KvPromise[], seed: number) {
  const plan = drawPlan(experiment, seed);
  const report = await simulate(experiment.subject, plan, { invariant: watchKv(plan) });
  const { history, stuck, violation } = report;
  const broken = promises.flatMap(({ check, view, judge }) => {
    const verdict = judge(history.map(view).filter((event) => event !== undefined));
    return verdict.type === 'invalid' ? [{ check, violations: verdict.violations }] : [];
  });
  // A member may stop or be refused for what its disk did; it must not break by its own doing.
  const ends = report.ends.filter(({ type }) => type === 'broken');
  const okCount = history.filter(({ type }) => type === 'ok').length;
  return { faults: { seed, broken, ends, stuck, violation }, okCount };
}

describe.each([
  { experiment: kvExperiment, promises: kvPromises },
  { experiment: kvContractExperiment, promises: kvPromises },
])('a cluster under $experiment.name', ({ experiment, promises }) => {
  it('keeps every promise, and every client gets on', { timeout: 120_000 }, async () => {
    let total = 0;
    for (let seed = 0; seed < SEED_COUNT; seed++) {
      const { faults, okCount } = await run(experiment, promises, seed);
      expect(faults).toEqual({ seed, broken: [], ends: [], stuck: [], violation: undefined });
      total += okCount;
    }
    // Each run plans some 330 operations; a cluster that mostly refuses would prove little.
    expect(total).toBeGreaterThan(SEED_COUNT * 150);
  });

  it('gives the same run of a seed in a fresh process', { timeout: 60_000 }, async () => {
    const { hash } = await simulate(experiment.subject, drawPlan(experiment, 42));
    const script = fileURLToPath(new URL('./run-seed.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(execPath, [script, experiment.name, '42']);
    expect(stdout).toBe(hash);
  });
});
