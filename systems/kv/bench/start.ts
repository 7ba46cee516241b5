/**
 * `startKv()` in a fresh process: from the call, after the import, to the answer to the first put.
 *
 * Each round is a process of its own,
 * so that nothing is compiled or warm.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Bench, BenchRow } from '@mangrove/experiment';
import { median } from './load.ts';

const ROUND_COUNT = 9;
const GOAL_MS = 50;
const PROGRAM = fileURLToPath(new URL('./start-process.ts', import.meta.url));

/** The benchmark. */
export const bench: Bench = {
  name: 'kv-start',
  async run(report: (row: BenchRow) => void): Promise<void> {
    const firsts: number[] = [];
    for (let round = 0; round < ROUND_COUNT; round += 1) {
      const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM]);
      firsts.push(Number(stdout));
    }
    const ours = median(firsts);
    report({
      ...{ bench: 'kv-start', case: 'from startKv() to the first put in memory', unit: 'ms' },
      ...{ ours, reference: GOAL_MS, ratio: ours / GOAL_MS },
      ...{ goal: `ours < ${GOAL_MS}`, met: ours < GOAL_MS },
    });
  },
};
