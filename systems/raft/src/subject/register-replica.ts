/**
 * A node of the replicated register: Raft, the state machine, and answers to clients.
 */
import type { NodeConfig } from '@mangrove/experiment';
import type { Envelope, Host, RunningNode } from '@mangrove/host';
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

/** Options of an experiment: times are short, so that some seconds see many elections. */
export const SHORT_TIMES = Object.freeze({
  electionTimeoutMs: 150,
  diskStallMs: 300,
  hasForwarding: true,
  // Small, so that a follower often has one entry of two.
  appendBytesMax: 100,
});

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

  /** Does what a client asks. */
  async perform(operation: ClientOperation): Promise<ClientOutcome> {
    try {
      if (operation.type === 'propose') return await this.raft.propose(operation.command);
      await this.raft.read({ consistency: operation.isLease ? 'lease' : 'linearizable' });
      return { type: 'value', value: this.register.value };
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      const { code, isDefinite, leader } = error;
      return { type: 'refused', code, isDefinite, leader };
    }
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
  let replica: RegisterReplica | undefined;
  const raft: RaftNode<SessionResult> = await startRaftNode(host, {
    stateMachine: new SessionMachine(register),
    ...(founders.includes(host.node) ? { founding: simpleConfiguration(founders) } : {}),
    peers: topology.replicas,
    options: { ...SHORT_TIMES, heartbeatIntervalMs },
    snapshotEveryCount,
    trailingCount,
    versionMax: versionMaxOf(version),
    describeCommand: describeSessionCommand,
    onOther: answerClients(host, () => replica, settings.onAsked),
  });
  replica = new RegisterReplica(raft, register);
  return replica;
}

/** The newest version of formats that a replica of this version of the code has. */
export function versionMaxOf(version: number): number {
  return version === 1 ? VERSIONS_MAX.before : VERSIONS_MAX.after;
}

/** Of how many requests copies are known: far more than come while one is on its way. */
const HEARD_MAX = 10_000;

/**
 * Answers what clients ask.
 *
 * @param replicaOf has the register of a group; what is asked of another is dropped
 */
export function answerClients(
  host: Host,
  replicaOf: (group: number) => RegisterReplica | undefined,
  onAsked: ReplicaSettings['onAsked'],
): (envelope: Envelope) => void {
  const heard = new Set<string>();
  return ({ from, incarnation, bytes }) => {
    const { id, operation, group } = decodeRequest(bytes);
    const replica = replicaOf(group);
    if (replica === undefined) return;
    // A copy that the network made must not be refused in the place of the first, nor be taken in
    // once that was refused. None comes to a later life (N4).
    const name = `${from} ${incarnation} ${group} ${id}`;
    if (heard.has(name)) return;
    heard.add(name);
    for (const oldest of heard) {
      if (heard.size <= HEARD_MAX) break;
      heard.delete(oldest);
    }
    onAsked?.(host, operation);
    host.run(async () => {
      const outcome = await replica.perform(operation);
      host.messages.send(from, encodeResponse({ id, outcome, group }));
    });
  };
}

/** A session command as drawings show it. */
export function describeSessionCommand(bytes: Uint8Array): string {
  const given = decodeSessionCommand(bytes);
  return given.type === 'open' ? 'session' : describeCommand(given.data);
}
