/**
 * The experiments that the lab hunts by: the first seeds of each are silent, by what clients see
 * and by the invariants. Longer hunts are the lab's.
 */
import { checkLinearizable, register } from '@mangrove/check';
import type { Experiment } from '@mangrove/experiment';
import type { NodeId, RunningNode } from '@mangrove/host';
import { drawPlan, simulate } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import {
  raftGroupsExperiment,
  raftHunts,
  raftReadsExperiment,
  watchGroups,
  watchRaft,
} from '../src/index.ts';
import { GroupsReplica } from '../src/subject/groups-replica.ts';
import { raftDamageExperiment, raftDisksExperiment } from '../src/subject/raft-hunts.ts';

const SEEDS = [1, 2];

describe('experiments', () => {
  for (const experiment of [raftReadsExperiment, ...raftHunts]) {
    it(`R30, R58: ${experiment.name} is silent`, { timeout: 60_000 }, async () => {
      let okCount = 0;
      for (const seed of SEEDS) okCount += await judge(experiment, seed);
      // A group that mostly refuses would prove little.
      expect(okCount).toBeGreaterThan(SEEDS.length * 50);
    });
  }
});

describe('raft-groups', () => {
  it('R113: is silent, and its groups sleep in between', { timeout: 60_000 }, async () => {
    let okCount = 0;
    let asleepCount = 0;
    const watch = () => {
      const invariant = watchGroups();
      return (nodes: ReadonlyMap<NodeId, RunningNode>) => {
        for (const running of nodes.values()) {
          if (running instanceof GroupsReplica) asleepCount += running.groups.asleepCount;
        }
        invariant(nodes);
      };
    };
    for (const seed of SEEDS) okCount += await judge(raftGroupsExperiment, seed, watch);
    expect(okCount).toBeGreaterThan(SEEDS.length * 50);
    expect(asleepCount).toBeGreaterThan(10_000);
  });
});

describe('raft-disks', () => {
  // In each a founder was to lose its disk while the others needed its word.
  it.each([13, 52])('R77: disks are lost once the group is founded, seed %i', async (seed) => {
    await judge(raftDisksExperiment, seed);
  });
});

describe('raft-damage', () => {
  // One reads, with long silences, and writes, which is refused at once, at the node that is lost.
  it('a client leaves a home that has lost its disk, seed 119', async () => {
    await judge(raftDamageExperiment, 119);
  });
});

/** Runs a seed, expects no alarm, and tells how many operations succeeded. */
async function judge(
  experiment: Experiment,
  seed: number,
  watch: typeof watchRaft = watchRaft,
): Promise<number> {
  const plan = drawPlan(experiment, seed);
  const { history, stuck, violation, ends } = await simulate(experiment.subject, plan, {
    invariant: watch(plan),
  });
  const { type } = checkLinearizable(register(), history);
  const broken = ends.filter((end) => end.type === 'broken');
  const verdict = { seed, type, broken, stuck, violation };
  expect(verdict).toEqual({ seed, type: 'valid', broken: [], stuck: [], violation: undefined });
  return history.filter((event) => event.type === 'ok').length;
}
