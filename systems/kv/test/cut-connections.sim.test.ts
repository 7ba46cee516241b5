/**
 * Changes over connections that are cut again and again: each is applied once, whatever was sent
 * twice, and whoever wants no session is told what may have happened. Members, clients and streams
 * are real, their machines and the network simulated.
 */
import { toNodeId } from '@mangrove/host';
import { afterEach, describe, expect, it } from 'vitest';
import { KvError } from '../src/index.ts';
import { addressOf, MEMBERS, ServedCluster } from './served-cluster.ts';

const CLIENT = toNodeId('x');
const LOOKING = toNodeId('y');
const COUNT = 120;

let stage: ServedCluster | undefined;

afterEach(() => stage?.simulation.close());

/** Two clients; the connections of the first are cut every so many milliseconds. */
async function cutEvery(seed: number, everyMs: number, exactlyOnce: boolean) {
  const cluster = new ServedCluster(seed, [CLIENT, LOOKING]);
  stage = cluster;
  const endpoints = MEMBERS.map(addressOf);
  const times = { attemptTimeoutMs: 300, timeoutMs: 60_000 };
  cluster.startClient(CLIENT, { endpoints, exactlyOnce, ...times });
  cluster.startClient(LOOKING, { endpoints });
  await cluster.ready();
  const [client, looking] = [cluster.client(CLIENT), cluster.client(LOOKING)];
  await cluster.settled(client.put('k', 'first'));
  const { simulation } = cluster;
  for (let atMs = simulation.nowMs; atMs < simulation.nowMs + 5000; atMs += everyMs) {
    const both = { type: 'reset-streams', atMs } as const;
    simulation.inject({ ...both, from: [CLIENT], to: MEMBERS });
    simulation.inject({ ...both, from: MEMBERS, to: [CLIENT] });
  }
  // Some at once, some after another.
  const ends: ('done' | 'failed' | 'unknown')[] = [];
  const line = async () => {
    for (let nth = 0; nth < COUNT / 8; nth += 1) {
      try {
        await client.put('k', `${nth}`);
        ends.push('done');
      } catch (error) {
        if (!(error instanceof KvError)) throw error;
        ends.push(error.isDefinite ? 'failed' : 'unknown');
      }
    }
  };
  await cluster.settled(Promise.all(Array.from({ length: 8 }, line)));
  const version = (await cluster.settled(looking.get('k')))?.version ?? 0;
  const count = (end: (typeof ends)[number]) => ends.filter((each) => each === end).length;
  return { appliedCount: version - 1, done: count('done'), unknown: count('unknown') };
}

describe('R32, R63: over connections that are cut again and again', () => {
  it.each([7, 15, 40])('every %d ms: each change is applied exactly once', async (everyMs) => {
    for (const seed of [631, 632]) {
      const { appliedCount, done } = await cutEvery(seed, everyMs, true);
      expect({ appliedCount, done }).toEqual({ appliedCount: COUNT, done: COUNT });
      stage?.simulation.close();
    }
  });

  it('without a session: what is not known is told, and nothing is applied twice', async () => {
    const { appliedCount, done, unknown } = await cutEvery(633, 7, false);
    expect(unknown).toBeGreaterThan(0);
    expect(appliedCount).toBeGreaterThanOrEqual(done);
    expect(appliedCount).toBeLessThanOrEqual(done + unknown);
  });
});

describe('R63: where all members have lost their power', () => {
  it('a client without a session meets one dead connection, not each of them', async () => {
    const cluster = new ServedCluster(634, [CLIENT]);
    stage = cluster;
    const endpoints = MEMBERS.map(addressOf);
    const times = { attemptTimeoutMs: 150, timeoutMs: 600 };
    cluster.startClient(CLIENT, { endpoints, exactlyOnce: false, ...times });
    await cluster.ready();
    const client = cluster.client(CLIENT);
    await cluster.settled(client.put('k', 'before', { timeoutMs: 10_000 }));
    for (const endpoint of endpoints) await cluster.settled(client.status(endpoint));
    const { simulation } = cluster;
    for (const each of MEMBERS) simulation.crash(each, 'unsynced-lost');
    for (const each of MEMBERS) simulation.restart(each);
    const puts = ['first', 'second', 'third'].map((value) => () => client.put('k', value));
    const ends: string[] = [];
    for (const put of puts) {
      const end = put().then(
        () => 'done',
        (error: KvError) => error.code,
      );
      ends.push(await cluster.settled(end));
    }
    expect(ends).toEqual(['timeout', 'done', 'done']);
  });
});
