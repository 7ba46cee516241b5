/**
 * A member as experiments start it: the node, and a port of the native protocol for clients.
 */
import type { NodeConfig, Topology } from '@mangrove/experiment';
import type { Host, NodeId, RunningNode } from '@mangrove/host';
import { mayPromise, simpleConfiguration, versionMaxOf } from '@mangrove/raft';
import type { KvRequest } from '../core/kv-request.ts';
import type { WatchSessionOptions } from '../core/watch-session.ts';
import { type NativeServer, serveNative } from '../protocol/native/native-server.ts';
import type { Ask } from '../shell/ask.ts';
import { type KvNode, startKvNode } from '../shell/kv-node.ts';
import type { KvBounds, KvNodeConfig } from '../shell/kv-node-config.ts';

/** How many members found a cluster; the others of an experiment join it, or never do. */
export const FOUNDER_COUNT = 3;

/** Times of an experiment: short, so that a run of some seconds sees many elections. */
const RAFT = {
  electionTimeoutMs: 150,
  heartbeatIntervalMs: 30,
  diskStallMs: 300,
  // Small, so that a follower often has one entry of two.
  appendBytesMax: 400,
} as const;

/** Bounds of an experiment: small, so that they are reached. */
const BOUNDS: Partial<KvBounds> = Object.freeze({ leaseCheckpointMs: 150, progressMs: 100 });

/** Bounds of the watchers of one connection: small, so that a client that is slow lags behind. */
const WATCH = { watchersMax: 8, waitingBytesMax: 800, fragmentBytes: 150 } as const;

/** How long the log of a member becomes, in entries. */
export type LogLength = Readonly<Pick<KvNodeConfig, 'snapshotEveryCount' | 'trailingCount'>>;

const LOG: LogLength = Object.freeze({ snapshotEveryCount: 40, trailingCount: 10 });

/** Where clients reach the replicas of `topology`. */
export function clientAddresses({ replicas }: Topology): ReadonlyMap<NodeId, string> {
  return new Map(replicas.map(({ node, clientAddress = '' }) => [node, clientAddress]));
}

/** A member that runs. */
export class KvReplica implements RunningNode {
  readonly node: KvNode;
  /** Where clients connect to. */
  readonly clientAddress: string;
  private readonly server: NativeServer;

  constructor(node: KvNode, server: NativeServer) {
    this.node = node;
    this.server = server;
    this.clientAddress = server.address;
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.node.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What a member has of its own in some experiment. */
export interface ReplicaSettings {
  /** So many of the replicas, the first ones, found the cluster. */
  readonly founderCount?: number;
  /** Beside those of all experiments. */
  readonly bounds?: Partial<KvBounds>;
  /** After how many entries a snapshot is taken, and how many before it stay in the log. */
  readonly log?: LogLength;
  /** Whether members begin with the oldest formats, and know the newest once they are upgraded. */
  readonly beginsOld?: boolean;
  /** Told of each request of a client. */
  readonly onAsked?: (request: KvRequest) => void;
}

/** Starts a member. */
export async function startReplica(
  host: Host,
  { topology, clientPort, version }: NodeConfig,
  settings: ReplicaSettings = {},
): Promise<RunningNode> {
  const { founderCount = FOUNDER_COUNT, bounds, beginsOld = false, log, onAsked } = settings;
  const founders = topology.replicas.slice(0, founderCount).map(({ node }) => node);
  const node = await startKvNode(host, {
    ...(founders.includes(host.node) ? { founding: simpleConfiguration(founders) } : {}),
    peers: topology.replicas,
    ...(beginsOld ? { versionMax: versionMaxOf(version) } : {}),
    raft: RAFT,
    ...(log ?? LOG),
    bounds: { ...BOUNDS, ...bounds },
  });
  const member = {
    serve: (request: KvRequest, ask: Ask) => {
      onAsked?.(request);
      node.serve(request, ask);
    },
    backup: node.backup.bind(node),
    openWatch: (_: WatchSessionOptions, onMessages: () => void) =>
      node.openWatch(WATCH, onMessages),
  };
  const server = await serveNative(host, member, { cluster: 'kv', port: clientPort });
  return new KvReplica(node, server);
}

/** Whether every founder may vote: until then each is needed, with the disk that it began with. */
export function isFounded(nodes: ReadonlyMap<NodeId, RunningNode>): boolean {
  const sworn = [...nodes.values()].filter((running) => {
    return running instanceof KvReplica && mayPromise(running.node.inspect().raft);
  });
  return sworn.length >= FOUNDER_COUNT;
}

/** Where clients connect to `running`. */
export function clientAddressOf(running: RunningNode): string | undefined {
  return running instanceof KvReplica ? running.clientAddress : undefined;
}
