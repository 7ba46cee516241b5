/**
 * The minima of planted bugs of the store that are not plain to see are true: a plan of as many
 * faults and operations shows the bug to clients, by some luck, and the code as it is survives it.
 */
import type { Plan } from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { findBug } from '../src/catalog.ts';
import { runPlan } from '../src/run-plan.ts';
import { WorkerPool } from '../src/worker-pool.ts';
import { KV_MINIMAL_PLANS } from './kv-minimal-plans.ts';

/** Who leads, and a millisecond more or less, is luck: it has so many tries. */
const LUCK = 20;

describe.each(KV_MINIMAL_PLANS)('$bug', (minimal) => {
  const { entry, bug } = findBug(minimal.bug);
  const { faults, operations, activeMs } = minimal;

  it('shows by a plan as small as its minimum, and the plan by nothing else', async () => {
    expect(bug.minimum?.faults).toHaveLength(faults.length);
    expect(bug.minimum?.operationCount).toBe(operations.length);
    const { name } = entry.experiment;
    const pool = await WorkerPool.open({ experiment: name, bug, workerCount: 1 });
    const anomalies: string[] = [];
    try {
      for (let seed = 1; seed <= LUCK && anomalies.length === 0; seed++) {
        const plan = planOf(seed);
        const { verdict } = await pool.runPlan(plan);
        if (verdict.answer !== 'invalid') continue;
        anomalies.push(verdict.anomaly ?? '');
        expect((await runPlan(entry, plan)).verdict.answer).not.toBe('invalid');
      }
    } finally {
      await pool.close();
    }
    expect(anomalies).toEqual(['promise']);
  });

  function planOf(seed: number): Plan {
    const { eventCountMin: _, ...drawn } = drawPlan(entry.experiment, seed);
    const replicas = drawn.replicas.slice(0, minimal.replicaCount);
    const clients = drawn.clients.slice(0, minimal.clientCount);
    return { ...drawn, replicas, clients, activeMs, faults, operations };
  }
});
