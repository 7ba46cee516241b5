/**
 * TLS between clients and members, and mutual TLS between members, over real connections, with keys
 * that are made when the test runs: who is let in, and what the others are told.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { Authority, openssl, skipUnless } from '@mangrove/test-kit/node';
import { afterAll, describe, expect, it, type TestContext } from 'vitest';
import type { KvClient } from '../src/index.ts';
import { type ConnectKvOptions, connectKv, startKv } from '../src/node.ts';

const directory = fs.mkdtempSync(join(tmpdir(), 'mangrove-kv-keys-'));
const made = new Map<string, Authority>();

afterAll(() => fs.rmSync(directory, { recursive: true }));

function authority(context: TestContext, name = 'ca'): Authority {
  const program = skipUnless(context, openssl);
  const found = made.get(name) ?? new Authority(program, directory, name);
  made.set(name, found);
  return found;
}

/** Why a client that is set up so is not served. */
async function refusal(endpoint: string, options: Partial<ConnectKvOptions>): Promise<string> {
  await using client = connectKv({ endpoints: [endpoint], timeoutMs: 400, ...options });
  return await failureOf(client);
}

async function failureOf(client: KvClient): Promise<string> {
  try {
    await client.get('k');
  } catch (error) {
    expect(error).toMatchObject({ code: 'unavailable', isDefinite: true });
    return (error as Error).message;
  }
  throw new Error('it was served');
}

describe('R67: TLS', { timeout: 30_000 }, () => {
  it('is spoken by members and clients that have keys of one authority', async (context) => {
    const keys = authority(context).issue('n1', 'n2', 'n3');
    await using kv = await startKv({ nodes: 3, tls: keys, peerTls: keys });
    const client = kv.client({ timeoutMs: 15_000 });
    const watch = client.watch('k');
    await watch.started;
    const { revision } = await client.put('k', 'v');
    for await (const event of watch) {
      expect(event).toMatchObject({ value: 'v', revision });
      break;
    }
    expect((await client.get('k'))?.value).toBe('v');
    const hashes = kv.endpoints.map((endpoint) => client.hash(endpoint, revision));
    expect(new Set((await Promise.all(hashes)).map(({ hash }) => hash)).size).toBe(1);
  });

  it('is refused by a client of another authority, or where it has expired', async (context) => {
    const own = authority(context);
    const { ca } = authority(context, 'other').issue('n1');
    await using kv = await startKv({ tls: own.issue('n1') });
    const [endpoint = ''] = kv.endpoints;
    expect(await refusal(endpoint, { tls: { ca } })).toMatch(/certificate.*\((SELF_SIGNED|UNABLE)/);
    expect((await kv.client().put('k', 'v')).revision).toBe(2);

    const expired = own.issueExpired('n1');
    const old = tls.createServer({ key: expired.key, cert: expired.cert });
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
    const { port } = old.address() as { readonly port: number };
    const why = await refusal(`127.0.0.1:${port}`, { tls: { ca: expired.ca } });
    expect(why).toContain('certificate has expired (CERT_HAS_EXPIRED)');
    old.close();
  });

  it('is for clients with a certificate only, where members ask for one', async (context) => {
    const own = authority(context);
    const keys = own.issue('n1');
    await using kv = await startKv({ tls: { ...keys, mustShowCertificate: true } });
    const [endpoint = ''] = kv.endpoints;
    const hint = 'does it want TLS, or another certificate?';
    expect(await refusal(endpoint, { tls: { ca: keys.ca } })).toContain(hint);
    const foreign = { ...authority(context, 'other').issue('client'), ca: keys.ca };
    expect(await refusal(endpoint, { tls: foreign })).toContain(hint);
    const expired = own.issueExpired('client');
    expect(await refusal(endpoint, { tls: expired })).toContain(hint);
    await using client = connectKv({ endpoints: [endpoint], tls: own.issue('client') });
    expect((await client.put('k', 'v')).revision).toBe(2);
  });

  it('on one side only is told as what it is', async (context) => {
    const keys = authority(context).issue('n1');
    await using encrypted = await startKv({ tls: keys });
    await using plain = await startKv();
    const [[first = ''], [second = '']] = [encrypted.endpoints, plain.endpoints];
    expect(await refusal(first, {})).toContain('does it want TLS');
    expect(await refusal(second, { tls: keys })).toContain('it speaks no TLS');
    expect((await encrypted.client().put('k', 'v')).revision).toBe(2);
    expect((await plain.client().put('k', 'v')).revision).toBe(2);
  });

  it('with keys that are none is refused at the start', async () => {
    const keys = { key: 'x', cert: 'y', ca: 'z' };
    await expect(startKv({ tls: keys })).rejects.toThrow('streamTls');
    await expect(startKv({ peerTls: keys })).rejects.toThrow('tls');
  });
});
