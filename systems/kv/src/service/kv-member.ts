/**
 * One member in this process: its Host, the node on it, and its port for clients.
 */
import { type RunningNode, toNodeId } from '@mangrove/host';
import {
  createProcessHost,
  type MemoryStorage,
  type ProcessHost,
  type ProcessHostOptions,
} from '@mangrove/host-process/node';
import { simpleConfiguration } from '@mangrove/raft';
import { lazyCrc32c } from '@mangrove/wire/node';
import {
  DEFAULT_SERVER_BOUNDS,
  type NativeServer,
  type NativeServerOptions,
  serveNative,
} from '../protocol/native/native-server.ts';
import { type KvNode, startKvNode } from '../shell/kv-node.ts';
import type { KvNodeConfig } from '../shell/kv-node-config.ts';

/** What the members of a cluster have in common. */
export interface KvMemberSettings
  extends Pick<KvNodeConfig, 'raft' | 'bounds' | 'backup'>,
    Pick<ProcessHostOptions, 'tls' | 'streamTls' | 'control' | 'trace' | 'host'> {
  readonly cluster: string;
  /** What strangers may take of the port for clients. */
  readonly port?: NativeServerOptions['bounds'];
}

/** Where one member is. */
export interface KvMemberPlace {
  readonly name: string;
  readonly data: string | MemoryStorage;
  /** Ports for the other members and for clients; 0 is any free one. */
  readonly peerPort: number;
  readonly clientPort: number;
}

/**
 * How long followers may not hear of a commit where nothing follows it: mostly the next append
 * tells of it, and a message to each of them, for every change alone, is saved.
 */
const COMMIT_NOTICE_MS = 2;

/**
 * A snapshot is taken when the log behind the last one is 32 MiB, and twice as large as that one: a
 * large store is written half as often as its log. Less: members do little else than writing
 * snapshots. More: a start has more of the log to apply.
 */
const SNAPSHOTS = { snapshotLeastBytes: 33_554_432, snapshotExpansion: 2 } as const;

/** Takes the data and the port of a member, so that the others can be told where it is. */
export function openMemberHost(
  settings: KvMemberSettings,
  place: KvMemberPlace,
): Promise<ProcessHost> {
  const { raft: _raft, bounds: _bounds, backup: _backup, port, ...host } = settings;
  const { connectionsMax } = { ...DEFAULT_SERVER_BOUNDS, ...port };
  return createProcessHost({
    ...host,
    // The Host closes what is beyond its own bound without a word; the port says why.
    maxStreams: connectionsMax + FAREWELLS_MAX,
    node: toNodeId(place.name),
    dataDirectory: place.data,
    port: place.peerPort,
  });
}

/** How many connections beyond the bound are told so at once; more are closed without a word. */
const FAREWELLS_MAX = 256;

/**
 * Starts a member on its Host; closes the Host where that fails.
 *
 * @param peers all members and where they are, this one included
 * @param founders those of them that found the cluster; another one joins it
 */
export async function startMember(
  host: ProcessHost,
  settings: KvMemberSettings,
  place: KvMemberPlace,
  peers: Readonly<Record<string, string>>,
  founders: readonly string[] = Object.keys(peers),
): Promise<KvMember> {
  const { cluster, raft, bounds, backup, port } = settings;
  const crc32c = lazyCrc32c();
  const { heartbeatIntervalMs = COMMIT_NOTICE_MS } = raft ?? {};
  const entries = Object.entries(peers).map(([name, address]) => {
    return { node: toNodeId(name), address };
  });
  const founding = founders.includes(place.name)
    ? { founding: simpleConfiguration(founders.map(toNodeId)) }
    : {};
  try {
    const node = await startKvNode(host, {
      peers: entries,
      ...founding,
      cluster,
      crc32c,
      ...SNAPSHOTS,
      raft: { commitNoticeMs: Math.min(COMMIT_NOTICE_MS, heartbeatIntervalMs), ...raft },
      ...(backup === undefined ? {} : { backup }),
      ...(bounds === undefined ? {} : { bounds }),
    });
    const server = await serveNative(host, node, {
      crc32c,
      port: place.clientPort,
      cluster,
      ...(port === undefined ? {} : { bounds: port }),
    });
    node.announce(server.address);
    return new KvMember(host, node, server);
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** A member that runs. */
export class KvMember implements RunningNode {
  readonly host: ProcessHost;
  readonly node: KvNode;
  private readonly server: NativeServer;

  constructor(host: ProcessHost, node: KvNode, server: NativeServer) {
    this.host = host;
    this.node = node;
    this.server = server;
  }

  /** Where clients connect to. */
  get clientAddress(): string {
    return this.server.address;
  }

  /** Tells its clients, answers what it can, and stops. */
  async close(): Promise<void> {
    await this.server.close();
    await this.node.close();
    await this.host.close();
  }

  /** Stops as a crash does. */
  async kill(): Promise<void> {
    await this.host.crash();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
