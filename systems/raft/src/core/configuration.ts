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
import type { NodeId } from '@mangrove/host';

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
}

/** One wish in a change of membership. */
export type MemberChange =
  | { readonly type: 'add-learner'; readonly node: NodeId }
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
): Configuration {
  return {
    voters: [...voters].sort(),
    outgoing: [],
    learners: [...learners].sort(),
    isAutoLeave: false,
  };
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
    areSameNodes(left.learners, right.learners)
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
  const next = simpleConfiguration([...voters], [...learners]);
  if (areSameNodes(next.voters, configuration.voters)) return next;
  return { ...next, outgoing: configuration.voters, isAutoLeave };
}

/** The configuration behind a joint one: the new voters decide alone. */
export function leaveJoint(configuration: Configuration): Configuration {
  return simpleConfiguration(configuration.voters, configuration.learners);
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
