/**
 * Shows that strangers and bad peers cost a node little: garbage, frames that are too long,
 * greetings of every wrong kind, a thousand idle connections. The node is a
 * process of its own, so that its memory can be watched; after each attack it still serves a peer.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFrame, FRAME, HELLO_BYTES_MAX } from '../src/frames.ts';
import { type NodeProcess, NodeProcesses, until } from './node-process.ts';
import { RawPeer } from './raw-peer.ts';

const MEBIBYTE = 1_048_576;

const nodes = new NodeProcesses();
let target: NodeProcess;
let friend: NodeProcess;

beforeAll(async () => {
  const limits = { connectTimeoutMs: 2000, maxPendingConnections: 64, keepAliveMs: 5000 };
  [target, friend] = await Promise.all([
    nodes.start('target', { limits }),
    nodes.start('friend', { limits }),
  ]);
  await target.meet(friend);
}, 30_000);

afterAll(() => nodes.end());

async function memoryOf(node: NodeProcess): Promise<number> {
  const { rss } = await node.ask<NodeJS.MemoryUsage>({ do: 'memory' });
  return rss;
}

/** Throws unless the target serves its friend and has not grown by more than `bytesMax`. */
async function expectWell(rssBefore: number, bytesMax = 48 * MEBIBYTE): Promise<void> {
  await target.takeUntil('still there?', friend);
  expect((await memoryOf(target)) - rssBefore).toBeLessThan(bytesMax);
}

const greeted = (name: string) => RawPeer.greet(target.address, 'target', name);
const headerOf = (lengthBytes: number, type: number) => {
  const header = Buffer.alloc(5);
  header.writeUInt32LE(lengthBytes, 0);
  header.writeUInt8(type, 4);
  return header;
};

describe('the message port', () => {
  it('ends a connection that says anything but a hello, whatever it is', async () => {
    const before = await memoryOf(target);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 5, maxLength: 600 }), async (bytes) => {
        const peer = await RawPeer.connect(target.address);
        peer.socket.end(bytes);
        await peer.closed;
        // No welcome (17) to whatever it was.
        expect(peer.heard[4]).not.toBe(FRAME.welcome);
      }),
      { numRuns: 60 },
    );
    await expectWell(before);
  });

  it('refuses a long frame by its first five bytes, before and after the hello', async () => {
    const before = await memoryOf(target);
    for (const length of [0, HELLO_BYTES_MAX + 1, 1_100_000, 2 ** 31, 2 ** 32 - 1]) {
      const stranger = await RawPeer.connect(target.address);
      stranger.socket.write(headerOf(length, FRAME.hello));
      await stranger.closed;
    }
    for (const length of [0, 1_048_576 + 7, 2 ** 31, 2 ** 32 - 1]) {
      const peer = await greeted('bad');
      await until('it is welcome', async () => peer.heard[4] === FRAME.welcome);
      peer.socket.write(headerOf(length, FRAME.message));
      await peer.closed;
    }
    const bulk = await greeted('bad');
    // A first fragment of a message of four gigabytes.
    bulk.socket.write(encodeFrame(FRAME.fragment, Uint8Array.of(1, 255, 255, 255, 255, 0)));
    await bulk.closed;
    await expectWell(before);
  });

  it.each<[string, string, string, string, string]>([
    ['another cluster', 'target', 'bad', 'other', 'another cluster'],
    ['for another node', 'elsewhere', 'bad', 'mangrove', 'this is target'],
    ['of the node itself', 'target', 'target', 'mangrove', 'this is target'],
  ])('refuses a hello %s, and says why', async (_what, to, from, cluster, reason) => {
    const peer = await RawPeer.greet(target.address, to, from, 1, cluster);
    await peer.closed;
    expect(peer.heard[4]).toBe(FRAME.refusal);
    expect(peer.heard.toString('latin1', 5)).toBe(reason);
  });

  it('N3: refuses the hello of a life that is over', async () => {
    const later = await RawPeer.greet(target.address, 'target', 'bad', 8_000);
    await until('it is welcome', async () => later.heard[4] === FRAME.welcome);
    const former = await RawPeer.greet(target.address, 'target', 'bad', 7_999);
    await former.closed;
    expect(former.heard.toString('latin1', 5)).toBe('a later life of this node is known');
    expect(later.socket.closed).toBe(false);
    later.socket.destroy();
  });

  it('withstands a peer that was welcomed and then sends bytes at random', async () => {
    const before = await memoryOf(target);
    const frame = fc
      .tuple(fc.constantFrom(1, 2, 3, 4, 5, 16, 17, 18, 99), fc.uint8Array({ maxLength: 40 }))
      .map(([type, body]) => encodeFrame(type, body));
    const mess = fc.array(fc.oneof(frame, fc.uint8Array({ maxLength: 40 })), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(mess, async (pieces) => {
        const peer = await RawPeer.greet(target.address, 'target', 'random', 8_000);
        peer.socket.end(Buffer.concat(pieces));
        await peer.closed;
      }),
      { numRuns: 60 },
    );
    await expectWell(before);
  });

  it('holds so many strangers that say nothing, and lets peers in all the while', async () => {
    const before = await memoryOf(target);
    const strangers = await Promise.all(
      Array.from({ length: 300 }, () => RawPeer.connect(target.address)),
    );
    const openCount = () => strangers.filter(({ socket }) => !socket.closed).length;
    await until('no more than 64 are held', async () => openCount() <= 64);
    const peer = await greeted('late');
    await until('a peer is welcome', async () => peer.heard[4] === FRAME.welcome);
    expect(openCount()).toBeGreaterThan(0);
    // Their time to say hello runs out.
    await until('none is held', async () => openCount() === 0);
    peer.socket.destroy();
    await expectWell(before);
  });

  it('keeps a thousand idle peers at little cost', { timeout: 40_000 }, async () => {
    const before = await memoryOf(target);
    const peers: RawPeer[] = [];
    for (let batch = 0; batch < 20; batch++) {
      const names = Array.from({ length: 50 }, (_, index) => `idle-${batch * 50 + index}`);
      peers.push(...(await Promise.all(names.map(greeted))));
      await until('they are welcome', async () => {
        return peers.every(({ heard }) => heard[4] === FRAME.welcome);
      });
    }
    expect(peers.filter(({ socket }) => socket.closed)).toEqual([]);
    await expectWell(before, 96 * MEBIBYTE);
    const late = await greeted('one-too-many');
    // 1000 and the friend are connected; the bound is 1024.
    for (let index = 0; index < 23; index++) await greeted(`more-${index}`);
    const refused = await greeted('refused');
    await refused.closed;
    expect(refused.heard.toString('latin1', 5)).toBe('too many peers');
    expect(late.socket.closed).toBe(false);
    await friend.takeUntil('all the while', target);
    for (const { socket } of peers) socket.destroy();
    await expectWell(before, 96 * MEBIBYTE);
  });
});
