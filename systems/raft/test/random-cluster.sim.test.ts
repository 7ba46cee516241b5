/**
 * Random schedules over a pure cluster: no invariant breaks, and quiet brings progress.
 *
 * A failure prints its seed; `node systems/raft/test/hunt.ts --from SEED --seeds 1` runs it again.
 */
import { describe, expect, it } from 'vitest';
import { runSeed } from './random-cluster.ts';

/** What 800 runs have to do of what they are for, at the least: about a third of what they do. */
const FLOORS: Readonly<Record<string, number>> = Object.freeze({
  ...{ committed: 20_000, elected: 1000, 'read-ready': 8000, transferred: 110 },
  ...{ 'change-members': 3000, gambit: 1700, asleep: 1200, awake: 1200 },
  ...{ snapshot: 1500, restore: 430, 'write-chunk': 1800, 'chunk rotted': 120 },
  ...{ 'load-entries': 17_000, 'apply-stored': 16_000 },
  ...{ crash: 1400, cut: 1500, pause: 700, lull: 680 },
});

describe('random schedules', () => {
  it('R29: equal seeds give equal runs: the core is a function of its events', () => {
    expect(runSeed(7, 1500)).toEqual(runSeed(7, 1500));
  });

  it('R30: the invariants hold at every event, and a healed cluster gets on', {
    timeout: 60_000,
  }, () => {
    const sums = new Map<string, number>();
    for (let seed = 0; seed < 800; seed++) {
      const { committedCount, electionCount, counts } = runSeedNamed(seed);
      const all = { ...counts, committed: committedCount, elected: electionCount };
      for (const [name, count] of Object.entries(all)) {
        sums.set(name, (sums.get(name) ?? 0) + count);
      }
    }
    const missed = Object.keys(FLOORS).filter(
      (name) => (sums.get(name) ?? 0) < (FLOORS[name] ?? 0),
    );
    expect(missed, JSON.stringify([...sums])).toEqual([]);
  });
});

function runSeedNamed(seed: number) {
  try {
    return runSeed(seed, 2000);
  } catch (cause) {
    throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
  }
}
