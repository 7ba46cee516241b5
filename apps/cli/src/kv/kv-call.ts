/**
 * What `mangrove kv` commands share: they find the members, call, and tell what failed.
 */
import { type KvClient, KvError } from '@mangrove/kv';
import { connectKv, endpointsOf } from '@mangrove/kv/node';
import type { Command } from 'commander';
import { CommandError, Interrupted } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import { needCluster } from '../service/cluster-view.ts';
import type { GlobalOptions } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';

/** Where the members are, as the command line says it. */
export interface TargetOptions extends GlobalOptions {
  readonly data?: string;
  readonly endpoints?: string;
  readonly timeout?: number;
}

/** What a command works with. */
export interface KvCall {
  readonly client: KvClient;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly isJson: boolean;
}

/** Adds the options that say where the members are. */
export function withTarget(command: Command): Command {
  return command
    .option('--data <directory>', 'the directory of a cluster that `mangrove up` made')
    .option('--endpoints <list>', 'where members listen, as host:port,host:port')
    .option('--timeout <seconds>', 'how long a call may take (default: 5)', Number);
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
