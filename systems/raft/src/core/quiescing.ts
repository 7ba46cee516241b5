/**
 * Quiescence: a group in which nothing happens stops its clocks, so that hundreds of idle groups
 * cost nothing.
 *
 *     leader                                followers
 *       |  nothing to do, all have it all      |
 *       |  quiesce, commit n                   |
 *       |------------------------------------->|   log ends at n: asleep, no election timer
 *     asleep, no heartbeats
 *       |              ... a proposal, a message, or `wake` ...
 *     awake, heartbeats                      awake, election timer
 *
 * Asleep, a member believes what it believed when it fell asleep, and answers nothing by it: a
 * leader has no lease, and reads need a round as ever. A follower is woken by `wake` when the
 * process of its leader is not heard any more (see `pulse.ts`); by anything else it is woken as one
 * who has just heard its leader, so that a member that comes back deposes no one. Whoever cannot
 * sleep when it is told to says so, which wakes the leader.
 */
import { isJoint, isMember } from './configuration.ts';
import { hearLeader, resetElectionTimer } from './election.ts';
import type { RaftEvent } from './event.ts';
import { commitTo } from './following.ts';
import { quorumContactAt } from './leading.ts';
import type { Message } from './message.ts';
import { say } from './output.ts';
import type { Progress } from './progress.ts';
import type { Leadership, RaftState } from './state.ts';

/** Wakes a member that is asleep where `event` is a reason to. */
export function wakeFor(state: RaftState, event: RaftEvent): void {
  const { role } = state;
  if (role.type === 'leader' && isWork(event)) role.busyAt = state.now;
  if (!state.isAsleep || !isReason(state, event)) return;
  state.isAsleep = false;
  state.effects.push({ type: 'awake' });
  if (role.type === 'leader') {
    // They were silent because we were: they have an election timeout from now on.
    for (const progress of role.progress.values()) progress.contactAt = state.now;
    role.heartbeatAt = state.now;
    role.busyAt = state.now;
    return;
  }
  resetElectionTimer(state);
  // One timeout has gone by in silence already, unless the leader was heard since.
  if (event.type === 'wake') {
    const soonestAt = state.electionAt - state.options.electionTimeoutMs;
    state.electionAt = Math.max(state.loyalUntil, soonestAt);
  } else if (state.leader !== undefined) hearLeader(state, state.leader);
}

/** Puts a group to sleep in which nothing happens; true where it sleeps. */
export function sleepIfIdle(state: RaftState, lead: Leadership): boolean {
  const { quiesceAfterMs } = state.options;
  if (quiesceAfterMs === 0 || state.now - lead.busyAt < quiesceAfterMs) return false;
  if (!isIdle(state) || !isSettled(state, lead)) return false;
  const { lastIndex: commitIndex, lastTerm: commitTerm } = state.log;
  for (const node of lead.progress.keys()) {
    say(state, node, { type: 'quiesce', commitIndex, commitTerm });
  }
  fallAsleep(state);
  return true;
}

/** Falls asleep as the leader does, or tells it why not. */
export function onQuiesce(state: RaftState, message: Extract<Message, { type: 'quiesce' }>): void {
  const { commitIndex, commitTerm, from } = message;
  const { log } = state;
  const isSame = log.lastIndex === commitIndex && log.lastTerm === commitTerm;
  if (isSame) commitTo(state, commitIndex);
  if (isSame && isIdle(state)) fallAsleep(state);
  else say(state, from, { type: 'heartbeat-response', round: 0 });
}

function fallAsleep(state: RaftState): void {
  state.isAsleep = true;
  state.effects.push({ type: 'asleep', leader: state.leader ?? state.self });
}

/** Whether a member has nothing to do and owes nothing. */
function isIdle(state: RaftState): boolean {
  const { log, followerReads: reads } = state;
  return (
    state.commitIndex === log.lastIndex &&
    log.stableIndex === log.lastIndex &&
    state.writes.length === 0 &&
    state.deferred.length === 0 &&
    state.proposals.size === 0 &&
    state.forwards.open.size === 0 &&
    reads.asked === undefined &&
    reads.waiting.length === 0 &&
    state.incoming === undefined &&
    state.installing === undefined &&
    !isJoint(log.configurations.latest.configuration)
  );
}

/** Whether all followers that live have it all and know it, and they are enough. */
function isSettled(state: RaftState, lead: Leadership): boolean {
  const { log, options } = state;
  const { latest } = log.configurations;
  if (lead.progressIndex !== latest.index || lead.transfer !== undefined) return false;
  if (lead.reads.length > 0 || lead.earlyReads.length > 0) return false;
  if (lead.firstIndex > state.commitIndex) return false;
  const isHere = ({ contactAt }: Progress) => state.now - contactAt < options.electionTimeoutMs;
  for (const progress of lead.progress.values()) {
    // One that is away comes back awake, and wakes us; one that lags is not left alone.
    if (isHere(progress) && progress.matchIndex !== log.lastIndex) return false;
  }
  return state.now < quorumContactAt(state, lead) + options.electionTimeoutMs;
}

/** What keeps a leader awake. */
function isWork(event: RaftEvent): boolean {
  switch (event.type) {
    case 'propose':
    case 'propose-batch':
    case 'read':
    case 'change-members':
    case 'leave-joint':
    case 'transfer-leadership':
      return true;
    case 'message':
      return event.message.type === 'read-index' || event.message.type === 'forward-proposal';
    default:
      return false;
  }
}

function isReason(state: RaftState, event: RaftEvent): boolean {
  if (isWork(event) || event.type === 'wake') return true;
  if (event.type === 'peer-identified' || event.type === 'disk-room') return true;
  if (event.type !== 'message' || event.message.to !== state.self) return false;
  // One that is no member any more, and missed that, asks for votes for ever.
  const { message } = event;
  if (message.type === 'request-pre-vote' && isOutsider(state, message)) return false;
  // What the leader sent before it fell asleep is no news.
  return event.message.type !== 'quiesce' || event.message.term !== state.term;
}

/** Whether a candidate is not of the group, as far as we know, and has nothing that we lack. */
function isOutsider(
  { log }: RaftState,
  { from, lastIndex, lastTerm }: Extract<Message, { type: 'request-pre-vote' }>,
): boolean {
  const { configuration } = log.configurations.latest;
  return !isMember(configuration, from) && !log.isUpToDate(lastIndex, lastTerm);
}
