/**
 * `mangrove serve`: one member of a cluster, in this process, until a signal comes.
 */
import { serveMember } from '@mangrove/kv/node';
import { CommandError, messageOf } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import { needCluster } from './cluster-view.ts';

/** What the command is told. */
export interface ServeCommandOptions {
  readonly directory: string;
  readonly node: string;
  readonly signal: AbortSignal;
}

/** Serves, and says with the time of each line what happens. */
export async function serveCommand({
  directory,
  node,
  signal,
}: ServeCommandOptions): Promise<Ending> {
  const manifest = await needCluster(directory);
  const say = (line: string) => {
    process.stdout.write(`${new Date().toISOString()} ${node} ${line}\n`);
  };
  try {
    await serveMember({ directory, manifest, name: node, signal, say });
    return 'valid';
  } catch (error) {
    say(`has failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    throw new CommandError('could-not-run', `${node} has failed: ${messageOf(error)}.`, error);
  }
}
