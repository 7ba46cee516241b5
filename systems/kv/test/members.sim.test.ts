/**
 * What members say of themselves, changes of members and leaders, and the quota.
 */
import type { KvStatus } from '@mangrove/kv';
import { type Revision, readAll } from '@mangrove/kv';
import { describe, expect, it } from 'vitest';
import { A, B, bytesOf, C, D, FOUNDERS, KvCluster, putOf, toRequest } from './kv-cluster.ts';

describe('a cluster of three', () => {
  it('R38: says who its members are, where clients reach them, and how each stands', async () => {
    const cluster = new KvCluster(81);
    await cluster.put('x', '1');
    for (const name of FOUNDERS) cluster.node(name).announce(`${name}:1`);
    const known = () => cluster.members.map((each) => each.inspect().state.clientAddresses.size);
    await cluster.until(() => known().every((count) => count === 3));
    cluster.node(B).announce('b:2');
    await cluster.pass(500);
    const listed = await cluster.result({ type: 'list-members' }, cluster.node(C));
    if (listed.type !== 'members') throw new Error(listed.type);
    expect(
      listed.members.map(({ node, role, peerAddress, clientAddress }) => {
        return [node, role, peerAddress, clientAddress];
      }),
    ).toEqual([
      [A, 'voter', 'a', 'a:1'],
      [B, 'voter', 'b', 'b:2'],
      [C, 'voter', 'c', 'c:1'],
    ]);
    expect(listed.members.every(({ store }) => store !== undefined)).toBe(true);
    const leader = (await cluster.elect()).inspect().raft.self;
    const follower = FOUNDERS.find((each) => each !== leader) ?? A;
    const status = await statusOf(cluster, follower);
    expect(status).toMatchObject({ member: follower, role: 'follower', leader, keyCount: 1 });
    expect(status.revision).toBe(2);
    expect((await statusOf(cluster, leader)).role).toBe('leader');
    cluster.simulation.close();
  });

  it('R38: takes in a member, hands over leadership, and says why it does not', async () => {
    const cluster = new KvCluster(82);
    await cluster.put('x', '1');
    const [follower] = await cluster.followers();
    const name = follower.inspect().raft.self;
    const change = { type: 'change-members', changes: [{ type: 'add-learner', node: D }] } as const;
    const refused = await cluster.ask(change, follower);
    expect(refused).toMatchObject({ code: 'no-leader', isDefinite: true });
    cluster.start(D);
    // The founders first tell each other their stores, which is a change too.
    await cluster.pass(500);
    await cluster.result(change);
    await cluster.until(() => cluster.node(D).inspect().state.store.revision === 2);
    expect((await statusOf(cluster, D)).role).toBe('learner');
    await cluster.pass(200);
    const unknown = { type: 'promote', node: 'nobody' as typeof D } as const;
    const bad = await cluster.ask({ type: 'change-members', changes: [unknown] });
    expect(bad).toMatchObject({ code: 'bad-member-change', isDefinite: true });
    await cluster.result({ type: 'change-members', changes: [{ type: 'promote', node: D }] });
    await cluster.result({ type: 'transfer-leadership', target: name });
    await cluster.until(() => cluster.leader?.inspect().raft.self === name);
    const again = await cluster.ask({ type: 'transfer-leadership', target: name });
    expect(again).toMatchObject({ code: 'bad-member-change', isDefinite: true });
    cluster.simulation.close();
  });

  it('R22: members give the same hash of a revision, whatever each has swept', async () => {
    const cluster = new KvCluster(83);
    for (let nth = 0; nth < 30; nth += 1) await cluster.put(`k${nth % 7}`, `${nth}`);
    await cluster.result({ type: 'compact', revision: 20 as Revision });
    await cluster.pass(300);
    const hashes = [];
    for (const name of FOUNDERS) {
      const asked = { type: 'hash', revision: 25 as Revision } as const;
      hashes.push(await cluster.result(asked, cluster.node(name)));
    }
    expect(hashes[0]).toMatchObject({ type: 'hash', revision: 25, compactRevision: 20 });
    expect(hashes[1]).toEqual(hashes[0]);
    expect(hashes[2]).toEqual(hashes[0]);
    const old = await cluster.ask({ type: 'hash', revision: 19 as Revision });
    expect(old).toMatchObject({ code: 'compacted', isDefinite: true, compactRevision: 20 });
    cluster.simulation.close();
  });
});

describe('a store at its quota', () => {
  it('R39: refuses puts, takes deletions, and is open again when disarmed', async () => {
    const cluster = new KvCluster(84, { quotaBytes: 20_000 });
    const [follower] = await cluster.followers();
    let count = 0;
    for (; count < 100; count += 1) {
      const reply = await cluster.ask(toRequest(putOf(`k${count}`, 'v'.repeat(900))), follower);
      if (reply.type === 'done') continue;
      expect(reply).toMatchObject({ code: 'no-space', isDefinite: true });
      break;
    }
    expect(count).toBeGreaterThan(10);
    expect(count).toBeLessThan(22);
    const raised = () =>
      cluster.members.every((each) => each.inspect().state.alarms.has('no-space'));
    await cluster.until(raised);
    // Also what would fit.
    const small = await cluster.ask(toRequest(putOf('s', 's')));
    expect(small).toMatchObject({ code: 'no-space', isDefinite: true });
    const lease = await cluster.ask({
      type: 'grant-lease',
      lease: 1n as never,
      ttlMs: 900,
      place: undefined,
    });
    expect(lease).toMatchObject({ code: 'no-space' });
    const all = { from: bytesOf('k'), to: bytesOf('l') };
    await cluster.result(toRequest({ type: 'delete', range: all, wantsPrevious: false }));
    const { revision } = (await cluster.elect()).inspect().state.store;
    await cluster.result({ type: 'compact', revision });
    await cluster.pass(500);
    const alarms = await cluster.result({ type: 'list-alarms' });
    if (alarms.type !== 'alarms') throw new Error(alarms.type);
    expect(alarms.alarms.map(({ alarm }) => alarm)).toEqual(['no-space']);
    await cluster.result({ type: 'disarm-alarm', alarm: 'no-space' });
    await cluster.put('s', 's');
    expect(await cluster.get('s', follower)).toBe('s');
    const none = await cluster.result(toRequest({ ...readAll(all), countOnly: true }));
    expect(none).toMatchObject({ count: 0 });
    cluster.simulation.close();
  });
});

async function statusOf(cluster: KvCluster, name: typeof A): Promise<KvStatus> {
  const result = await cluster.result({ type: 'status' }, cluster.node(name));
  if (result.type !== 'status') throw new Error(result.type);
  return result.status;
}
