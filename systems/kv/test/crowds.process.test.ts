/**
 * Crowds at the port for clients that hold what is bounded: connections, leases, events that nobody
 * takes. Who works goes on.
 */
import { describe, expect, it } from 'vitest';
import type { Revision } from '../src/index.ts';
import { startKv } from '../src/node.ts';
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

  it('lets go who takes no events where they leave no room, and tells others theirs', async () => {
    await using kv = await startKv({ port: { eventsBytesMax: 200_000 } });
    await using client = kv.client();
    const greedy: Stranger[] = [];
    for (let nth = 0; nth < 3; nth += 1) {
      const stranger = await Stranger.connect(kv);
      greedy.push(stranger);
      await stranger.greet();
      const request = { ...everything, allowsFragments: true };
      // It may take that it was created, and no event.
      stranger.say({ type: 'credit', sizeBytes: 1 }, { type: 'watch-create', watchId: 1, request });
      await until(() => stranger.heard.length === 2);
    }
    await client.put('a', 'x'.repeat(100_000));
    await client.put('a', 'x'.repeat(100_000));
    await using watch = client.watch('a', { from: 2 });
    let seen = 0;
    for await (const { revision } of watch) {
      seen += 1;
      expect(revision).toBe(seen + 1);
      if (seen === 2) break;
    }
    await Promise.race(greedy.map(({ closed }) => closed));
    for (const each of greedy) each.destroy();
  }, 15_000);
});
