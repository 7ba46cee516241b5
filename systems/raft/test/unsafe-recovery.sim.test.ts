/**
 * A group that lost its quorum for good goes on with one survivor, and grows again.
 */
import type { Host } from '@mangrove/host';
import { idleNode } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { inspectStore, type StoreReport, unsafeRecoverQuorum } from '../src/index.ts';
import { A, C, D, DONE, FOUNDERS, NodeGroup, writing } from './node-group.ts';

/** Runs `task` on the stopped machine of a. */
async function onStopped<Value>(
  group: NodeGroup,
  task: (host: Host) => Promise<Value>,
): Promise<Value> {
  let outcome: { value: Value } | { error: unknown } | undefined;
  group.simulation.start(A, async (host) => {
    await task(host).then(
      (value) => {
        outcome = { value };
      },
      (error) => {
        outcome = { error };
      },
    );
    return idleNode();
  });
  await group.until(() => outcome !== undefined);
  group.simulation.crash(A, 'unsynced-lost');
  if (outcome !== undefined && 'value' in outcome) return outcome.value;
  throw outcome?.error;
}

const recover = (host: Host): Promise<StoreReport> =>
  unsafeRecoverQuorum(host, { newCluster: 'mangrove-2', acceptsLoss: true });

describe('a group without a quorum', () => {
  it('R84: one survivor goes on in a new cluster with its whole log, others join', async () => {
    const group = new NodeGroup(71, { snapshotEveryCount: 6 });
    for (let value = 1; value <= 10; value++) expect(await group.write(value)).toEqual(DONE);
    await group.until(() => group.machines.get(A)?.value === 10);
    const { lastIndex, lastTerm } = await (async () => {
      for (const node of FOUNDERS) group.simulation.crash(node, 'unsynced-lost');
      return await onStopped(group, (host) => inspectStore(host));
    })();
    const report = await onStopped(group, recover);
    expect(report).toMatchObject({ node: A, cluster: 'mangrove', lastIndex, lastTerm });
    expect(report.configuration.voters).toEqual(FOUNDERS);

    group.start(A, { cluster: 'mangrove-2' });
    expect(await group.write(11)).toEqual(DONE);
    const leader = await group.elect();
    expect(leader.status()).toMatchObject({ node: A, configuration: { voters: [A] } });
    expect(leader.status().term).toBeGreaterThan(report.term);

    // A former member that comes back after all is a stranger, and takes nothing from anyone.
    group.simulation.restart(C);
    await group.until(() => group.simulation.running(C) !== undefined);
    await group.pass(1000);
    const refused = await group.outcome(group.node(C).propose(writing(99)));
    expect(refused).toMatchObject({ code: 'wrong-cluster', isDefinite: true });

    group.start(D, { cluster: 'mangrove-2' });
    await group.until(() => group.simulation.running(D) !== undefined);
    expect(
      await group.outcome(leader.addLearner(D, { store: group.node(D).store })),
    ).toBeUndefined();
    await group.until(() => leader.status().followers[0]?.lagCount === 0);
    expect(await group.outcome(leader.promote(D))).toBeUndefined();
    expect(await group.outcome(group.node(D).read())).toBeUndefined();
    expect(group.machines.get(D)?.value).toBe(11);
    group.simulation.close();
  });

  it('R84: it may be cut short at any moment and be repeated', async () => {
    const seen = new Set<string>();
    for (let step = 1; step <= 10; step++) {
      const group = new NodeGroup(72);
      for (let value = 1; value <= 3; value++) expect(await group.write(value)).toEqual(DONE);
      await group.until(() => group.machines.get(A)?.value === 3);
      for (const node of FOUNDERS) group.simulation.crash(node, 'unsynced-lost');
      let isDone = false;
      group.simulation.start(A, async (host) => {
        await recover(host);
        isDone = true;
        return idleNode();
      });
      await group.pass(step * 8);
      group.simulation.crash(A, 'unsynced-lost');
      // Whatever it has done so far, it does not lead the former cluster.
      group.start(A);
      await group.pass(1500);
      const isUp = group.simulation.running(A) !== undefined;
      if (isUp) expect(group.node(A).status().role).not.toBe('leader');
      seen.add(`${isDone} ${isUp}`);
      group.simulation.crash(A, 'unsynced-lost');
      await onStopped(group, recover);
      group.start(A, { cluster: 'mangrove-2' });
      expect(await group.write(4)).toEqual(DONE);
      group.simulation.close();
    }
    // Cut before it had begun to tell, between its writes, and after it was done.
    expect([...seen].sort()).toEqual(['false false', 'false true', 'true false']);
  });

  it('R84: an empty directory is not recovered, nor is one kept in its cluster', async () => {
    const group = new NodeGroup(73);
    await group.write(1);
    for (const node of FOUNDERS) group.simulation.crash(node, 'kept');
    const inPlace = { newCluster: 'mangrove', acceptsLoss: true } as const;
    await expect(onStopped(group, (host) => unsafeRecoverQuorum(host, inPlace))).rejects.toThrow(
      'another cluster',
    );
    group.simulation.crash(A, 'wiped');
    await expect(onStopped(group, recover)).rejects.toMatchObject({ code: 'no-store' });
    group.simulation.close();
  });
});
