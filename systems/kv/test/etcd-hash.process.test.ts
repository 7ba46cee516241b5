/**
 * The hash of the store is etcd's: random changes and ends of leases are given to a real etcd and
 * to our store, and both say the same hash of the present and of every revision that can be read,
 * also of those that follow a compaction in the midst of them.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@mangrove/host-process/node';
import { type EtcdMembers, etcd, skipUnless, startEtcd } from '@mangrove/test-kit/node';
import { Reader, Writer } from '@mangrove/wire';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type KvClient, type KvLease, op } from '../src/index.ts';
import { startKv } from '../src/node.ts';

it('R22: a store has the hash that a real etcd has after the same', async (context) => {
  const program = skipUnless(context, etcd);
  const directory = await mkdtemp(join(tmpdir(), 'mangrove-etcd-'));
  const members = await startEtcd(program, directory, freePorts);
  try {
    await using kv = await startKv();
    const pair = new Pair(kv.client(), kv.endpoints[0] ?? '', members);
    // All runs are one history, each begins with nothing: what fails is told with its seed.
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
        await pair.begin();
        for (const each of steps) await pair.make(each);
        await pair.compareAll();
      }),
      { numRuns: 15, endOnFailure: true },
    );
    // The test shows nothing unless all of this happened.
    expect([...pair.done].toSorted()).toEqual([
      ...['compact', 'delete', 'grant', 'put', 'revoke', 'txn'],
    ]);
  } finally {
    await members.close();
    await rm(directory, { recursive: true, force: true });
  }
}, 60_000);

type Step =
  | { readonly type: 'put'; readonly key: string; readonly value: string; readonly leased: boolean }
  | { readonly type: 'delete'; readonly from: string; readonly to: string }
  | { readonly type: 'txn'; readonly gone: string; readonly put: string; readonly value: string }
  | { readonly type: 'compact'; readonly back: number }
  | { readonly type: 'grant' | 'revoke' };

/** A real etcd and our store, which are told the same. */
class Pair {
  readonly done = new Set<Step['type']>();
  private readonly client: KvClient;
  private readonly endpoint: string;
  private readonly members: EtcdMembers;
  private lease: KvLease | undefined;
  private revision = 1;
  private compacted = 0;

  constructor(client: KvClient, endpoint: string, members: EtcdMembers) {
    this.client = client;
    this.endpoint = endpoint;
    this.members = members;
  }

  async make(step: Step): Promise<void> {
    switch (step.type) {
      case 'put': {
        const lease = step.leased ? this.lease : undefined;
        await this.client.put(step.key, step.value, lease === undefined ? {} : { lease });
        const of = lease === undefined ? {} : { lease: String(lease.id) };
        await this.ask('kv/put', { ...putOf(step.key, step.value), ...of });
        this.revision += 1;
        break;
      }
      case 'delete': {
        const { from, to } = step;
        const { deletedCount } = await this.client.delete({ from, to });
        await this.ask('kv/deleterange', { key: base64(from), range_end: base64(to) });
        if (deletedCount === 0) return;
        this.revision += 1;
        break;
      }
      case 'txn': {
        const { gone, put, value } = step;
        await this.client.txn().then(op.delete(gone), op.put(put, value)).commit();
        const success = [
          { request_delete_range: { key: base64(gone) } },
          { request_put: putOf(put, value) },
        ];
        await this.ask('kv/txn', { success });
        this.revision += 1;
        break;
      }
      case 'compact': {
        const revision = this.revision - step.back;
        if (revision <= Math.max(1, this.compacted)) return;
        this.compacted = revision;
        await this.client.compact(revision);
        await this.ask('kv/compaction', { revision: String(revision), physical: true });
        break;
      }
      case 'grant':
        if (this.lease !== undefined) return;
        this.lease = await this.client.grantLease(600_000);
        await this.ask('lease/grant', { TTL: '600', ID: String(this.lease.id) });
        break;
      case 'revoke':
        if (this.lease === undefined) return;
        await this.revoke(this.lease);
        break;
    }
    this.done.add(step.type);
  }

  /** Takes all keys away; what happened until then is compacted. */
  async begin(): Promise<void> {
    await this.make({ type: 'revoke' });
    await this.make({ type: 'delete', from: 'a', to: 'z' });
    await this.make({ type: 'compact', back: 0 });
  }

  /** Both have the same hash of every revision that etcd tells it of: not the compacted one. */
  async compareAll(): Promise<void> {
    await this.compare(PRESENT);
    for (let at = this.compacted + 1; at <= this.revision; at += 1) await this.compare(at);
  }

  /** Both have the same hash of a revision. */
  async compare(revision: number): Promise<void> {
    const ours = await this.client.hash(this.endpoint, revision);
    const theirs = await hashOfEtcd(this.members.endpoints[LEADER] ?? '', revision);
    const { compacted: compactRevision } = this;
    expect(theirs.compactRevision).toBe(compactRevision === 0 ? -1 : compactRevision);
    const of = revision === PRESENT ? this.revision : revision;
    expect(ours).toMatchObject({ hash: theirs.hash, revision: of, compactRevision });
  }

  private async revoke(lease: KvLease): Promise<void> {
    const { keys } = await lease.timeToLive({ keys: true });
    await lease.revoke();
    await this.ask('lease/revoke', { ID: String(lease.id) });
    this.lease = undefined;
    if (keys.length === 0) return;
    this.revision += 1;
  }

  private async ask(path: string, body: object): Promise<Record<string, unknown>> {
    const answer = await this.members.ask(LEADER, path, body, AbortSignal.timeout(10_000));
    if (answer === undefined) throw new Error(`etcd has no answer to ${path}`);
    return answer;
  }
}

/** The revision that is the present one. */
const PRESENT = 0;

/** Any of the members: those that follow hand changes on. */
const LEADER = 0;

/**
 * What `Maintenance/HashKV` of etcd says, by gRPC: its JSON gateway has another hash at that path.
 *
 *     HashKVRequest   int64 revision = 1
 *     HashKVResponse  ResponseHeader header = 1, uint32 hash = 2, int64 compact_revision = 3
 */
async function hashOfEtcd(endpoint: string, revision: number) {
  const session = http2.connect(`http://${endpoint}`);
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/etcdserverpb.Maintenance/HashKV',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const request = new Writer();
    request.uint8(8);
    request.uvarint(revision);
    const bytes = request.take();
    stream.end(Buffer.from([0, 0, 0, 0, bytes.length, ...bytes]));
    const answer = new Reader(Buffer.concat(await stream.toArray()).subarray(5));
    const fields = new Map<number, number>();
    while (answer.remaining > 0) {
      const tag = answer.uvarint();
      if (tag % 8 === 2) answer.skip(answer.uvarint());
      else fields.set(tag >> 3, Number(BigInt.asIntN(64, answer.bigUvarint())));
    }
    return { hash: fields.get(2) ?? 0, compactRevision: fields.get(3) ?? 0 };
  } finally {
    session.close();
  }
}

function putOf(key: string, value: string): { readonly key: string; readonly value: string } {
  return { key: base64(key), value: base64(value) };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const key = fc.constantFrom('a', 'a/b', 'a/c', 'b', 'c', 'd');
const value = fc.string({ maxLength: 300 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('put'), key, value, leased: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(key, key)
      .filter(([from, to]) => from < to)
      .map(([from, to]) => ({ type: 'delete', from, to })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ type: fc.constant('txn'), gone: key, put: key, value })
      .filter(({ gone, put }) => gone !== put),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('compact'), back: fc.nat(4) }),
  },
  { weight: 2, arbitrary: fc.constantFrom({ type: 'grant' }, { type: 'revoke' }) },
) as fc.Arbitrary<Step>;
