/**
 * How long `mangrove --help` takes, beside a Node.js that does nothing, in turns.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Bench } from '@mangrove/experiment';

const ROUND_COUNT = 9;
const GOAL_MS = 300;

/** Milliseconds from `spawn` to the end of the process; the median of the rounds. */
export const bench: Bench = {
  name: 'help',
  async run(report) {
    const command = fileURLToPath(new URL('../bin/mangrove.js', import.meta.url));
    const [help, bare]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUND_COUNT; round++) {
      help.push(await timeOf([command, '--help']));
      bare.push(await timeOf(['-e', '0']));
    }
    const [ours, reference] = [median(help), median(bare)];
    report({
      bench: 'help',
      case: 'mangrove --help, beside node -e 0',
      ours,
      reference,
      unit: 'ms',
      ratio: ours / reference,
      goal: `ours <= ${GOAL_MS}`,
      met: ours <= GOAL_MS,
    });
  },
};

function timeOf(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve(performance.now() - startedMs);
      else reject(new Error(`${args.join(' ')} ended with exit code ${code}`));
    });
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
