/**
 * One member of a cluster in a directory, in this process, until it is asked to stop.
 */
import { createReadStream, existsSync } from 'node:fs';
import type { LifeEnd } from '@mangrove/host-process/node';
import type { ClusterManifest } from './cluster-directory.ts';
import { ClusterDirectoryError, foundingBackup, memberDirectory } from './cluster-directory.ts';
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
  const settings = { cluster: manifest.cluster, control: true, ...founding };
  const data = memberDirectory(directory, name);
  const own = { name, data, peerPort: place.peerPort, clientPort: place.clientPort };
  const peers = Object.fromEntries(
    manifest.members.map((each) => [each.name, `127.0.0.1:${each.peerPort}`]),
  );
  const host = await openMemberHost(settings, own);
  const member = await startMember(host, settings, own, peers);
  say(`serves clients at ${member.clientAddress}, members at ${host.messageAddress}`);
  host.run(() => tellOfTerms(member, say));
  const end = await Promise.race([host.ended, whenAborted(signal)]);
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

function whenAborted(signal: AbortSignal): Promise<'asked'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('asked');
    else signal.addEventListener('abort', () => resolve('asked'), { once: true });
  });
}

function throwUnlessClosed(end: LifeEnd): void {
  if (end.type === 'failed') throw end.cause;
}
