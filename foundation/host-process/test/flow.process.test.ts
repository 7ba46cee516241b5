/**
 * Shows how messages flow under load and how a node stops: small messages leave in few writes, a
 * flood leaves the loop to others, a doubled message keeps the order of reactions, and a Host that
 * was closed holds nothing, whatever was under way.
 */
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toNodeId } from '@mangrove/host';
import { Authority, openssl, skipUnless } from '@mangrove/test-kit/node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NodeProcesses, until } from './node-process.ts';
import { ProcessWorld } from './process-world.ts';
import { RawPeer } from './raw-peer.ts';

let nodes: NodeProcesses;

beforeEach(() => {
  nodes = new NodeProcesses();
});

afterEach(() => nodes.end());

describe('small messages', () => {
  it('leave in few writes, many in each', async () => {
    const world = await ProcessWorld.create();
    const [source, target] = [await world.start(toNodeId('a')), await world.start(toNodeId('b'))];
    let cameCount = 0;
    target.messages.onMessage(() => (cameCount += 1));
    source.messages.addPeer(target.node, target.messageAddress);
    await until('they are linked', async () => source.messages.linkTo(target.node) !== undefined);
    // What a stream of Node.js hands to the system: one call is one write.
    const spies = [
      vi.spyOn(net.Socket.prototype, '_write'),
      vi.spyOn(net.Socket.prototype as Required<net.Socket>, '_writev'),
    ];
    const bytes = new Uint8Array(20);
    for (let count = 0; count < 5000; count++) source.messages.send(target.node, bytes);
    await until('all have come', async () => cameCount === 5000);
    const writeCount = spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    for (const spy of spies) spy.mockRestore();
    expect(writeCount).toBeGreaterThan(0);
    // Beside them there are acknowledgements and pings.
    expect(writeCount).toBeLessThan(100);
    await world.close();
  });
});

describe('a flood of messages', () => {
  it('leaves the loop to others within 5 ms', { timeout: 30_000 }, async () => {
    // Each message takes at least so long, more on a busy machine: so counting them bounds a slice
    // from below, and no pause of the machine can make the test fail.
    const busyMs = 0.4;
    const world = await ProcessWorld.create();
    const host = await world.start(toNodeId('target'));
    const sender = await nodes.start('sender');
    let leftCount = 2000;
    let sliceCount = 0;
    host.messages.onMessage(() => {
      const end = performance.now() + busyMs;
      while (performance.now() < end);
      leftCount -= 1;
      sliceCount += 1;
    });
    await sender.ask({ do: 'add-peer', peer: host.node, address: host.messageAddress });
    const link = () => sender.ask({ do: 'link', to: host.node });
    await until('it is linked', async () => (await link()) === host.incarnation);
    const texts = Array.from({ length: 500 }, (_, index) => `${index}`);
    // Any message may be lost, so it sends until enough have come.
    const sending = (async () => {
      while (leftCount > 0) await sender.ask({ do: 'send', to: host.node, texts });
    })();
    let sliceCountMax = 0;
    while (leftCount > 0) {
      sliceCount = 0;
      await new Promise(setImmediate);
      sliceCountMax = Math.max(sliceCountMax, sliceCount);
    }
    await sending;
    expect(sliceCountMax * busyMs).toBeLessThan(5);
    await world.close();
  });

  it('H3: a doubled message is handled when the reactions to the first copy have run', async () => {
    const world = await ProcessWorld.create();
    const [first, second] = [await world.start(toNodeId('n1')), await world.start(toNodeId('n2'))];
    second.faults.set({ type: 'duplicate', peer: '*', direction: 'in', perMille: 1000 });
    const story: string[] = [];
    second.messages.onMessage(() => {
      story.push('message');
      second.run(async () => {
        for (let step = 0; step < 10; step++) await Promise.resolve();
        story.push('reactions');
      });
    });
    await until('two copies have been handled', async () => {
      first.messages.send(second.node, new Uint8Array(10));
      return story.length >= 4;
    });
    expect(story.slice(0, 4)).toEqual(['message', 'reactions', 'message', 'reactions']);
    await world.close();
  });
});

describe('a Host that was closed', () => {
  it('holds nothing, whatever was under way', { timeout: 30_000 }, async (context) => {
    const program = skipUnless(context, openssl);
    const keys = fs.mkdtempSync(join(tmpdir(), 'mangrove-keys-'));
    const tls = new Authority(program, keys, 'ca').issue('a');
    const a = await nodes.start('a', { tls, streamTls: tls });
    // A server that accepts and never says a word of TLS.
    const silent: net.Socket[] = [];
    const server = net.createServer((socket) => silent.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    await a.ask({ do: 'connect', address: `127.0.0.1:${port}` });
    await a.ask({ do: 'add-peer', peer: toNodeId('silent'), address: `127.0.0.1:${port}` });
    // Clients that never greet, on both kinds of ports.
    const address = await a.ask<string>({ do: 'listen' });
    const clients = [await RawPeer.connect(address), await RawPeer.connect(a.address)];
    // A stream that nobody reads, timers, an operation of the disk that stands still.
    await a.ask({ do: 'overfill', address });
    await a.ask({ do: 'timers', delaysMs: [60_000, 5] });
    await a.ask({ do: 'append', path: 'log', text: 'x' });
    await a.hurt({ type: 'stall-disk', path: '', operation: 'sync' });
    void a.ask({ do: 'sync', path: 'log' }).catch(() => undefined);
    expect(await a.ask({ do: 'close' })).toEqual([]);
    for (const { socket } of clients) socket.destroy();
    for (const socket of silent) socket.destroy();
    server.close();
    fs.rmSync(keys, { recursive: true });
  });

  it('has written what waited for a peer that reads', async () => {
    const [a, b] = [await nodes.start('a'), await nodes.start('b')];
    await a.meet(b);
    // More than a socket takes at once, in both lanes.
    const bulk = Array.from({ length: 30 }, (_, index) => `${index} ${'x'.repeat(100_000)}`);
    await a.hurt({ type: 'stall', peer: b.node, direction: 'out' });
    await a.ask({ do: 'send', to: b.node, texts: bulk, lane: 'bulk' });
    await a.ask({ do: 'send', to: b.node, texts: bulk });
    await a.heal();
    await a.ask({ do: 'close' });
    const texts: string[] = [];
    await until('all have come', async () => {
      texts.push(...(await b.ask<{ text: string }[]>({ do: 'take' })).map(({ text }) => text));
      return texts.length >= 60;
    });
    expect(texts.sort()).toEqual([...bulk, ...bulk].sort());
  });
});
