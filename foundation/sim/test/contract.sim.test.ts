/**
 * Shows that the simulated Host keeps the contract: every case, on several seeds, drained both
 * ways.
 */
import { hostContract } from '@mangrove/host/contract';
import { describe, it } from 'vitest';
import { SimulatedWorld } from './simulated-world.ts';

const RUNS = [
  { drain: 'hop', seeds: [1] },
  { drain: 'checkpoint', seeds: [2, 3, 4] },
] as const;

describe.each(RUNS)('the simulated Host, drained by $drain', ({ drain, seeds }) => {
  for (const { rules, title, run } of hostContract) {
    it(`${rules.join(' ')}: ${title}`, { timeout: 20_000 }, async () => {
      for (const seed of seeds) {
        const world = new SimulatedWorld(seed, drain);
        try {
          await run(world);
        } finally {
          await world.close();
        }
      }
    });
  }
});
