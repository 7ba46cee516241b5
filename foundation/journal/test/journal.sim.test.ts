/**
 * The journal against its naive twin: under every fault of the disk that the simulator has, and
 * with a crash at every single disk operation of scripted runs.
 *
 * What is tried is random; what is right is not: after each crash the journal must hold what was
 * acknowledged and some beginning of what was under way. `node foundation/journal/test/hunt.ts
 * FIRST COUNT` tries as many seeds as there is time for.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DiskOperation } from '@mangrove/experiment';
import { Simulation } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { driverOf, type JournalKind, Lives } from './driver.ts';
import { NODE } from './one-node.ts';
import { runSeed } from './run-seed.ts';

const SEED_COUNT = 60;
const KINDS: readonly JournalKind[] = ['shared', 'plain'];
const OPERATIONS: readonly DiskOperation[] = [
  'open',
  'read',
  'write',
  'sync',
  'truncate',
  'remove',
  'sync-directory',
];

describe('a journal and its twin', () => {
  it('R1 R2 R15: agree under all faults of the disk', { timeout: 120_000 }, async () => {
    const totals: Record<string, number> = {};
    for (let seed = 1; seed <= SEED_COUNT; seed++) {
      const { fault, counts } = await runSeed(seed, KINDS[seed % 2] ?? 'shared');
      expect(fault, `node foundation/journal/test/hunt.ts ${seed} 1`).toBeUndefined();
      for (const [what, times] of Object.entries(counts))
        totals[what] = (totals[what] ?? 0) + times;
    }
    // Whether anything was tested: each of these came about, and often.
    for (const what of ['tail cut', 'poisoned', 'no-space', 'moved', 'compacted', 'reopened']) {
      expect(totals[what], what).toBeGreaterThan(SEED_COUNT / 20);
    }
  });

  it.each(KINDS)(
    'R1 R2: agree after a crash at every disk operation, %s',
    {
      timeout: 120_000,
    },
    async (kind) => {
      let crashCount = 0;
      for (const operation of OPERATIONS) {
        for (const when of ['before', 'after'] as const) {
          for (let nth = 1; ; nth++) {
            const disk = nth % 2 === 0 ? 'kept' : 'unsynced-lost';
            const lives = await crashAt(kind, operation, when, nth, disk);
            if (lives === undefined) break;
            crashCount += 1;
          }
        }
      }
      expect(crashCount).toBeGreaterThan(200);
    },
  );

  it('a seed gives the same run in a fresh process', async () => {
    const module = fileURLToPath(new URL('./run-seed.ts', import.meta.url));
    const program = `
      const { runSeed } = await import(${JSON.stringify(module)});
      console.log((await runSeed(7, 'shared')).hash);`;
    const flags = ['--input-type=module', '-e', program];
    const printed = execFileSync(process.execPath, flags, { encoding: 'utf8' });
    expect(printed.trim()).toBe((await runSeed(7, 'shared')).hash);
  });
});

/** One scripted run with a crash; undefined where the script has no such operation any more. */
async function crashAt(
  kind: JournalKind,
  operation: DiskOperation,
  when: 'before' | 'after',
  nth: number,
  disk: 'kept' | 'unsynced-lost',
): Promise<Lives | undefined> {
  const lives = new Lives(kind);
  const simulation = new Simulation({ seed: 5, nodes: [NODE] });
  let lifeCount = 0;
  const code = driverOf(lives, 2);
  simulation.start(NODE, (host) => {
    lifeCount += 1;
    return code(host);
  });
  const point = { operation, nth, when };
  simulation.inject({ type: 'crash-at', node: NODE, point, downMs: 5, disk });
  try {
    await simulation.run(60_000, () => (lives.counts['rested'] ?? 0) > 0);
    const broken = simulation.ends[0];
    if (broken !== undefined) throw broken.cause;
    expect(lives.counts['rested'], `${when} ${operation} ${nth}`).toBe(1);
    return lifeCount > 1 ? lives : undefined;
  } finally {
    simulation.close();
  }
}
