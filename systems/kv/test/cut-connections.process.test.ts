/**
 * Changes over real connections that are reset again and again: a proxy stands between the client
 * and the member, which tells clients to come through it.
 */
import net from 'node:net';
import { toNodeId } from '@mangrove/host';
import { createProcessHost, MemoryStorage } from '@mangrove/host-process/node';
import { simpleConfiguration } from '@mangrove/raft';
import { expect, it } from 'vitest';
import { serveNative, startKvNode } from '../src/index.ts';
import { connectKv } from '../src/node.ts';

const LINE_COUNT = 8;
const PUT_COUNT = 15;
const CUT_EVERY_MS = 12;

/** Hands bytes on, both ways, and cuts connections. */
class CuttingProxy {
  private readonly sockets = new Set<net.Socket>();
  private readonly server: net.Server;
  cutCount = 0;

  constructor(targetPort: number) {
    this.server = net.createServer((near) => {
      const far = net.connect(targetPort, '127.0.0.1');
      for (const each of [near, far]) {
        this.sockets.add(each);
        each.on('close', () => this.sockets.delete(each));
        // The other side is cut as well, and that is all that there is to do.
        each.on('error', () => {});
      }
      near.pipe(far).pipe(near);
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.server.address() as net.AddressInfo).port}`;
  }

  cut(): void {
    this.cutCount += this.sockets.size;
    for (const each of this.sockets) each.resetAndDestroy();
  }

  close(): void {
    this.cut();
    this.server.close();
  }
}

it('R32, R63: over connections that are reset, each change is applied exactly once', async () => {
  const node = toNodeId('n1');
  const host = await createProcessHost({ node, dataDirectory: new MemoryStorage(), port: 0 });
  const member = await startKvNode(host, {
    peers: [{ node, address: host.messageAddress }],
    founding: simpleConfiguration([node]),
  });
  const server = await serveNative(host, member, { cluster: 'c' });
  const proxy = new CuttingProxy(Number(server.address.split(':').at(-1)));
  const address = await proxy.listen();
  member.announce(address);
  const times = { attemptTimeoutMs: 300, timeoutMs: 20_000 };
  const client = connectKv({ endpoints: [address], ...times });
  await client.put('k', 'first');
  const cutting = setInterval(() => proxy.cut(), CUT_EVERY_MS);
  try {
    const line = async () => {
      for (let nth = 0; nth < PUT_COUNT; nth += 1) await client.put('k', `${nth}`);
    };
    // It goes on until enough was cut, however fast the machine is.
    let roundCount = 0;
    while (proxy.cutCount < 100) {
      await Promise.all(Array.from({ length: LINE_COUNT }, line));
      roundCount += 1;
    }
    clearInterval(cutting);
    const version = (await client.get('k'))?.version;
    expect(version).toBe(1 + roundCount * LINE_COUNT * PUT_COUNT);
  } finally {
    clearInterval(cutting);
    await client.close();
    proxy.close();
    await server.close();
    await member.close();
    await host.close();
  }
}, 40_000);
