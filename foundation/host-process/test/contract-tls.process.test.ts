/**
 * Shows that the Host keeps the contract with mutual TLS on messages and TLS on streams: every case
 * about the network and how lives end, since a TLS socket ends, stalls and resets in its own way.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeId } from '@mangrove/host';
import { hostContract } from '@mangrove/host/contract';
import { Authority, openssl, skipUnless } from '@mangrove/test-kit/node';
import { afterAll, describe, it } from 'vitest';
import { type WorldOptions, withWorld } from './process-world.ts';

const directory = fs.mkdtempSync(join(tmpdir(), 'mangrove-keys-'));
const identities = new Map<NodeId, WorldOptions>();
let authority: Authority | undefined;

afterAll(() => fs.rmSync(directory, { recursive: true }));

describe('the Host of a process with TLS', () => {
  for (const { rules, title, run } of hostContract) {
    if (!rules.some((rule) => /^[NS]/.test(rule)) && !/crash|accept/.test(title)) continue;
    it(`${rules.join(' ')}: ${title}`, { timeout: 20_000 }, async (context) => {
      const program = skipUnless(context, openssl);
      await withWorld(run, (node) => optionsOf(program, node));
    });
  }
});

/** The identity of a node, made once: making keys takes longer than most cases. */
function optionsOf(program: string, node: NodeId): WorldOptions {
  authority ??= new Authority(program, directory, 'ca');
  let options = identities.get(node);
  if (options === undefined) {
    const tls = authority.issue(node);
    options = { tls, streamTls: tls };
    identities.set(node, options);
  }
  return options;
}
