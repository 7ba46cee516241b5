/**
 * Beyond the atlas: disks of a majority are lost or rot, clocks run faster than anyone allows for.
 *
 * Nothing can be promised of progress then, and nothing is asked for. What is asked for is that
 * nobody is told what is not so: histories stay linearizable, and a node that cannot keep its
 * promises refuses or stops, and says why. Reads go by ReadIndex, since a lease is no promise on
 * such clocks. One disk stays whole: where every memory is gone, nobody is left to refuse.
 */
import { checkLinearizable, register } from '@mangrove/check';
import type { Plan } from '@mangrove/experiment';
import { type NodeId, type RunningNode, toNodeId } from '@mangrove/host';
import { drawPlan, simulate } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { RaftWatch, raftBeyondExperiment, type WatchedNode, watchRaft } from '../src/index.ts';
import { RegisterReplica } from '../src/subject/register-replica.ts';

const SEED_COUNT = 60;

/** The node whose disk stays. */
const KEPT = toNodeId('n1');

/** The plan without what would damage the disk of `KEPT`. */
function sparing(plan: Plan): Plan {
  const faults = plan.faults.filter((fault) => damagedBy(fault) !== KEPT);
  return { ...plan, faults };
}

/** What is watched of the nodes that run. */
function seen(nodes: ReadonlyMap<NodeId, RunningNode>): ReadonlyMap<NodeId, WatchedNode> {
  return new Map(
    [...nodes].flatMap(([node, running]) =>
      running instanceof RegisterReplica ? [[node, running.inspect()]] : [],
    ),
  );
}

function damagedBy(fault: Plan['faults'][number]): NodeId | undefined {
  if (fault.type === 'bit-rot') return fault.node;
  return fault.type === 'crash' && fault.disk === 'wiped' ? fault.node : undefined;
}

describe('damage beyond what is promised', () => {
  it('R27, R75, R83: it ends in a refusal that says why, never in silent loss', {
    timeout: 60_000,
  }, async () => {
    const seen = { damagedMajority: 0, fastClock: 0, refusals: 0, okCount: 0, stuck: 0 };
    for (let seed = 0; seed < SEED_COUNT; seed++) {
      const plan = sparing(drawPlan(raftBeyondExperiment, seed));
      const report = await simulate(raftBeyondExperiment.subject, plan);
      const { type } = checkLinearizable(register(), report.history);
      expect({ seed, type }).toEqual({ seed, type: 'valid' });
      for (const { type: end, cause } of report.ends) {
        // What a member had promised and lost shows where its leader tells it of it.
        const isNoticed = end !== 'broken' || String(cause).includes('has lost entries');
        expect({ seed, end, isNoticed, cause: String(cause) }).toMatchObject({ isNoticed: true });
        if (end !== 'stopped') seen.refusals += 1;
      }
      const damaged = new Set(plan.faults.flatMap((fault) => damagedBy(fault) ?? []));
      if (damaged.size >= 2) seen.damagedMajority += 1;
      if (plan.faults.some((each) => each.type === 'clock-drift' && Math.abs(each.ppm) > 1000)) {
        seen.fastClock += 1;
      }
      if (report.stuck.length > 0) seen.stuck += 1;
      seen.okCount += report.history.filter((event) => event.type === 'ok').length;
    }
    expect(seen.damagedMajority).toBeGreaterThan(5);
    expect(seen.fastClock).toBeGreaterThan(5);
    expect(seen.refusals).toBeGreaterThan(5);
    expect(seen.stuck).toBeGreaterThan(0);
    expect(seen.okCount).toBeGreaterThan(1000);
  });

  it('R30: where no disk is left, what is founded anew is another group', async () => {
    // All three disks are lost, the last one while its node is down; then term 2 is led once more.
    const plan = drawPlan(raftBeyondExperiment, 1054);
    const { subject } = raftBeyondExperiment;
    const whole = new RaftWatch(new Set(plan.replicas));
    const asOne = await simulate(subject, plan, { invariant: (nodes) => whole.look(seen(nodes)) });
    const message = 'election safety: n2 and n1 lead term 2';
    expect(asOne.violation).toMatchObject({ cause: { message } });
    const asTwo = await simulate(subject, plan, { invariant: watchRaft(plan) });
    expect(asTwo.violation).toBeUndefined();
  });
});
