/**
 * How fast the lab hunts: virtual time a second, with five replicas under faults, and what a second
 * worker thread brings.
 *
 * Both are reported without a goal: they depend on the machine's cores more than on the code.
 */
import type { Bench } from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import { findExperiment } from '../src/catalog.ts';
import { huntIn } from '../src/hunt.ts';
import { WorkerPool } from '../src/worker-pool.ts';

const EXPERIMENT = 'register';
const REPLICA_COUNT = 5;
const SEED_COUNT = 200;
const ROUND_COUNT = 3;

/** Runs of whole plans, drawn, simulated and judged. */
export const bench: Bench = {
  name: 'hunt',
  async run(report) {
    const [plans, one, two]: [number[], number[], number[]] = [[], [], []];
    const single = await WorkerPool.open({ experiment: EXPERIMENT, workerCount: 1 });
    const double = await WorkerPool.open({ experiment: EXPERIMENT, workerCount: 2 });
    try {
      for (let round = 0; round <= ROUND_COUNT; round++) {
        const rates = [await planRate(single), await seedRate(single), await seedRate(double)];
        // The first round warms up.
        if (round === 0) continue;
        for (const [index, list] of [plans, one, two].entries()) list.push(rates[index] ?? 0);
      }
    } finally {
      await single.close();
      await double.close();
    }
    const [simulated, slow, fast] = [median(plans), median(one), median(two)];
    const head = { bench: 'hunt', goal: '', met: true };
    const wall = 'simulated seconds a second, five replicas under faults, beside wall time';
    report({ ...head, case: wall, ours: simulated, reference: 1, unit: 's/s', ratio: simulated });
    const gain = 'a hunt on two worker threads, beside one on a single thread';
    const ratio = fast / slow;
    report({ ...head, case: gain, ours: fast, reference: slow, unit: 'seeds/s', ratio });
  },
};

/** Seeds a second, as a hunt runs them: three replicas, only the outcome leaves the thread. */
async function seedRate(pool: WorkerPool): Promise<number> {
  const { seedCount, elapsedMs } = await huntIn(pool, {
    experiment: EXPERIMENT,
    seedCount: 2 * SEED_COUNT,
  });
  return (1000 * seedCount) / elapsedMs;
}

/** Virtual time of all runs by the wall time that they took. */
async function planRate(pool: WorkerPool): Promise<number> {
  const { experiment } = findExperiment(EXPERIMENT);
  const startMs = performance.now();
  let nextSeed = 1;
  let simulatedMs = 0;
  const follow = async () => {
    while (nextSeed <= SEED_COUNT) {
      const plan = drawPlan({ ...experiment, replicaCount: REPLICA_COUNT }, nextSeed++);
      simulatedMs += (await pool.runPlan(plan)).endMs;
    }
  };
  await Promise.all(Array.from({ length: 2 * pool.workerCount }, follow));
  return simulatedMs / (performance.now() - startMs);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
