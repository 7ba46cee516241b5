/**
 * The directory of a cluster whose members are processes of this machine: who they are, and where.
 *
 *     <directory>/cluster.json   the members and their ports; running members look at it
 *                /n1/            what member n1 keeps
 *                /n1.txt         what its process says, and before that in n1.txt.1
 *                /founding       the backup that it was founded with, if it was
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { freePorts } from '@mangrove/host-process/node';
import type { KvBounds } from '../shell/kv-node-config.ts';
import { ClusterDirectoryError } from './cluster-directory-error.ts';
import { readMemberTls } from './cluster-tls.ts';

/** A member of a cluster in a directory. */
export interface ClusterPlace {
  readonly name: string;
  readonly peerPort: number;
  readonly clientPort: number;
  /** Whether it joined later; without it, it is one of those that founded the cluster. */
  readonly joins?: true;
}

/** Which bounds all members keep to; without them the defaults. */
export type ClusterBounds = Partial<Pick<KvBounds, (typeof BOUNDS)[number]>>;

/** What `cluster.json` holds. */
export interface ClusterManifest extends ClusterBounds {
  readonly system: 'kv';
  readonly format: 1;
  readonly cluster: string;
  /** Where the keys are, see `readMemberTls`; without it nothing is encrypted. */
  readonly tls?: string;
  readonly members: readonly ClusterPlace[];
}

/** How a new cluster is set up. */
export interface NewCluster {
  /** How many members found it. */
  readonly nodes: number;
  /** The first of the ports for clients, one after the other; 0 is any free ones. */
  readonly clientPort: number;
  /** The directory of its keys; without one nothing is encrypted. */
  readonly tls?: string;
}

/** What is in a directory: nothing yet, or a cluster. Rejects where it is anything else. */
export async function readCluster(directory: string): Promise<ClusterManifest | undefined> {
  let text: string;
  try {
    text = await fs.readFile(join(directory, FILE), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    if (await isEmpty(directory)) return undefined;
    const why = `${directory} holds other things and no cluster: name another directory`;
    throw new ClusterDirectoryError(why, { cause: error });
  }
  const manifest = parse(text);
  if (manifest !== undefined) return manifest;
  throw new ClusterDirectoryError(`${join(directory, FILE)} is damaged, or of another version`);
}

/**
 * Writes down a new cluster in a directory that is empty or missing. Rejects where it has no keys
 * that it needs.
 */
export async function createCluster(
  directory: string,
  { nodes, clientPort, tls }: NewCluster,
): Promise<ClusterManifest> {
  const free = await freePorts(clientPort === 0 ? 2 * nodes : nodes);
  const members = Array.from({ length: nodes }, (_, nth): ClusterPlace => {
    const own = clientPort === 0 ? (free[nodes + nth] ?? 0) : clientPort + nth;
    return { name: `n${nth + 1}`, peerPort: free[nth] ?? 0, clientPort: own };
  });
  // A name of its own, so that nobody takes the members of another directory for these.
  const cluster = `kv-${randomBytes(4).toString('hex')}`;
  const keys = tls === undefined ? {} : { tls: resolve(tls) };
  const manifest: ClusterManifest = { system: 'kv', format: 1, cluster, ...keys, members };
  for (const { name } of members) await checkKeys(manifest, name);
  await fs.mkdir(directory, { recursive: true });
  await write(directory, manifest);
  return manifest;
}

/** Gives a member that is to join a place in a cluster; one that has a place keeps it. */
export async function addPlace(
  directory: string,
  manifest: ClusterManifest,
  name: string,
): Promise<ClusterManifest> {
  if (manifest.members.some((each) => each.name === name)) return manifest;
  await checkKeys(manifest, name);
  const [peerPort = 0, clientPort = 0] = await freePorts(2);
  const place: ClusterPlace = { name, peerPort, clientPort, joins: true };
  const grown = { ...manifest, members: [...manifest.members, place] };
  await write(directory, grown);
  return grown;
}

/** Takes the place of a member that was removed; its process ends when it sees that. */
export async function removePlace(
  directory: string,
  manifest: ClusterManifest,
  name: string,
): Promise<void> {
  const members = manifest.members.filter((each) => each.name !== name);
  await write(directory, { ...manifest, members });
}

/** Has members that start from now on keep to `bounds`, and to those that were said before. */
export async function setBounds(
  directory: string,
  manifest: ClusterManifest,
  bounds: ClusterBounds,
): Promise<ClusterManifest> {
  const changed = { ...manifest, ...bounds };
  await write(directory, changed);
  return changed;
}

/** The bounds that a cluster was given. */
export function boundsOf(
  given: Readonly<Partial<Record<keyof ClusterBounds, unknown>>>,
): ClusterBounds {
  const known = BOUNDS.flatMap((name) => {
    const value = given[name];
    return Number.isSafeInteger(value) ? [[name, value]] : [];
  });
  return Object.fromEntries(known);
}

/** Where clients connect to. */
export function endpointsOf({ members }: ClusterManifest): readonly string[] {
  return members.map(({ clientPort }) => `127.0.0.1:${clientPort}`);
}

/** Where a member keeps what it knows. */
export function memberDirectory(directory: string, name: string): string {
  return join(directory, name);
}

/** Where the process of a member writes what it says. */
export function memberLog(directory: string, name: string): string {
  return join(directory, `${name}.txt`);
}

/** Where the backup is that a cluster is founded with. */
export function foundingBackup(directory: string): string {
  return join(directory, 'founding');
}

const FILE = 'cluster.json';

const BOUNDS = ['quotaBytes', 'keptRevisions', 'keptMs'] as const;

async function write(directory: string, manifest: ClusterManifest): Promise<void> {
  const path = join(directory, FILE);
  await fs.writeFile(`${path}.next`, `${JSON.stringify(manifest, undefined, 2)}\n`);
  await fs.rename(`${path}.next`, path);
}

/** Rejects where a member cannot start for want of its keys. */
async function checkKeys({ tls }: ClusterManifest, name: string): Promise<void> {
  if (tls !== undefined) await readMemberTls(tls, name);
}

async function isEmpty(directory: string): Promise<boolean> {
  try {
    return (await fs.readdir(directory)).length === 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (code !== 'ENOTDIR') throw error;
    throw new ClusterDirectoryError(`${directory} is a file: name a directory`, { cause: error });
  }
}

function parse(text: string): ClusterManifest | undefined {
  try {
    const { system, format, cluster, tls, members, ...more } = JSON.parse(text);
    const isPlace = ({ name, peerPort, clientPort }: ClusterPlace) =>
      typeof name === 'string' && Number.isInteger(peerPort) && Number.isInteger(clientPort);
    const isWhole = system === 'kv' && format === 1 && typeof cluster === 'string';
    if (!isWhole || !Array.isArray(members) || !members.every(isPlace)) return undefined;
    const keys = typeof tls === 'string' ? { tls } : {};
    return { system, format, cluster, ...keys, ...boundsOf(more), members };
  } catch {
    // No JSON, or not of that shape: the caller says so.
    return undefined;
  }
}
