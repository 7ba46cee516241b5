/**
 * What `mangrove kv` commands share: they find the members, call, and tell what failed.
 */
import fs from 'node:fs/promises';
import { InvalidArgument } from '@mangrove/host';
import type { StreamTls } from '@mangrove/host-process/node';
import { type KvClient, KvError, type KvErrorCode } from '@mangrove/kv';
import { connectKv } from '@mangrove/kv/node';
import { CommandError, Interrupted, messageOf } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import { clientOf, needCluster } from '../service/cluster-view.ts';
import type { Terminal } from '../terminal.ts';
import type { TargetOptions } from './declare-target.ts';

/** What a command works with. */
export interface KvCall {
  readonly client: KvClient;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly isJson: boolean;
}

/** Runs `work` with a client, and says of a failure whether anything may have happened. */
export async function callKv(
  options: TargetOptions,
  { terminal, signal }: { readonly terminal: Terminal; readonly signal: AbortSignal },
  work: (call: KvCall) => Promise<Ending>,
): Promise<Ending> {
  try {
    await using client = await connectTo(options);
    return await work({ client, terminal, signal, isJson: options.json === true });
  } catch (error) {
    // What was typed went to the client as it was, which says what is wrong with it.
    if (error instanceof InvalidArgument)
      throw new CommandError('usage', `${error.message}.`, error);
    if (!(error instanceof KvError)) throw error;
    if (error.code === 'aborted' && signal.aborted) throw new Interrupted();
    const happened = error.isDefinite ? '' : ' It may have happened all the same.';
    const { compactRevision } = error;
    const oldest = compactRevision > 0 ? ` The oldest is ${compactRevision}.` : '';
    const hint = HINTS[error.code] ?? oldest;
    throw new CommandError('could-not-run', `${error.message}.${hint}${happened}`, error);
  }
}

/** Which commands help, where some do. */
const HINTS: Readonly<Partial<Record<KvErrorCode, string>>> = {
  'bad-member-change': ' `mangrove kv member list` shows them.',
  corrupt: ' `mangrove kv alarm list` names it.',
  'no-space': ' `mangrove kv alarm --help` tells how.',
};

async function connectTo(options: TargetOptions): Promise<KvClient> {
  const { data, endpoints, timeout } = options;
  const timeoutMs = timeout === undefined ? {} : { timeoutMs: timeout * 1000 };
  if (endpoints !== undefined) {
    const tls = await keysOf(options);
    return connectKv({ endpoints: endpoints.split(','), ...tls, ...timeoutMs });
  }
  if (data === undefined) {
    throw new CommandError('usage', 'say where the members are: --data or --endpoints.');
  }
  return await clientOf(await needCluster(data), timeoutMs);
}

async function keysOf(options: TargetOptions): Promise<{ readonly tls?: StreamTls }> {
  const { tlsCa, tlsCert, tlsKey } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined) || (tlsCert && !tlsCa)) {
    throw new CommandError('usage', '--tls-cert, --tls-key and --tls-ca go together.');
  }
  if (tlsCa === undefined) return {};
  const ca = await readPem(tlsCa);
  if (tlsCert === undefined || tlsKey === undefined) return { tls: { ca } };
  return { tls: { ca, cert: await readPem(tlsCert), key: await readPem(tlsKey) } };
}

async function readPem(path: string): Promise<string> {
  try {
    return await fs.readFile(path, 'utf8');
  } catch (error) {
    throw new CommandError('could-not-run', `${path} cannot be read: ${messageOf(error)}.`, error);
  }
}
