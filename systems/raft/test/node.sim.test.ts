/**
 * Nodes on simulated machines: what they promise to those who hold them, and what a disk must keep.
 */
import type { Host } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { A, B, C, D, DONE, FOUNDERS, NodeGroup, writing } from './node-group.ts';
import { withParts } from './with-parts.ts';

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
    // It changes nothing, so there is nothing that could be in doubt.
    const read = leader.read();
    const ended = Promise.allSettled([owed, read]);
    const closing = leader.close();
    expect(await group.outcome(ended)).toMatchObject([
      { reason: { code: 'closed', isDefinite: false } },
      { reason: { code: 'closed', isDefinite: true } },
    ]);
    await group.outcome(closing);
    expect(await group.outcome(leader.read())).toMatchObject({ code: 'closed', isDefinite: true });
    group.simulation.close();
  });

  it('R56: what is broken ends the node, whoever is calling it', async () => {
    const { group, cause, whileBroken } = breakableGroup(12);
    await group.write(1);
    await group.pass(200);
    const leader = await group.elect();
    const { node } = leader.status();
    const others = FOUNDERS.filter((each) => each !== node);
    const { nowMs } = group.simulation;
    const cut = { type: 'cut', atMs: nowMs, untilMs: nowMs + 60 } as const;
    group.simulation.inject({ ...cut, from: others, to: [node] });
    const owed = [leader.propose(writing(2)), leader.read()];
    await group.pass(20);
    const ended = whileBroken(() => Promise.allSettled([...owed, leader.addLearner(D)]));
    expect(await group.outcome(ended)).toMatchObject([
      { reason: { code: 'broken', isDefinite: false, cause } },
      { reason: { code: 'broken', isDefinite: true, cause } },
      { reason: { code: 'broken', isDefinite: false, cause } },
    ]);
    expect(group.simulation.ends).toMatchObject([{ node, type: 'broken', cause }]);
    expect(await group.outcome(leader.read())).toMatchObject({ code: 'closed', isDefinite: true });
    // The others go on.
    await group.until(() => group.leader !== undefined);
    expect(await group.write(3)).toEqual(DONE);
    group.simulation.close();
  });

  it('R56: what is asked of a node that breaks at what it gathered is refused', async () => {
    const { group, cause, whileBroken } = breakableGroup(14);
    await group.write(1);
    const leader = await group.elect();
    const ended = whileBroken(() =>
      Promise.allSettled([leader.propose(writing(2)), leader.addLearner(D)]),
    );
    expect(await group.outcome(ended)).toMatchObject([
      { reason: { code: 'broken', isDefinite: false, cause } },
      { reason: { code: 'closed', isDefinite: true } },
    ]);
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

/** A group whose nodes find their network broken, with `cause`, while the test says so. */
function breakableGroup(seed: number) {
  const cause = new Error('what cannot be');
  let isBroken = false;
  const around = (host: Host) =>
    withParts(host, {
      messages: withParts(host.messages, {
        send: (to, bytes, lane) => {
          if (isBroken) throw cause;
          return host.messages.send(to, bytes, lane);
        },
      }),
    });
  const whileBroken = <Value>(call: () => Value): Value => {
    isBroken = true;
    const value = call();
    isBroken = false;
    return value;
  };
  return { group: new NodeGroup(seed, { around }), cause, whileBroken };
}
