/**
 * One member of a cluster in a directory, in this process, until it is asked to stop.
 */
import { createReadStream, existsSync } from 'node:fs';
import { toNodeId } from '@mangrove/host';
import type { LifeEnd } from '@mangrove/host-process/node';
import {
  boundsOf,
  type ClusterManifest,
  foundingBackup,
  memberDirectory,
  readCluster,
} from './cluster-directory.ts';
import { ClusterDirectoryError } from './cluster-directory-error.ts';
import { readMemberTls } from './cluster-tls.ts';
import { type KvMember, openMemberHost, startMember } from './kv-member.ts';

/** What a member of a cluster is told when it is served. */
export interface ServeMemberOptions {
  readonly directory: string;
  readonly manifest: ClusterManifest;
  readonly name: string;
  /** Asks it to stop: it tells its clients, answers what it can, and ends. */
  readonly signal: AbortSignal;
  /** Gets what happens, a line each. */
  readonly say: (line: string) => void;
}

/** How often a member looks whether something happened that is worth a line, in milliseconds. */
const LOOK_MS = 500;

/**
 * Serves a member until `signal` is aborted. Rejects where it cannot start, and where it broke.
 */
export async function serveMember(options: ServeMemberOptions): Promise<void> {
  const { manifest, directory, name, signal, say } = options;
  const place = manifest.members.find((each) => each.name === name);
  if (place === undefined) {
    const names = manifest.members.map((each) => each.name).join(', ');
    throw new ClusterDirectoryError(`there is no member ${name}: the cluster has ${names}`);
  }
  const backup = () => createReadStream(foundingBackup(directory));
  const founding = existsSync(foundingBackup(directory)) ? { backup } : {};
  const keys = manifest.tls === undefined ? {} : await readMemberTls(manifest.tls, name);
  const { cluster } = manifest;
  const settings = { cluster, control: true, ...founding, ...keys, bounds: boundsOf(manifest) };
  const data = memberDirectory(directory, name);
  const own = { name, data, peerPort: place.peerPort, clientPort: place.clientPort };
  const peers = peersOf(manifest);
  const founders = manifest.members.filter(({ joins }) => joins !== true);
  const host = await openMemberHost(settings, own);
  const names = founders.map((each) => each.name);
  const member = await startMember(host, settings, own, peers, names);
  say(`serves clients at ${member.clientAddress}, members at ${host.messageAddress}`);
  host.run(() => tellOfTerms(member, say));
  const removed = new Promise<'asked'>((resolve) => {
    host.run(() => followManifest(member, options, () => resolve('asked')));
  });
  const end = await Promise.race([host.ended, whenAborted(signal), removed]);
  if (end === 'asked') {
    say('stops');
    await member.close();
    say('has stopped');
  } else {
    throwUnlessClosed(end);
  }
}

/** Says who leads, each time that it changes. */
async function tellOfTerms(member: KvMember, say: (line: string) => void): Promise<void> {
  let told = '';
  for (;;) {
    const { term, role, leader } = member.node.inspect().raft;
    const known = leader === undefined ? 'nobody leads' : `${leader} leads`;
    const line = `is ${role.type} in term ${term}; ${known}`;
    if (line !== told) say(line);
    told = line;
    await member.host.timers.sleep(LOOK_MS);
  }
}

/** Tells the member of others that get a place, and of the end of its own. */
async function followManifest(
  member: KvMember,
  { directory, name, say }: ServeMemberOptions,
  onRemoved: () => void,
): Promise<void> {
  const told = new Map<string, string>();
  for (;;) {
    await member.host.timers.sleep(LOOK_MS);
    const manifest = await readAgain(directory);
    if (manifest === undefined) continue;
    if (manifest.members.every((each) => each.name !== name)) {
      say('is no member any more');
      onRemoved();
      return;
    }
    for (const [peer, address] of Object.entries(peersOf(manifest))) {
      if (told.get(peer) === address) continue;
      told.set(peer, address);
      member.node.addPeer(toNodeId(peer), address);
    }
  }
}

/** The manifest as it is now. Without one that can be read, nothing has changed. */
async function readAgain(directory: string): Promise<ClusterManifest | undefined> {
  try {
    return await readCluster(directory);
  } catch (error) {
    if (error instanceof ClusterDirectoryError) return undefined;
    throw error;
  }
}

function peersOf({ members }: ClusterManifest): Readonly<Record<string, string>> {
  return Object.fromEntries(members.map((each) => [each.name, `127.0.0.1:${each.peerPort}`]));
}

function whenAborted(signal: AbortSignal): Promise<'asked'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('asked');
    else signal.addEventListener('abort', () => resolve('asked'), { once: true });
  });
}

function throwUnlessClosed(end: LifeEnd): void {
  if (end.type === 'failed') throw end.cause;
}
