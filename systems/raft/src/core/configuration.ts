/**
 * Who takes part in a group, and how that changes: by joint consensus.
 *
 * A change of voters goes through a joint configuration, in which every decision needs a majority
 * of the new voters AND a majority of the old ones (`outgoing`); so there is no moment at which two
 * disjoint majorities could decide.
 *
 *     simple --(enter: voters, outgoing = old voters)--> joint --(leave)--> simple
 *
 * Source: Raft 6; thesis 4.3. Learners (thesis 4.2.1) get the log and decide nothing.
 */
import type { Brand, NodeId } from '@mangrove/host';

/** What tells one store from every other: drawn when a node's disk is first used. */
export type StoreId = Brand<string, 'StoreId'>;

/** On which store a member keeps what it promises. */
export interface MemberStore {
  readonly node: NodeId;
  readonly store: StoreId;
}

/**
 * The members of a group; lists are sorted. No node is in both `voters` and `learners`; one that
 * is being demoted is in both `outgoing` and `learners`: it has its old vote until the change is
 * done.
 */
export interface Configuration {
  readonly voters: readonly NodeId[];
  /** The voters before the change under way; empty where there is none. */
  readonly outgoing: readonly NodeId[];
  readonly learners: readonly NodeId[];
  /** Whether a leader leaves the joint configuration by itself once it is committed. */
  readonly isAutoLeave: boolean;
  /** The stores of members, sorted by node; whoever comes with another one is refused. */
  readonly stores: readonly MemberStore[];
  /** The version of formats that all members have: nothing newer enters the log. From 1. */
  readonly version: number;
}

/** One wish in a change of membership. */
export type MemberChange =
  | {
      readonly type: 'add-learner';
      readonly node: NodeId;
      /** The only store under which it is let in. Default: the one that it is seen with. */
      readonly store?: StoreId | undefined;
    }
  /** Makes a learner a voter. */
  | { readonly type: 'promote'; readonly node: NodeId }
  /** Makes a voter a learner. */
  | { readonly type: 'demote'; readonly node: NodeId }
  | { readonly type: 'remove'; readonly node: NodeId };

/** Why a change cannot be made to a configuration. */
export type ChangeFault =
  /** A joint configuration has to be left first. */
  | 'joint'
  /** A node is named twice, is there already, or is not there. */
  | 'contradiction'
  /** Nobody would be left to vote. */
  | 'no-voters'
  /** More members than `MAX_MEMBERS`. */
  | 'too-many';

/** The most members of a group, learners and outgoing voters included. */
export const MAX_MEMBERS = 64;

/** The configuration of `voters` and `learners`, with no change under way. */
export function simpleConfiguration(
  voters: readonly NodeId[],
  learners: readonly NodeId[] = [],
  stores: readonly MemberStore[] = [],
  version = 1,
): Configuration {
  return {
    voters: [...voters].sort(),
    outgoing: [],
    learners: [...learners].sort(),
    isAutoLeave: false,
    stores: [...stores].sort((left, right) => (left.node < right.node ? -1 : 1)),
    version,
  };
}

/** The store that `node` is bound to; `undefined` where there is none yet. */
export function storeOf(configuration: Configuration, node: NodeId): StoreId | undefined {
  return configuration.stores.find((each) => each.node === node)?.store;
}

/** Whether decisions need two majorities. */
export function isJoint(configuration: Configuration): boolean {
  return configuration.outgoing.length > 0;
}

/** Whether `node` has a vote, by the new voters or by the outgoing ones. */
export function isVoter(configuration: Configuration, node: NodeId): boolean {
  return configuration.voters.includes(node) || configuration.outgoing.includes(node);
}

/** Whether `node` gets the log. */
export function isMember(configuration: Configuration, node: NodeId): boolean {
  return isVoter(configuration, node) || configuration.learners.includes(node);
}

/** Everyone who gets the log, each once, in the order voters, outgoing, learners. */
export function membersOf(configuration: Configuration): readonly NodeId[] {
  const { voters, outgoing, learners } = configuration;
  return [...new Set([...voters, ...outgoing, ...learners])];
}

/** Whether two configurations are the same. */
export function areSameConfiguration(left: Configuration, right: Configuration): boolean {
  return (
    left.isAutoLeave === right.isAutoLeave &&
    areSameNodes(left.voters, right.voters) &&
    areSameNodes(left.outgoing, right.outgoing) &&
    areSameNodes(left.learners, right.learners) &&
    left.version === right.version &&
    left.stores.length === right.stores.length &&
    left.stores.every(({ node, store }) => storeOf(right, node) === store)
  );
}

/**
 * The configuration that `changes` lead to, all at once: joint where voters change, simple where
 * only learners do (the majorities stay the same then).
 *
 * @param isAutoLeave whether a leader shall leave the joint configuration by itself
 */
export function changeConfiguration(
  configuration: Configuration,
  changes: readonly MemberChange[],
  isAutoLeave: boolean,
): Configuration | ChangeFault {
  if (isJoint(configuration)) return 'joint';
  const voters = new Set(configuration.voters);
  const learners = new Set(configuration.learners);
  const named = new Set<NodeId>();
  for (const change of changes) {
    if (named.has(change.node) || !applyChange(voters, learners, change)) return 'contradiction';
    named.add(change.node);
  }
  if (named.size === 0) return 'contradiction';
  if (voters.size === 0) return 'no-voters';
  if (new Set([...voters, ...configuration.voters, ...learners]).size > MAX_MEMBERS) {
    return 'too-many';
  }
  const added = changes.flatMap((change) => {
    const { node, type } = change;
    return type === 'add-learner' && change.store !== undefined
      ? [{ node, store: change.store }]
      : [];
  });
  const members = new Set([...voters, ...learners, ...configuration.voters]);
  const stores = [...configuration.stores.filter(({ node }) => members.has(node)), ...added];
  const next = simpleConfiguration([...voters], [...learners], stores, configuration.version);
  if (areSameNodes(next.voters, configuration.voters)) return next;
  return { ...next, outgoing: configuration.voters, isAutoLeave };
}

/** The configuration behind a joint one: the new voters decide alone. */
export function leaveJoint(configuration: Configuration): Configuration {
  const { voters, learners, version } = configuration;
  const isStaying = ({ node }: MemberStore) => voters.includes(node) || learners.includes(node);
  return simpleConfiguration(voters, learners, configuration.stores.filter(isStaying), version);
}

/** Applies one wish; false where it contradicts what is there. */
function applyChange(voters: Set<NodeId>, learners: Set<NodeId>, change: MemberChange): boolean {
  const { node } = change;
  switch (change.type) {
    case 'add-learner':
      if (voters.has(node) || learners.has(node)) return false;
      learners.add(node);
      return true;
    case 'promote':
      voters.add(node);
      return learners.delete(node);
    case 'demote':
      learners.add(node);
      return voters.delete(node);
    case 'remove':
      return voters.delete(node) || learners.delete(node);
  }
}

function areSameNodes(left: readonly NodeId[], right: readonly NodeId[]): boolean {
  return left.length === right.length && left.every((node, place) => node === right[place]);
}
