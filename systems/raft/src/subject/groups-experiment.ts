/**
 * Many groups in few processes as the lab drives them: what they share must not make one of them
 * break its promises, nor wake from its sleep with a belief of yesterday.
 */
import {
  bothWays,
  type Cast,
  cut,
  type Draft,
  type Experiment,
  type Fault,
  OTHERS,
  type Source,
  type Stretch,
  type Subject,
} from '@mangrove/experiment';
import type { NodeId, Random, RunningNode } from '@mangrove/host';
import {
  GROUP_NAMES,
  GroupsReplica,
  openGroupsClient,
  startGroupsReplica,
} from './groups-replica.ts';
import { describeMessage, READS_AND_WRITES, raftExperiment } from './raft-experiment.ts';
import { RaftWatch, type WatchedNode } from './raft-watch.ts';

/** Several groups of the register in each process. */
const groupsSubject: Subject = Object.freeze({
  name: 'raft-groups',
  start: startGroupsReplica,
  openClient: openGroupsClient,
  describe: describeMessage,
  leads(running: RunningNode): number | undefined {
    if (!(running instanceof GroupsReplica)) return undefined;
    const states = [...running.members.values()].map(({ raft }) => raft.inspect());
    const led = states.filter(({ role }) => role.type === 'leader');
    return led.length === 0 ? undefined : Math.max(...led.map(({ term }) => term));
  },
} satisfies Subject);

/** How long all clients are busy with one group, and by when the next one has its turn, ms. */
const BURST = { lengthMs: 120, periodMs: [100, 300] } as const;

/** All clients ask one group, then another one: each sleeps until its next turn. */
function bursts({ random, clients, fromMs, untilMs }: Stretch): readonly Draft[] {
  const drafts: Draft[] = [];
  for (let atMs = fromMs; atMs < untilMs; atMs += random.between(...BURST.periodMs)) {
    const key = random.pick(GROUP_NAMES);
    const source: Source = (turn) => ({ ...READS_AND_WRITES(turn), key });
    for (const client of clients) {
      drafts.push({ client, atMs: atMs + random.below(BURST.lengthMs), source });
    }
  }
  return drafts.filter((draft) => draft.atMs < untilMs);
}

/** How long a process is away, and how long it is back before the next one is cut off, ms. */
const AWAY = { lengthMs: 600, pauseMs: 400 } as const;

/**
 * One process after the other is cut off from the others, but not from clients: groups that it
 * leads in its sleep get other leaders, and it is asked what it does not know any more.
 */
function cutOffAsleep(random: Random, { replicas, activeMs }: Cast): readonly Fault[] {
  const periodMs = AWAY.lengthMs + AWAY.pauseMs;
  return Array.from({ length: Math.floor(activeMs / periodMs) }, (_, place) => {
    const lone = random.pick(replicas);
    const atMs = AWAY.pauseMs + place * periodMs;
    return cut(bothWays([lone], [OTHERS]), { atMs, untilMs: atMs + AWAY.lengthMs });
  }).flat();
}

/** Six groups on four replicas, each asked now and then, so that they sleep in between. */
export const raftGroupsExperiment: Experiment = Object.freeze({
  ...raftExperiment,
  name: 'raft-groups',
  subject: groupsSubject,
  ...{ replicaCount: 4, clientCount: 6, activeMs: 4000 },
  workload: {
    active: bursts,
    last: GROUP_NAMES.map((key) => ({ f: 'read', key })),
  },
  // Members do not change, so scenarios and requests of operators are left out.
  faults: raftExperiment.faults.filter((kind) => kind !== 'action' && kind !== 'scenario'),
  drawAttempts: cutOffAsleep,
} satisfies Experiment);

/** The invariants of Raft for each group of a run, to be looked at after every event. */
export function watchGroups(): (nodes: ReadonlyMap<NodeId, RunningNode>) => void {
  const watches = new Map<number, RaftWatch>();
  return (nodes) => {
    const groups = new Map<number, Map<NodeId, WatchedNode>>();
    for (const [node, running] of nodes) {
      if (!(running instanceof GroupsReplica)) continue;
      for (const [group, member] of running.members) {
        const seen = groups.get(group) ?? new Map<NodeId, WatchedNode>();
        groups.set(group, seen.set(node, member.inspect()));
      }
    }
    for (const [group, seen] of groups) {
      const watch = watches.get(group) ?? new RaftWatch();
      watches.set(group, watch);
      watch.look(seen);
    }
  };
}
