/**
 * Shows that mutual TLS keeps strangers out: nodes in processes of their own, with keys that are
 * made when the test runs. Whoever is refused is told why, and so is the trace of whoever refuses.
 */
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { Authority, openssl, skipUnless } from '@mangrove/test-kit/node';
import { afterAll, afterEach, describe, expect, it, type TestContext } from 'vitest';
import { type NodeProcess, NodeProcesses, until } from './node-process.ts';

interface Status {
  readonly links: readonly { readonly peer: string; readonly trouble: string | null }[];
}

const nodes = new NodeProcesses();
const keys = fs.mkdtempSync(join(tmpdir(), 'mangrove-keys-'));
const authorities = new Map<string, Authority>();
let a: NodeProcess | undefined;

afterEach(async () => {
  await nodes.killAll(a);
  await a?.ask({ do: 'take' });
});

afterAll(async () => {
  await nodes.end();
  fs.rmSync(keys, { recursive: true });
});

/** The authority called so, made once. */
function authorityOf(context: TestContext, name = 'ca'): Authority {
  const program = skipUnless(context, openssl);
  const authority = authorities.get(name) ?? new Authority(program, keys, name);
  authorities.set(name, authority);
  return authority;
}

/** The node a, which has a proper certificate; all tests share it. */
async function startA(context: TestContext): Promise<NodeProcess> {
  const limits = { connectTimeoutMs: 500 };
  a ??= await nodes.start('a', { tls: authorityOf(context).issue('a'), limits });
  return a;
}

/** Has `from` dial `to`, and waits until it is told a trouble that matches. */
async function expectRefused(from: NodeProcess, to: NodeProcess, why: RegExp): Promise<void> {
  await from.ask({ do: 'add-peer', peer: to.node, address: to.address });
  await until(`${from.node} is refused because of ${why}`, async () => {
    const { links } = await from.control<Status>({ do: 'status' });
    return why.test(links.find(({ peer }) => peer === to.node)?.trouble ?? '');
  });
  expect(await from.ask({ do: 'link', to: to.node })).toBeNull();
  expect(await to.ask({ do: 'take' })).toEqual([]);
}

/** Waits until the trace of `node` says that it turned somebody away, and why. */
async function expectTurnedAway(node: NodeProcess, why: RegExp): Promise<void> {
  await until(`${node.node} tells that it turned somebody away because of ${why}`, async () => {
    const lines = await node.ask<string[]>({ do: 'trace', text: 'connection-turned-away' });
    return lines.some((line) => why.test(line));
  });
}

describe('nodes with mutual TLS', () => {
  it('talk when both have a certificate that names them', async (context) => {
    const authority = authorityOf(context);
    const a = await startA(context);
    const b = await nodes.start('b', { tls: authority.issue('b') });
    await a.meet(b);
    await b.takeUntil('there', a);
    await a.takeUntil('back', b);
  });

  it('refuse a certificate that names another node, on both sides', async (context) => {
    const authority = authorityOf(context);
    const a = await startA(context);
    const b = await nodes.start('b', { tls: authority.issue('c') });
    // b is not c's key: a does not take it for b, neither when it dials nor when it is called.
    await expectRefused(a, b, /the certificate does not name b/);
    await expectRefused(b, a, /refused: the certificate does not name b/);
    await expectTurnedAway(a, /the certificate does not name b/);
  });

  it('refuse a certificate of another authority, on both sides', async (context) => {
    const authority = authorityOf(context);
    const other = authorityOf(context, 'other');
    const a = await startA(context);
    // It trusts our authority, yet its own certificate comes from elsewhere.
    const stranger = { ...other.issue('b'), ca: authority.issue('b').ca };
    const b = await nodes.start('b', { tls: stranger });
    await expectRefused(a, b, /UNABLE_TO_VERIFY|SELF_SIGNED/);
    await expectRefused(b, a, /refused: the certificate is not trusted/);
    await expectTurnedAway(a, /the certificate is not trusted: /);
  });

  it('refuse a peer without TLS, and are refused by it', async (context) => {
    const a = await startA(context);
    const b = await nodes.start('b');
    await expectRefused(b, a, /closed|ECONNRESET|a frame of/);
    await expectTurnedAway(a, /ERR_SSL_/);
    await expectRefused(a, b, /ERR_SSL_|ECONNRESET|EPROTO|closed/);
    await expectTurnedAway(b, /a frame of/);
  });

  it('refuse a client without a certificate', async (context) => {
    const authority = authorityOf(context);
    const a = await startA(context);
    const { ca } = authority.issue('b');
    const socket = tls.connect({ ...toAddress(a), ca: String(ca), servername: 'a' });
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    await new Promise((resolve) => socket.once('close', resolve));
    expect(text).toContain('no certificate was shown');
    await expectTurnedAway(a, /no certificate was shown/);
  });

  it('drop a client that talks no TLS at all, or says nothing', async (context) => {
    const a = await startA(context);
    const talker = net.connect({ ...toAddress(a), allowHalfOpen: true });
    talker.write('GET / HTTP/1.1\r\n\r\n');
    const silent = net.connect({ ...toAddress(a), allowHalfOpen: true });
    for (const socket of [talker, silent]) {
      socket.on('error', () => socket.destroy());
      socket.resume();
      await new Promise<void>((resolve) => {
        if (socket.closed) resolve();
        socket.once('end', resolve);
        socket.once('close', () => resolve());
      });
      socket.destroy();
    }
    await expectTurnedAway(a, /ERR_SSL_HTTP_REQUEST|ERR_SSL_WRONG_VERSION/);
    await expectTurnedAway(a, /ERR_TLS_HANDSHAKE_TIMEOUT/);
  });

  it('refuse nodes of another cluster, and say so', async (context) => {
    const authority = authorityOf(context);
    const a = await startA(context);
    const b = await nodes.start('b', { tls: authority.issue('b'), cluster: 'other' });
    await expectRefused(b, a, /refused: another cluster/);
    await expectTurnedAway(a, /another cluster/);
  });
});

function toAddress(node: NodeProcess): { host: string; port: number } {
  const [host = '', port] = node.address.split(':');
  return { host, port: Number(port) };
}
