/**
 * Strangers at the port for clients who ask for what no message holds, or for more than they take:
 * they are told so, and nobody else is harmed.
 */
import { describe, expect, it } from 'vitest';
import { type Revision, singleKey } from '../src/index.ts';
import { startKv } from '../src/node.ts';
import { HELLO, Stranger, until } from './stranger.ts';

/** Of so many deletions with what was there before no message holds all. */
const COUNT = 38;
const VALUE_BYTES = 900_000;

const everything = {
  ...{ range: { from: new Uint8Array([1]), to: undefined }, startRevision: 0 as Revision },
  ...{ wantsPuts: false, wantsDeletes: true, wantsPrevious: true, wantsProgress: false },
};

describe('R60: who asks for more than can be given', () => {
  it('is canceled where no message holds a revision and it takes no parts', async () => {
    await using kv = await startKv();
    await using client = kv.client({ timeoutMs: 20_000 });
    const stranger = await Stranger.connect(kv);
    await stranger.greet();
    const one = { ...everything, range: singleKey(new TextEncoder().encode('k/7')) };
    stranger.say(
      { type: 'credit', sizeBytes: 60_000_000 },
      { type: 'watch-create', watchId: 1, request: { ...everything, allowsFragments: false } },
      { type: 'watch-create', watchId: 2, request: { ...one, allowsFragments: false } },
    );
    await until(() => stranger.heard.length === 3);
    await using watch = client.watch({ prefix: 'k/' }, { only: 'deletes', previous: true });
    await watch.started;
    for (let nth = 0; nth < COUNT; nth += 1) await client.put(`k/${nth}`, 'x'.repeat(VALUE_BYTES));
    const { revision } = await client.delete({ prefix: 'k/' });
    for await (const batch of watch.batches()) {
      expect(batch.events).toHaveLength(COUNT);
      expect(batch.revision).toBe(revision);
      break;
    }
    await until(() => stranger.heard.length === 5);
    const watched = stranger.heard.flatMap((each) => (each.type === 'watch' ? [each.message] : []));
    expect(watched.slice(2).sort((a, b) => a.type.localeCompare(b.type))).toMatchObject([
      { type: 'canceled', watchId: 1, reason: 'revision-too-large' },
      { type: 'events', watchId: 2, hasMore: false },
    ]);
    expect((await client.put('after', '1')).revision).toBe(revision + 1);
    stranger.destroy();
  }, 60_000);

  it('is sent away where a frame is full of the shortest messages', async () => {
    await using kv = await startKv();
    await using client = kv.client();
    const stranger = await Stranger.connect(kv);
    await stranger.greet();
    stranger.say(...Array.from({ length: 40_000 }, () => ({ type: 'ping' }) as const));
    await stranger.closed;
    expect(stranger.goodbye).toMatchObject({ code: 'too-many-requests' });
    expect((await client.put('after', '1')).revision).toBe(2);
  }, 20_000);

  it('is sent away where it asks for pieces of a snapshot ahead', async () => {
    await using kv = await startKv();
    await using client = kv.client();
    for (let nth = 0; nth < 10; nth += 1) await client.put(`k/${nth}`, 'x'.repeat(VALUE_BYTES));
    const stranger = await Stranger.connect(kv);
    stranger.say(HELLO);
    await until(() => stranger.heard.length > 0);
    stranger.say(...Array.from({ length: 20 }, () => ({ type: 'snapshot-next', id: 1 }) as const));
    await stranger.closed;
    expect(stranger.goodbye).toMatchObject({ code: 'bad-request' });
    expect(stranger.heard.filter(({ type }) => type === 'snapshot-chunk')).toHaveLength(0);
    expect((await client.put('after', '1')).revision).toBeGreaterThan(10);
  }, 20_000);
});
