/**
 * Raft as the lab drives it: a replicated register on every node, clients, and what may go wrong.
 */
import {
  always,
  type Experiment,
  type FaultKind,
  mix,
  type Plan,
  type Subject,
  spread,
} from '@mangrove/experiment';
import type { NodeId, RunningNode } from '@mangrove/host';
import { mayPromise } from '../core/identity.ts';
import { decodeRequest } from './client-codec.ts';
import { describePeerMessage } from './describe-peer.ts';
import { GroupMemory, type SeenStore } from './group-memory.ts';
import { drawRequest, operate } from './raft-operator.ts';
import { drawReadScenario, drawScenario } from './raft-scenarios.ts';
import { RaftWatch, type WatchedNode } from './raft-watch.ts';
import { openRegisterClient, type ReadingWays } from './register-client.ts';
import {
  RegisterReplica,
  type ReplicaSettings,
  startReplica,
  USUAL_SETTINGS,
} from './register-replica.ts';

/** The system under test; settings and ways of clients that are missing are the usual ones. */
export function raftSubjectWith(
  settings: Partial<ReplicaSettings>,
  ways: Partial<ReadingWays> = {},
): Subject {
  const whole = { ...USUAL_SETTINGS, ...settings };
  return Object.freeze({
    name: 'raft',
    start: (host, config) => startReplica(host, config, whole),
    openClient: (host, topology) => openRegisterClient(host, topology, ways),
    describe: describeMessage,
    leads(running: RunningNode): number | undefined {
      if (!(running instanceof RegisterReplica)) return undefined;
      const { role, term } = running.raft.inspect();
      return role.type === 'leader' ? term : undefined;
    },
    isFounded: (nodes) => isFoundedBy(whole.founderCount, nodes),
    act: operate,
  } satisfies Subject);
}

/**
 * The system under test, with a group that the first `founderCount` replicas found; the others join
 * it, or never do.
 */
export function raftSubjectOf(founderCount: number): Subject {
  return raftSubjectWith({ founderCount });
}

/** With three founders: the others are spares. */
export const raftSubject: Subject = raftSubjectOf(3);

/** Every kind of fault that Raft promises to survive. */
const FAULTS: readonly FaultKind[] = Object.freeze([
  ...(['cut', 'rough-links', 'slow-links', 'full-queues', 'stall-links'] as const),
  ...(['crash', 'power-loss', 'crash-at', 'pause', 'slow-node', 'upgrade'] as const),
  ...(['disk-error', 'disk-full', 'slow-disk', 'stall-disk'] as const),
  ...(['wall-jump', 'clock-drift', 'action', 'scenario'] as const),
]);

/** As many writes, each of a value of its own, as reads. */
export const READS_AND_WRITES = mix([
  [1, ({ index }) => ({ f: 'write', value: index + 1 })],
  [1, always({ f: 'read' })],
]);

/**
 * Three founders and two nodes that may join, four clients, every kind of trouble, changes of
 * members, hand-overs, and snapshots on the way.
 */
export const raftExperiment: Experiment = Object.freeze({
  name: 'raft',
  subject: raftSubject,
  replicaCount: 5,
  clientCount: 4,
  activeMs: 3000,
  quietMs: 8000,
  operationTimeoutMs: 600,
  workload: {
    active: spread(20, READS_AND_WRITES),
    last: [{ f: 'read' }],
  },
  faults: FAULTS,
  // It takes the founders some 200 ms to know each other and to elect one.
  faultsFromMs: [0, 600],
  atlas: { mode: 'within', damagedReplicaMax: 1 },
  drawAction: drawRequest,
  drawScenario,
} satisfies Experiment);

/** Three nodes and six busy clients, where leaders are deposed without hearing of it. */
export const raftReadsExperiment: Experiment = Object.freeze({
  ...raftExperiment,
  name: 'raft-reads',
  replicaCount: 3,
  clientCount: 6,
  workload: { ...raftExperiment.workload, active: spread(60, READS_AND_WRITES) },
  faults: ['scenario', 'cut', 'crash'],
  drawScenario: drawReadScenario,
} satisfies Experiment);

/**
 * The invariants of Raft for one run of `plan`, to be looked at after every event. Beyond the atlas
 * a run may have several groups, one after the other, see `GroupMemory`: each is held to them.
 */
export function watchRaft(plan: Plan): (nodes: ReadonlyMap<NodeId, RunningNode>) => void {
  const damaged = new Set(
    plan.faults.flatMap((fault) => {
      const isDamage =
        fault.type === 'bit-rot' || (fault.type === 'crash' && fault.disk === 'wiped');
      return isDamage ? [fault.node] : [];
    }),
  );
  const memory = new GroupMemory();
  let watch = new RaftWatch(damaged);
  return (nodes) => {
    const watched = new Map<NodeId, WatchedNode>();
    const stores = new Map<NodeId, SeenStore>();
    for (const [node, running] of nodes) {
      if (!(running instanceof RegisterReplica)) continue;
      const seen = running.inspect();
      watched.set(node, seen);
      const { identity } = seen.state;
      if (identity === undefined) continue;
      stores.set(node, { store: identity.store, mayPromise: mayPromise(seen.state) });
    }
    if (memory.isLost(stores)) watch = new RaftWatch(damaged);
    watch.look(watched);
  };
}

/**
 * Whether every founder may vote. Until then each is needed, with the disk that it began with: who
 * lost his is refused, and those who wait for his word cannot elect anybody (R77).
 */
function isFoundedBy(founderCount: number, nodes: ReadonlyMap<NodeId, RunningNode>): boolean {
  const sworn = [...nodes.values()].filter(
    (running) => running instanceof RegisterReplica && mayPromise(running.raft.inspect()),
  );
  return sworn.length >= founderCount;
}

/** A message of the subject in a few words. */
export function describeMessage(bytes: Uint8Array): string {
  if (bytes[0] === 0x43) return `request ${decodeRequest(bytes).operation.type}`;
  return describePeerMessage(bytes) ?? 'response';
}
