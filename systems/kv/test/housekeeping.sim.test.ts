/**
 * What a cluster does by itself: it compacts, and it finds out which of its members is wrong.
 */
import { type KvNode, NO_REVISION, type ReadConsistency, readAll } from '@mangrove/kv';
import { describe, expect, it } from 'vitest';
import { bytesOf, FOUNDERS, KvCluster, putOf, rangeOf, textOf, toRequest } from './kv-cluster.ts';

describe('automatic compaction', () => {
  it('R41: leaves as many revisions as it shall, at all members, and frees the rest', async () => {
    const cluster = new KvCluster(101, { keptRevisions: 10 });
    for (let nth = 0; nth < 50; nth += 1) await cluster.put('x', 'v'.repeat(nth));
    await cluster.pass(2_000);
    for (const name of FOUNDERS) {
      const { store } = cluster.node(name).inspect().state;
      expect(store.compactRevision).toBe(store.revision - 10);
      expect(store.versions.count).toBe(11);
    }
    cluster.simulation.close();
  });

  it('R41: leaves what was for as long as it shall, also after a change of leaders', async () => {
    const cluster = new KvCluster(102, { keptMs: 4_000 });
    await cluster.put('x', '1');
    await cluster.pass(3_000);
    await cluster.put('x', '2');
    const leader = await cluster.elect();
    cluster.simulation.crash(leader.inspect().raft.self, 'kept');
    const compacted = async (): Promise<number> => {
      return (await cluster.elect()).inspect().state.store.compactRevision;
    };
    await cluster.pass(800);
    expect(await compacted()).toBe(NO_REVISION);
    // 4 s after the first put at the latest, but for the time between two notes and two looks.
    await cluster.pass(1_500);
    expect(await compacted()).toBe(2);
    cluster.simulation.close();
  });
});

describe('members that are compared', () => {
  it('R42: raise no alarm where they are alike, whatever happens meanwhile', async () => {
    const cluster = new KvCluster(103, { corruptionCheckMs: 300 }, { snapshotEveryCount: 20 });
    for (let nth = 0; nth < 60; nth += 1) {
      await cluster.put(`k${nth % 9}`, `${nth}`);
      if (nth % 20 === 10) {
        const { revision } = (await cluster.elect()).inspect().state.store;
        await cluster.result({ type: 'compact', revision });
        const [follower] = await cluster.followers();
        const node = follower.inspect().raft.self;
        cluster.simulation.crash(node, 'unsynced-lost');
        await cluster.pass(100);
        cluster.simulation.restart(node);
      }
      await cluster.pass(50);
    }
    const counts = cluster.members.map((each) => each.inspect().comparisonCount);
    expect(counts.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(4);
    for (const member of cluster.members) expect(member.inspect().state.alarms.all()).toEqual([]);
    cluster.simulation.close();
  });

  it('R42: name the one that differs, and refuse changes until that is mended', async () => {
    for (const isLeader of [true, false]) {
      const cluster = new KvCluster(104, { corruptionCheckMs: 300 });
      await cluster.put('x', 'right');
      const [follower] = await cluster.followers();
      const leader = await cluster.elect();
      const wrong = isLeader ? leader : follower;
      await cluster.until(() => wrong.inspect().state.store.revision === 2);
      corrupt(wrong);
      const raised = () => leader.inspect().state.alarms.all();
      await cluster.until(() => raised().length > 0);
      expect(raised()).toEqual([{ alarm: 'corrupt', member: wrong.inspect().raft.self }]);
      const put = await cluster.ask(toRequest(putOf('y', 'y')));
      expect(put).toMatchObject({ code: 'corrupt', isDefinite: true });
      const read = await cluster.result(toRequest(rangeOf('x')), wrong);
      expect(textOf(read)).toBe('Right');
      await cluster.result({ type: 'disarm-alarm', alarm: 'corrupt' });
      await cluster.put('x', 'right again');
      cluster.simulation.close();
    }
  });
});

describe('a read that may be some revisions behind', () => {
  it('R33: is served by a member that lags so far, and waits where it lags farther', async () => {
    const cluster = new KvCluster(105);
    await cluster.put('x', '0');
    const [follower] = await cluster.followers();
    const node = follower.inspect().raft.self;
    await cluster.pass(100);
    const { nowMs } = cluster.simulation;
    cluster.simulation.inject({ type: 'stall-disk', node, atMs: nowMs, untilMs: nowMs + 700 });
    for (let nth = 1; nth <= 3; nth += 1) await cluster.put('x', `${nth}`);
    const read = (revisionLagMax: number) => {
      const consistency = { type: 'bounded', stalenessMsMax: undefined, revisionLagMax } as const;
      return cluster.result(toRequest(rangeOf('x'), consistency), follower);
    };
    expect(textOf(await read(3))).toBe('0');
    expect(cluster.simulation.nowMs).toBeLessThan(nowMs + 600);
    expect(textOf(await read(2))).toBe('3');
    cluster.isolate([node], 60_000);
    await cluster.pass(1_000);
    const consistency: ReadConsistency = {
      type: 'bounded',
      stalenessMsMax: undefined,
      revisionLagMax: 1_000,
    };
    const refused = await cluster.ask(toRequest(readAll(ALL), consistency), follower);
    expect(refused).toMatchObject({ code: 'too-stale', isDefinite: true });
    cluster.simulation.close();
  });
});

const ALL = { from: bytesOf('a'), to: undefined };

/** Changes one bit of what a member holds in memory. */
function corrupt(member: KvNode): void {
  const { store } = member.inspect().state;
  store.visitSome(ALL, store.revision, 1, (version) => {
    const value = store.slabs.at(store.versions.place.at(version));
    value[0] = (value[0] ?? 0) ^ 0x20;
  });
}
