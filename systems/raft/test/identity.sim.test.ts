/**
 * Who a node is: disks that are lost or swapped, clusters that meet, versions side by side.
 */

import type { NodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { simpleConfiguration, storeOf } from '../src/index.ts';
import { A, B, C, D, DONE, FOUNDERS, NodeGroup, writing } from './node-group.ts';

/** Runs until the configuration names the store of every member. */
async function bind(group: NodeGroup): Promise<void> {
  await group.elect();
  await group.until(() =>
    FOUNDERS.every((node) => {
      const { configuration, commitIndex, lastIndex } = group.node(node).status();
      return configuration.stores.length === 3 && commitIndex === lastIndex;
    }),
  );
}

describe('a disk that was lost', () => {
  it('R75: its node is refused, says why, and votes for no one', async () => {
    const group = new NodeGroup(31);
    await bind(group);
    await group.write(1);
    group.simulation.crash(C, 'wiped');
    group.simulation.restart(C);
    expect(await group.write(2)).toEqual(DONE);
    await group.until(() => group.simulation.running(C) !== undefined);
    await group.pass(1000);
    const refused = await group.outcome(group.node(C).propose(writing(3)));
    expect(refused).toMatchObject({ code: 'wrong-store', isDefinite: true });
    expect(String(refused)).toContain('add it as a learner with its new store');
    // Alone with one other it must not make a majority: it may have voted in its former life.
    const leader = (await group.elect()).status();
    const { term, role } = group.node(C).status();
    expect({ term, role }).toEqual({ term: 1, role: 'follower' });
    const other = FOUNDERS.find((node) => node !== C && node !== leader.node) ?? A;
    group.simulation.crash(leader.node, 'kept');
    await group.pass(3000);
    expect(group.node(other).status().role).not.toBe('leader');
    expect(group.node(C).status().role).toBe('follower');
    group.simulation.close();
  });

  it('R75: its node does not break when its leader counts on what it has lost', async () => {
    const group = new NodeGroup(38);
    await bind(group);
    await group.write(1);
    const { node: leader } = (await group.elect()).status();
    const lost = FOUNDERS.find((node) => node !== leader) ?? A;
    // What it says of its new store is slow to come; what the leader says is not.
    const { nowMs } = group.simulation;
    const slow = { atMs: nowMs, untilMs: nowMs + 1500, from: [lost], to: [leader] };
    group.simulation.inject({ type: 'slow-links', latencyMs: 100, ...slow });
    group.simulation.crash(lost, 'wiped');
    group.simulation.restart(lost);
    expect(await group.write(2)).toEqual(DONE);
    await group.pass(1000);
    expect(group.simulation.running(lost)).toBeDefined();
    const refused = await group.outcome(group.node(lost).propose(writing(3)));
    expect(refused).toMatchObject({ code: 'wrong-store', isDefinite: true });
    group.simulation.close();
  });

  it('R75: a new store is not taken for the former one while that is being removed', async () => {
    const group = new NodeGroup(37);
    await bind(group);
    const leader = await group.elect();
    const [lost, other] = FOUNDERS.filter((node) => node !== leader.status().node) as [
      NodeId,
      NodeId,
    ];
    group.simulation.crash(lost, 'wiped');
    group.simulation.restart(lost);
    await group.until(() => group.simulation.running(lost) !== undefined);
    const removed = leader.changeMembers([{ type: 'remove', node: lost }]);
    await group.until(() => {
      const { voters, outgoing } = leader.status().configuration;
      return !voters.includes(lost) && outgoing.length === 0;
    });
    // The removal is in the leader's log, and cannot be committed for a while.
    expect(leader.status().commitIndex).toBeLessThan(leader.status().lastIndex);
    const { nowMs } = group.simulation;
    const links = { from: [other], to: [leader.status().node] };
    group.simulation.inject({ type: 'cut', atMs: nowMs, untilMs: nowMs + 100, ...links });
    expect(await group.outcome(removed)).toBeUndefined();
    expect(group.simulation.running(lost)).toBeDefined();
    const { store } = group.node(lost);
    expect(await group.outcome(leader.addLearner(lost, { store }))).toBeUndefined();
    await group.until(() => group.node(lost).status().configuration.learners.includes(lost));
    group.simulation.close();
  });

  it('R78: it comes back as a learner with its new store, and is promoted', async () => {
    const group = new NodeGroup(32, { snapshotEveryCount: 5 });
    await bind(group);
    for (let value = 1; value <= 12; value++) expect(await group.write(value)).toEqual(DONE);
    group.simulation.crash(C, 'wiped');
    group.simulation.restart(C);
    await group.until(() => group.simulation.running(C) !== undefined);
    const ask = async (what: Promise<void>) => expect(await group.outcome(what)).toBeUndefined();
    await group.until(() => group.leader !== undefined && group.leader !== group.node(C));
    await ask((await group.elect()).changeMembers([{ type: 'remove', node: C }]));
    await ask((await group.elect()).addLearner(C, { store: group.node(C).store }));
    await group.until(() => {
      const found = group.leader?.status().followers.find(({ node }) => node === C);
      return found?.mode === 'replicate' && found.lagCount === 0;
    });
    await ask((await group.elect()).promote(C));
    expect((await group.elect()).status().configuration.voters).toEqual([A, B, C]);
    await ask(group.node(C).read());
    expect(group.machines.get(C)?.value).toBe(12);
    // It is a full member again: with one other it goes on.
    group.simulation.crash(A, 'kept');
    expect(await group.write(13)).toEqual(DONE);
    // What it was refused for is over: alone it only has no leader.
    group.simulation.crash(B, 'kept');
    await group.pass(1000);
    const alone = await group.outcome(group.node(C).propose(writing(14)));
    expect(alone).toMatchObject({ code: 'not-leader', isDefinite: true });
    group.simulation.close();
  });

  it('R78: a store that is named is the only one that is let in', async () => {
    const group = new NodeGroup(33);
    await bind(group);
    group.start(D);
    await group.until(() => group.simulation.running(D) !== undefined);
    const other = group.node(A).store;
    expect(
      await group.outcome((await group.elect()).addLearner(D, { store: other })),
    ).toBeUndefined();
    await group.pass(1000);
    const refused = await group.outcome(group.node(D).read());
    expect(refused).toMatchObject({ code: 'wrong-store', isDefinite: true });
    expect(group.node(D).status().commitIndex).toBe(0);
    group.simulation.close();
  });

  it('R77: nobody leads before every founder knows the stores of all others', async () => {
    const group = new NodeGroup(34);
    group.simulation.crash(C, 'kept');
    await group.pass(3000);
    expect(group.leader).toBeUndefined();
    group.simulation.restart(C);
    await bind(group);
    // From then on a majority is enough, also to start again.
    for (const node of FOUNDERS) group.simulation.crash(node, 'unsynced-lost');
    group.simulation.restart(A);
    group.simulation.restart(B);
    expect(await group.write(1)).toEqual(DONE);
    group.simulation.close();
  });

  it('R77: a founder that lost its disk in between is who the first leader says', async () => {
    const outcomes = new Set<string>();
    for (let seed = 35; seed < 43; seed++) {
      const group = new NodeGroup(seed);
      const { nowMs } = group.simulation;
      // Only a hears of c, so c has promised nothing when it loses its disk.
      const links = { from: [C], to: [B] };
      group.simulation.inject({ type: 'cut', atMs: nowMs, untilMs: nowMs + 1000, ...links });
      await group.pass(900);
      expect(group.node(C).status().term).toBe(1);
      group.simulation.crash(C, 'wiped');
      group.simulation.restart(C);
      await group.pass(4000);
      const { configuration } = (await group.elect()).status();
      const isMember = storeOf(configuration, C) === group.node(C).store;
      const refused = await group.outcome(group.node(C).propose(writing(1)));
      expect(refused).toMatchObject({ code: isMember ? 'not-leader' : 'wrong-store' });
      expect(group.node(C).status().leader !== undefined).toBe(isMember);
      outcomes.add(String(isMember));
      group.simulation.close();
    }
    expect(outcomes.has('false')).toBe(true);
  });
});

describe('a store that is not the node\u2019s', () => {
  it('R81: a node of another cluster is refused, and says why', async () => {
    const group = new NodeGroup(36);
    await bind(group);
    group.start(D, { cluster: 'elsewhere', founding: simpleConfiguration([A, B, D]) });
    await group.until(() => group.simulation.running(D) !== undefined);
    await group.pass(1000);
    const refused = await group.outcome(group.node(D).propose(writing(1)));
    expect(refused).toMatchObject({ code: 'wrong-cluster', isDefinite: true });
    expect(await group.write(2)).toEqual(DONE);
    expect(group.node(D).status().term).toBe(1);
    group.simulation.close();
  });

  it('R81: a directory of another node is refused', async () => {
    const group = new NodeGroup(38);
    await bind(group);
    const [from, to] = [A, B].map((node) => group.hosts.get(node)?.disk);
    if (from === undefined || to === undefined) throw new Error('a and b run');
    const copy = async () => {
      const source = await from.open('raft/identity', 'read');
      const target = await to.open('raft/identity', 'write');
      await target.truncate(0);
      await target.append(await source.readAt(0, source.size()));
      await target.sync();
    };
    expect(await group.outcome(copy())).toBeUndefined();
    group.simulation.crash(B, 'kept');
    group.simulation.restart(B);
    await group.until(() => group.simulation.ends.length === 1);
    expect(group.simulation.ends[0]).toMatchObject({ node: B, cause: { code: 'foreign-store' } });
    expect(String(group.simulation.ends[0]?.cause)).toContain('another node or cluster');
    expect(await group.write(1)).toEqual(DONE);
    group.simulation.close();
  });

  it('R81: a directory of another cluster, or without identity, is refused', async () => {
    const group = new NodeGroup(37);
    await bind(group);
    group.simulation.crash(A, 'kept');
    group.start(A, { cluster: 'elsewhere' });
    await group.until(() => group.simulation.ends.length === 1);
    expect(group.simulation.ends[0]).toMatchObject({ node: A, cause: { code: 'foreign-store' } });
    await group.outcome(group.hosts.get(B)?.disk.remove('raft/identity') ?? Promise.resolve());
    group.simulation.crash(B, 'kept');
    group.simulation.restart(B);
    await group.until(() => group.simulation.ends.length === 2);
    expect(group.simulation.ends[1]).toMatchObject({ node: B, cause: { code: 'identity-lost' } });
    group.simulation.close();
  });

  it('R81: an identity that rotted keeps a node from starting, and says so', async () => {
    const group = new NodeGroup(39);
    await bind(group);
    const atMs = group.simulation.nowMs + 1;
    const place = { path: 'raft/identity', positionPerMille: 500 };
    group.simulation.inject({ type: 'bit-rot', node: A, atMs, ...place });
    await group.pass(2);
    group.simulation.crash(A, 'kept');
    group.simulation.restart(A);
    await group.until(() => group.simulation.ends.length === 1);
    expect(group.simulation.ends[0]).toMatchObject({ node: A, cause: { code: 'identity-lost' } });
    expect(String(group.simulation.ends[0]?.cause)).toContain('restore its file identity');
    expect(await group.write(1)).toEqual(DONE);
    group.simulation.close();
  });
});
