/**
 * `mangrove serve`: one member of a cluster, in this process, until a signal comes.
 */
import { memberLog, serveMember } from '@mangrove/kv/node';
import { CommandError, messageOf } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import { needCluster, orRefuse } from './cluster-view.ts';
import { MemberOutput } from './member-output.ts';

/** What the command is told. */
export interface ServeCommandOptions {
  readonly directory: string;
  readonly node: string;
  readonly signal: AbortSignal;
}

/** How long the file of what a member says may get; there is one of what it said before. */
const LOG_BYTES_MAX = 1_048_576;

/** Serves, and says with the time of each line what happens. */
export async function serveCommand({
  directory,
  node,
  signal,
}: ServeCommandOptions): Promise<Ending> {
  const manifest = await needCluster(directory);
  const output = new MemberOutput(process.stdout.fd, memberLog(directory, node), LOG_BYTES_MAX);
  const say = (line: string) => output.say(`${new Date().toISOString()} ${node} ${line}`);
  try {
    await orRefuse(serveMember({ directory, manifest, name: node, signal, say }));
    return 'valid';
  } catch (error) {
    say(`has failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    throw new CommandError('could-not-run', `${node} has failed: ${messageOf(error)}.`, error);
  }
}
