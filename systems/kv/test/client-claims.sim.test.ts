/**
 * What becomes of a watch, of a place in the queue of a lock and of an optimistic transaction that
 * is given up or lost while it waits: it ends at once, says why, and leaves nothing behind. The
 * members and the client are real, their machines and the network simulated.
 */
import { toNodeId } from '@mangrove/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KvClient } from '../src/index.ts';
import { addressOf, MEMBERS, ServedCluster } from './served-cluster.ts';

const CLIENT = toNodeId('h');

let cluster: ServedCluster;
let client: KvClient;

beforeEach(async () => {
  cluster = new ServedCluster(72, [CLIENT]);
  cluster.startClient(CLIENT, { endpoints: MEMBERS.map(addressOf) });
  await cluster.ready();
  client = cluster.client(CLIENT);
});

afterEach(() => cluster.simulation.close());

/** What a call fails with. */
async function failureOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    return error;
  }
}

async function pass(durationMs: number): Promise<void> {
  await cluster.simulation.run(cluster.simulation.nowMs + durationMs);
}

function watcherCount(): number {
  const counts = MEMBERS.map((each) => cluster.node(each).inspect().watcherCount);
  return counts.reduce((sum, each) => sum + each, 0);
}

describe('R64: a watch that is given up', () => {
  it('ends while its caller waits for events, at the member too', async () => {
    const abort = new AbortController();
    const watch = client.watch('k', { signal: abort.signal });
    await cluster.settled(watch.started);
    const events = watch[Symbol.asyncIterator]();
    await cluster.settled(client.put('k', 'seen'));
    expect(await cluster.settled(events.next())).toMatchObject({ value: { value: 'seen' } });
    const waiting = events.next();
    await pass(100);
    expect(watcherCount()).toBe(1);
    abort.abort();
    expect(await cluster.settled(waiting)).toEqual({ done: true, value: undefined });
    await cluster.until(() => watcherCount() === 0);
  });

  it('never begins where that was before it was created', async () => {
    const abort = new AbortController();
    const watch = client.watch('k', { signal: abort.signal });
    const started = failureOf(watch.started);
    abort.abort();
    expect(await cluster.settled(started)).toMatchObject({ code: 'aborted', isDefinite: true });
    await cluster.settled(client.put('k', 'unseen'));
    await pass(100);
    expect(await cluster.settled(watch[Symbol.asyncIterator]().next())).toMatchObject({
      done: true,
    });
    expect(watcherCount()).toBe(0);
  });
});

describe('R65: a place in the queue of a lock', () => {
  it('is left at once by who gives up waiting, and holds up nobody behind', async () => {
    const first = await cluster.settled(client.lock('lock'));
    const abort = new AbortController();
    const second = failureOf(client.lock('lock', { signal: abort.signal }));
    await pass(100);
    let isThird = false;
    const third = client.lock('lock').then((claim) => {
      isThird = true;
      return claim;
    });
    await pass(100);
    expect(await cluster.settled(client.count({ prefix: 'lock/' }))).toBe(3);
    abort.abort('enough');
    const error = await cluster.settled(second);
    expect(error).toMatchObject({ code: 'aborted', isDefinite: true, cause: 'enough' });
    await pass(100);
    expect(await cluster.settled(client.count({ prefix: 'lock/' }))).toBe(2);
    expect(isThird).toBe(false);
    await cluster.settled(first.release());
    const claim = await cluster.settled(third);
    expect(claim.token).toBeGreaterThan(first.token);
  });

  it('is lost with its lease while it waits, and said to be', async () => {
    const first = await cluster.settled(client.lock('lock'));
    const second = failureOf(client.lock('lock', { ttlMs: 900 }));
    await pass(100);
    const leases = await cluster.settled(client.leases());
    const [waiting] = leases.filter((id) => id !== first.lease.id);
    if (waiting === undefined) throw new Error('nobody waits');
    const lease = await cluster.settled(client.openLease(waiting));
    await cluster.settled(lease.revoke());
    const error = await cluster.settled(second);
    expect(error).toMatchObject({ code: 'lease-not-found', isDefinite: true });
    expect((error as Error).message).toContain('the lease ended while its holder waited');
    expect(first.signal.aborted).toBe(false);
    expect(watcherCount()).toBe(0);
  });
});

describe('R69: an optimistic transaction', () => {
  it('runs so often where others change what it reads, then fails, nothing written', async () => {
    await cluster.settled(client.put('n', '0'));
    let runCount = 0;
    const adding = client.stm(
      async (view) => {
        runCount += 1;
        view.put('n', `${await view.get('n')} and one`);
        await client.put('n', `${runCount}`);
      },
      { attemptsMax: 3 },
    );
    const error = await cluster.settled(failureOf(adding));
    expect(error).toMatchObject({ code: 'too-many-requests', isDefinite: true });
    expect((error as Error).message).toContain('others changed what was read, 3 times');
    expect(runCount).toBe(3);
    expect((await cluster.settled(client.get('n')))?.value).toBe('3');
  });

  it('is done anew where a key has changed that it only read', async () => {
    await cluster.settled(client.put('on-call/a', 'yes'));
    await cluster.settled(client.put('on-call/b', 'yes'));
    // Each goes home where the other one stays: with what both read at first, both would go.
    let runCount = 0;
    const goHome = (own: string, other: string, meanwhile: () => Promise<unknown>) =>
      client.stm(async (view) => {
        runCount += 1;
        const stays = (await view.get(`on-call/${other}`)) === 'yes';
        await meanwhile();
        if (stays) view.put(`on-call/${own}`, 'no');
      });
    const nothing = async () => {};
    let isFirst = true;
    const both = goHome('a', 'b', async () => {
      if (isFirst) await goHome('b', 'a', nothing);
      isFirst = false;
    });
    await cluster.settled(both);
    expect(runCount).toBe(3);
    const found = await cluster.settled(client.read({ prefix: 'on-call/' }));
    expect(found.entries.map(({ value }) => value)).toEqual(['yes', 'no']);
  });
});
