/**
 * A process that takes part in several groups of the replicated register, and a client of all.
 *
 *     replicas     r1   r2   r3   r4
 *     group 1      x         x    x       each is without one of the replicas,
 *     group 2      x    x         x       so no two replicas have all groups in common
 *     group 3      x    x    x
 *     group 4           x    x    x
 *
 * They share connections, journal, timers and pulse, and sleep whenever nobody asks them anything.
 */
import type { NodeConfig, Operation, Outcome, SubjectClient, Topology } from '@mangrove/experiment';
import type { Host, NodeId, RunningNode } from '@mangrove/host';
import { simpleConfiguration } from '../core/configuration.ts';
import { type RaftGroups, startRaftGroups } from '../shell/raft-groups.ts';
import { SessionMachine, type SessionResult } from '../shell/session-machine.ts';
import { decodeResponse } from './client-codec.ts';
import { RegisterClient } from './register-client.ts';
import { RegisterMachine } from './register-machine.ts';
import {
  answerClients,
  describeSessionCommand,
  RegisterReplica,
  SHORT_TIMES,
  USUAL_SETTINGS,
  versionMaxOf,
} from './register-replica.ts';

/** How many groups there are. */
const GROUP_COUNT = 6;

/** The groups by number, each with a register of its own; clients know it by this name. */
const NUMBERS: readonly number[] = Object.freeze(
  Array.from({ length: GROUP_COUNT }, (_, place) => place + 1),
);

/** The names of the groups, which are the keys of their registers. */
export const GROUP_NAMES: readonly string[] = Object.freeze(NUMBERS.map(nameOf));

/** A group in which nothing happens for so long falls asleep, ms. */
const QUIESCE_AFTER_MS = 60;

/** A process that runs, with its groups. */
export class GroupsReplica implements RunningNode {
  readonly groups: RaftGroups;
  /** Its members of the groups that are open, by the number of the group. */
  readonly members: ReadonlyMap<number, RegisterReplica>;

  constructor(groups: RaftGroups, members: ReadonlyMap<number, RegisterReplica>) {
    this.groups = groups;
    this.members = members;
  }

  close(): Promise<void> {
    return this.groups.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Starts a process with all groups that it is a member of. */
export async function startGroupsReplica(
  host: Host,
  { topology, version }: NodeConfig,
): Promise<RunningNode> {
  for (const { node, address } of topology.clients) host.messages.addPeer(node, address);
  const members = new Map<number, RegisterReplica>();
  const { heartbeatIntervalMs, snapshotEveryCount, trailingCount } = USUAL_SETTINGS;
  const groups = await startRaftGroups(host, {
    peers: topology.replicas,
    options: { ...SHORT_TIMES, heartbeatIntervalMs, quiesceAfterMs: QUIESCE_AFTER_MS },
    // Few, so that the journal is compacted now and then.
    journalFilesMax: 2,
    onOther: answerClients(host, (group) => members.get(group), undefined),
  });
  const open = async (group: number) => {
    const register = new RegisterMachine();
    const raft = await groups.open<SessionResult>(nameOf(group), {
      stateMachine: new SessionMachine(register),
      founding: simpleConfiguration(membersOf(group, topology)),
      snapshotEveryCount,
      trailingCount,
      versionMax: versionMaxOf(version),
      describeCommand: describeSessionCommand,
    });
    members.set(group, new RegisterReplica(raft, register));
  };
  const own = NUMBERS.filter((group) => membersOf(group, topology).includes(host.node));
  // Each takes part as soon as it is open, whatever the others still have to read.
  host.run(async () => {
    await Promise.all(own.map(open));
  });
  return new GroupsReplica(groups, members);
}

/** Opens a client of all groups; an operation names its group as its key. */
export async function openGroupsClient(host: Host, topology: Topology): Promise<SubjectClient> {
  const home = topology.clients.findIndex(({ node }) => node === host.node);
  const clients = NUMBERS.map((group) => {
    return new RegisterClient(host, { nodes: membersOf(group, topology), home, group });
  });
  host.messages.onMessage(({ bytes }) => {
    const response = decodeResponse(bytes);
    clients[response.group - 1]?.answered(response);
  });
  for (const { node, address } of topology.replicas) host.messages.addPeer(node, address);
  return {
    async invoke(operation: Operation): Promise<Outcome> {
      const client = clients[GROUP_NAMES.indexOf(operation.key ?? '')];
      if (client === undefined) return { type: 'fail', error: 'no such group' };
      return await client.invoke(operation);
    },
  };
}

function nameOf(group: number): string {
  return `group-${group}`;
}

/** All replicas but one, another one for each group. */
function membersOf(group: number, { replicas }: Topology): readonly NodeId[] {
  const nodes = replicas.map(({ node }) => node);
  return nodes.filter((_, place) => place !== group % nodes.length);
}
