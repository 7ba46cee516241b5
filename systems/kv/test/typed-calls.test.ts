/**
 * What callers write, held to its types by the compiler, which checks this file with all others:
 * every call that the README shows, and wrong ones, each of which must be an error.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  type Claim,
  type KvClient,
  type KvEntry,
  type KvLease,
  type LeaseId,
  op,
  type TxnAnswer,
  when,
} from '../src/index.ts';
import { connectKv, type LocalKv, startKv } from '../src/node.ts';

type Tls = NonNullable<Parameters<typeof connectKv>[0]['tls']>;
type PeerTls = NonNullable<NonNullable<Parameters<typeof startKv>[0]>['peerTls']>;

/** The calls of the README, as they stand there. */
export async function readmeCalls(client: KvClient, tls: Tls, peerTls: PeerTls): Promise<void> {
  await client.read({ prefix: 'job/' }, { limit: 10, sortBy: 'mod' });
  for (const consistency of [
    { consistency: 'serializable' },
    { consistency: 'lease' },
    { consistency: { maxStalenessMs: 50 } },
  ] as const) {
    await client.get('k', consistency);
  }
  client.session();
  await using lease = await client.grantLease(10_000);
  const signal: AbortSignal = lease.signal;
  await using lock = await client.lock('backup');
  const token: number = lock.token;
  await client
    .txn()
    .if(lock.isHeld())
    .then(op.put('k', String(token)))
    .commit({ signal });
  await client.election('boss').campaign('me');
  await client.stm(async (view) => view.put('n', String(Number(await view.get('n')) + 1)));
  const endpoints: readonly string[] = client.endpoints;
  connectKv({ endpoints });
  await startKv({ tls, peerTls });
  connectKv({ endpoints, tls });
  await startKv();
  await startKv({ nodes: 3, dataDirectory: 'data' });
  await startKv({ worker: true });
}

/** What answers are, and nothing wider. */
export async function answers(client: KvClient, kv: LocalKv): Promise<void> {
  const own: KvClient = kv.client({ exactlyOnce: false });
  const entry: KvEntry | undefined = await own.get('k');
  const text: string | undefined = entry?.value;
  const { previous } = await client.put('k', text ?? '', { previous: true });
  const before: string | undefined = previous?.value;
  const answer: TxnAnswer = await client.txn().then(op.get('k')).commit();
  const [first] = answer.results;
  if (first?.type === 'get') expect(first.entries[0]?.value).toBe(before);
  const claim: Claim = await client.election('boss').campaign('me');
  const kept: KvLease = claim.lease;
  const count: number = await client.stm(async (view) => Number(await view.get(`${kept.id}`)));
  for await (const event of client.watch({ prefix: '' }, { from: count })) {
    const type: 'put' | 'delete' = event.type;
    expect(type).toBe('put');
  }
}

/** What must not compile. */
export async function mistakes(client: KvClient, lease: KvLease): Promise<void> {
  // @ts-expect-error a value is text or bytes
  await client.put('k', 1);
  // @ts-expect-error a key is needed
  await client.get();
  // @ts-expect-error a prefix has no end of its own
  await client.read({ prefix: 'a', to: 'b' });
  // @ts-expect-error a prefix is text or bytes
  await client.read({ prefix: 7 });
  // @ts-expect-error a range has a beginning
  await client.read({ to: 'b' });
  // @ts-expect-error there is no such level
  await client.get('k', { consistency: 'eventual' });
  // @ts-expect-error a bound has a name
  await client.get('k', { consistency: { staleness: 50 } });
  // @ts-expect-error a change is always linearizable
  await client.put('k', 'v', { consistency: 'serializable' });
  // @ts-expect-error keys are sorted by what they have
  await client.read({ prefix: '' }, { sortBy: 'lease' });
  // @ts-expect-error an entry may be missing
  (await client.get('k')).value;
  // @ts-expect-error a lease has its own type
  const id: LeaseId = 7n;
  // @ts-expect-error a relation is one of four
  when('k').value('>=', 'v');
  // @ts-expect-error versions are numbers
  when('k').version('=', '1');
  // @ts-expect-error a condition is no operation
  client.txn().then(when('k').isMissing());
  // @ts-expect-error an operation is no condition
  client.txn().if(op.get('k'));
  // @ts-expect-error a time to live is needed
  await client.grantLease();
  // @ts-expect-error it is aborted by the client alone
  lease.signal = AbortSignal.abort(id);
  // @ts-expect-error what a transaction reads comes as a promise
  await client.stm(async (view) => view.put('n', view.get('n')));
  // @ts-expect-error there are two kinds of events
  client.watch('k', { only: 'changes' });
  // @ts-expect-error members are needed
  connectKv({});
  // @ts-expect-error a number of members is a number
  await startKv({ nodes: '3' });
}

it('has every call that the README shows', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, own = ''] = readFileSync(new URL(import.meta.url), 'utf8')
    .replace(/\s+/g, '')
    .split(/exportasyncfunction(?:readmeCalls|answers)/);
  const calls = [...readme.matchAll(/`([^`\n]+)`/g)].map(([, call = '']) => call);
  const shown = calls.filter((call) => /^(await using |client\.|startKv|connectKv|\{ )/.test(call));
  expect(shown.length).toBeGreaterThan(12);
  expect(shown.filter((call) => !own.includes(call.replace(/\s+/g, '')))).toEqual([]);
});
