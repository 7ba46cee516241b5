/**
 * What a member says of itself and of the others.
 */
import type { NodeId } from '@mangrove/host';
import { membersOf, type RaftState, storeOf } from '@mangrove/raft';
import type { KvMember, KvStatus } from '../core/kv-request.ts';
import type { ReplicatedState } from '../core/replicated-state.ts';

/** The version of this package. */
export const KV_VERSION = '0.1.0';

/** How a member stands. */
export function statusOfMember(
  raft: Readonly<RaftState>,
  state: ReplicatedState,
  more: { readonly watcherCount: number; readonly quotaBytes: number },
): KvStatus {
  const { store, alarms } = state;
  const { learners } = raft.log.configurations.latest.configuration;
  return {
    member: raft.self,
    version: KV_VERSION,
    role: learners.includes(raft.self) ? 'learner' : raft.role.type,
    leader: raft.leader,
    term: raft.term,
    commitIndex: raft.commitIndex,
    appliedIndex: raft.appliedIndex,
    revision: store.revision,
    compactRevision: store.compactRevision,
    keyCount: store.keyCount,
    leaseCount: store.leases.count,
    watcherCount: more.watcherCount,
    sizeBytes: store.sizeBytes,
    quotaBytes: more.quotaBytes,
    alarms: alarms.all(),
  };
}

/** The members of the cluster, as this one knows them. */
export function membersOfCluster(
  raft: Readonly<RaftState>,
  state: ReplicatedState,
  peers: readonly { readonly node: NodeId; readonly address: string }[],
): readonly KvMember[] {
  const { configuration } = raft.log.configurations.latest;
  return [...membersOf(configuration)].map((node) => ({
    node,
    role: configuration.learners.includes(node) ? 'learner' : 'voter',
    peerAddress: peers.find((peer) => peer.node === node)?.address ?? '',
    clientAddress: state.clientAddresses.get(node) ?? '',
    store: storeOf(configuration, node),
  }));
}
