/**
 * Shows that the Host of a process keeps the contract: every case, over loopback and real files.
 *
 * A case whose fault this world cannot inject is skipped, with the reason.
 */
import { hostContract } from '@mangrove/host/contract';
import { describe, it } from 'vitest';
import { withWorld } from './process-world.ts';

describe('the Host of a process', () => {
  for (const { rules, title, needs, run } of hostContract) {
    it(`${rules.join(' ')}: ${title}`, { timeout: 20_000 }, async (context) => {
      await withWorld(async (world) => {
        const lacked = needs.flatMap((fault) => world.lacks.get(fault) ?? []);
        if (lacked.length > 0) context.skip(`needs ${lacked.join(', ')}`);
        await run(world);
      });
    });
  }
});
