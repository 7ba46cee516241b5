/**
 * Random schedules over a pure cluster: no invariant breaks, and quiet brings progress.
 *
 * A failure prints its seed; `node systems/raft/test/hunt.ts --from SEED --seeds 1` runs it again.
 */
import { describe, expect, it } from 'vitest';
import { runSeed } from './random-cluster.ts';

describe('random schedules', () => {
  it('R29: equal seeds give equal runs: the core is a function of its events', () => {
    expect(runSeed(7, 1500)).toEqual(runSeed(7, 1500));
  });

  it('R30: the invariants hold at every event, and a healed cluster gets on', {
    timeout: 60_000,
  }, () => {
    let committedCount = 0;
    let electionCount = 0;
    for (let seed = 0; seed < 800; seed++) {
      const result = runSeedNamed(seed);
      committedCount += result.committedCount;
      electionCount += result.electionCount;
    }
    expect(committedCount).toBeGreaterThan(20_000);
    expect(electionCount).toBeGreaterThan(1000);
  });
});

function runSeedNamed(seed: number) {
  try {
    return runSeed(seed, 2000);
  } catch (cause) {
    throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
  }
}
