/**
 * What a client does that is cut off from its members, or whose member is from the others: it knows
 * that its lease may be over before any member ends it, what it gives up ends at once, and a read
 * that one member must refuse is asked of another. Members and clients are real, their machines and
 * the network simulated.
 */
import { toNodeId } from '@mangrove/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KvError, type KvLease } from '../src/index.ts';
import { addressOf, MEMBERS, ServedCluster } from './served-cluster.ts';

const [HURT, OTHER] = [toNodeId('h'), toNodeId('o')];

/** Longer than two election timeouts. */
const TTL_MS = 1200;

let cluster: ServedCluster;

beforeEach(async () => {
  cluster = new ServedCluster(71, [HURT, OTHER]);
  for (const each of [HURT, OTHER]) {
    cluster.startClient(each, { endpoints: MEMBERS.map(addressOf) });
  }
  await cluster.ready();
});

afterEach(() => cluster.simulation.close());

/** Has nothing pass between the client that is hurt and all members, for good. */
function cutOffClient(): void {
  const window = { atMs: cluster.simulation.nowMs, untilMs: cluster.simulation.nowMs + 600_000 };
  cluster.simulation.inject({ type: 'cut', ...window, from: [HURT], to: MEMBERS });
  cluster.simulation.inject({ type: 'cut', ...window, from: MEMBERS, to: [HURT] });
}

async function leaseOfHurt(): Promise<KvLease> {
  return await cluster.settled(cluster.client(HURT).grantLease(TTL_MS));
}

async function pass(durationMs: number): Promise<void> {
  await cluster.simulation.run(cluster.simulation.nowMs + durationMs);
}

describe('the signal of a lease', () => {
  it('is aborted where it cannot be renewed, before its keys are gone', async () => {
    const lease = await leaseOfHurt();
    await cluster.settled(cluster.client(HURT).put('k', 'v', { lease }));
    // It is renewed as long as it can be.
    await pass(5 * TTL_MS);
    expect([lease.signal.aborted, lease.isHeld]).toEqual([false, true]);
    cutOffClient();
    const sinceMs = cluster.simulation.nowMs;
    await cluster.until(() => lease.signal.aborted);
    expect(cluster.simulation.nowMs - sinceMs).toBeLessThanOrEqual(TTL_MS);
    expect(lease.isHeld).toBe(false);
    expect(lease.signal.reason).toBeInstanceOf(KvError);
    // Members may have it still: nobody told.
    expect(lease.signal.reason).toMatchObject({ code: 'lease-not-found', isDefinite: false });
    for (const each of MEMBERS) {
      expect(cluster.node(each).inspect().state.store.leases.get(lease.id)).toBeDefined();
    }
    await pass(2 * TTL_MS);
    expect(await cluster.settled(cluster.client(OTHER).get('k'))).toBeUndefined();
  });

  it('is aborted at its end where nobody renews it, and later where somebody does', async () => {
    const granted = cluster.client(HURT).grantLease(TTL_MS, { keepAlive: false });
    const lease = await cluster.settled(granted);
    const sinceMs = cluster.simulation.nowMs;
    expect(lease.signal.aborted).toBe(false);
    await pass(TTL_MS / 2);
    await cluster.settled(lease.renew());
    await pass((TTL_MS * 3) / 4);
    expect([lease.signal.aborted, lease.isHeld]).toEqual([false, true]);
    await cluster.until(() => lease.signal.aborted);
    expect(cluster.simulation.nowMs - sinceMs).toBeLessThanOrEqual(TTL_MS * 1.5 + 50);
    expect(lease.isHeld).toBe(false);
    expect(lease.signal.reason).toMatchObject({ code: 'lease-not-found', isDefinite: false });
  });

  it('is aborted soon where somebody else ended it', async () => {
    const lease = await leaseOfHurt();
    const same = await cluster.settled(cluster.client(OTHER).openLease(lease.id));
    await cluster.settled(same.revoke());
    await pass(TTL_MS / 2);
    expect(lease.signal.reason).toMatchObject({ code: 'lease-not-found', isDefinite: true });
    expect(lease.isHeld).toBe(false);
  });
});

describe('R63: a call that is given up', () => {
  it('ends at once; what was sent may happen, what was not will not', async () => {
    const client = cluster.client(HURT);
    await cluster.settled(client.put('k', 'before'));
    const abort = new AbortController();
    cutOffClient();
    const { signal } = abort;
    const put = failureOf(client.put('k', 'during', { signal }));
    await pass(50);
    const late = failureOf(client.put('k', 'after', { signal: AbortSignal.abort('late') }));
    const givenUpAtMs = cluster.simulation.nowMs;
    abort.abort('enough');
    const errors = await cluster.settled(Promise.all([put, late]));
    expect(cluster.simulation.nowMs - givenUpAtMs).toBeLessThan(5);
    expect(errors).toMatchObject([
      { code: 'aborted', isDefinite: false, cause: 'enough' },
      { code: 'aborted', isDefinite: true, cause: 'late' },
    ]);
  });
});

describe('R33: a read that the member of a client is too stale for', () => {
  it('is asked of another member, and served', async () => {
    const client = cluster.client(HURT);
    await cluster.settled(client.put('k', 'v'));
    const { header } = await cluster.settled(client.read('k', { consistency: 'serializable' }));
    const cutOff = header.member;
    const others = MEMBERS.filter((each) => each !== cutOff);
    const window = { atMs: cluster.simulation.nowMs, untilMs: cluster.simulation.nowMs + 600_000 };
    cluster.simulation.inject({ type: 'cut', ...window, from: [cutOff], to: others });
    cluster.simulation.inject({ type: 'cut', ...window, from: others, to: [cutOff] });
    await pass(2000);
    // That member still serves it, of what it knows.
    const stale = await cluster.settled(client.read('k', { consistency: 'serializable' }));
    expect(stale.header.member).toBe(cutOff);
    expect(stale.header.stalenessMs).toBeGreaterThan(1500);
    const consistency = { maxStalenessMs: 500 };
    const answer = await cluster.settled(client.read('k', { consistency, timeoutMs: 2000 }));
    expect(others).toContain(answer.header.member);
    expect(answer.entries[0]?.value).toBe('v');
    expect(answer.header.stalenessMs).toBeLessThanOrEqual(500);
  });
});

/** What a call fails with. */
async function failureOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    return error;
  }
}
