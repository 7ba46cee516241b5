/**
 * Raft as the lab drives it: a replicated register on every node, clients, and what may go wrong.
 */
import type { Experiment, NodeConfig, Subject } from '@mangrove/experiment';
import type { Envelope, Host, NodeId, RunningNode } from '@mangrove/host';
import { simpleConfiguration } from '../core/configuration.ts';
import { decodePeerMessage } from '../shell/peer-codec.ts';
import { RaftError } from '../shell/raft-error.ts';
import { RaftNode, startRaftNode } from '../shell/raft-node.ts';
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
import { openRegisterClient } from './register-client.ts';
import { describeCommand, RegisterMachine } from './register-machine.ts';

/** Times of an experiment: short, so that a run of some seconds sees many elections. */
const OPTIONS = {
  electionTimeoutMs: 150,
  heartbeatIntervalMs: 30,
  diskStallMs: 300,
  hasForwarding: true,
} as const;

/** The system under test. */
export const raftSubject: Subject = Object.freeze({
  name: 'raft',
  start: startReplica,
  openClient: openRegisterClient,
  describe,
  act,
});

/** Three nodes with a register, three clients, most kinds of trouble, snapshots on the way. */
export const raftExperiment: Experiment = Object.freeze({
  name: 'raft',
  subject: raftSubject,
  replicaCount: 3,
  clientCount: 3,
  activeMs: 3000,
  quietMs: 8000,
  operationCount: 15,
  operationTimeoutMs: 600,
  workload: {
    draw: (random, _client, index) => {
      if (random.chance(1, 2)) return { f: 'write', value: index + 1 };
      return { f: 'read' };
    },
    last: [{ f: 'read' }],
  },
  faults: [
    ...(['cut', 'rough-links', 'slow-links', 'full-queues', 'stall-links'] as const),
    ...(['crash', 'power-loss', 'crash-at', 'pause', 'slow-node'] as const),
    ...(['slow-disk', 'stall-disk', 'wall-jump', 'clock-drift'] as const),
  ],
  atlas: { mode: 'within' },
} satisfies Experiment);

/** A node with a register that answers clients. */
async function startReplica(host: Host, { topology }: NodeConfig): Promise<RunningNode> {
  for (const { node, address } of topology.clients) host.messages.addPeer(node, address);
  const register = new RegisterMachine();
  const replica: RaftNode<SessionResult> = await startRaftNode(host, {
    stateMachine: new SessionMachine(register),
    founding: simpleConfiguration(topology.replicas.map(({ node }) => node)),
    peers: topology.replicas,
    options: OPTIONS,
    snapshotEveryCount: 12,
    trailingCount: 4,
    describeCommand: describeSessionCommand,
    onOther: (envelope) => host.run(() => answer(host, replica, register, envelope)),
  });
  return replica;
}

async function answer(
  host: Host,
  replica: RaftNode<SessionResult>,
  machine: RegisterMachine,
  { from, bytes }: Envelope,
): Promise<void> {
  const { id, operation } = decodeRequest(bytes);
  const outcome = await perform(replica, machine, operation);
  host.messages.send(from, encodeResponse({ id, outcome }));
}

async function perform(
  replica: RaftNode<SessionResult>,
  machine: RegisterMachine,
  operation: ClientOperation,
): Promise<ClientOutcome> {
  try {
    if (operation.type === 'propose') return await replica.propose(operation.command);
    await replica.read({ consistency: operation.isLease ? 'lease' : 'linearizable' });
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

function describe(bytes: Uint8Array): string {
  if (bytes[0] === 0x43) return `request ${decodeRequest(bytes).operation.type}`;
  if (bytes[0] === 0x48) return 'hello';
  if (bytes[0] !== 0x52) return 'response';
  const { type, term } = decodePeerMessage(bytes.subarray(1));
  return `${type} ${term}`;
}

/** `transfer` hands leadership to the node `target`, where one leads that can. */
async function act(
  name: string,
  args: Readonly<Record<string, string | number | boolean>>,
  nodes: ReadonlyMap<NodeId, RunningNode>,
): Promise<void> {
  if (name !== 'transfer') return;
  for (const node of nodes.values()) {
    if (!(node instanceof RaftNode) || node.status().role !== 'leader') continue;
    await node.transferLeadership(String(args['target']) as NodeId);
  }
}
