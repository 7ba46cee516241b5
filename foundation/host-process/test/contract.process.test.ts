/**
 * Shows that the Host of a process keeps the contract: every case, over loopback and real files.
 */
import { hostContract } from '@mangrove/host/contract';
import { describe, it } from 'vitest';
import { withWorld } from './process-world.ts';

describe('the Host of a process', () => {
  for (const { rules, title, run } of hostContract) {
    it(`${rules.join(' ')}: ${title}`, { timeout: 20_000 }, () => withWorld(run));
  }
});
