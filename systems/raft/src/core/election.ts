/**
 * Elections: who may campaign, who votes for whom, and how a leader begins and ends.
 *
 * Source: Raft 5.2 and 5.4.1; pre-vote, thesis 9.6; voters that are loyal to a living leader,
 * thesis 4.2.3.
 */
import { assert, type NodeId } from '@mangrove/host';
import { isMember, isVoter } from './configuration.ts';
import { mayPromise } from './identity.ts';
import type { Message } from './message.ts';
import { say } from './output.ts';
import { indexAfter, type LogIndex, NO_INDEX, type Term, termAfter } from './positions.ts';
import { countVotes } from './quorum.ts';
import { electionWaitMs, type RaftState, ROUNDS_KEPT, randomAfter, refuse } from './state.ts';

type VoteRequest = Extract<Message, { type: 'request-vote' | 'request-pre-vote' }>;
type VoteResponse = Extract<Message, { type: 'vote-response' | 'pre-vote-response' }>;

/** Becomes a follower in `term`, of `leader` where that is known. */
export function becomeFollower(state: RaftState, term: Term, leader: NodeId | undefined): void {
  if (term > state.term) {
    state.term = term;
    state.votedFor = undefined;
    state.isHardStateDirty = true;
  }
  if (state.role.type !== 'follower') {
    endLeadership(state);
    state.role = { type: 'follower' };
    resetElectionTimer(state);
  }
  if (state.leader === leader) return;
  state.leader = leader;
  askReadsAgain(state);
  if (leader === undefined) return;
  // Who follows has just lost: what it waited is one of the longer waits (R121).
  state.random = randomAfter(state.random);
  endTransfer(state, leader);
}

/** Takes in that the leader of this term was heard. */
export function hearLeader(state: RaftState, leader: NodeId): void {
  assert(
    state.role.type !== 'leader',
    `${state.self} leads term ${state.term}, and so does ${leader}`,
  );
  becomeFollower(state, state.term, leader);
  resetElectionTimer(state);
  state.loyalUntil = state.now + state.options.electionTimeoutMs;
}

/** Begins an election, as the timer asks for one, or the leader itself (`isTransfer`). */
export function startElection(state: RaftState, isTransfer: boolean): void {
  resetElectionTimer(state);
  if (!mayCampaign(state) || hasStalledDisk(state) || state.installing !== undefined) {
    if (!isTransfer) loseLeader(state);
    return;
  }
  refuseReads(state);
  if (isTransfer || !state.options.hasPreVote) {
    becomeCandidate(state, isTransfer);
    return;
  }
  state.leader = undefined;
  // A vote of ours that the configuration does not ask for is not counted, see `countVotes`.
  state.role = { type: 'pre-candidate', votes: new Map([[state.self, true]]) };
  const { lastIndex, lastTerm } = state.log;
  for (const voter of otherVoters(state)) {
    const body = { type: 'request-pre-vote', lastIndex, lastTerm } as const;
    say(state, voter, body, 'term', termAfter(state.term));
  }
  concludeElection(state);
}

/** Whether a candidate that the leader did not send must wait until that leader is silent. */
export function isLoyal(state: RaftState): boolean {
  if (!state.options.hasCheckQuorum) return false;
  return state.role.type === 'leader' || state.now < state.loyalUntil;
}

/** Answers a candidate whose term is not below ours. */
export function onVoteRequest(state: RaftState, message: VoteRequest): void {
  const isNewer = message.type === 'request-pre-vote' && message.term > state.term;
  const isFree = state.votedFor === undefined && state.leader === undefined;
  const mayVote = mayPromise(state) && (isNewer || isFree || state.votedFor === message.from);
  const isGranted = mayVote && state.log.isUpToDate(message.lastIndex, message.lastTerm);
  if (message.type === 'request-pre-vote') {
    const term = isGranted ? message.term : state.term;
    say(state, message.from, { type: 'pre-vote-response', isGranted }, 'term', term);
    return;
  }
  if (isGranted) {
    if (state.votedFor === undefined) state.isHardStateDirty = true;
    state.votedFor = message.from;
    resetElectionTimer(state);
  }
  say(state, message.from, { type: 'vote-response', isGranted });
}

/** Takes in an answer to the election under way; any other is out of date. */
export function onVoteResponse(state: RaftState, message: VoteResponse): void {
  const { role } = state;
  const isAwaited =
    message.type === 'vote-response'
      ? role.type === 'candidate' && message.term === state.term
      : role.type === 'pre-candidate' &&
        message.term === (message.isGranted ? termAfter(state.term) : state.term);
  if (!isAwaited || role.type === 'leader' || role.type === 'follower') return;
  role.votes.set(message.from, message.isGranted);
  concludeElection(state);
}

/** A candidate's own vote counts once it is durable, as the others' do. */
export function countOwnVote(state: RaftState): void {
  if (state.role.type !== 'candidate' || state.isHardStateDirty) return;
  if (state.hardStateSequence > state.durableSequence || state.role.votes.has(state.self)) return;
  state.role.votes.set(state.self, true);
  concludeElection(state);
}

/** Whether the disk is full, or its oldest write older than the bound. */
export function hasStalledDisk(state: RaftState): boolean {
  if (state.isDiskFull) return true;
  const [oldest] = state.writes;
  return oldest !== undefined && state.now - oldest.askedAt >= state.options.diskStallMs;
}

/** Puts the next election as far away as the newest random number says. */
export function resetElectionTimer(state: RaftState): void {
  state.electionAt = state.now + electionWaitMs(state.options, state.random);
}

/**
 * A voter may campaign; so may one that was removed, until it knows that this is committed (thesis
 * 4.2.2). Else: a leader appends its own removal, which leaves the joint configuration {a, b} +
 * {b}, and dies before b gets it. When it is back, b needs its vote and does not get it, since the
 * log of b is shorter; so the removed one has to lead once more.
 */
function mayCampaign(state: RaftState): boolean {
  if (!mayPromise(state)) return false;
  const { latest, previous } = state.log.configurations;
  if (isVoter(latest.configuration, state.self)) return true;
  if (latest.index <= state.commitIndex || previous === undefined) return false;
  return isVoter(previous.configuration, state.self);
}

function becomeCandidate(state: RaftState, isTransfer: boolean): void {
  assert(state.role.type !== 'leader', `${state.self} leads and campaigns in ${state.term}`);
  state.term = termAfter(state.term);
  state.votedFor = state.self;
  state.isHardStateDirty = true;
  state.leader = undefined;
  state.role = { type: 'candidate', votes: new Map() };
  resetElectionTimer(state);
  const { lastIndex, lastTerm } = state.log;
  for (const voter of otherVoters(state)) {
    say(state, voter, { type: 'request-vote', lastIndex, lastTerm, isTransfer });
  }
}

function concludeElection(state: RaftState): void {
  const { role } = state;
  if (role.type === 'leader' || role.type === 'follower') return;
  const result = countVotes(state.log.configurations.latest.configuration, role.votes);
  if (result === 'lost') becomeFollower(state, state.term, undefined);
  if (result !== 'won') return;
  if (role.type === 'candidate') becomeLeader(state);
  else becomeCandidate(state, false);
}

/** Begins to lead, with a no-op whose commit will commit all before it. `Raft 5.4.2, 8` */
function becomeLeader(state: RaftState): void {
  const firstIndex = indexAfter(state.log.lastIndex);
  state.leader = state.self;
  endTransfer(state, state.self);
  state.role = {
    type: 'leader',
    progress: new Map(),
    firstIndex,
    round: 0,
    roundSentAt: new Array<number>(ROUNDS_KEPT).fill(Number.NEGATIVE_INFINITY),
    heartbeatAt: state.now,
    busyAt: state.now,
    noticeAt: Number.POSITIVE_INFINITY,
    uncommittedBytes: 0,
    progressIndex: -1 as LogIndex,
    boundIndex: NO_INDEX,
    forwarded: new Map(),
    earlyReads: [],
    reads: [],
    transfer: undefined,
    chunkAt: state.now,
    hasHandedOver: false,
  };
  state.log.append([{ type: 'no-op', index: firstIndex, term: state.term }]);
}

/** Gives up what only a leader has. Proposals stay owed: the log will tell what became of them. */
function endLeadership(state: RaftState): void {
  const { role } = state;
  state.leader = undefined;
  if (role.type !== 'leader') return;
  const origins = [...role.earlyReads, ...role.reads.map((read) => read.origin)];
  for (const origin of origins) {
    if (origin.type === 'local') refuse(state, origin.id, 'not-leader', true);
  }
  state.leavingTransfer = role.transfer;
}

function endTransfer(state: RaftState, leader: NodeId): void {
  const transfer = state.leavingTransfer;
  state.leavingTransfer = undefined;
  if (transfer === undefined) return;
  if (transfer.target === leader) state.effects.push({ type: 'transferred', id: transfer.id });
  else refuse(state, transfer.id, 'leadership-lost', false);
}

/**
 * Who may not campaign gives the silent leader up all the same, and asks it once more: it may be
 * asleep, since it does not wait for who was away. That may be lost, or another one leads by now;
 * so whoever has no leader asks all voters, again and again.
 */
function loseLeader(state: RaftState): void {
  const { leader } = state;
  const isOfGroup = isMember(state.log.configurations.latest.configuration, state.self);
  const voters = isOfGroup ? otherVoters(state) : [];
  const asked = leader === undefined ? voters : [leader];
  for (const node of asked) say(state, node, { type: 'heartbeat-response', round: 0 });
  state.leader = undefined;
  refuseReads(state);
}

/** The answer of a former leader may never come: the reads go to the next one. */
function askReadsAgain(state: RaftState): void {
  const reads = state.followerReads;
  if (reads.asked === undefined) return;
  reads.waiting = [...reads.asked.ids, ...reads.waiting];
  reads.asked = undefined;
}

function refuseReads(state: RaftState): void {
  askReadsAgain(state);
  for (const id of state.followerReads.waiting) refuse(state, id, 'not-leader', true);
  state.followerReads.waiting = [];
}

function otherVoters(state: RaftState): readonly NodeId[] {
  const { voters, outgoing } = state.log.configurations.latest.configuration;
  return [...new Set([...voters, ...outgoing])].filter((voter) => voter !== state.self);
}
