/**
 * The restore drill: a backup taken under load founds another cluster, which gives every answer of
 * the first; a damaged one founds nothing.
 */

import { type NodeId, toNodeId } from '@mangrove/host';
import {
  finish,
  hashKv,
  type KvBounds,
  type KvNode,
  type LeaseId,
  type Revision,
  verifyBackup,
} from '@mangrove/kv';
import { WireError } from '@mangrove/wire';
import { describe, expect, it } from 'vitest';
import { A, bytesOf, D, FOUNDERS, KvCluster, putOf, toRequest } from './kv-cluster.ts';
import { addressOf, MEMBERS, ServedCluster } from './served-cluster.ts';

const LEASE = 9n as LeaseId;
const pause = (): Promise<void> => Promise.resolve();

describe('a backup', () => {
  it('R40: founds a cluster that gives the answers of the one that it was taken of', async () => {
    const { cluster, file, revision, hash } = await backedUp(91);
    const { store } = (await cluster.elect()).inspect().state;
    // What came while it was taken is not in it.
    expect(store.revision).toBeGreaterThan(revision);
    cluster.simulation.close();
    const summary = await verifyBackup(chunksOf(file, 1_000), pause);
    expect(summary).toMatchObject({ revision, compactRevision: 100, keyCount: 40, leaseCount: 1 });

    const backup = () => chunksOf(file, 50_000);
    const restored = new KvCluster(92, {}, { backup, snapshotEveryCount: 20 });
    await restored.elect();
    for (const name of FOUNDERS) {
      const { state } = restored.node(name).inspect();
      expect(hashKv(state.store, revision)).toBe(hash);
      expect(finish(state.store.keysOfLease(LEASE))).toEqual([bytesOf('held')]);
    }
    expect(await restored.ask(toRequest(putOf('k1', 'new')))).toMatchObject({
      header: { revision: revision + 1 },
    });
    const old = await restored.ask({ type: 'hash', revision: 99 as Revision });
    expect(old).toMatchObject({ code: 'compacted' });
    // A founder that starts again, and a member that joins, have it too.
    restored.simulation.crash(A, 'unsynced-lost');
    restored.simulation.restart(A);
    restored.start(D);
    await restored.pass(500);
    const changes = [{ type: 'add-learner', node: D }] as const;
    await restored.result({ type: 'change-members', changes });
    await restored.until(() => {
      return [A, D].every((name) => revisionOf(restored, name) === revision + 1);
    });
    for (const name of [A, D]) {
      expect(hashKv(restored.node(name).inspect().state.store, revision)).toBe(hash);
    }
    restored.simulation.close();
  });

  it('R40: has what was acknowledged before, whichever member the client knows', async () => {
    const [writer, keeper] = [toNodeId('w'), toNodeId('k')];
    const served = new ServedCluster(97, [writer, keeper]);
    served.startClient(writer, { endpoints: MEMBERS.map(addressOf) });
    await served.ready();
    await served.settled(served.client(writer).put('x', '1'));
    const cutOff = MEMBERS.find((member) => !leads(served.node(member))) as NodeId;
    const others = MEMBERS.filter((member) => member !== cutOff);
    const atMs = served.simulation.nowMs;
    const cut = { type: 'cut', atMs, untilMs: atMs + 5_000 } as const;
    served.simulation.inject({ ...cut, from: [cutOff], to: others });
    served.simulation.inject({ ...cut, from: others, to: [cutOff] });
    await served.settled(served.client(writer).put('x', '2'));
    served.startClient(keeper, { endpoints: [addressOf(cutOff)] });
    await served.ready();
    const client = served.client(keeper);
    // What that member has now can be had as well.
    const stale = await served.settled(verifyBackup(client.snapshot(addressOf(cutOff)), pause));
    expect(stale.revision).toBe(2);
    const current = await served.settled(verifyBackup(client.snapshot(), pause));
    expect(current.revision).toBe(3);
    served.simulation.close();
  });

  it('R40: is refused where it is cut short, or a bit of it is another', async () => {
    const { cluster, file } = await backedUp(93);
    cluster.simulation.close();
    for (let nth = 0; nth < 24; nth += 1) {
      const place = Math.floor((file.length * nth) / 24);
      const cut = file.slice(0, place);
      await expect(verifyBackup(chunksOf(cut, 4_096), pause)).rejects.toThrow(WireError);
      const flipped = file.slice();
      flipped[place] = (flipped[place] ?? 0) ^ 4;
      await expect(verifyBackup(chunksOf(flipped, 4_096), pause)).rejects.toThrow(WireError);
    }
    const damaged = file.slice(0, file.length - 1);
    const refused = new KvCluster(94, {}, { backup: () => chunksOf(damaged, 4_096) });
    await refused.pass(1_000);
    expect(refused.members).toEqual([]);
    expect(refused.simulation.ends.length).toBe(3);
    refused.simulation.close();
  });

  it('R40: that is given up holds nothing back', async () => {
    const { cluster } = await backedUp(95);
    const leader = await cluster.elect();
    const taking = leader.backup();
    await cluster.outcome(taking.next());
    expect(leader.inspect().state.store.isPinned).toBe(true);
    await cluster.outcome(taking.return());
    expect(leader.inspect().state.store.isPinned).toBe(false);
    cluster.simulation.close();
  });

  it('R40: that is not taken in time is given up, and its taker told so', async () => {
    const { cluster } = await backedUp(96, { backupMs: 5000 });
    const leader = await cluster.elect();
    const taking = leader.backup();
    await cluster.outcome(taking.next());
    await cluster.pass(4900);
    expect(leader.inspect().state.store.isPinned).toBe(true);
    await cluster.pass(200);
    expect(leader.inspect().state.store.isPinned).toBe(false);
    await expect(cluster.outcome(taking.next())).rejects.toMatchObject({ code: 'timeout' });
    cluster.simulation.close();
  });
});

function leads(node: KvNode): boolean {
  return node.inspect().raft.role.type === 'leader';
}

/** A cluster, and a backup of its leader that was taken while it was written to. */
async function backedUp(
  seed: number,
  bounds: Partial<KvBounds> = {},
): Promise<{
  readonly cluster: KvCluster;
  readonly file: Uint8Array;
  readonly revision: Revision;
  readonly hash: number;
}> {
  const cluster = new KvCluster(seed, bounds);
  const leader = await cluster.elect();
  await cluster.result({ type: 'grant-lease', lease: LEASE, ttlMs: 3_600_000, place: undefined });
  const held = { key: bytesOf('held'), value: bytesOf('h'), lease: LEASE, wantsPrevious: false };
  await cluster.result(toRequest({ type: 'put', ...held }));
  const puts = Array.from({ length: 200 }, (_each, nth) => putOf(`k${nth % 39}`, `v${nth}`));
  await cluster.outcome(Promise.all(puts.map((put) => leader.handle(toRequest(put)))));
  await cluster.result({ type: 'compact', revision: 100 as Revision });
  const { store } = leader.inspect().state;
  const { revision } = store;
  const hash = hashKv(store, revision);
  const file = await cluster.outcome(take(cluster, leader));
  return { cluster, file, revision, hash };
}

async function take(cluster: KvCluster, leader: KvNode): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of leader.backup()) {
    chunks.push(chunk);
    if (chunks.length === 1) {
      const reply = await leader.handle(toRequest(putOf('late', 'late')));
      expect(reply.type, `${cluster.simulation.nowMs}`).toBe('done');
    }
  }
  return new Uint8Array(Buffer.concat(chunks));
}

async function* chunksOf(file: Uint8Array, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += sizeBytes) yield file.subarray(at, at + sizeBytes);
}

function revisionOf(cluster: KvCluster, name: typeof A): number | undefined {
  return cluster.members.find((each) => each.inspect().raft.self === name)?.inspect().state.store
    .revision;
}
