/**
 * The core of Raft as one function: an event goes in, effects come out.
 *
 * First the clock is looked at, so that a leader that was paused past its time knows it before it
 * reads what waited meanwhile. Then the event is taken in. Then everything is done that has become
 * possible: commits, sends, reads. Last, writes are asked for and messages leave.
 */
import { assert, type NodeId } from '@mangrove/host';
import type { Effect } from './effect.ts';
import {
  becomeFollower,
  countOwnVote,
  hasStalledDisk,
  hearLeader,
  isLoyal,
  onVoteRequest,
  onVoteResponse,
  startElection,
} from './election.ts';
import type { RaftEvent } from './event.ts';
import { onAppendEntries, onHeartbeat } from './following.ts';
import { onForwardProposal, onForwardResponse, settleForwards } from './forwarding.ts';
import {
  advanceCommit,
  checkLeadership,
  onAppendResponse,
  onEntriesLoaded,
  onHeartbeatResponse,
  quorumDeadline,
  replicate,
  sendHeartbeats,
  syncFollowers,
} from './leading.ts';
import {
  bindMembers,
  leaveByItself,
  onChangeMembers,
  onLeaveJoint,
  stepDownIfRemoved,
} from './membership.ts';
import type { Message } from './message.ts';
import { completeWrites, flush, say } from './output.ts';
import { settleProposals } from './owed-proposals.ts';
import { indexAfter, indexBefore, type LogIndex, lowerIndex, NO_INDEX } from './positions.ts';
import { onPropose } from './proposing.ts';
import { onQuiesce, sleepIfIdle, wakeFor } from './quiescing.ts';
import {
  onCancelRead,
  onRead,
  onReadIndex,
  onReadIndexResponse,
  readRetryAt,
  settleFollowerReads,
  settleIndexedReads,
  settleLeaderReads,
} from './reading.ts';
import { dropOvertaken, onChunkWritten, onInstallSnapshot } from './snapshot-receiving.ts';
import { nextChunkAt, onChunkLoaded, onSnapshotProgress } from './snapshot-sending.ts';
import { forget, onSnapshotTaken } from './snapshots.ts';
import type { Leadership, RaftState } from './state.ts';
import { onTimeoutNow, onTransfer, settleLeavingTransfer, settleTransfer } from './transferring.ts';

/**
 * Takes `event` in and says what is to be done, in order.
 *
 * It writes to `state` and to nothing else; the same states and events give the same effects. The
 * effects are the caller's; their bytes are shared and must not be written to.
 */
export function step(state: RaftState, event: RaftEvent): readonly Effect[] {
  // The words are made only where they are needed: this is done at every step.
  if (!(event.now >= state.now)) {
    assert(false, `${state.self}: time goes back, ${state.now} to ${event.now}`);
  }
  state.now = event.now;
  const before = { role: state.role.type, term: state.term, leader: state.leader };
  wakeFor(state, event);
  if (state.role.type === 'leader' && !state.isAsleep) checkLeadership(state, state.role);
  takeIn(state, event);
  settle(state);
  const { role, term, leader } = state;
  if (before.role !== role.type || before.term !== term || before.leader !== leader) {
    state.effects.push({ type: 'role', role: role.type, term, leader });
  }
  return flush(state);
}

/** When the member wants its next `timer` event at the latest, on its own clock. */
export function nextTimerAt(state: RaftState): number {
  const { role } = state;
  if (state.isAsleep) return Number.POSITIVE_INFINITY;
  if (role.type !== 'leader') {
    const endAt = state.leavingTransfer?.untilMs ?? Number.POSITIVE_INFINITY;
    return Math.min(state.electionAt, readRetryAt(state), state.forwards.retryAt, endAt);
  }
  const [oldest] = state.writes;
  return Math.min(
    role.heartbeatAt,
    role.noticeAt,
    quorumDeadline(state, role),
    nextChunkAt(state, role),
    role.transfer?.untilMs ?? Number.POSITIVE_INFINITY,
    oldest === undefined ? Number.POSITIVE_INFINITY : oldest.askedAt + state.options.diskStallMs,
  );
}

function takeIn(state: RaftState, event: RaftEvent): void {
  const { role } = state;
  switch (event.type) {
    case 'timer':
      onTimer(state, event.random);
      return;
    case 'message':
      onMessage(state, event.message);
      return;
    case 'persisted':
      completeWrites(state, event.sequence);
      countOwnVote(state);
      return;
    case 'applied':
      assert(
        event.index <= state.applyingIndex,
        `${state.self}: applied ${event.index}, handed over ${state.applyingIndex}`,
      );
      if (event.index > state.appliedIndex) state.appliedIndex = event.index;
      if (state.appliedIndex === state.applyingIndex) state.isRestoring = false;
      return;
    case 'peer-identified':
      state.peers.set(event.peer, event.identity);
      if (role.type === 'leader') role.boundIndex = NO_INDEX;
      return;
    case 'disk-room':
      state.isDiskFull = event.isFull;
      if (role.type === 'leader') checkLeadership(state, role);
      return;
    case 'wake':
      return;
    case 'sworn':
      state.isSworn = true;
      return;
    case 'propose':
      onPropose(state, [event]);
      return;
    case 'propose-batch':
      onPropose(state, event.proposals);
      return;
    case 'read':
      onRead(state, event);
      return;
    case 'cancel-read':
      onCancelRead(state, event.id);
      return;
    case 'change-members':
      onChangeMembers(state, event.id, event.changes, event.isAutoLeave);
      return;
    case 'leave-joint':
      onLeaveJoint(state, event.id);
      return;
    case 'transfer-leadership':
      onTransfer(state, event.id, event.target);
      return;
    case 'snapshot-taken':
      onSnapshotTaken(state, event);
      return;
    case 'entries-loaded':
      if (role.type === 'leader') onEntriesLoaded(state, role, event);
      return;
    case 'chunk-loaded':
      if (role.type === 'leader') onChunkLoaded(state, role, event);
      return;
    case 'chunk-written':
      onChunkWritten(state, event);
      return;
    case 'unreachable':
      if (role.type === 'leader') onUnreachable(role, event.peer);
      return;
  }
}

function onTimer(state: RaftState, random: number): void {
  state.random = random;
  if (state.isAsleep || state.role.type === 'leader') return;
  if (state.now >= state.electionAt) startElection(state, false);
}

/** What was on the way is probably lost: it is found out by a probe, not by a long silence. */
function onUnreachable(lead: Leadership, peer: NodeId): void {
  const progress = lead.progress.get(peer);
  if (progress?.mode === 'replicate') progress.toProbe(indexAfter(progress.matchIndex));
  if (progress?.transfer !== undefined) progress.transfer.sentAt = undefined;
}

function onMessage(state: RaftState, message: Message): void {
  if (message.to !== state.self) return;
  // Candidates are looked at first: their term may have to be kept out.
  if (message.type === 'request-vote' || message.type === 'request-pre-vote') {
    receive(state, message);
    return;
  }
  if (message.term < state.term) {
    answerFormerLeader(state, message);
    return;
  }
  // A granted pre-vote carries the term that was asked for, which nobody has yet.
  const isPreVote = message.type === 'pre-vote-response' && message.isGranted;
  if (message.term > state.term && !isPreVote) becomeFollower(state, message.term, undefined);
  receive(state, message);
}

function onCandidate(
  state: RaftState,
  message: Extract<Message, { type: 'request-vote' | 'request-pre-vote' }>,
): void {
  const isVote = message.type === 'request-vote';
  const isSent = isVote && message.isTransfer;
  const isOld = message.term < state.term;
  if (isOld || (isLoyal(state) && !isSent && !isOwn(state, message))) {
    // Silence towards a candidate keeps our term; a word to one that only asks costs it nothing.
    if (!isVote) say(state, message.from, { type: 'pre-vote-response', isGranted: false });
    else if (isOld) say(state, message.from, { type: 'vote-response', isGranted: false });
    return;
  }
  if (isVote && message.term > state.term) becomeFollower(state, message.term, undefined);
  onVoteRequest(state, message);
}

/**
 * Whether loyalty does not concern a candidate: it is the leader that was heard, which has come
 * back and leads no more, or it asks once more for the vote that it got in this term.
 */
function isOwn(state: RaftState, { type, from, term }: Message): boolean {
  if (state.leader === from) return true;
  return type === 'request-vote' && term === state.term && state.votedFor === from;
}

/** A leader of a former term is told of ours, so that it, or we, get out of the way. */
function answerFormerLeader(state: RaftState, message: Message): void {
  const { type, from } = message;
  const isLeaders = type === 'append-entries' || type === 'heartbeat' || type === 'quiesce';
  if (isLeaders || type === 'install-snapshot') {
    say(state, from, { type: 'heartbeat-response', round: 0 });
  }
}

function receive(state: RaftState, message: Message): void {
  const { role } = state;
  switch (message.type) {
    case 'request-vote':
    case 'request-pre-vote':
      onCandidate(state, message);
      return;
    case 'pre-vote-response':
    case 'vote-response':
      onVoteResponse(state, message);
      return;
    case 'append-entries':
      hearLeader(state, message.from);
      onAppendEntries(state, message);
      return;
    case 'heartbeat':
      hearLeader(state, message.from);
      onHeartbeat(state, message);
      return;
    case 'quiesce':
      hearLeader(state, message.from);
      onQuiesce(state, message);
      return;
    case 'install-snapshot':
      hearLeader(state, message.from);
      onInstallSnapshot(state, message);
      return;
    case 'append-accepted':
    case 'append-rejected':
      if (role.type === 'leader') onAppendResponse(state, role, message);
      return;
    case 'heartbeat-response':
      if (role.type === 'leader') onHeartbeatResponse(state, role, message);
      return;
    case 'snapshot-progress':
      if (role.type === 'leader') onSnapshotProgress(state, role, message);
      return;
    case 'timeout-now':
      onTimeoutNow(state, message);
      return;
    case 'forward-proposal':
      onForwardProposal(state, message);
      return;
    case 'forward-response':
      onForwardResponse(state, message);
      return;
    case 'read-index':
      onReadIndex(state, message);
      return;
    case 'read-index-response':
      onReadIndexResponse(state, message);
      return;
  }
}

function settle(state: RaftState): void {
  if (!state.isAsleep) settleRole(state);
  settleLeavingTransfer(state);
  settleForwards(state);
  settleFollowerReads(state);
  giveToStateMachine(state);
  settleIndexedReads(state);
  dropOvertaken(state);
  forget(state);
}

function settleRole(state: RaftState): void {
  if (state.role.type === 'leader') settleLeadership(state, state.role);
  else if (hasStalledDisk(state) && state.now >= state.electionAt) startElection(state, false);
}

function settleLeadership(state: RaftState, lead: Leadership): void {
  advanceCommit(state, lead);
  leaveByItself(state, lead);
  bindMembers(state, lead);
  // Those who leave are told of the commit before they are forgotten.
  if (lead.progressIndex < 0) replicate(state, lead);
  if (lead.progressIndex !== state.log.configurations.latest.index) syncFollowers(state, lead);
  replicate(state, lead);
  if (state.now >= lead.heartbeatAt) {
    if (sleepIfIdle(state, lead)) return;
    sendHeartbeats(state, lead);
  }
  settleLeaderReads(state, lead);
  settleTransfer(state, lead);
  stepDownIfRemoved(state, lead);
}

/**
 * Hands over what is committed and on the own disk, one batch at a time: the next one when the
 * state machine has taken the last one in.
 */
function giveToStateMachine(state: RaftState): void {
  const { log, snapshot, options } = state;
  if (state.installing !== undefined) return;
  if (state.applyingIndex < snapshot.index) {
    state.applyingIndex = snapshot.index;
    state.isRestoring = true;
    state.effects.push({ type: 'restore', snapshot });
    return;
  }
  const limit = lowerIndex(state.commitIndex, log.stableIndex);
  if (state.applyingIndex !== state.appliedIndex || state.applyingIndex >= limit) return;
  const from = indexAfter(state.applyingIndex);
  const entries = log.cached(from, limit, options.applyBytesMax);
  const to = entries.at(-1)?.index ?? lastStored(state, from, limit);
  settleProposals(state, from, to);
  state.applyingIndex = to;
  if (entries.length > 0) state.effects.push({ type: 'apply', entries });
  else state.effects.push({ type: 'apply-stored', from, to });
}

/** The last index of those from `from` to `limit` that only the disk has. */
function lastStored(state: RaftState, from: LogIndex, limit: LogIndex): LogIndex {
  let to = limit;
  while (to > from && state.log.isCached(to)) to = indexBefore(to);
  return to;
}
