/**
 * A store for a program in Node.js, in its own process: `await using kv = await startKv()`.
 *
 * It is a guest: it ends no process, handles no signal, prints nothing. A program that blocks its
 * event loop for long blocks the members too; `worker` gives them a thread of their own.
 */
import { InvalidArgument } from '@mangrove/host';
import type { StreamTls, TlsIdentity } from '@mangrove/host-process/node';
import type { RaftOptions } from '@mangrove/raft';
import type { KvClient, KvClientOptions } from '../client/kv-client.ts';
import type { ServerBounds } from '../protocol/native/native-server.ts';
import type { KvNodeConfig } from '../shell/kv-node-config.ts';
import { connectKv } from './connect-kv.ts';
import { type MemberGroup, startMembers } from './member-group.ts';

/** How a store is set up. All have defaults. */
export interface StartKvOptions {
  /** How many members: 1 (the default), or 3 or 5, of which a minority may be killed. */
  readonly nodes?: 1 | 3 | 5;
  /** Where the members keep their files. Default: memory, which is gone after `close`. */
  readonly dataDirectory?: string;
  /** Whether the members run in a thread of their own. Default false. */
  readonly worker?: boolean;
  /** Bounds of each member: quota, automatic compaction, requests under way. */
  readonly bounds?: KvNodeConfig['bounds'];
  /** What strangers may take of the ports for clients. */
  readonly port?: Partial<ServerBounds>;
  /** Times of Raft. Default: short ones, for members that share one process. */
  readonly raft?: Partial<RaftOptions>;
  /** TLS between clients and members. Default: none; ports are open on loopback only. */
  readonly tls?: StreamTls;
  /** Mutual TLS between members. Default: none. */
  readonly peerTls?: TlsIdentity;
}

/** Starts a store. Resolves when a leader serves. */
export async function startKv(options: StartKvOptions = {}): Promise<LocalKv> {
  const { nodes = 1, worker = false, tls } = options;
  if (![1, 3, 5].includes(nodes)) throw new InvalidArgument('nodes', nodes, '1, 3 or 5');
  const group = worker ? await startInWorker(options, nodes) : await startHere(options, nodes);
  return new LocalKv(group, tls);
}

/** What a store is asked to do with its members, wherever they run. */
export type LocalMembers = Pick<MemberGroup, 'endpoints' | 'kill' | 'restart' | 'close'>;

/** A store that runs. */
export class LocalKv implements AsyncDisposable {
  private readonly members: LocalMembers;
  private readonly tls: StreamTls | undefined;
  private readonly clients: KvClient[] = [];

  constructor(members: LocalMembers, tls: StreamTls | undefined) {
    this.members = members;
    this.tls = tls;
  }

  /** Where the members listen for clients. */
  get endpoints(): readonly string[] {
    return this.members.endpoints;
  }

  /** A client of it, which is closed with it at the latest. */
  client(options: Omit<KvClientOptions, 'endpoints'> = {}): KvClient {
    const client = this.connect(options);
    this.clients.push(client);
    return client;
  }

  /** A client that is its caller's to close. */
  connect(options: Omit<KvClientOptions, 'endpoints'> = {}): KvClient {
    const tls = this.tls === undefined ? {} : { tls: this.tls };
    return connectKv({ ...options, ...tls, endpoints: this.endpoints });
  }

  /** Deletes every key and ends every lease, as between two tests. Revisions go on. */
  async clear(): Promise<void> {
    await using client = this.connect();
    for (const id of await client.leases()) await (await client.openLease(id)).revoke();
    await client.delete({ prefix: '' });
  }

  /** Ends member `nth` (from 0) as a crash does. */
  async kill(nth: number): Promise<void> {
    await this.members.kill(nth);
  }

  /** Starts member `nth` again, at the same place and with what it kept. */
  async restart(nth: number): Promise<void> {
    await this.members.restart(nth);
  }

  /** Closes its clients, then its members. */
  async close(): Promise<void> {
    await Promise.all(this.clients.splice(0).map((client) => client.close()));
    await this.members.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function startHere(options: StartKvOptions, nodes: number): Promise<LocalMembers> {
  return await startMembers(toGroupOptions(options, nodes));
}

async function startInWorker(options: StartKvOptions, nodes: number): Promise<LocalMembers> {
  const { startWorker } = await import('./member-worker.ts');
  return await startWorker(toGroupOptions(options, nodes));
}

function toGroupOptions(options: StartKvOptions, nodes: number) {
  const { dataDirectory, bounds, port, raft, tls, peerTls } = options;
  const settings = {
    cluster: 'local',
    raft: { ...(nodes === 1 ? ALONE : TOGETHER), ...raft },
    ...(bounds === undefined ? {} : { bounds }),
    ...(port === undefined ? {} : { port }),
    ...(tls === undefined ? {} : { streamTls: tls }),
    ...(peerTls === undefined ? {} : { tls: peerTls }),
  };
  return { nodes, dataDirectory, settings };
}

/** A member that has no other one to wait for. */
const ALONE = { electionTimeoutMs: 10, heartbeatIntervalMs: 5 } as const;

/** Members in one process: no network is between them, and a pause is one of all of them. */
const TOGETHER = { electionTimeoutMs: 200, heartbeatIntervalMs: 40 } as const;
