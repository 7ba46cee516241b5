/**
 * The store in a program: started, used through its client, hurt and closed, over real connections.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KvClient, KvError, type LeaseId, op, when } from '../src/index.ts';
import { type LocalKv, type StartKvOptions, startKv } from '../src/node.ts';

describe('a store of one member in memory', () => {
  let kv: LocalKv;
  let client: KvClient;

  beforeAll(async () => {
    kv = await startKv();
    client = kv.client();
  });
  afterAll(() => kv.close());

  it('gets, puts and deletes text and bytes, and says at which revision', async () => {
    const first = await client.put('a', '1');
    const second = await client.put('a', new Uint8Array([0xff]), { previous: true });
    expect(second.revision).toBe(first.revision + 1);
    expect(second.previous?.value).toBe('1');
    const entry = await client.get('a');
    expect(entry?.valueBytes).toEqual(new Uint8Array([0xff]));
    expect(entry?.version).toBe(2);
    expect((await client.get('a', { revision: first.revision }))?.value).toBe('1');
    expect((await client.delete('a', { previous: true })).previous[0]?.key).toBe('a');
    expect(await client.get('a')).toBeUndefined();
  });

  it('reads ranges: sorted, limited, counted, page by page', async () => {
    const keys = Array.from({ length: 2500 }, (_, nth) => `r/${String(nth).padStart(4, '0')}`);
    await Promise.all(keys.map((key) => client.put(key, key)));
    const all = await client.getAll({ prefix: 'r/' });
    expect(all.map(({ key }) => key)).toEqual(keys);
    const page = await client.read(
      { from: 'r/0100', to: 'r/0200' },
      { limit: 2, order: 'descend', keysOnly: true },
    );
    expect(page.entries.map(({ key, value }) => [key, value])).toEqual([
      ['r/0199', ''],
      ['r/0198', ''],
    ]);
    expect([page.count, page.hasMore]).toEqual([100, true]);
    expect(await client.count({ prefix: 'r/' })).toBe(2500);
    expect((await client.delete({ prefix: 'r/' })).deletedCount).toBe(2500);
  });

  it('does transactions, and tells which branch', async () => {
    const transact = () =>
      client
        .txn()
        .if(when('t').isMissing())
        .then(op.put('t', '1'), op.get('t'))
        .else(op.delete('t', { previous: true }))
        .commit();
    const made = await transact();
    expect(made.succeeded).toBe(true);
    expect(made.results[1]).toMatchObject({ type: 'get', count: 1 });
    const gone = await transact();
    expect(gone.succeeded).toBe(false);
    expect(gone.results[0]).toMatchObject({ type: 'delete', deletedCount: 1 });
  });

  it('R33: a transaction that reads only is as current as it asks for', async () => {
    await client.put('c/1', '1');
    const read = () => client.txn().then(op.get('c/1'));
    const answer = await read().commit({ consistency: 'serializable' });
    expect(answer.results[0]).toMatchObject({ type: 'get', count: 1 });
    const options = { consistency: { maxRevisionLag: 0 } } as const;
    expect((await read().commit(options)).results[0]).toMatchObject({ count: 1 });
    const writing = client.txn().then(op.put('c/2', '2'));
    await expect(writing.commit(options)).rejects.toThrow('left out where something is written');
    expect(await client.get('c/2')).toBeUndefined();
  });

  it('tells a transaction that is awaited without commit', async () => {
    await expect(client.txn().then(op.put('x', '1'))).rejects.toThrow('commit()');
    expect(await client.get('x')).toBeUndefined();
  });

  it('refuses with a code, and says that nothing happened', async () => {
    const lease = 12345n as LeaseId;
    const error = await client.put('x', '1', { lease }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(KvError);
    expect(error).toMatchObject({ code: 'lease-not-found', isDefinite: true });
    await expect(client.get('')).rejects.toThrow('one byte or more');
    await expect(client.get('x', { revision: 1_000_000 })).rejects.toMatchObject({
      code: 'future-revision',
    });
    await expect(client.put('x', '1', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
      isDefinite: true,
    });
  });

  it('R64: watches what was, what comes, whole revisions, one kind of event', async () => {
    const from = (await client.put('w/1', 'a')).revision;
    await client.txn().then(op.put('w/2', 'b'), op.put('w/3', 'c')).commit();
    const watch = client.watch({ prefix: 'w/' }, { from, previous: true });
    const deletes = client.watch({ prefix: 'w/' }, { only: 'deletes' });
    await deletes.started;
    await client.put('w/1', 'd');
    await client.delete('w/1');
    const seen: string[] = [];
    for await (const batch of watch.batches()) {
      for (const { type, key, value, previous } of batch.events) {
        seen.push(`${type} ${key} ${value} ${previous?.value ?? '-'}`);
      }
      if (seen.length === 5) break;
    }
    expect(seen).toEqual([
      'put w/1 a -',
      'put w/2 b -',
      'put w/3 c -',
      'put w/1 d a',
      'delete w/1  d',
    ]);
    for await (const event of deletes) {
      expect([event.type, event.key]).toEqual(['delete', 'w/1']);
      break;
    }
  });

  it('lets go of a watch whose caller is slow, and goes on where it stood', async () => {
    const watch = client.watch({ prefix: 's/' }, { waitingBytesMax: 1000 });
    await watch.started;
    for (let nth = 0; nth < 50; nth += 1) await client.put(`s/${nth}`, 'x'.repeat(100));
    const seen: string[] = [];
    for await (const { key } of watch) {
      seen.push(key);
      if (seen.length === 50) break;
    }
    expect(seen).toEqual(Array.from({ length: 50 }, (_, nth) => `s/${nth}`));
  });

  it('tells a watch of compaction, or has it skip', async () => {
    const { revision: from } = await client.put('c', '1');
    const { revision } = await client.put('c', '2');
    await client.compact(revision);
    const failing = client.watch('c', { from })[Symbol.asyncIterator]();
    await expect(failing.next()).rejects.toMatchObject({ code: 'compacted' });
    for await (const batch of client.watch('c', { from, onCompacted: 'skip' }).batches()) {
      expect(batch.isAfterGap).toBe(true);
      expect(batch.events.map(({ value }) => value)).toEqual(['2']);
      break;
    }
  });

  it('has sessions that see what they wrote', async () => {
    const session = client.session();
    const { revision } = await session.put('own', '1');
    expect(session.token).toBe(revision);
    const { entries, header } = await session.read('own');
    expect(entries[0]?.value).toBe('1');
    expect(header.revision).toBeGreaterThanOrEqual(revision);
  });

  it('runs optimistic transactions again until they fit', async () => {
    const add = () =>
      client.stm(async (view) => {
        const count = Number((await view.get('n')) ?? 0);
        view.put('n', String(count + 1));
      });
    await Promise.all(Array.from({ length: 8 }, add));
    expect((await client.get('n'))?.value).toBe('8');
  });

  it('R65: has locks whose tokens grow, and fence', async () => {
    const first = await client.lock('lock');
    const waiting = client.lock('lock');
    const guarded = () => client.txn().if(first.isHeld()).then(op.put('held', '1')).commit();
    expect((await guarded()).succeeded).toBe(true);
    await first.release();
    await using second = await waiting;
    expect(second.token).toBeGreaterThan(first.token);
    expect(first.signal.aborted).toBe(true);
    expect((await guarded()).succeeded).toBe(false);
  });

  it('has elections that can be observed', async () => {
    const election = client.election('boss');
    const leader = await election.campaign('one');
    const observed = election.observe();
    expect((await observed.next()).value).toMatchObject({ value: 'one' });
    expect(await leader.write('uno')).toBe(true);
    expect((await observed.next()).value).toMatchObject({ value: 'uno' });
    const next = election.campaign('two');
    await leader.release();
    const second = await next;
    expect((await observed.next()).value).toMatchObject({ value: 'two' });
    expect(await leader.write('never')).toBe(false);
    await observed.return();
    await second.release();
    expect(await election.leader()).toBeUndefined();
  });

  it('ends leases with their keys', async () => {
    const lease = await client.grantLease(60_000);
    await client.put('leased', '1', { lease });
    expect((await client.leases()).includes(lease.id)).toBe(true);
    await lease.revoke();
    expect(await client.get('leased')).toBeUndefined();
    expect(lease.isHeld).toBe(false);
  });

  it('is empty after clear, and refuses after close', async () => {
    await client.put('last', '1');
    await kv.clear();
    expect(await client.count({ prefix: '' })).toBe(0);
    const other = kv.client();
    await other.close();
    await expect(other.get('a')).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('a store of three members', () => {
  it('R64: loses no write and no event with any one of them, in a thread of its own', async () => {
    await using kv = await startKv({ nodes: 3, worker: true });
    const client = kv.client({ timeoutMs: 15_000 });
    const watch = client.watch('k');
    await watch.started;
    for (let nth = 0; nth < 3; nth += 1) {
      await kv.kill(nth);
      await client.put('k', String(nth));
      await kv.restart(nth);
    }
    const seen: string[] = [];
    for await (const { value } of watch) {
      seen.push(value);
      if (value === '2') break;
    }
    expect(seen).toEqual(['0', '1', '2']);
    expect((await client.get('k'))?.version).toBe(3);
  }, 30_000);
});

describe('a store, wherever it runs', { timeout: 30_000 }, () => {
  it.each([
    { nodes: 1, worker: false, isOnDisk: false },
    { nodes: 1, worker: true, isOnDisk: true },
    { nodes: 3, worker: false, isOnDisk: true },
  ] as const)('survives the crash of a member, and is cleared: %j', async (how) => {
    const directory = await mkdtemp(join(tmpdir(), 'mangrove-kv-'));
    const { nodes, worker, isOnDisk } = how;
    const options = { nodes, worker, ...(isOnDisk ? { dataDirectory: directory } : {}) };
    try {
      await using kv = await startKv(options);
      const client = kv.client({ timeoutMs: 15_000 });
      expect(kv.endpoints.length).toBe(nodes);
      await client.put('k', 'v');
      const lease = await client.grantLease(60_000);
      await client.put('leased', '1', { lease });
      await kv.kill(0);
      if (nodes > 1) await client.put('k', 'while one is down');
      await kv.restart(0);
      expect((await client.get('k'))?.version).toBe(nodes > 1 ? 2 : 1);
      await expect(kv.kill(nodes)).rejects.toThrow(`but must be 0 to ${nodes - 1}`);
      await kv.clear();
      expect(await client.count({ prefix: '' })).toBe(0);
      expect(await client.leases()).toEqual([]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('has its keys again where it is started on its directory, and none in memory', async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'mangrove-kv-'));
    const versions = async (options: StartKvOptions) => {
      await using kv = await startKv(options);
      await using client = kv.client();
      await client.put('k', 'v');
      return (await client.get('k'))?.version;
    };
    try {
      for (const version of [1, 2]) expect(await versions({ dataDirectory })).toBe(version);
      for (const version of [1, 1]) expect(await versions({})).toBe(version);
    } finally {
      await rm(dataDirectory, { recursive: true, force: true });
    }
  });

  it('tells who takes a backup too slowly, and serves on', async () => {
    await using kv = await startKv({ bounds: { backupMs: 50 } });
    const client = kv.client();
    await client.put('k', 'v');
    const taking = client.snapshot();
    await taking.next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await expect(taking.next()).rejects.toMatchObject({ code: 'timeout', isDefinite: true });
    expect((await client.get('k'))?.value).toBe('v');
  });
});
