/**
 * Changes of membership: one at a time, through a joint configuration.
 *
 * Source: Raft 6; thesis 4.1-4.3; "bug in single-server membership changes", raft-dev 2015: a
 * leader changes nothing before it has committed an entry of its own term.
 */
import {
  areSameConfiguration,
  type Configuration,
  changeConfiguration,
  isJoint,
  isVoter,
  leaveJoint,
  type MemberChange,
} from './configuration.ts';
import type { RefusalReason } from './effect.ts';
import { becomeFollower } from './election.ts';
import type { RequestId } from './event.ts';
import { boundConfiguration, STORES_SINCE } from './identity.ts';
import { say } from './output.ts';
import { oweProposal, takeOver } from './owed-proposals.ts';
import { indexAfter } from './positions.ts';
import { type Leadership, type RaftState, refuse } from './state.ts';

/** Begins a change, or refuses it for good. */
export function onChangeMembers(
  state: RaftState,
  id: RequestId,
  changes: readonly MemberChange[],
  isAutoLeave: boolean,
): void {
  const { role } = state;
  const reason = whyNotNow(state, 'simple') ?? whyNotReady(state, changes);
  if (reason !== undefined || role.type !== 'leader') {
    refuse(state, id, reason ?? 'not-leader', true);
    return;
  }
  const { configuration } = state.log.configurations.latest;
  const known = changes.map((change) => withStore(state, change));
  const next = changeConfiguration(configuration, known, isAutoLeave);
  if (typeof next === 'string') refuse(state, id, 'bad-change', true);
  else appendConfiguration(state, next, id);
}

/** Leaves a joint configuration that does not leave itself. */
export function onLeaveJoint(state: RaftState, id: RequestId): void {
  const reason = whyNotNow(state, 'joint');
  if (reason !== undefined) {
    refuse(state, id, reason, true);
    return;
  }
  appendConfiguration(state, leaveJoint(state.log.configurations.latest.configuration), id);
}

/**
 * Leaves a committed joint configuration by itself. Any leader does so, not only the one that began
 * the change, so that a change survives its leader.
 */
export function leaveByItself(state: RaftState, lead: Leadership): void {
  const { index, configuration } = state.log.configurations.latest;
  if (!isJoint(configuration) || !configuration.isAutoLeave) return;
  if (index > state.commitIndex || lead.firstIndex > state.commitIndex) return;
  // Whoever began the change hears of it when all of it is done.
  appendConfiguration(state, leaveJoint(configuration), takeOver(state, index));
}

/**
 * Writes into the configuration what is not in it yet and all members allow: their stores, and the
 * version of formats that the least of them has. It never goes back.
 */
export function bindMembers(state: RaftState, lead: Leadership): void {
  const { identity } = state;
  const { index, configuration } = state.log.configurations.latest;
  if (identity === undefined || lead.boundIndex === index) return;
  if (whyNotNow(state, 'simple') !== undefined) return;
  lead.boundIndex = index;
  const next = boundConfiguration(configuration, (node) =>
    node === state.self ? identity : state.peers.get(node),
  );
  if (areSameConfiguration(next, configuration)) return;
  appendConfiguration(state, next, undefined);
}

/**
 * Steps down where the committed configuration has no vote for us: not before, since the old leader
 * is who must bring the change to its end. The best follower is told to take over at once.
 */
export function stepDownIfRemoved(state: RaftState, lead: Leadership): void {
  const { index, configuration } = state.log.configurations.latest;
  if (index > state.commitIndex || isVoter(configuration, state.self)) return;
  let heir = configuration.voters[0];
  for (const voter of configuration.voters) {
    const match = lead.progress.get(voter)?.matchIndex ?? 0;
    if (heir === undefined || match > (lead.progress.get(heir)?.matchIndex ?? 0)) heir = voter;
  }
  if (heir !== undefined) say(state, heir, { type: 'timeout-now' });
  becomeFollower(state, state.term, undefined);
}

function whyNotNow(state: RaftState, wanted: 'simple' | 'joint'): RefusalReason | undefined {
  const { role } = state;
  if (role.type !== 'leader') return 'not-leader';
  if (role.transfer !== undefined) return 'transferring';
  const { index, configuration } = state.log.configurations.latest;
  if (role.firstIndex > state.commitIndex || index > state.commitIndex) return 'change-under-way';
  if (isJoint(configuration) === (wanted === 'joint')) return undefined;
  return wanted === 'joint' ? 'bad-change' : 'change-under-way';
}

/** A learner is bound to the store that it was seen with, once stores are told apart. */
function withStore(state: RaftState, change: MemberChange): MemberChange {
  if (change.type !== 'add-learner') return change;
  if (state.log.configurations.latest.configuration.version < STORES_SINCE) {
    return { type: 'add-learner', node: change.node };
  }
  return { ...change, store: change.store ?? state.peers.get(change.node)?.store };
}

/** A voter that lacks the log would stall commits, so a learner catches up before. */
function whyNotReady(
  state: RaftState,
  changes: readonly MemberChange[],
): RefusalReason | undefined {
  const { role, log, options } = state;
  if (role.type !== 'leader') return 'not-leader';
  for (const { type, node } of changes) {
    if (type !== 'promote') continue;
    const progress = role.progress.get(node);
    if (progress === undefined) return 'bad-change';
    // It must know that it is a member, or it would not vote for those who need its vote.
    const { index } = log.configurations.latest;
    if (progress.matchIndex < index) return 'not-caught-up';
    const isNear = log.lastIndex - progress.matchIndex <= options.promotionLagMax;
    const isHeard = state.now - progress.contactAt < options.electionTimeoutMs;
    if (progress.mode !== 'replicate' || !isNear || !isHeard) return 'not-caught-up';
  }
  return undefined;
}

/** A configuration is in force from its append on. It is exempt from the bound on bytes. */
function appendConfiguration(
  state: RaftState,
  configuration: Configuration,
  id: RequestId | undefined,
): void {
  const index = indexAfter(state.log.lastIndex);
  state.log.append([{ type: 'configuration', configuration, index, term: state.term }]);
  if (id === undefined) return;
  oweProposal(state, index, { id, term: state.term, sizeBytes: 0 });
}
