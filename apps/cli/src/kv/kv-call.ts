/**
 * What `mangrove kv` commands share: they find the members, call, and tell what failed.
 */
import { type KvClient, KvError } from '@mangrove/kv';
import { connectKv, endpointsOf } from '@mangrove/kv/node';
import { CommandError, Interrupted } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import { needCluster } from '../service/cluster-view.ts';
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
  const { json, timeout } = options;
  const timeoutMs = timeout === undefined ? {} : { timeoutMs: timeout * 1000 };
  await using client = connectKv({ ...(await targetOf(options)), ...timeoutMs });
  try {
    return await work({ client, terminal, signal, isJson: json === true });
  } catch (error) {
    if (!(error instanceof KvError)) throw error;
    if (error.code === 'aborted' && signal.aborted) throw new Interrupted();
    const happened = error.isDefinite ? '' : ' It may have happened all the same.';
    throw new CommandError('could-not-run', `${error.message}.${happened}`, error);
  }
}

async function targetOf({ data, endpoints }: TargetOptions): Promise<{
  readonly endpoints: readonly string[];
  readonly cluster?: string;
}> {
  if (endpoints !== undefined) return { endpoints: endpoints.split(',') };
  if (data === undefined) {
    throw new CommandError('usage', 'say where the members are: --data or --endpoints.');
  }
  const manifest = await needCluster(data);
  return { endpoints: endpointsOf(manifest), cluster: manifest.cluster };
}
