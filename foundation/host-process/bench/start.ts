/**
 * How long a node process takes until it is ready: Host, durable file, ports, control channel.
 *
 * Beside it, in the same run and in turns, a Node.js process that does nothing at all.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchRow } from '@mangrove/experiment';

const ROUND_COUNT = 11;
const GOAL_MS = 600;

/** Milliseconds from `spawn` to the word `ready`. */
export const bench = {
  name: 'process-start',
  async run(report: (row: BenchRow) => void): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'mangrove-bench-'));
    const program = fileURLToPath(new URL('./ready-node.ts', import.meta.url));
    const [ready, bare]: [number[], number[]] = [[], []];
    try {
      for (let round = 0; round < ROUND_COUNT; round++) {
        ready.push(await timeOf([program, join(directory, 'node')], 'ready'));
        bare.push(await timeOf(['-e', '0'], undefined));
      }
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
    const [ours, reference] = [median(ready), median(bare)];
    report({
      bench: 'process-start',
      case: 'a node process is ready, beside node -e 0',
      ours,
      reference,
      unit: 'ms',
      ratio: ours / reference,
      goal: `ours <= ${GOAL_MS}`,
      met: ours <= GOAL_MS,
    });
  },
};

/** The time until a process prints `word`, or exits where there is none to wait for. */
function timeOf(args: readonly string[], word: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let doneMs: number | undefined;
    child.stdout.on('data', (chunk: Buffer) => {
      if (word !== undefined && chunk.includes(word)) doneMs = performance.now() - start;
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (word === undefined) doneMs = performance.now() - start;
      if (code === 0 && doneMs !== undefined) resolve(doneMs);
      else reject(new Error(`a process exited with ${code} before it was ready`));
    });
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
