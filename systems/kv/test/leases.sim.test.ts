/**
 * Leases on a cluster: how long they live, who may renew them, and what a change of leaders does.
 */
import type { KvNode, KvReply, LeaseId, Operation } from '@mangrove/kv';
import { describe, expect, it } from 'vitest';
import { bytesOf, ELECTION_MS, FOUNDERS, KvCluster, toRequest } from './kv-cluster.ts';

const LEASE = 7n as LeaseId;
const TTL_MS = 2_000;
const KEEP_ALIVE = { type: 'keep-lease-alive', lease: LEASE } as const;

/** A cluster with two keys on a lease. */
async function withLease(
  seed: number,
  bounds: ConstructorParameters<typeof KvCluster>[1] = {},
): Promise<KvCluster> {
  const cluster = new KvCluster(seed, bounds);
  await cluster.result({ type: 'grant-lease', lease: LEASE, ttlMs: TTL_MS, place: undefined });
  for (const key of ['b', 'a']) await cluster.result(toRequest(putOn(key, LEASE)));
  return cluster;
}

describe('a lease', () => {
  it('R36: ends in one revision on all members, not before its time and soon after', async () => {
    const cluster = await withLease(51);
    const [follower] = await cluster.followers();
    const leader = await cluster.elect();
    const begunAt = cluster.simulation.nowMs;
    const before = leader.inspect().state.store.revision;
    await cluster.pass(TTL_MS - 200);
    expect(leader.inspect().state.store.leases.count).toBe(1);
    await cluster.until(() => follower.inspect().state.store.leases.count === 0);
    const tookMs = cluster.simulation.nowMs - begunAt;
    expect(tookMs).toBeLessThan(TTL_MS + 200);
    const { store } = follower.inspect().state;
    expect(store.revision).toBe(before + 1);
    expect(store.get(bytesOf('a'))).toBe(undefined);
    expect(await cluster.ask(KEEP_ALIVE)).toMatchObject({ code: 'lease-not-found' });
    cluster.simulation.close();
  });

  it('R36: lives as long as it is kept alive, and says what is left', async () => {
    const cluster = await withLease(52);
    for (let count = 0; count < 6; count += 1) {
      await cluster.pass(TTL_MS - 500);
      const left = await cluster.result({
        type: 'lease-time-to-live',
        lease: LEASE,
        wantsKeys: true,
      });
      if (left.type !== 'lease-time') throw new Error(left.type);
      expect(left.remainingMs).toBeGreaterThan(300);
      // What was granted before the leader took office has an election timeout on top.
      expect(left.remainingMs).toBeLessThan(500 + ELECTION_MS + 50);
      expect(left.keys).toEqual([bytesOf('a'), bytesOf('b')]);
      const kept = await cluster.result(KEEP_ALIVE);
      expect(kept).toEqual({ type: 'lease', lease: LEASE, ttlMs: TTL_MS });
    }
    cluster.simulation.close();
  });

  it('R36: is not renewed by a member that lost its place, or never had it', async () => {
    const cluster = await withLease(53);
    const [follower] = await cluster.followers();
    const leader = await cluster.elect();
    const leaderName = leader.inspect().raft.self;
    const refused = await cluster.ask(KEEP_ALIVE, follower);
    expect(refused).toMatchObject({ code: 'no-leader', isDefinite: true, leader: leaderName });
    await cluster.result(KEEP_ALIVE, leader);
    cluster.isolate([leaderName], 60_000);
    // It still believes that it leads, and must not say so.
    expect(leader.inspect().raft.role.type).toBe('leader');
    const answer = await cluster.ask(KEEP_ALIVE, leader);
    expect(answer.type).toBe('failed');
    cluster.simulation.close();
  });
});

describe('a change of leaders', () => {
  it('R18: a leader that stalled does not end what its successor renewed', async () => {
    for (let seed = 70; seed < 74; seed += 1) {
      const cluster = await withLease(seed);
      const leader = await cluster.elect();
      const node = leader.inspect().raft.self;
      await cluster.result(KEEP_ALIVE, leader);
      const atMs = cluster.simulation.nowMs;
      const untilMs = atMs + TTL_MS + 500 + seed;
      cluster.simulation.inject({ type: 'pause', node, atMs, untilMs });
      const successor = (): KvNode | undefined =>
        cluster.members.find((each) => each !== leader && each === cluster.leader);
      for (let count = 0; count < 8; count += 1) {
        await cluster.pass(TTL_MS / 4);
        const next = successor();
        if (next !== undefined) await cluster.result(KEEP_ALIVE, next);
      }
      await cluster.pass(1_000);
      expect(successor()).not.toBe(undefined);
      for (const name of FOUNDERS) {
        expect(cluster.node(name).inspect().state.store.leases.has(LEASE), `${seed}`).toBe(true);
      }
      cluster.simulation.close();
    }
  });

  it('R37: a keep-alive gives back what a checkpoint took before it is answered', async () => {
    // Checkpoints every 500 ms tell replicas that a little is left; then the leader is gone.
    for (let seed = 60; seed < 66; seed += 1) {
      const cluster = await withLease(seed, { leaseCheckpointMs: 500 });
      await cluster.pass(TTL_MS - 400);
      const leader = await cluster.elect();
      const known = leader.inspect().state.store.leases.get(LEASE);
      expect(known?.remainingMs).toBeLessThan(TTL_MS);
      await cluster.result(KEEP_ALIVE, leader);
      const renewedAt = cluster.simulation.nowMs;
      cluster.simulation.crash(leader.inspect().raft.self, 'kept');
      await cluster.elect();
      await cluster.pass(renewedAt + TTL_MS - 100 - cluster.simulation.nowMs);
      const next = await cluster.elect();
      expect(next.inspect().state.store.leases.has(LEASE), `seed ${seed}`).toBe(true);
      await cluster.until(() => next.inspect().state.store.leases.count === 0);
      cluster.simulation.close();
    }
  });

  it('R37: a successor without a checkpoint gives it all, and an election timeout', async () => {
    for (let seed = 80; seed < 84; seed += 1) {
      const cluster = await withLease(seed);
      await cluster.pass(TTL_MS - 300);
      const leader = await cluster.elect();
      cluster.simulation.crash(leader.inspect().raft.self, 'kept');
      const successor = await cluster.elect();
      const electedAt = cluster.simulation.nowMs;
      await cluster.pass(TTL_MS - 200);
      const request = { type: 'lease-time-to-live', lease: LEASE, wantsKeys: false } as const;
      const left = await cluster.result(request, successor);
      if (left.type !== 'lease-time') throw new Error(left.type);
      const sinceMs = cluster.simulation.nowMs - electedAt;
      // Clocks drift, by less than a millisecond in this time.
      expect(left.remainingMs, `seed ${seed}`).toBeGreaterThan(TTL_MS + ELECTION_MS - sinceMs - 1);
      expect(left.remainingMs).toBeLessThan(TTL_MS + ELECTION_MS - sinceMs + 100);
      cluster.simulation.close();
    }
  });

  it('R37: a successor does not begin anew with what is nearly over', async () => {
    const cluster = await withLease(67, { leaseCheckpointMs: 500 });
    await cluster.pass(TTL_MS - 300);
    const leader = await cluster.elect();
    cluster.simulation.crash(leader.inspect().raft.self, 'kept');
    await cluster.elect();
    const electedAt = cluster.simulation.nowMs;
    await cluster.until(() => cluster.members.every((each) => hasEnded(each)));
    expect(cluster.simulation.nowMs - electedAt).toBeLessThan(TTL_MS - 500);
    cluster.simulation.close();
  });
});

it('R36: the member picks a lease where none is named, and raises what is too short', async () => {
  const cluster = new KvCluster(58);
  const grant = (lease: bigint, ttlMs: number): Promise<KvReply> =>
    cluster.ask({ type: 'grant-lease', lease: lease as LeaseId, ttlMs, place: undefined });
  const picked = await grant(0n, 1);
  if (picked.type === 'failed' || picked.result.type !== 'lease') throw new Error('no lease');
  expect(picked.result.lease).toBeGreaterThan(0n);
  expect(picked.result.ttlMs).toBe(300);
  expect(await grant(picked.result.lease, 1_000)).toMatchObject({ code: 'lease-exists' });
  // One more than etcd grants at the most.
  for (const ttlMs of [0, 9_000_000_000_001]) {
    expect(await grant(0n, ttlMs)).toMatchObject({ code: 'bad-request', isDefinite: true });
  }
  const listed = await cluster.result({ type: 'list-leases' });
  expect(listed).toEqual({ type: 'leases', leases: [picked.result.lease] });
  expect(await grant(0n, 9_000_000_000_000)).toMatchObject({ type: 'done' });
  cluster.simulation.close();
});

function putOn(key: string, lease: LeaseId): Operation {
  return { type: 'put', key: bytesOf(key), value: bytesOf(key), lease, wantsPrevious: false };
}

function hasEnded(member: KvNode): boolean {
  return member.inspect().state.store.leases.count === 0;
}
