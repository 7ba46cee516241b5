/**
 * Shows that a pool has a thread for each core where nothing else is asked for, and so has a hunt.
 */
import os from 'node:os';
import { expect, it } from 'vitest';
import { hunt } from './hunt.ts';
import { DEFAULT_WORKER_COUNT } from './worker-pool.ts';

it('has a thread a core, or as many as are asked for', async () => {
  expect(DEFAULT_WORKER_COUNT).toBe(os.availableParallelism());
  const { workerCount } = await hunt({ experiment: 'register', seedCount: 1 });
  expect(workerCount).toBe(os.availableParallelism());
  const three = await hunt({ experiment: 'register', seedCount: 1, workerCount: 3 });
  expect(three.workerCount).toBe(3);
});
