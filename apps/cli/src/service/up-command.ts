/**
 * `mangrove up kv --data DIR`: starts the members of a cluster as processes of their own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import { resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { KvError } from '@mangrove/kv';
import {
  type ClusterBounds,
  type ClusterManifest,
  type ClusterPlace,
  createCluster,
  endpointsOf,
  foundingBackup,
  MEMBER_FLAGS,
  memberLog,
  setBounds,
} from '@mangrove/kv/node';
import { CommandError, Interrupted, messageOf } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import { checkBackup } from '../kv/backup-commands.ts';
import type { Terminal } from '../terminal.ts';
import { clientOf, findCluster, orRefuse, processOf, sleep } from './cluster-view.ts';
import { downCommand } from './down-command.ts';
import { followLogs } from './logs-command.ts';

/** What the command is told. */
export interface UpCommandOptions {
  readonly directory: string;
  /** How many members a new cluster has; `undefined` is 3, or as many as there are. */
  readonly nodes: number | undefined;
  /** The first port for clients of a new cluster; 0 is any free ones. */
  readonly port: number;
  /** The backup that a new cluster is founded with. */
  readonly from: string | undefined;
  /** The directory of the keys of a new cluster; `undefined` is none. */
  readonly tls: string | undefined;
  /** What members keep to; what is left out is what was said before, or the default. */
  readonly bounds: ClusterBounds;
  readonly isForeground: boolean;
  readonly isJson: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** How long a cluster may take until a leader serves, in milliseconds. */
const START_MS = 30_000;

/** Starts what is down, waits until a leader serves, and tells where. */
export async function upCommand(options: UpCommandOptions): Promise<Ending> {
  const { directory, terminal, signal, isForeground, isJson, bounds } = options;
  let manifest = await openCluster(options);
  const running = await Promise.all(manifest.members.map(({ name }) => processOf(directory, name)));
  const down = manifest.members.filter((_, nth) => running[nth] === undefined);
  if (down.length === 0) {
    const how = `\`mangrove status --data ${directory}\` shows it`;
    const sentence = `the cluster in ${directory} runs already: ${how}.`;
    throw new CommandError('could-not-run', sentence);
  }
  if (!isKept(bounds, manifest)) {
    if (down.length < manifest.members.length) {
      const how = `\`mangrove down --data ${directory}\`, then this again`;
      throw new CommandError('could-not-run', `the bounds are those of all members: ${how}.`);
    }
    manifest = await setBounds(directory, manifest, bounds);
  }
  const started: Started[] = [];
  try {
    for (const place of down) started.push(await startMember(directory, place));
    await untilServed(manifest, started, directory, signal);
  } catch (error) {
    for (const { child } of started) child.kill('SIGTERM');
    throw error;
  }
  tell(manifest, options);
  if (!isForeground) {
    for (const { child } of started) child.unref();
    return 'valid';
  }
  await followLogs({ directory, manifest, terminal, signal });
  return await downCommand({ directory, isJson, terminal });
}

async function openCluster(options: UpCommandOptions): Promise<ClusterManifest> {
  const { directory, nodes, port, tls } = options;
  const found = await findCluster(directory);
  if (found === undefined) {
    if (options.from !== undefined) await checkBackup(options.from);
    const keys = tls === undefined ? {} : { tls };
    const wanted = { nodes: nodes ?? 3, clientPort: port, ...keys };
    const made = await orRefuse(createCluster(directory, wanted));
    if (options.from !== undefined) await fs.copyFile(options.from, foundingBackup(directory));
    return made;
  }
  if (options.from !== undefined) {
    const sentence = `there is a cluster in ${directory}: a backup founds a new one only.`;
    throw new CommandError('could-not-run', sentence);
  }
  if (tls !== undefined && found.tls !== resolve(tls)) {
    const sentence = `there is a cluster in ${directory}: --tls is of a new one only.`;
    throw new CommandError('could-not-run', sentence);
  }
  const count = found.members.length;
  if (nodes === undefined || nodes === count) return found;
  const what = `the cluster in ${directory} has ${count} members and not ${nodes}`;
  const sentence = `${what}: leave --nodes out.`;
  throw new CommandError('could-not-run', sentence);
}

/** Whether the cluster has these bounds already. */
function isKept({ quotaBytes, keptRevisions, keptMs }: ClusterBounds, now: ClusterBounds): boolean {
  const isSame = (wanted: number | undefined, is: number | undefined) => (wanted ?? is) === is;
  return (
    isSame(quotaBytes, now.quotaBytes) &&
    isSame(keptRevisions, now.keptRevisions) &&
    isSame(keptMs, now.keptMs)
  );
}

interface Started {
  readonly name: string;
  readonly child: ChildProcess;
}

async function startMember(directory: string, { name }: ClusterPlace): Promise<Started> {
  const log = await fs.open(memberLog(directory, name), 'a');
  try {
    const bin = fileURLToPath(new URL('../../bin/mangrove.js', import.meta.url));
    const serve = [bin, 'serve', '--data', directory, '--node', name];
    // Behind npm a command ends with its parent, which a member is not to do.
    const { npm_lifecycle_event: _dropped, ...env } = process.env;
    const args = [...MEMBER_FLAGS, ...serve];
    const stdio: ['ignore', number, number] = ['ignore', log.fd, log.fd];
    return { name, child: spawn(process.execPath, args, { detached: true, stdio, env }) };
  } finally {
    await log.close();
  }
}

/** Waits until every member serves and knows the leader; rejects where a process has ended. */
async function untilServed(
  manifest: ClusterManifest,
  started: readonly Started[],
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  const endpoints = endpointsOf(manifest);
  await using client = await clientOf(manifest);
  const endAt = performance.now() + START_MS;
  let last: unknown;
  while (performance.now() < endAt) {
    if (signal.aborted) throw new Interrupted();
    for (const each of started) await checkAlive(each, directory);
    try {
      const asked = endpoints.map((endpoint) => client.status(endpoint, { timeoutMs: 1000 }));
      const statuses = await Promise.all(asked);
      if (statuses.every(({ leader }) => leader !== undefined)) return;
      last = new Error('not every member knows a leader');
    } catch (error) {
      if (!(error instanceof KvError)) throw error;
      last = error;
    }
    await sleep(50);
  }
  const what = `not every member serves after ${START_MS / 1000} s (${messageOf(last)})`;
  const sentence = `${what}: look at \`mangrove logs --data ${directory}\`.`;
  throw new CommandError('could-not-run', sentence, last);
}

async function checkAlive({ name, child }: Started, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) return;
  const text = await fs.readFile(memberLog(directory, name), 'utf8');
  const said = text
    .trim()
    .split('\n')
    .findLast((line) => line.startsWith('mangrove: '));
  const why = said?.replace('mangrove: ', '') ?? `${name} ended at once.`;
  throw new CommandError('could-not-run', why);
}

function tell(manifest: ClusterManifest, { directory, isJson, terminal }: UpCommandOptions): void {
  const endpoints = endpointsOf(manifest);
  if (isJson) {
    terminal.result(JSON.stringify({ directory, cluster: manifest.cluster, endpoints }));
    return;
  }
  for (const [nth, { name }] of manifest.members.entries()) {
    terminal.result(`${name}  ${endpoints[nth]}`);
  }
  terminal.say(`try it: mangrove kv put greeting hello --data ${directory}`);
}
