/**
 * A node of the replicated register: Raft, the state machine, and answers to clients.
 */
import type { NodeConfig } from '@mangrove/experiment';
import type { Host, RunningNode } from '@mangrove/host';
import { simpleConfiguration } from '../core/configuration.ts';
import { RaftError } from '../shell/raft-error.ts';
import { type RaftNode, startRaftNode } from '../shell/raft-node.ts';
import {
  decodeSessionCommand,
  SessionMachine,
  type SessionResult,
} from '../shell/session-machine.ts';
import {
  type ClientOperation,
  type ClientOutcome,
  decodeRequest,
  encodeResponse,
} from './client-codec.ts';
import type { WatchedNode } from './raft-watch.ts';
import { describeCommand, RegisterMachine } from './register-machine.ts';

/** In what replicas of one experiment differ from those of another. */
export interface ReplicaSettings {
  /** So many of the replicas, the first ones, found the group; the others join it, or never do. */
  readonly founderCount: number;
  /** How often a leader sends heartbeats, in milliseconds. */
  readonly heartbeatIntervalMs: number;
  /** After how many applied entries a snapshot is taken, and how many stay before it. */
  readonly snapshotEveryCount: number;
  readonly trailingCount: number;
  /** Told of each operation that a client asks of the replica. Default: nobody is. */
  readonly onAsked?: (host: Host, operation: ClientOperation) => void;
}

/** What holds where an experiment says nothing else. */
export const USUAL_SETTINGS: ReplicaSettings = Object.freeze({
  founderCount: 3,
  heartbeatIntervalMs: 30,
  snapshotEveryCount: 12,
  trailingCount: 4,
});

/** Times of an experiment: short, so that a run of some seconds sees many elections. */
const OPTIONS = {
  electionTimeoutMs: 150,
  diskStallMs: 300,
  hasForwarding: true,
  // Small, so that a follower often has one entry of two.
  appendBytesMax: 100,
} as const;

/** The version of a replica that has been upgraded. */
export const NEWEST_VERSION = 2;

/** The versions of formats before and after an upgrade: the oldest, and the newest there is. */
const VERSIONS_MAX = { before: 1, after: 3 } as const;

/** A node that runs. */
export class RegisterReplica implements RunningNode {
  readonly raft: RaftNode<SessionResult>;
  private readonly register: RegisterMachine;

  constructor(raft: RaftNode<SessionResult>, register: RegisterMachine) {
    this.raft = raft;
    this.register = register;
  }

  /** What the watch of the invariants looks at. */
  inspect(): WatchedNode {
    return { life: this, state: this.raft.inspect(), machine: this.register };
  }

  close(): Promise<void> {
    return this.raft.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Starts a node with a register that answers clients.
 */
export async function startReplica(
  host: Host,
  { topology, version }: NodeConfig,
  settings: ReplicaSettings,
): Promise<RunningNode> {
  const { founderCount, heartbeatIntervalMs, snapshotEveryCount, trailingCount } = settings;
  for (const { node, address } of topology.clients) host.messages.addPeer(node, address);
  const founders = topology.replicas.slice(0, founderCount).map(({ node }) => node);
  const register = new RegisterMachine();
  const underWay = new Set<string>();
  const raft: RaftNode<SessionResult> = await startRaftNode(host, {
    stateMachine: new SessionMachine(register),
    ...(founders.includes(host.node) ? { founding: simpleConfiguration(founders) } : {}),
    peers: topology.replicas,
    options: { ...OPTIONS, heartbeatIntervalMs },
    snapshotEveryCount,
    trailingCount,
    versionMax: version === 1 ? VERSIONS_MAX.before : VERSIONS_MAX.after,
    describeCommand: describeSessionCommand,
    onOther: (envelope) => {
      const { from, incarnation, bytes } = envelope;
      const request = decodeRequest(bytes);
      // A copy that the network made must not be refused in the place of the first.
      const name = `${from} ${incarnation} ${request.id}`;
      if (underWay.has(name)) return;
      underWay.add(name);
      settings.onAsked?.(host, request.operation);
      host.run(async () => {
        const { id, operation } = request;
        const outcome = await perform(raft, register, operation);
        underWay.delete(name);
        host.messages.send(from, encodeResponse({ id, outcome }));
      });
    },
  });
  return new RegisterReplica(raft, register);
}

async function perform(
  raft: RaftNode<SessionResult>,
  machine: RegisterMachine,
  operation: ClientOperation,
): Promise<ClientOutcome> {
  try {
    if (operation.type === 'propose') return await raft.propose(operation.command);
    await raft.read({ consistency: operation.isLease ? 'lease' : 'linearizable' });
    return { type: 'value', value: machine.value };
  } catch (error) {
    if (!(error instanceof RaftError)) throw error;
    const { code, isDefinite, leader } = error;
    return { type: 'refused', code, isDefinite, leader };
  }
}

function describeSessionCommand(bytes: Uint8Array): string {
  const given = decodeSessionCommand(bytes);
  return given.type === 'open' ? 'session' : describeCommand(given.data);
}
