/**
 * What becomes of a node whose disk is full, hangs, fails or is damaged.
 */
import type { NodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { A, D, DONE, FOUNDERS, NodeGroup, writing } from './node-group.ts';

/** The others. */
function without(node: NodeId): readonly NodeId[] {
  return FOUNDERS.filter((each) => each !== node);
}

/** A leader with a snapshot on its way to the disk, whose sync is going to fail. */
async function snapshotAtFailingDisk() {
  const group = new NodeGroup(65, { snapshotEveryCount: 20 });
  await group.write(1);
  await group.pass(200);
  const leader = await group.elect();
  const { node } = leader.status();
  failSync(group, node, 'raft/snapshots/own');
  const done = Array.from({ length: 20 }, (_, place) => leader.propose(writing(2 + place)));
  expect(await group.outcome(Promise.all(done))).toEqual(done.map(() => DONE));
  return { group, leader, node };
}

/** Has the next sync fail that `node` does of a file whose path begins with `path`. */
function failSync(group: NodeGroup, node: NodeId, path: string): void {
  const atMs = group.simulation.nowMs;
  const what = { operation: 'sync', path, count: 1 } as const;
  group.simulation.inject({ type: 'disk-error', node, atMs, untilMs: atMs + 10_000, ...what });
}

describe('a full disk', () => {
  it('R82: its leader refuses for good, steps down, and goes on once there is room', async () => {
    const group = new NodeGroup(51);
    await group.write(1);
    const leader = await group.elect();
    const { node } = leader.status();
    const atMs = group.simulation.nowMs;
    group.simulation.inject({ type: 'disk-full', node, atMs, untilMs: atMs + 3000 });
    await group.pass(1);
    // The first one finds out. Its entry may be with the others already: they may commit it.
    leader.propose(writing(2)).catch(() => undefined);
    await group.until(() => leader.status().isDiskFull);
    const refused = await group.outcome(leader.propose(writing(3)));
    expect(refused).toMatchObject({ code: 'no-space', isDefinite: true });
    expect(leader.status().role).not.toBe('leader');
    await group.until(() => group.leader !== undefined && group.leader !== leader);
    for (let value = 4; value <= 8; value++) expect(await group.write(value)).toEqual(DONE);
    expect(group.simulation.nowMs).toBeLessThan(atMs + 3000);
    expect(leader.status().isDiskFull).toBe(true);
    await group.until(() => !leader.status().isDiskFull);
    await group.until(() => group.machines.get(node)?.value === 8);
    expect(group.simulation.ends).toEqual([]);
    group.simulation.close();
  });

  it('R82: with all disks full nothing is acknowledged until there is room', async () => {
    for (let seed = 52; seed < 57; seed++) {
      const group = new NodeGroup(seed, { snapshotEveryCount: 4 });
      for (let value = 1; value <= 5; value++) expect(await group.write(value)).toEqual(DONE);
      const atMs = group.simulation.nowMs;
      for (const node of FOUNDERS) {
        group.simulation.inject({ type: 'disk-full', node, atMs, untilMs: atMs + 2000 });
      }
      await group.pass(1);
      let isAcknowledged = false;
      const owed = group.node((await group.elect()).status().node).propose(writing(6));
      owed.then(
        () => {
          isAcknowledged = true;
        },
        () => undefined,
      );
      await group.pass(1500);
      expect(isAcknowledged).toBe(false);
      await group.pass(600);
      expect(await group.write(7)).toEqual(DONE);
      await group.until(() => FOUNDERS.every((node) => group.machines.get(node)?.value === 7));
      for (const node of FOUNDERS) group.simulation.crash(node, 'unsynced-lost');
      for (const node of FOUNDERS) group.simulation.restart(node);
      await group.until(() => FOUNDERS.every((node) => group.machines.get(node)?.value === 7));
      expect(group.simulation.ends).toEqual([]);
      group.simulation.close();
    }
  });
});

describe('a snapshot for which there is no room', () => {
  it('R82: one of the own waits, and what is committed is applied meanwhile', async () => {
    const group = new NodeGroup(71, { snapshotEveryCount: 20 });
    const follower = await group.follower();
    expect(await group.write(1)).toEqual(DONE);
    await group.pass(200);
    const leader = await group.elect();
    const lastIndex = leader.status().lastIndex + 20;
    const owed = Array.from({ length: 20 }, (_, place) => leader.propose(writing(2 + place)));
    // All of it is in its log, and it does not know yet that it is committed.
    await group.until(() => follower.inspect().log.stableIndex === lastIndex);
    expect(follower.status()).toMatchObject({ snapshotIndex: 1 });
    expect(follower.status().appliedIndex).toBeLessThan(20);
    const { node } = follower.status();
    const atMs = group.simulation.nowMs;
    group.simulation.inject({ type: 'disk-full', node, atMs, untilMs: atMs + 2500 });
    expect(await group.outcome(Promise.all(owed))).toEqual(owed.map(() => DONE));
    await group.pass(2000);
    expect(follower.status()).toMatchObject({ snapshotIndex: 1, appliedIndex: lastIndex });
    await group.until(() => follower.status().snapshotIndex === lastIndex);
    expect(group.simulation.nowMs).toBeGreaterThanOrEqual(atMs + 2500);
    expect(group.simulation.ends).toEqual([]);
    group.simulation.close();
  });

  it('R82: one that the leader sends waits where it has come to, and goes on there', async () => {
    const times = { electionTimeoutMs: 150, heartbeatIntervalMs: 30 };
    const options = { ...times, snapshotChunkBytesMax: 64 };
    const group = new NodeGroup(72, { snapshotEveryCount: 5, options });
    for (let value = 1; value <= 12; value++) expect(await group.write(value)).toEqual(DONE);
    group.start(D);
    await group.until(() => group.simulation.running(D) !== undefined);
    const { store } = group.node(D);
    const added = (await group.elect()).addLearner(D, { store });
    expect(await group.outcome(added)).toBeUndefined();
    const offset = () => group.node(D).inspect().incoming?.offset ?? 0;
    await group.until(() => offset() > 0);
    const begun = offset();
    const atMs = group.simulation.nowMs;
    group.simulation.inject({ type: 'disk-full', node: D, atMs, untilMs: atMs + 2000 });
    await group.pass(1900);
    expect(group.node(D).status()).toMatchObject({ snapshotIndex: 0, isDiskFull: true });
    expect(offset()).toBe(begun);
    await group.until(() => group.machines.get(D)?.value === 12);
    expect(group.simulation.ends).toEqual([]);
    group.simulation.close();
  });
});

describe('a disk that is full while its group is founded', () => {
  it('R82: no one leads, and the group is founded once there is room', async () => {
    for (let seed = 64; seed < 70; seed++) {
      const group = new NodeGroup(seed);
      const full = { atMs: 0, untilMs: 2000 };
      for (const node of FOUNDERS) group.simulation.inject({ type: 'disk-full', node, ...full });
      await group.pass(1900);
      expect(group.leader).toBeUndefined();
      await group.pass(200);
      for (const { node, cause } of group.simulation.ends) {
        expect(cause).toMatchObject({ code: 'no-space' });
        group.simulation.restart(node);
      }
      expect(await group.write(1)).toEqual(DONE);
      await group.until(() => FOUNDERS.every((node) => group.machines.get(node)?.value === 1));
      group.simulation.close();
    }
  });
});

describe('a disk that hangs', () => {
  it('R25: its leader steps down within the bound, and takes part again afterwards', async () => {
    const options = { electionTimeoutMs: 150, heartbeatIntervalMs: 30, diskStallMs: 300 };
    const group = new NodeGroup(61, { options });
    await group.write(1);
    const leader = await group.elect();
    const { node } = leader.status();
    const atMs = group.simulation.nowMs;
    group.simulation.inject({ type: 'stall-disk', node, atMs, untilMs: atMs + 2000 });
    await group.pass(1);
    leader.propose(writing(2)).catch(() => undefined);
    await group.pass(310);
    expect(leader.status().role).toBe('follower');
    await group.until(() => group.leader !== undefined);
    expect(group.simulation.nowMs).toBeLessThan(atMs + 1000);
    expect(await group.write(3)).toEqual(DONE);
    await group.until(() => group.machines.get(node)?.value === 3);
    group.simulation.close();
  });
});

describe('a disk that fails', () => {
  it('R82: a disk that is full while founders get to know each other harms nothing', async () => {
    for (let afterMs = 0; afterMs < 40; afterMs += 4) {
      const group = new NodeGroup(61);
      await group.until(() => FOUNDERS.every((node) => group.simulation.running(node)));
      await group.pass(afterMs);
      const { nowMs } = group.simulation;
      const window = { atMs: nowMs, untilMs: nowMs + 1000 };
      group.simulation.inject({ type: 'disk-full', node: A, ...window });
      await group.pass(2000);
      expect(group.simulation.ends).toEqual([]);
      expect(await group.write(1)).toEqual(DONE);
      await group.until(() => group.machines.get(A)?.value === 1);
      group.simulation.close();
    }
  });

  it('R83: a failed sync stops the node, which says so to all whom it owes an answer', async () => {
    const group = new NodeGroup(62);
    await group.write(1);
    await group.pass(200);
    const leader = await group.elect();
    const { node } = leader.status();
    const atMs = group.simulation.nowMs;
    const what = { operation: 'sync', path: 'raft/log', count: 1 } as const;
    group.simulation.inject({ type: 'disk-error', node, atMs, untilMs: atMs + 1000, ...what });
    await group.pass(1);
    const owed = await group.outcome(leader.propose(writing(2)));
    expect(owed).toMatchObject({ code: 'storage-failed', isDefinite: false });
    expect(String(owed)).toContain('a sync failed');
    expect(group.simulation.ends).toMatchObject([{ node, type: 'stopped' }]);
    expect(await group.outcome(leader.propose(writing(3)))).toMatchObject({ code: 'closed' });
    await group.until(() => group.leader !== undefined);
    expect(await group.write(4)).toEqual(DONE);
    group.simulation.restart(node);
    await group.until(() => group.machines.get(node)?.value === 4);
    group.simulation.close();
  });

  it('R83: a failed sync of an own snapshot stops the node, whose log has it all', async () => {
    const { group, node } = await snapshotAtFailingDisk();
    await group.until(() => group.simulation.ends.length > 0);
    expect(group.simulation.ends).toMatchObject([{ node, type: 'stopped' }]);
    expect(String(group.simulation.ends[0]?.cause)).toContain('sync raft/snapshots/own');
    await group.until(() => group.leader !== undefined);
    expect(await group.write(22)).toEqual(DONE);
    group.simulation.restart(node);
    await group.until(() => group.simulation.running(node) !== undefined);
    expect(group.node(node).status().snapshotIndex).toBe(1);
    await group.until(() => group.machines.get(node)?.value === 22);
    group.simulation.close();
  });

  it('R83: who waits at a node is told when a sync beside its log fails', async () => {
    const { group, leader, node } = await snapshotAtFailingDisk();
    const atMs = group.simulation.nowMs;
    const to = FOUNDERS.filter((each) => each !== node);
    group.simulation.inject({ type: 'cut', from: [node], to, atMs, untilMs: atMs + 1000 });
    const owed = await group.outcome(leader.propose(writing(22)));
    expect(owed).toMatchObject({ code: 'storage-failed', isDefinite: false });
    expect(group.simulation.ends).toMatchObject([{ node, type: 'stopped' }]);
    expect(await group.outcome(leader.propose(writing(23)))).toMatchObject({ code: 'closed' });
    group.simulation.close();
  });

  it('R83: a failed sync of a piece of a snapshot stops the node that receives it', async () => {
    const group = new NodeGroup(66, { snapshotEveryCount: 5 });
    for (let value = 1; value <= 12; value++) expect(await group.write(value)).toEqual(DONE);
    group.start(D);
    await group.until(() => group.simulation.running(D) !== undefined);
    failSync(group, D, 'raft/snapshots/incoming');
    const { store } = group.node(D);
    const added = (await group.elect()).addLearner(D, { store });
    expect(await group.outcome(added)).toBeUndefined();
    await group.until(() => group.simulation.ends.length > 0);
    expect(group.simulation.ends).toMatchObject([{ node: D, type: 'stopped' }]);
    expect(String(group.simulation.ends[0]?.cause)).toContain('sync raft/snapshots/incoming');
    group.simulation.restart(D);
    await group.until(() => group.machines.get(D)?.value === 12);
    group.simulation.close();
  });

  it('R83: a failed sync of the identity stops a founder, who vouched for nobody', async () => {
    for (const type of ['refused', 'stopped'] as const) {
      const group = new NodeGroup(67);
      // The first one is of its own store, the next of those that it sees.
      if (type === 'stopped') await group.until(() => group.simulation.running(A) !== undefined);
      failSync(group, A, 'raft/identity');
      await group.until(() => group.simulation.ends.length > 0);
      expect(group.simulation.ends).toMatchObject([{ node: A, type }]);
      expect(String(group.simulation.ends[0]?.cause)).toContain('sync raft/identity');
      await group.pass(2000);
      expect(group.leader).toBeUndefined();
      group.simulation.restart(A);
      expect(await group.write(1)).toEqual(DONE);
      await group.until(() => FOUNDERS.every((node) => group.machines.get(node)?.value === 1));
      group.simulation.close();
    }
  });

  it('R83: a log that rotted keeps the node from starting, with file and offset', async () => {
    const group = new NodeGroup(63);
    for (let value = 1; value <= 10; value++) await group.write(value);
    await group.until(() => group.machines.get(A)?.value === 10);
    const atMs = group.simulation.nowMs + 1;
    const place = { path: 'raft/log/segment', positionPerMille: 0 };
    group.simulation.inject({ type: 'bit-rot', node: A, atMs, ...place });
    await group.pass(10);
    group.simulation.crash(A, 'kept');
    group.simulation.restart(A);
    await group.until(() => group.simulation.ends.length > 0);
    expect(group.simulation.ends[0]).toMatchObject({ node: A, type: 'refused' });
    expect(String(group.simulation.ends[0]?.cause)).toMatch(/raft\/log\/segment-\d+ at \d+/);
    expect(without(A).map((node) => group.machines.get(node)?.value)).toEqual([10, 10]);
    group.simulation.close();
  });
});
