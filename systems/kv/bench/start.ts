/**
 * `startKv()` in a fresh process: from the call, after the import, to the answer to the first put.
 *
 * Each round is a process of its own, so that nothing is compiled or warm; then again with what
 * Node.js keeps of compiled code where it is told where (`NODE_COMPILE_CACHE`).
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Bench, BenchRow } from '@mangrove/experiment';
import { median } from './load.ts';

const NAME = 'kv-start';
const ROUND_COUNT = 9;
const GOAL_MS = 50;
const PROGRAM = fileURLToPath(new URL('./start-process.ts', import.meta.url));

/** The benchmark. */
export const bench: Bench = {
  name: NAME,
  async run(report: (row: BenchRow) => void): Promise<void> {
    const ours = await firstPutMs();
    report({
      ...{ bench: NAME, case: 'from startKv() to the first put in memory', unit: 'ms' },
      ...{ ours, reference: GOAL_MS, ratio: ours / GOAL_MS },
      ...{ goal: `ours < ${GOAL_MS}`, met: ours < GOAL_MS },
    });
    const cached = await withCache(firstPutMs);
    report({
      ...{ bench: NAME, case: 'the same with a compile cache, beside it without', unit: 'ms' },
      ...{ ours: cached, reference: ours, ratio: cached / ours, goal: '', met: true },
    });
  },
};

/** The median of processes that are started one after the other. */
async function firstPutMs(env: NodeJS.ProcessEnv = {}): Promise<number> {
  const firsts: number[] = [];
  for (let round = 0; round < ROUND_COUNT; round += 1) {
    const options = { env: { ...process.env, NODE_COMPILE_CACHE: undefined, ...env } };
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM], options);
    firsts.push(Number(stdout));
  }
  return median(firsts);
}

/** A cache that the first process fills. */
async function withCache(measure: typeof firstPutMs): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'mangrove-bench-'));
  try {
    return await measure({ NODE_COMPILE_CACHE: directory });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
