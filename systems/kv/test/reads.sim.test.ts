/**
 * What each consistency gives and costs, and that an answer says truly how current it is.
 */
import type { KvNode, KvReply, ReadConsistency, Revision } from '@mangrove/kv';
import { Ask, readAll, singleKey } from '@mangrove/kv';
import { describe, expect, it } from 'vitest';
import { finish, type Work } from '../src/core/work.ts';
import { FOUNDERS, KvCluster, putOf, rangeOf, textOf, toRequest } from './kv-cluster.ts';

const X = singleKey(new TextEncoder().encode('x'));

const bounded = (stalenessMsMax: number): ReadConsistency => ({
  type: 'bounded',
  stalenessMsMax,
  revisionLagMax: undefined,
});

describe('a follower that is cut off', () => {
  it('R33: refuses what it cannot promise, and says how old the rest is', async () => {
    const cluster = new KvCluster(31);
    await cluster.put('x', '1');
    const [follower] = await cluster.followers();
    expect(await cluster.get('x', follower)).toBe('1');
    cluster.isolate([follower.inspect().raft.self], 60_000);
    await cluster.put('x', '2');
    await cluster.pass(1_000);
    const read = (consistency: ReadConsistency): Promise<KvReply> =>
      cluster.ask(toRequest(rangeOf('x'), consistency), follower);

    const stale = await read({ type: 'serializable' });
    expect(valueIn(stale)).toBe('1');
    // It made a round before it was cut off, and knows how long ago that is.
    expect(stalenessOf(stale)).toBeGreaterThan(900);
    expect(valueIn(await read(bounded(30_000)))).toBe('1');
    for (const consistency of [{ type: 'linearizable' }, { type: 'lease' }] as const) {
      expect(await read(consistency)).toMatchObject({ code: 'no-leader', isDefinite: true });
    }
    expect(await read(bounded(500))).toMatchObject({ code: 'too-stale', isDefinite: true });
    const boundless = { type: 'bounded', stalenessMsMax: undefined } as const;
    expect(await read({ ...boundless, revisionLagMax: undefined })).toMatchObject({
      ...{ code: 'bad-request', isDefinite: true },
    });
    const session = await read({ type: 'session', token: 3 as Revision });
    expect(session).toMatchObject({ code: 'no-leader', isDefinite: true });
    expect(valueIn(await read({ type: 'session', token: 2 as Revision }))).toBe('1');
    cluster.simulation.close();
  });
});

describe('a follower among others', () => {
  it('R33: makes a round where what it knows is too old, and only there', async () => {
    const cluster = new KvCluster(32);
    await cluster.put('x', '1');
    const [follower] = await cluster.followers();
    const read = (consistency: ReadConsistency): Promise<KvReply> =>
      cluster.ask(toRequest(rangeOf('x'), consistency), follower);
    const never = await read({ type: 'serializable' });
    expect(stalenessOf(never)).toBe(undefined);
    expect(stalenessOf(await read(bounded(0)))).toBeLessThan(100);
    await cluster.pass(200);
    const roundCount = () => follower.inspect().raft.followerReads.contextCount;
    const before = roundCount();
    expect(stalenessOf(await read(bounded(5_000)))).toBeGreaterThanOrEqual(200);
    expect(roundCount()).toBe(before);
    expect(stalenessOf(await read(bounded(100)))).toBeLessThan(100);
    expect(roundCount()).toBe(before + 1);
    cluster.simulation.close();
  });

  it('R33: tells the revision of the store, also where an older one is read', async () => {
    const cluster = new KvCluster(37);
    await cluster.put('x', '1');
    const first = await cluster.ask(toRequest(rangeOf('x')));
    await cluster.put('x', '2');
    const second = await cluster.ask(toRequest(rangeOf('x')));
    expect([revisionOf(first), revisionOf(second)]).toEqual([2, 3]);
    const old = await cluster.ask(toRequest({ ...readAll(X), revision: 2 as Revision }));
    expect(valueIn(old)).toBe('1');
    expect(revisionOf(old)).toBe(3);
    cluster.simulation.close();
  });

  it('R34: a session sees what it wrote and read, at whichever member', async () => {
    const cluster = new KvCluster(33);
    const followers = await cluster.followers();
    for (let count = 1; count <= 20; count += 1) {
      const written = await cluster.ask(toRequest(putOf('x', `${count}`)));
      if (written.type === 'failed') throw new Error(written.code);
      const token = written.header.revision;
      const follower = followers[count % 2] as KvNode;
      const read = await cluster.ask(toRequest(rangeOf('x'), { type: 'session', token }), follower);
      expect(valueIn(read)).toBe(`${count}`);
    }
    const foreign = toRequest(rangeOf('x'), { type: 'session', token: 1_000_000 as Revision });
    expect(await cluster.ask(foreign)).toMatchObject({ code: 'future-revision' });
    cluster.simulation.close();
  });
});

describe('an answer', () => {
  it('R33: says which member gave it', async () => {
    const cluster = new KvCluster(37);
    await cluster.put('x', '1');
    await cluster.followers();
    const ways: readonly ReadConsistency[] = [
      ...[{ type: 'linearizable' } as const, { type: 'lease' } as const],
      ...[{ type: 'serializable' } as const, bounded(30_000)],
      { type: 'session', token: 2 as Revision },
    ];
    for (const name of FOUNDERS) {
      const requests = [
        ...ways.map((consistency) => toRequest(rangeOf('x'), consistency)),
        toRequest(putOf('y', name)),
      ];
      for (const request of requests) {
        const reply = await cluster.ask(request, cluster.node(name));
        expect(reply).toMatchObject({ type: 'done', header: { member: name } });
      }
    }
    cluster.simulation.close();
  });
});

describe('a read of many keys', () => {
  it('R6: lets others run, sees one revision, and is given up on demand', async () => {
    const cluster = new KvCluster(34);
    const leader = await cluster.elect();
    const { store } = leader.inspect().state;
    // Straight into the store of one member: the log is not what this shows.
    function* fill(): Work<void> {
      for (let nth = 0; nth < 30_000; nth += 1) {
        store.put(new TextEncoder().encode(`k${nth}`), new Uint8Array(10), 0n as never);
        yield;
      }
    }
    finish(store.inRevision(fill()));
    const all = { ...readAll({ from: new Uint8Array([0]), to: undefined }), keysOnly: true };
    const serializable = { type: 'serializable' } as const;
    const { eventCount } = cluster.simulation;
    const reading = leader.handle(toRequest(all, serializable));
    await cluster.pass(0);
    await cluster.put('k', 'behind');
    const reply = await cluster.outcome(reading);
    if (reply.type === 'failed' || reply.result.type !== 'range') throw new Error('no range');
    expect(reply.result.count).toBe(30_000);
    expect(cluster.simulation.eventCount - eventCount).toBeGreaterThan(3);
    expect(store.isPinned).toBe(false);

    const given = new Promise<KvReply>((resolve) => {
      const ask = new Ask(resolve);
      leader.serve(toRequest(all, serializable), ask);
      ask.giveUp();
    });
    expect(await cluster.outcome(given)).toMatchObject({ code: 'aborted', isDefinite: true });
    expect(store.isPinned).toBe(false);
    cluster.simulation.close();
  });

  it('R35: a change that is given up is over at once, and its outcome is not known', async () => {
    const cluster = new KvCluster(36, { requestCountMax: 1 });
    const leader = await cluster.elect();
    cluster.isolate([leader.inspect().raft.self], 60_000);
    const replies: KvReply[] = [];
    const ask = new Ask((reply) => replies.push(reply));
    leader.serve(toRequest(putOf('x', '1')), ask);
    expect(replies).toEqual([]);
    ask.giveUp();
    expect(replies).toMatchObject([{ code: 'aborted', isDefinite: false }]);
    // There is room for another one, and the first has one reply, whatever the log says of it.
    const stale = toRequest(rangeOf('x'), { type: 'serializable' });
    expect(await cluster.ask(stale, leader)).toMatchObject({ type: 'done' });
    await cluster.pass(70_000);
    expect(replies.length).toBe(1);
    const unwanted = new Ask((reply) => replies.push(reply));
    unwanted.giveUp();
    leader.serve(toRequest(putOf('x', '2')), unwanted);
    expect(replies[1]).toMatchObject({ code: 'aborted', isDefinite: true });
    cluster.simulation.close();
  });

  it('R35: an answer above the bound is refused, and so are requests beyond theirs', async () => {
    const cluster = new KvCluster(35, { answerBytesMax: 1_000, requestCountMax: 2 });
    await cluster.put('x', 'v'.repeat(2_000));
    const large = await cluster.ask(toRequest(rangeOf('x')));
    expect(large).toMatchObject({ code: 'answer-too-large', isDefinite: true });
    const leader = await cluster.elect();
    const three = [1, 2, 3].map((nth) => leader.handle(toRequest(putOf('y', `${nth}`))));
    const replies = await cluster.outcome(Promise.all(three));
    expect(replies.map(({ type }) => type)).toEqual(['done', 'done', 'failed']);
    expect(replies[2]).toMatchObject({ code: 'too-many-requests', isDefinite: true });
    expect(await cluster.get('y')).toBe('2');
    cluster.simulation.close();
  });
});

function valueIn(reply: KvReply): string | undefined {
  if (reply.type === 'failed') throw new Error(`${reply.code}: ${reply.detail}`);
  return textOf(reply.result);
}

function revisionOf(reply: KvReply): Revision {
  if (reply.type === 'failed') throw new Error(`${reply.code}: ${reply.detail}`);
  return reply.header.revision;
}

function stalenessOf(reply: KvReply): number | undefined {
  if (reply.type === 'failed') throw new Error(`${reply.code}: ${reply.detail}`);
  return reply.header.stalenessMs;
}
