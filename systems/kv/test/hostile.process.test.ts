/**
 * Bad input at the port for clients: whatever strangers send is answered with a reason or closed,
 * costs a bounded amount of memory, and harms nobody else.
 */
import { memoryUsage } from 'node:process';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KvClient, op } from '../src/index.ts';
import { type LocalKv, startKv } from '../src/node.ts';
import type { ClientMessage } from '../src/protocol/native/messages.ts';
import { frameOf, HELLO, Stranger, until } from './stranger.ts';

let kv: LocalKv;
let client: KvClient;

beforeAll(async () => {
  kv = await startKv({ port: { greetingMs: 300, keepAliveMs: 2000 } });
  client = kv.client();
  await client.put('before', '1');
});

afterAll(() => kv.close());

/** Asks for a key. */
function toGet(id: number, key: string): ClientMessage {
  const consistency = { type: 'serializable' } as const;
  const asked = { type: 'operation', operation: op.get(key), consistency } as const;
  return { type: 'request', id, timeoutMs: 0, request: { ...asked, place: undefined } };
}

async function sendDamaged(change: { readonly where: number; readonly bits: number }) {
  const stranger = await Stranger.connect(kv);
  await stranger.greet();
  const frame = frameOf({ type: 'request', id: 1, timeoutMs: 0, request: { type: 'status' } });
  const place = change.where % frame.length;
  frame[place] = (frame[place] ?? 0) ^ change.bits;
  stranger.send(frame);
  stranger.send(new Uint8Array(300));
  await stranger.closed;
  expect(stranger.heard.some(({ type }) => type === 'reply')).toBe(false);
}

async function stillServes(): Promise<void> {
  expect((await client.get('before'))?.value).toBe('1');
  expect((await client.put('during', '2')).revision).toBeGreaterThan(1);
}

/** How long a put takes, the one in the middle of many. */
async function medianPutMs(): Promise<number> {
  const times: number[] = [];
  for (let nth = 0; nth < 50; nth += 1) {
    const begunAt = performance.now();
    await client.put('timed', String(nth));
    times.push(performance.now() - begunAt);
  }
  return times.sort((a, b) => a - b)[25] ?? Number.NaN;
}

describe('R60: a port for clients', () => {
  it('closes connections that send random bytes, and says why', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 16, maxLength: 300 }), async (bytes) => {
        const stranger = await Stranger.connect(kv);
        stranger.send(bytes);
        await stranger.closed;
        expect(stranger.goodbye).toMatchObject({ type: 'goodbye' });
      }),
      { numRuns: 12 },
    );
    await stillServes();
  });

  it('closes open connections whose next frame is damaged', async () => {
    const change = fc.record({ where: fc.nat(), bits: fc.integer({ min: 1, max: 255 }) });
    // All at once: a length that got longer is waited for until the connection counts as silent.
    const changes = fc.array(change, { minLength: 20, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(changes, async (each) => {
        await Promise.all(each.map(sendDamaged));
      }),
      { numRuns: 1 },
    );
    await stillServes();
  });

  it.each([
    ['before the hello', 1025, false],
    ['after the hello', 4_194_305, true],
  ])(
    'refuses a frame that claims to be too long %s, and holds none of it',
    async (_when, size, open) => {
      const stranger = await Stranger.connect(kv);
      if (open) await stranger.greet();
      const header = new Uint8Array(8);
      new DataView(header.buffer).setUint32(0, size);
      stranger.send(header);
      await stranger.closed;
      expect(stranger.goodbye).toMatchObject({ code: 'request-too-large' });
      await stillServes();
    },
  );

  it('refuses what is not said in that order', async () => {
    const early = await Stranger.connect(kv);
    early.say({ type: 'ping' });
    await early.closed;
    expect(early.goodbye).toMatchObject({ code: 'bad-request' });
    const eager = await Stranger.connect(kv);
    eager.say(HELLO);
    eager.say(HELLO);
    await eager.closed;
    expect(eager.goodbye).toMatchObject({ code: 'bad-request' });
  });

  it('closes connections that say nothing, no more, or a byte at a time', async () => {
    const [silent, half, early, late] = await Promise.all(
      [1, 2, 3, 4].map(() => Stranger.connect(kv)),
    );
    half?.say(HELLO);
    await late?.greet();
    const frame = frameOf({ type: 'request', id: 1, timeoutMs: 0, request: { type: 'status' } });
    let sent = 0;
    const dribble = setInterval(() => {
      // The last byte never comes: what it says is never whole.
      if (sent === frame.length - 1) return;
      for (const each of [early, late]) {
        if (each?.isEnded === false) each.send(frame.subarray(sent, sent + 1));
      }
      sent += 1;
    }, 150);
    for (const each of [silent, half, early, late]) {
      await each?.closed;
      expect(each?.goodbye).toMatchObject({ code: 'timeout' });
    }
    clearInterval(dribble);
    await stillServes();
  }, 15_000);

  it('cuts off who asks for much and takes nothing, and serves others meanwhile', async () => {
    await using small = await startKv({ port: { keepAliveMs: 1500 } });
    await using other = small.client();
    await other.put('large', 'x'.repeat(900_000));
    const greedy = await Stranger.connect(small);
    await greedy.greet();
    greedy.pause();
    greedy.say(...Array.from({ length: 40 }, (_, id) => toGet(id, 'large')));
    const gone = greedy.broken();
    const first = await Promise.race([other.put('during', '2'), gone]);
    expect(first).toMatchObject({ revision: 3 });
    await gone;
    expect((await other.put('after', '3')).revision).toBe(4);
  }, 15_000);

  it('bounds what all unfinished frames take together', async () => {
    await using small = await startKv({ port: { heldBytesMax: 1 << 20 } });
    const frame = new Uint8Array(400_000);
    new DataView(frame.buffer).setUint32(0, 4_000_000);
    const strangers: Stranger[] = [];
    for (let nth = 0; nth < 4; nth += 1) {
      const stranger = await Stranger.connect(small);
      strangers.push(stranger);
      await stranger.greet();
      stranger.send(frame);
    }
    await until(() => strangers.some(({ goodbye }) => goodbye?.code === 'too-many-requests'));
    await using other = small.client();
    expect((await other.put('a', '1')).revision).toBe(2);
    for (const stranger of strangers) stranger.destroy();
  });

  it('takes no more memory than that of hundreds which begin long frames', async () => {
    await using small = await startKv({ port: { heldBytesMax: 8 << 20 } });
    await using other = small.client();
    await other.put('a', '1');
    const frame = new Uint8Array(2_000_000);
    new DataView(frame.buffer).setUint32(0, 4_000_000);
    const connecting = Array.from({ length: 200 }, () => Stranger.connect(small));
    const strangers = await Promise.all(connecting);
    await Promise.all(strangers.map((each) => each.greet()));
    const beforeBytes = memoryUsage.rss();
    for (const each of strangers) each.send(frame);
    const refused = () => strangers.filter(({ goodbye }) => goodbye !== undefined);
    let mostBytes = 0;
    for (let round = 0; round < 500 && refused().length < 150; round += 1) {
      mostBytes = Math.max(mostBytes, memoryUsage.rss() - beforeBytes);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(refused().length).toBeGreaterThanOrEqual(150);
    for (const { goodbye } of refused()) {
      expect(goodbye).toMatchObject({ code: 'too-many-requests' });
    }
    // They send 400 MB; what is in buffers on its way counts as well.
    expect(mostBytes).toBeLessThan(200 << 20);
    expect((await other.put('a', '2')).revision).toBe(3);
    for (const each of strangers) each.destroy();
  }, 20_000);

  it('holds hundreds of idle connections beside a client, which hardly notices', async () => {
    const alone = await medianPutMs();
    const connecting = Array.from({ length: 500 }, () => Stranger.connect(kv));
    const strangers = await Promise.all(connecting);
    for (const stranger of strangers) stranger.say(HELLO);
    await stillServes();
    await until(() => strangers.every(({ heard }) => heard.length === 1));
    const beside = await medianPutMs();
    expect(beside).toBeLessThan(10 * alone + 20);
    for (const stranger of strangers) stranger.destroy();
    await stillServes();
  });

  it('turns connections away beyond its bound, and takes new ones later', async () => {
    await using small = await startKv({ port: { connectionsMax: 3 } });
    const kept = await Promise.all(Array.from({ length: 3 }, () => Stranger.connect(small)));
    const fourth = await Stranger.connect(small);
    await fourth.closed;
    expect(fourth.goodbye).toMatchObject({ code: 'too-many-requests' });
    for (const each of kept) each.destroy();
    await using late = small.client();
    expect((await late.put('a', '1')).revision).toBe(2);
  });

  it('closes without a word what comes while hundreds do not take theirs', async () => {
    await using small = await startKv({ port: { connectionsMax: 3 } });
    const connecting = Array.from({ length: 400 }, () => Stranger.connect(small, true));
    const strangers = await Promise.all(connecting);
    await until(() => strangers.filter(({ isEnded }) => isEnded).length === 397);
    const told = strangers.filter(({ goodbye }) => goodbye?.code === 'too-many-requests');
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThan(397);
    for (const each of strangers) each.destroy();
    await using late = small.client();
    expect((await late.put('a', '1')).revision).toBe(2);
  });
});

describe('R60: a port for members', () => {
  it('closes strangers, whatever they say, and holds up no member', async () => {
    await using three = await startKv({ nodes: 3 });
    const own = three.client({ timeoutMs: 15_000 });
    const ports = (await own.members()).map(({ peerAddress }) => peerAddress);
    expect(ports.length).toBe(3);
    const silent = await Promise.all(ports.map((port) => Stranger.connect({ endpoints: [port] })));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ports),
        fc.uint8Array({ minLength: 16, maxLength: 300 }),
        async (port, bytes) => {
          const stranger = await Stranger.connect({ endpoints: [port] }, false, true);
          stranger.send(bytes);
          // A length that is allowed is waited for.
          stranger.send(new Uint8Array(70_000));
          await stranger.closed;
        },
      ),
      { numRuns: 12 },
    );
    expect((await own.put('k', 'v')).revision).toBe(2);
    // Those that never said anything are closed as well, each by its member.
    for (const each of silent) await each.closed;
    expect((await own.put('k', 'v')).revision).toBe(3);
  }, 20_000);
});
