/**
 * A cluster in a directory, as commands see it: its members, and which of them run.
 */
import { askControl, controlPathOf, HostError } from '@mangrove/host-process/node';
import type { KvClient } from '@mangrove/kv';
import {
  ClusterDirectoryError,
  type ClusterManifest,
  connectKv,
  endpointsOf,
  memberDirectory,
  readClientTls,
  readCluster,
} from '@mangrove/kv/node';
import { CommandError, messageOf } from '../command-error.ts';

/** What is in the directory; refuses where it is anything but a cluster, or nothing. */
export async function findCluster(directory: string): Promise<ClusterManifest | undefined> {
  return await orRefuse(readCluster(directory));
}

/** A client of the members of a cluster, which is its caller's to close. */
export async function clientOf(
  manifest: ClusterManifest,
  options: { readonly timeoutMs?: number } = {},
): Promise<KvClient> {
  const { cluster, tls } = manifest;
  const keys = tls === undefined ? {} : { tls: await orRefuse(readClientTls(tls)) };
  return connectKv({ endpoints: endpointsOf(manifest), cluster, ...keys, ...options });
}

/** What `found` resolves to; what is wrong with the files of a cluster becomes a refusal. */
export async function orRefuse<Found>(found: Promise<Found>): Promise<Found> {
  try {
    return await found;
  } catch (error) {
    if (!(error instanceof ClusterDirectoryError)) throw error;
    throw new CommandError('could-not-run', `${error.message}.`, error);
  }
}

/** The cluster in the directory; refuses where there is none. */
export async function needCluster(directory: string): Promise<ClusterManifest> {
  const found = await findCluster(directory);
  if (found !== undefined) return found;
  const how = `\`mangrove up kv --data ${directory}\` makes one`;
  throw new CommandError('could-not-run', `${directory} holds no cluster: ${how}.`);
}

/** The id of the process of a member; `undefined` where it does not run. */
export async function processOf(directory: string, name: string): Promise<number | undefined> {
  const path = controlPathOf(memberDirectory(directory, name));
  try {
    const status = await askControl(path, { do: 'status' }, ASK_MS);
    return (status as { readonly pid: number }).pid;
  } catch (error) {
    if (error instanceof HostError && error.code === 'control-unreachable') return undefined;
    throw new CommandError('could-not-run', `${name} cannot be asked: ${messageOf(error)}.`, error);
  }
}

/** How long a process may take to say that it is there, in milliseconds. */
const ASK_MS = 3000;

/** Whether there is a process of that id, whoever's it is. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and not ours to signal.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Waits. */
export function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
