/**
 * What a client is given that no message can carry, or no timer waits for: it is refused at the
 * door, and the client goes on, with whatever it has under way.
 */
import { InvalidArgument } from '@mangrove/host';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KvClient, type LeaseId, op, type Revision, when } from '../src/index.ts';
import { type LocalKv, startKv } from '../src/node.ts';

let kv: LocalKv;
let client: KvClient;

beforeAll(async () => {
  kv = await startKv();
  client = kv.client();
  await client.put('before', '1');
});

afterAll(() => kv.close());

const NO_COUNTS = [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53];
const NO_TIMES = [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31];
const NO_LEASES = [-1n, 2n ** 64n] as LeaseId[];

/** Every call that is given a number, with a number that it cannot have. */
const CALLS: Readonly<Record<string, (given: number) => unknown>> = {
  'a watch from a revision': (from) => client.watch('k', { from }),
  'a watch with a bound': (waitingBytesMax) => client.watch('k', { waitingBytesMax }),
  'a read of a revision': (revision) => client.get('k', { revision }),
  'a read with a limit': (limit) => client.read('k', { limit }),
  'a read by revisions': (minModRevision) => client.read('k', { minModRevision }),
  'a read that may lag': (maxRevisionLag) => client.get('k', { consistency: { maxRevisionLag } }),
  'a comparison': (given) => client.txn().if(when('k').version('=', given)).commit(),
  'a time to live': (ttlMs) => client.grantLease(ttlMs),
  'a lock': (ttlMs) => client.lock('l', { ttlMs }),
  'an election': (ttlMs) => client.election('e').campaign('v', { ttlMs }),
  'a compaction': (revision) => client.compact(revision),
  'a hash': (revision) => client.hash(kv.endpoints[0] ?? '', revision),
  'a session': (token) => client.session(token as Revision),
  attempts: (attemptsMax) => client.stm(async () => 1, { attemptsMax }),
  'calls of a client': (callsMax) => kv.client({ callsMax }),
};

const TIMED: Readonly<Record<string, (timeoutMs: number) => unknown>> = {
  put: (timeoutMs) => client.put('k', 'v', { timeoutMs }),
  get: (timeoutMs) => client.get('k', { timeoutMs }),
  compact: (timeoutMs) => client.compact(1, { timeoutMs }),
  'the status of a member': (timeoutMs) => client.status(kv.endpoints[0] ?? '', { timeoutMs }),
  'a read that may be stale': (maxStalenessMs) =>
    client.get('k', { consistency: { maxStalenessMs } }),
  'a client': (timeoutMs) => kv.client({ timeoutMs }),
  'an attempt of a client': (attemptTimeoutMs) => kv.client({ attemptTimeoutMs }),
};

async function refused(call: () => unknown): Promise<void> {
  await expect(Promise.resolve().then(call)).rejects.toThrow(InvalidArgument);
}

describe('R68: a client that is given what cannot be', () => {
  it.each(Object.entries(CALLS))('refuses numbers of %s', async (_what, call) => {
    for (const each of NO_COUNTS) await refused(() => call(each));
    expect((await client.get('before'))?.value).toBe('1');
  });

  it.each(Object.entries(TIMED))('refuses times of %s', async (_what, call) => {
    for (const each of NO_TIMES) await refused(() => call(each));
    expect((await client.get('before'))?.value).toBe('1');
  });

  it('refuses ids of leases, bounds that bound nothing, and keys that are too long', async () => {
    for (const lease of NO_LEASES) {
      await refused(() => client.put('k', 'v', { lease }));
      await refused(() => client.openLease(lease));
      await refused(() => when('k').lease('=', lease));
    }
    await refused(() => client.get('k', { consistency: {} }));
    await refused(() => client.watch('k'.repeat(1_000_001)));
    expect((await client.put('after', '1')).revision).toBeGreaterThan(2);
  });

  it('ends no other call where one is larger than the member takes', async () => {
    await using watch = client.watch('w');
    await watch.started;
    const large = Array.from({ length: 5 }, (_, nth) => op.put(`l/${nth}`, 'x'.repeat(900_000)));
    const asked = Array.from({ length: 50 }, (_, nth) => client.put(`o/${nth}`, 'v'));
    await expect(
      client
        .txn()
        .then(...large)
        .commit(),
    ).rejects.toMatchObject({
      ...{ code: 'request-too-large', isDefinite: true },
    });
    await Promise.all(asked);
    expect(await client.count({ prefix: 'l/' })).toBe(0);
  });

  it('keeps a lease alive that lives for longer than a timer waits', async () => {
    const lease = await client.grantLease(9_000_000_000_000);
    await lease.renew();
    expect(lease.isHeld).toBe(true);
    await lease.revoke();
  });

  it('is out of time at once where it is given none', async () => {
    for (const timeoutMs of [0, -5]) {
      await expect(client.put('k', 'v', { timeoutMs })).rejects.toMatchObject({
        ...{ code: 'timeout', isDefinite: true },
      });
    }
  });
});
