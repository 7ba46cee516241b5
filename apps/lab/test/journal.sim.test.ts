/**
 * The journal is hunted under the worst disks: it holds, and each of its planted bugs is found, by
 * what clients saw alone and by an invariant that looks into the replicas.
 */
import { journalBugs } from '@mangrove/journal';
import { drawPlan } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { findExperiment } from '../src/catalog.ts';
import { huntIn } from '../src/hunt.ts';
import { runPlan } from '../src/run-plan.ts';
import { WorkerPool } from '../src/worker-pool.ts';

/** The seeds on which the clean code must be silent; the hunts of the README have more. */
const SEED_COUNT = 30;

const NAMES = ['journal', 'journal-alone', 'journal-rot'] as const;

describe('the journal as it is', () => {
  it.each(NAMES)('holds in the experiment %s', async (name) => {
    const entry = findExperiment(name);
    const counts = new Map<string, number>();
    const refusals: string[] = [];
    for (let seed = 1; seed <= SEED_COUNT; seed++) {
      const plan = drawPlan(entry.experiment, seed);
      const run = await runPlan(entry, plan, { isWatched: true });
      expect(run.verdict, `seed ${seed}`).toMatchObject({ answer: 'valid' });
      refusals.push(...run.ends.map(({ cause }) => cause));
      for (const [what, count] of Object.entries(run.counts ?? {})) {
        counts.set(what, (counts.get(what) ?? 0) + count);
      }
    }
    expect(counts.get('operation ok')).toBeGreaterThan(name === 'journal-rot' ? 600 : 1000);
    if (name !== 'journal-rot') {
      expect(counts.get('bytes lost at power failure')).toBeGreaterThan(500);
      expect(counts.get('disk write: no-space'), 'full disks').toBeGreaterThan(10);
    }
    if (name === 'journal') expect(counts.get('message corrupted')).toBeGreaterThan(20);
    if (name === 'journal-alone') return;
    expect(counts.get('bits rotten')).toBeGreaterThan(20);
    // Synced bytes that rotted are refused by name: a replica never starts without them.
    const refused = /^JournalError: batch \d+ was synced and is damaged: .+ at \d+\)$/;
    expect(refusals).toContainEqual(expect.stringMatching(refused));
  });
});

describe('a planted bug', () => {
  it.each(journalBugs)('$name is found by what clients saw, and by the invariant', async (bug) => {
    const { experiment, seedBudget: seedCount } = bug;
    const pool = await WorkerPool.open({ experiment, bug, workerCount: 1 });
    try {
      const blind = await huntIn(pool, {
        experiment,
        seedCount,
        isOver: ({ failureCount }) => failureCount > 0,
      });
      expect(blind.failures[0]?.anomaly).toMatch(/^(?:linearizability|stuck)$/);
      // What replicas forget shows inside; a message that was changed shows only to its reader.
      const expected = bug.file.includes('/journal/') ? 'invariant' : 'linearizability';
      const watched = await huntIn(pool, {
        experiment,
        seedCount,
        isWatched: true,
        isOver: ({ failures }) => failures.some(({ anomaly }) => anomaly === expected),
      });
      expect(watched.failures.map(({ anomaly }) => anomaly)).toContain(expected);
    } finally {
      await pool.close();
    }
  });
});
