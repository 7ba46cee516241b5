/**
 * Who a member is: its store and the versions that it speaks.
 *
 * What a member promises, its votes and its acknowledgements, is worth what its disk keeps. One
 * that comes back under its old name with another disk has forgotten its promises, and may give a
 * second vote in one term or help to elect a leader that lacks what was committed. So the
 * configuration says on which store each member keeps its promises, and any other is refused.
 *
 * Before the configuration says so, in a group that is just founded, each founder keeps the store
 * that it first saw of each other one; and a founder neither campaigns nor votes before all others
 * have kept its own. (Counterexample without that: c votes for a, which has heard of its store, and
 * loses its disk; b never heard of the former store, and c votes for b in the same term.)
 */
import type { NodeId } from '@mangrove/host';
import { type Configuration, isMember, membersOf, type StoreId, storeOf } from './configuration.ts';
import type { ConfigurationHistory } from './configuration-history.ts';
import type { LogIndex } from './positions.ts';
import type { RaftState } from './state.ts';

/** A store, and the newest version of formats that the code on it has. */
export interface MemberIdentity {
  readonly store: StoreId;
  readonly versionMax: number;
}

/** A peer as it introduces itself. */
export interface Introduction extends MemberIdentity {
  readonly node: NodeId;
  /** The index of the newest configuration in its log that names its store; 0 for none. */
  readonly boundIndex: LogIndex;
}

/** Why a peer is not let in. */
export type AdmissionFault =
  /** The group knows its name with another store. */
  | 'wrong-store'
  /** The group uses formats that it cannot read. */
  | 'old-version';

/** The first version in which configurations name stores. */
export const STORES_SINCE = 2;

/**
 * Why `peer` is not let in; `undefined` where it is.
 *
 * One that is bound by a configuration that we do not have yet is let in, whatever ours says of its
 * name: else a member that missed the change would shut out a leader with a new disk for ever. One
 * that is being removed is bound until that is committed: so long its leader counts on what its
 * store keeps, and would tell another one that more is committed than it has.
 *
 * @param firstSeen the store that each founder first came with, while none is bound
 */
export function admissionFault(
  { latest, previous }: ConfigurationHistory,
  commitIndex: LogIndex,
  firstSeen: ReadonlyMap<NodeId, StoreId>,
  peer: Introduction,
): AdmissionFault | undefined {
  const { node, store, versionMax, boundIndex } = peer;
  const { index, configuration } = latest;
  if (versionMax < configuration.version) return 'old-version';
  const isFounding = configuration.stores.length === 0;
  const isLeaving = index > commitIndex && !isMember(configuration, node);
  const inForce = isLeaving && previous !== undefined ? previous.configuration : configuration;
  const bound = isFounding ? firstSeen.get(node) : storeOf(inForce, node);
  if (bound === undefined || bound === store || boundIndex > index) return undefined;
  return 'wrong-store';
}

/** Whether the promises that members know of this name were made on this store, and no other. */
export function mayPromise(state: RaftState): boolean {
  return state.identity === undefined || state.isSworn || boundIndexOf(state) > 0;
}

/** The index of the newest configuration of the log that names the own store; 0 for none. */
export function boundIndexOf({ identity, log, self }: RaftState): LogIndex {
  const { latest, previous } = log.configurations;
  for (const placed of [latest, previous]) {
    if (placed === undefined || identity === undefined) continue;
    if (storeOf(placed.configuration, self) === identity.store) return placed.index;
  }
  return 0 as LogIndex;
}

/**
 * The version of formats that the group has settled on, as far as this member knows: nobody with an
 * older one is let in any more.
 */
export function settledVersion({ log, commitIndex }: RaftState): number {
  const { latest, previous } = log.configurations;
  const settled = latest.index <= commitIndex ? latest : previous;
  return settled?.configuration.version ?? 0;
}

/**
 * `configuration` with the version that all members have and, from `STORES_SINCE` on, with the
 * stores of those that are known. A member that is not known holds the version back.
 */
export function boundConfiguration(
  configuration: Configuration,
  identityOf: (node: NodeId) => MemberIdentity | undefined,
): Configuration {
  const members = membersOf(configuration);
  const versions = members.map((node) => identityOf(node)?.versionMax ?? 0);
  const version = Math.max(configuration.version, Math.min(...versions));
  if (version < STORES_SINCE) return { ...configuration, version };
  const stores = [...members].sort().flatMap((node) => {
    const store = storeOf(configuration, node) ?? identityOf(node)?.store;
    return store === undefined ? [] : [{ node, store }];
  });
  return { ...configuration, stores, version };
}
