/**
 * Nodes on simulated machines: what they promise to those who hold them, and what a disk must keep.
 */
import { describe, expect, it } from 'vitest';
import { A, B, C, D, DONE, FOUNDERS, NodeGroup, writing } from './node-group.ts';

describe('a node', () => {
  it('R53: what was acknowledged is there after a power loss of all nodes', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const group = new NodeGroup(seed, { snapshotEveryCount: seed % 2 === 0 ? 3 : 1000 });
      for (let value = 1; value <= 8; value++) expect(await group.write(value)).toEqual(DONE);
      for (const node of FOUNDERS) group.simulation.crash(node, 'unsynced-lost');
      for (const node of FOUNDERS) group.simulation.restart(node);
      const leader = await group.elect();
      await group.outcome(leader.read());
      expect(group.machines.get(leader.status().node)?.value).toBe(8);
      group.simulation.close();
    }
  });

  it('R54: a node that joins gets a snapshot and the log, is promoted, and reads', async () => {
    const group = new NodeGroup(7, { snapshotEveryCount: 5 });
    for (let value = 1; value <= 20; value++) await group.write(value);
    group.start(D);
    const leader = await group.elect();
    expect(await group.outcome(leader.addLearner(D))).toBeUndefined();
    await group.until(() => {
      const joined = leader.status().followers.find(({ node }) => node === D);
      return joined?.mode === 'replicate' && joined.lagCount === 0;
    });
    expect(await group.outcome((await group.elect()).promote(D))).toBeUndefined();
    expect(leader.status().configuration.voters).toEqual([A, B, C, D]);
    expect(await group.outcome(group.node(D).read())).toBeUndefined();
    expect(group.machines.get(D)?.value).toBe(20);
    group.simulation.close();
  });

  it('R55: leadership is handed over, and whoever asks a follower learns who leads', async () => {
    const group = new NodeGroup(9);
    await group.write(1);
    const leader = await group.elect();
    const target = [A, B, C].find((node) => node !== leader.status().node) ?? A;
    expect(await group.outcome(leader.transferLeadership(target))).toBeUndefined();
    expect(group.node(target).status().role).toBe('leader');
    const refused = await group.outcome(leader.propose(writing(2)));
    expect(refused).toMatchObject({ code: 'not-leader', isDefinite: true, leader: target });
    group.simulation.close();
  });

  it('R56: closing ends what is owed as unknown; later calls are refused for good', async () => {
    const group = new NodeGroup(11);
    const leader = await group.elect();
    const owed = leader.propose(writing(1));
    const closing = leader.close();
    expect(await group.outcome(owed)).toMatchObject({ code: 'closed', isDefinite: false });
    await group.outcome(closing);
    expect(await group.outcome(leader.read())).toMatchObject({ code: 'closed', isDefinite: true });
    group.simulation.close();
  });

  it('R57: a snapshot that rotted keeps the node from starting', async () => {
    const group = new NodeGroup(13, { snapshotEveryCount: 3 });
    for (let value = 1; value <= 10; value++) await group.write(value);
    await group.until(() => group.node(A).status().snapshotIndex > 1);
    await group.simulation.run(group.simulation.nowMs + 500);
    const atMs = group.simulation.nowMs + 1;
    group.simulation.inject({
      type: 'bit-rot',
      node: A,
      atMs,
      path: 'raft/snapshots',
      positionPerMille: 500,
    });
    await group.simulation.run(atMs + 10);
    group.simulation.crash(A, 'kept');
    group.simulation.restart(A);
    await group.until(() => group.simulation.ends.length > 0);
    expect(group.simulation.ends[0]).toMatchObject({ node: A, type: 'refused' });
    expect(String(group.simulation.ends[0]?.cause)).toContain('checksum');
    group.simulation.close();
  });
});
