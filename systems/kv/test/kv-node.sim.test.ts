/**
 * Three members on simulated machines: what clients see under crashes and cuts is linearizable, and
 * the members end up alike.
 */
import { checkLinearizable, register } from '@mangrove/check';
import { SeededRandom } from '@mangrove/host';
import { hashKv, type KvRequest, type Operation } from '@mangrove/kv';
import { describe, expect, it } from 'vitest';
import { FOUNDERS, KvCluster, putOf, toRequest } from './kv-cluster.ts';
import { runRegisters, trouble } from './register-run.ts';

describe('a cluster', () => {
  it('R31: histories of reads and writes at any member are linearizable', async () => {
    let okCount = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const cluster = new KvCluster(seed, {}, { snapshotEveryCount: 40 });
      const random = new SeededRandom(seed);
      await cluster.elect();
      trouble(cluster, random, 2_000);
      const history = await runRegisters(cluster, random, 2_000);
      const { type } = checkLinearizable(register(), history);
      expect({ seed, type, ends: cluster.simulation.ends }).toEqual({
        seed,
        type: 'valid',
        ends: [],
      });
      okCount += history.filter((event) => event.type === 'ok').length;
      const state = await settle(cluster);
      expect(new Set(state.values()).size, `seed ${seed}`).toBe(1);
      cluster.simulation.close();
    }
    // A cluster that mostly refuses would prove little.
    expect(okCount).toBeGreaterThan(12 * 300);
  }, 60_000);

  it('R32: a change that comes again in its session is applied once', async () => {
    const cluster = new KvCluster(20);
    const opened = await cluster.result({ type: 'open-session' });
    if (opened.type !== 'session') throw new Error('no session');
    const place = { session: opened.session, sequence: 1 };
    const request: KvRequest = { ...toRequest(putOf('x', '1')), place };
    const first = await cluster.ask(request);
    const [follower] = await cluster.followers();
    const again = await cluster.ask(request, follower);
    expect(first.type).toBe('done');
    expect(again).toMatchObject({ type: 'done', result: { type: 'put' } });
    expect(revisionOf(again)).toBe(revisionOf(first));
    await cluster.ask({ ...request, place: { ...place, sequence: 2 } });
    expect(await cluster.ask(request)).toMatchObject({ code: 'superseded', isDefinite: false });
    const unknown = { session: 1_000_000, sequence: 1 };
    const late = await cluster.ask({ ...request, place: unknown });
    expect(late).toMatchObject({ code: 'session-expired', isDefinite: true });
    cluster.simulation.close();
  });

  it('R32: a large result is given once; who asks again is told that it was done', async () => {
    const cluster = new KvCluster(21);
    await cluster.put('x', 'v'.repeat(9_000));
    const opened = await cluster.result({ type: 'open-session' });
    if (opened.type !== 'session') throw new Error('no session');
    const place = { session: opened.session, sequence: 1 };
    const request: KvRequest = {
      ...toRequest({ ...putOf('x', '2'), wantsPrevious: true } as Operation),
      place,
    };
    const first = await cluster.result(request);
    if (first.type !== 'put') throw new Error(first.type);
    expect(first.previous?.value.length).toBe(9_000);
    const again = await cluster.ask(request);
    expect(again).toMatchObject({ code: 'result-lost', isDefinite: false });
    expect((await cluster.elect()).inspect().state.store.revision).toBe(3);
    cluster.simulation.close();
  });
});

/** Waits until all members have applied the same; the hash of each. */
async function settle(cluster: KvCluster): Promise<ReadonlyMap<string, number>> {
  cluster.simulation.heal();
  await cluster.put('end', 'end');
  const applied = () => cluster.members.map((each) => each.inspect().raft.appliedIndex);
  await cluster.until(() => cluster.members.length === 3 && new Set(applied()).size === 1);
  return new Map(
    FOUNDERS.map((name) => {
      const { store } = cluster.node(name).inspect().state;
      return [name, hashKv(store, store.revision)];
    }),
  );
}

function revisionOf(reply: Awaited<ReturnType<KvCluster['ask']>>): number {
  if (reply.type === 'failed') throw new Error(reply.code);
  return reply.header.revision;
}
