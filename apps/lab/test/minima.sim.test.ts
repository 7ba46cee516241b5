/**
 * The minima of planted bugs that are not plain to see are true: a plan of as many faults and
 * operations shows the bug to clients, by some luck, and the code as it is survives it.
 */
import type { Plan } from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { findBug } from '../src/catalog.ts';
import { runPlan } from '../src/run-plan.ts';
import type { AnomalyClass } from '../src/verdict.ts';
import { WorkerPool } from '../src/worker-pool.ts';
import { MINIMAL_PLANS } from './minimal-plans.ts';

/** Who leads, and a millisecond more or less, is luck: it has so many tries. */
const LUCK = 20;

describe.each(MINIMAL_PLANS)('$bug', (minimal) => {
  const { entry, bug } = findBug(minimal.bug);
  const { faults, operations, activeMs } = minimal;

  it('shows by a plan as small as its minimum, and the plan by nothing else', async () => {
    expect(bug.minimum?.faults).toHaveLength(faults.length);
    expect(bug.minimum?.operationCount).toBe(operations.length);
    const { name } = entry.experiment;
    const pool = await WorkerPool.open({ experiment: name, bug, workerCount: 1 });
    let anomaly: AnomalyClass | undefined;
    try {
      for (let seed = 1; seed <= LUCK && anomaly === undefined; seed++) {
        const plan = planOf(seed);
        anomaly = (await pool.runPlan(plan)).verdict.anomaly;
        if (anomaly !== undefined)
          expect((await runPlan(entry, plan)).verdict.anomaly).toBe(undefined);
      }
    } finally {
      await pool.close();
    }
    expect(['promise', 'linearizability']).toContain(anomaly);
  });

  function planOf(seed: number): Plan {
    const { eventCountMin: _, ...drawn } = drawPlan(entry.experiment, seed);
    const replicas = drawn.replicas.slice(0, minimal.replicaCount);
    const clients = drawn.clients.slice(0, minimal.clientCount);
    return { ...drawn, replicas, clients, activeMs, faults, operations };
  }
});
