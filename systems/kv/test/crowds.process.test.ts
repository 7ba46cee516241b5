/**
 * Crowds at the port for clients that hold what is bounded: connections, leases, events that nobody
 * takes. Who works goes on.
 */
import { describe, expect, it } from 'vitest';
import { type Revision, singleKey } from '../src/index.ts';
import { type LocalKv, startKv } from '../src/node.ts';
import { Stranger, until } from './stranger.ts';

const everything = {
  ...{ range: { from: new Uint8Array([1]), to: undefined }, startRevision: 0 as Revision },
  ...{ wantsPuts: true, wantsDeletes: true, wantsPrevious: false, wantsProgress: false },
};

describe('R60: a port with a crowd', () => {
  it('lets go who is idle for longest where there is no room, and nobody who works', async () => {
    await using kv = await startKv({ port: { connectionsMax: 3, greetingMs: 500 } });
    const watching = await Stranger.connect(kv);
    await watching.greet();
    const request = { ...everything, allowsFragments: true };
    watching.say({ type: 'watch-create', watchId: 1, request });
    const idle: Stranger[] = [];
    for (let nth = 0; nth < 2; nth += 1) {
      const stranger = await Stranger.connect(kv);
      idle.push(stranger);
      await stranger.greet();
    }
    await new Promise((resolve) => setTimeout(resolve, 600));
    // To say that it is there is no use of a connection.
    for (const each of idle) each.say({ type: 'ping' });
    await using client = kv.client();
    expect((await client.put('a', '1')).revision).toBe(2);
    await until(() => idle.some(({ goodbye }) => goodbye !== undefined));
    expect(idle[0]?.goodbye).toMatchObject({ code: 'too-many-requests' });
    expect(idle[1]?.goodbye).toBeUndefined();
    expect(watching.goodbye).toBeUndefined();
    for (const each of [watching, ...idle]) each.destroy();
  });

  it('cuts off who leaves most events where there is no room, and tells others', async () => {
    await using kv = await startKv({ port: { eventsBytesMax: 200_000 } });
    await using client = kv.client();
    const [less, most] = [await watching(kv, 'less'), await watching(kv, 'most')];
    const before = less.heard.length;
    await client.put('less', 'x'.repeat(60_000));
    await client.put('most', 'x'.repeat(150_000));
    await using watch = client.watch({ prefix: '' }, { from: 2 });
    let seen = 0;
    for await (const { revision } of watch) {
      seen += 1;
      expect(revision).toBe(seen + 1);
      if (seen === 2) break;
    }
    await most.closed;
    // Without a word: a goodbye would wait behind what it does not take.
    expect(most.goodbye).toBeUndefined();
    expect(most.heard.map(({ type }) => type)).toEqual(['welcome', 'watch']);
    // There is room without it, so who left less is served as soon as it takes something.
    expect([less.isEnded, less.heard.length]).toEqual([false, before]);
    less.say({ type: 'credit', sizeBytes: 100_000 });
    await until(() => less.heard.length > before);
    expect(less.heard.at(-1)).toMatchObject({ message: { type: 'events', revision: 2 } });
    less.destroy();
  }, 15_000);

  it('has who takes nothing lag where there is room, until compaction cancels it', async () => {
    await using kv = await startKv();
    await using client = kv.client();
    const slow = await watching(kv, 'k');
    for (let nth = 0; nth < 4; nth += 1) await client.put('k', 'x'.repeat(900_000));
    // Beyond 1 MiB nothing is kept for it; three ticks of the port change nothing for it.
    await new Promise((resolve) => setTimeout(resolve, 3500));
    expect([slow.isEnded, slow.heard.length]).toEqual([false, 2]);
    await client.compact(5);
    slow.say({ type: 'credit', sizeBytes: 10_000_000 });
    const told = () => slow.heard.flatMap((each) => (each.type === 'watch' ? [each.message] : []));
    await until(() => told().at(-1)?.type === 'canceled');
    expect(told().at(-1)).toMatchObject({ reason: 'compacted', compactRevision: 5 });
    expect((await client.put('k', 'after')).revision).toBe(6);
    slow.destroy();
  }, 15_000);
});

/** A stranger that watches `key`, and takes that its watcher was created and no event. */
async function watching(kv: LocalKv, key: string): Promise<Stranger> {
  const stranger = await Stranger.connect(kv);
  await stranger.greet();
  const range = singleKey(new TextEncoder().encode(key));
  const request = { ...everything, range, allowsFragments: true };
  stranger.say({ type: 'credit', sizeBytes: 1 }, { type: 'watch-create', watchId: 1, request });
  await until(() => stranger.heard.length === 2);
  return stranger;
}
