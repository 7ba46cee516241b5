/**
 * Watchers at members: what they are sent is what happened, in order and once, through slow takers,
 * snapshots and restarts; several members agree.
 */
import type { KvNode, Revision, WatchDoor, WatchMessage, WatchRequest } from '@mangrove/kv';
import { describe, expect, it } from 'vitest';
import { bytesOf, FOUNDERS, KvCluster } from './kv-cluster.ts';

const OPTIONS = { watchersMax: 10, waitingBytesMax: 400, fragmentBytes: 1_000_000 };

const request = (startRevision: number): WatchRequest => ({
  range: { from: bytesOf('a'), to: undefined },
  startRevision: startRevision as Revision,
  wantsPuts: true,
  wantsDeletes: true,
  wantsPrevious: false,
  allowsFragments: false,
  wantsProgress: true,
});

/** A taker that notes what it takes; a slow one takes one message each time it is let. */
class Taker {
  readonly seen: WatchMessage[] = [];
  toldCount = 0;
  readonly door: WatchDoor;

  constructor(node: KvNode, isSlow = false) {
    this.door = node.openWatch(OPTIONS, () => {
      this.toldCount += 1;
      if (!isSlow) this.takeAll();
    });
  }

  takeAll(): void {
    for (let one = this.door.take(); one !== undefined; one = this.door.take()) this.seen.push(one);
  }

  takeOne(): void {
    const one = this.door.take();
    if (one !== undefined) this.seen.push(one);
  }

  get revisions(): readonly number[] {
    return this.seen.flatMap((each) =>
      each.type === 'events' ? each.events.map(({ kv }) => kv.modRevision) : [],
    );
  }
}

const upTo = (last: number): readonly number[] => {
  return Array.from({ length: last - 1 }, (_each, nth) => nth + 2);
};

describe('watchers at members', () => {
  it('R23, R26: see every change in order and once, also who takes slowly', async () => {
    const cluster = new KvCluster(111);
    await cluster.put('a', '1');
    await cluster.followers();
    const fast = FOUNDERS.map((name) => new Taker(cluster.node(name)));
    const slow = new Taker(cluster.node(FOUNDERS[0] as never), true);
    for (const taker of [...fast, slow]) taker.door.create(request(2));
    for (let nth = 2; nth <= 40; nth += 1) {
      await cluster.put(`a${nth}`, 'v'.repeat(100));
      if (nth % 10 === 0) slow.takeOne();
    }
    await cluster.pass(200);
    for (const taker of fast) {
      expect(taker.seen[0]?.type).toBe('created');
      expect(taker.revisions).toEqual(upTo(41));
    }
    expect(slow.revisions.length).toBeLessThan(30);
    expect(slow.toldCount).toBeLessThan(30);
    for (let count = 0; count < 60; count += 1) {
      slow.takeOne();
      await cluster.pass(5);
    }
    slow.takeAll();
    expect(slow.revisions).toEqual(upTo(41));
    cluster.simulation.close();
  });

  it('R23: see what a snapshot brought, in order and once', async () => {
    const cluster = new KvCluster(112, {}, { snapshotEveryCount: 10 });
    await cluster.put('a', '1');
    const [follower] = await cluster.followers();
    const taker = new Taker(follower);
    taker.door.create(request(3));
    await cluster.put('a', '2');
    await cluster.pass(100);
    const node = follower.inspect().raft.self;
    const healedMs = cluster.simulation.nowMs + 250;
    // For less than the three election timeouts after which its watchers would be ended.
    cluster.isolate([node], 250);
    for (let nth = 3; nth <= 60; nth += 1) await cluster.put('a', `${nth}`);
    expect(taker.revisions).toEqual([3]);
    expect(cluster.simulation.nowMs).toBeLessThan(healedMs);
    await cluster.pass(3_000);
    // The log that it missed is gone: it got a snapshot.
    expect(follower.inspect().raft.snapshot.index).toBeGreaterThan(30);
    expect(taker.revisions).toEqual(upTo(61).slice(1));
    cluster.simulation.close();
  });

  it('R25, R27: are told of progress behind everything, and of a compaction', async () => {
    const cluster = new KvCluster(113, { progressMs: 500 });
    for (let nth = 1; nth <= 10; nth += 1) await cluster.put('a', `${nth}`);
    const leader = await cluster.elect();
    const taker = new Taker(leader);
    taker.door.create(request(3));
    taker.door.requestProgress();
    await cluster.pass(50);
    expect(taker.seen.map(({ type }) => type)).toEqual(['created', 'events', 'progress']);
    expect(taker.seen.at(-1)).toMatchObject({ watchId: undefined, revision: 11 });
    await cluster.pass(1_000);
    expect(taker.seen.at(-1)).toMatchObject({ type: 'progress', watchId: 0, revision: 11 });
    await cluster.result({ type: 'compact', revision: 8 as Revision });
    taker.door.create(request(4));
    await cluster.pass(50);
    expect(taker.seen.at(-1)).toMatchObject({ reason: 'compacted', compactRevision: 8 });
    taker.door.close();
    const { length } = taker.seen;
    await cluster.put('a', 'unseen');
    await cluster.pass(50);
    taker.takeAll();
    expect(taker.seen.length).toBe(length);
    const status = await cluster.result({ type: 'status' }, leader);
    expect(status).toMatchObject({ status: { watcherCount: 0 } });
    cluster.simulation.close();
  });
});
