/**
 * Commands of the log that are applied in pieces, on a cluster: others are served meanwhile and see
 * nothing of them, and a member that dies in the middle has all of it afterwards, once.
 */
import { type KvNode, type Operation, type Revision, readAll } from '@mangrove/kv';
import { afterEach, describe, expect, it } from 'vitest';
import { bytesOf, FOUNDERS, KvCluster, putOf, toRequest } from './kv-cluster.ts';

const KEY_COUNT = 12_000;
const ALL = { from: bytesOf('k/'), to: bytesOf('k0') };

const COUNT: Operation = { ...readAll(ALL), countOnly: true };

/** Compares, deletes and counts all keys, and puts one. */
const LARGE: Operation = {
  type: 'txn',
  compares: [{ range: ALL, relation: 'equal', operand: { target: 'version', number: 1 } }],
  success: [{ type: 'delete', range: ALL, wantsPrevious: false }, putOf('done', '1'), COUNT],
  failure: [putOf('failed', '1')],
};

let cluster: KvCluster | undefined;

afterEach(() => cluster?.simulation.close());

/** A cluster with many keys, and a session. */
async function filled(seed: number) {
  cluster = new KvCluster(seed, {}, { snapshotEveryCount: 7, snapshotLeastBytes: 0 });
  for (let first = 0; first < KEY_COUNT; first += 120) {
    const success = Array.from({ length: 120 }, (_, nth) => putOf(`k/${first + nth}`, 'v'));
    await cluster.result(toRequest({ type: 'txn', compares: [], success, failure: [] }));
  }
  const opened = await cluster.result({ type: 'open-session' });
  if (opened.type !== 'session') throw new Error(opened.type);
  const { revision } = (await cluster.elect()).inspect().state.store;
  await cluster.until(() => FOUNDERS.every((each) => revisionOf(each) === revision));
  return { cluster, before: revision, session: opened.session };
}

function storeOf(member: KvNode) {
  return member.inspect().state.store;
}

function revisionOf(name: (typeof FOUNDERS)[number]): Revision {
  if (cluster === undefined) throw new Error('no cluster');
  return storeOf(cluster.node(name)).revision;
}

/** Whether `member` has written some of the deletions, and not all. */
function isAmidst(member: KvNode, before: Revision): boolean {
  const { revision, versions } = storeOf(member);
  return revision === before && versions.count > KEY_COUNT + KEY_COUNT / 3;
}

describe('R43: a transaction that is applied in pieces', () => {
  it.each([
    ['the leader', 431],
    ['the leader', 432],
    ['a follower', 433],
    ['a follower', 434],
  ])('is applied once by all where %s dies in the middle of it (seed %d)', async (who, seed) => {
    const { cluster, before, session } = await filled(seed);
    const leader = await cluster.elect();
    const [follower] = await cluster.followers();
    const dying = who === 'the leader' ? leader : follower;
    const asked = who === 'the leader' ? follower : leader;
    const request = { ...toRequest(LARGE), place: { session, sequence: 1, settled: 0 } };
    const first = asked.handle(request);
    await cluster.until(() => isAmidst(dying, before));
    // Whoever reads there now sees nothing of it.
    const now = toRequest(COUNT, { type: 'serializable' });
    const seen = await cluster.outcome(dying.handle(now));
    expect(seen).toMatchObject({ type: 'done', result: { count: KEY_COUNT } });
    const name = dying.inspect().raft.self;
    cluster.simulation.crash(name, 'unsynced-lost');
    await cluster.outcome(first);
    // It comes again, as from a client that was not told.
    let again = await cluster.ask(request);
    while (again.type === 'failed' && again.code !== 'answer-too-large') {
      again = await cluster.ask(request);
    }
    expect(again).toMatchObject({
      type: 'done',
      header: { revision: before + 1 },
      result: { succeeded: true, results: [{ deletedCount: KEY_COUNT }, {}, { count: 0 }] },
    });
    cluster.simulation.restart(name);
    await cluster.until(() => cluster.members.length === 3);
    await cluster.until(() => FOUNDERS.every((each) => revisionOf(each) === before + 1));
    const hashes = [];
    for (const each of FOUNDERS) {
      const hash = { type: 'hash', revision: (before + 1) as Revision } as const;
      hashes.push(await cluster.result(hash, cluster.node(each)));
      expect(storeOf(cluster.node(each)).keyCount).toBe(1);
    }
    expect(new Set(hashes.map((each) => JSON.stringify(each))).size).toBe(1);
  });

  it('holds up no election, and others write before it and behind it', async () => {
    const { cluster, before } = await filled(435);
    const leader = await cluster.elect();
    const { term } = leader.inspect().raft;
    const large = leader.handle(toRequest(LARGE));
    const small = Array.from({ length: 20 }, (_, nth) =>
      leader.handle(toRequest(putOf(`s/${nth}`, '1'))),
    );
    await cluster.until(() => isAmidst(leader, before));
    const read = await cluster.outcome(leader.handle(toRequest(COUNT, { type: 'serializable' })));
    expect(read).toMatchObject({ result: { count: KEY_COUNT } });
    expect(await cluster.outcome(large)).toMatchObject({ type: 'done' });
    for (const each of small) expect(await cluster.outcome(each)).toMatchObject({ type: 'done' });
    expect((await cluster.elect()).inspect().raft.term).toBe(term);
    expect(storeOf(leader).revision).toBe(before + 21);
  });
});
