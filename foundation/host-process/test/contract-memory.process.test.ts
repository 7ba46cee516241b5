/**
 * Shows that the Host keeps the contract where its disk is memory: the cases of disks and files
 * whose faults memory can have (none).
 */
import type { NodeId } from '@mangrove/host';
import { hostContract } from '@mangrove/host/contract';
import { MemoryStorage } from '@mangrove/host-process/node';
import { describe, it } from 'vitest';
import { ProcessWorld } from './process-world.ts';

const cases = hostContract.filter(
  ({ rules, needs }) => needs.length === 0 && rules.every((rule) => rule.startsWith('D')),
);

describe('the Host of a process whose disk is memory', () => {
  for (const { rules, title, run } of cases) {
    it(`${rules.join(' ')}: ${title}`, { timeout: 20_000 }, async () => {
      const storages = new Map<NodeId, MemoryStorage>();
      const world = await ProcessWorld.create((node) => {
        const storage = storages.get(node) ?? new MemoryStorage();
        storages.set(node, storage);
        return { dataDirectory: storage };
      });
      try {
        await run(world);
      } finally {
        await world.close();
      }
    });
  }
});
