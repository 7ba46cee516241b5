/**
 * Compaction in a cluster: its memory comes back in slices, which may be waited for, and which a
 * crash may fall between.
 */
import type { KvNode, Operation, Revision } from '@mangrove/kv';
import { expect, it } from 'vitest';
import { StateDigest } from '../src/core/state-digest.ts';
import { Ask } from '../src/shell/ask.ts';
import { A, B, C, FOUNDERS, KvCluster, putOf, toRequest } from './kv-cluster.ts';

/** Keys of one transaction, and how often all of them are written in one round. */
const [KEYS, TIMES] = [120, 40];

it('R13: who asks for it waits until the memory is given back, also behind a pin', async () => {
  const cluster = new KvCluster(131);
  const revision = await writeMuch(cluster, 0);
  const leader = await cluster.elect();
  const { store } = leader.inspect().state;
  const release = store.pin();
  await cluster.result({ type: 'compact', revision });
  let isSwept = false;
  const swept = leader.handle({ type: 'await-sweep', revision }).then((reply) => {
    isSwept = true;
    return reply;
  });
  await cluster.pass(1_000);
  expect(isSwept).toBe(false);
  expect(store.versions.count).toBe(KEYS * TIMES);
  release();
  expect(await cluster.outcome(swept)).toMatchObject({ type: 'done' });
  expect(store.versions.count).toBe(KEYS);
  cluster.simulation.close();
});

it('R13, R31: a crash amid sweeping loses nothing and turns nothing back', async () => {
  const cluster = new KvCluster(132);
  for (let round = 0; round < 9; round += 1) {
    const revision = await writeMuch(cluster, round);
    const victim = cluster.node([A, B, C][round % 3] ?? A);
    const { store } = victim.inspect().state;
    await cluster.until(() => store.revision === revision);
    const all = store.versions.count;
    await cluster.result({ type: 'compact', revision });
    await cluster.until(() => store.versions.count < all);
    expect(store.versions.count).toBeGreaterThan(2 * KEYS);
    await crashAndCompare(cluster, victim, () => revision);
  }
  cluster.simulation.close();
});

it('R29, R31: a crash amid a snapshot of a compacted store loses nothing', async () => {
  const cluster = new KvCluster(133, {}, { snapshotEveryCount: 20 });
  for (let round = 0; round < 9; round += 1) {
    const revision = await writeMuch(cluster, round);
    await cluster.result({ type: 'compact', revision });
    const victim = cluster.node([A, B, C][round % 3] ?? A);
    const leader = await cluster.elect();
    let acknowledged: number = revision;
    for (let time = 0; time < TIMES; time += 1) {
      const ask = new Ask((reply) => {
        if (reply.type === 'done') acknowledged = Math.max(acknowledged, reply.header.revision);
      });
      leader.serve(toRequest(putAll(`${round}, ${time}`)), ask);
    }
    await cluster.until(() => victim.inspect().state.store.isPinned);
    await crashAndCompare(cluster, victim, () => acknowledged);
  }
  cluster.simulation.close();
});

async function crashAndCompare(
  cluster: KvCluster,
  victim: KvNode,
  acknowledged: () => number,
): Promise<void> {
  const { raft } = victim.inspect();
  cluster.simulation.crash(raft.self, 'unsynced-lost');
  await cluster.pass(20);
  cluster.simulation.restart(raft.self);
  await cluster.until(() => cluster.members.length === FOUNDERS.length);
  // Whoever leads again has all that was acknowledged before.
  await cluster.put('last', '');
  await cluster.pass(200);
  expect(cluster.node(raft.self)).not.toBe(victim);
  const { revision } = cluster.node(raft.self).inspect().state.store;
  expect(revision).toBeGreaterThan(acknowledged());
  expect(new Set(cluster.members.map(stateOf)).size).toBe(1);
}

/** Overwrites all keys again and again; gives the revision of the last write. */
async function writeMuch(cluster: KvCluster, round: number): Promise<Revision> {
  for (let time = 0; time < TIMES; time += 1) {
    await cluster.result(toRequest(putAll(`${round}.${time}`)));
  }
  return (await cluster.elect()).inspect().state.store.revision;
}

function putAll(value: string): Operation {
  const success = Array.from({ length: KEYS }, (_, key) => putOf(`k${key}`, value));
  return { type: 'txn', compares: [], success, failure: [] };
}

/** All that a member holds, in short. */
function stateOf(member: KvNode): string {
  const { state } = member.inspect();
  const digest = new StateDigest(state);
  for (;;) {
    const whole = digest.step(Number.MAX_SAFE_INTEGER);
    if (whole !== undefined) return `${state.store.revision} ${whole}`;
  }
}
