/**
 * Linearizable reads, on the leader and on its followers.
 *
 * A read may be answered by a state machine that has applied everything that was committed when the
 * read began. The leader knows how far that is, if it still leads; it makes sure by a round of
 * heartbeats that it sends after the read came in (ReadIndex, thesis 6.4), or by a lease: no one
 * else can be elected within an election timeout of the *sending* of heartbeats that a quorum has
 * answered, even if clocks differ by the stated drift (thesis 6.4.1).
 *
 * A round is never used twice in a term, and a context never twice at all. So an answer that comes
 * late confirms only what it was an answer to.
 */
import type { NodeId } from '@mangrove/host';
import type { RaftEvent, RequestId } from './event.ts';
import { sendHeartbeats } from './leading.ts';
import type { Message } from './message.ts';
import { say } from './output.ts';
import type { LogIndex } from './positions.ts';
import { quorumValue } from './quorum.ts';
import { type Leadership, type RaftState, type ReadOrigin, refuse } from './state.ts';

/** Begins a read, or refuses it; a refused read never did anything. */
export function onRead(state: RaftState, event: Extract<RaftEvent, { type: 'read' }>): void {
  const { id, mode } = event;
  if (mode === 'lease' && !state.options.hasCheckQuorum) {
    refuse(state, id, 'no-lease', true);
    return;
  }
  if (state.indexedReads.length >= state.options.readCountMax) {
    refuse(state, id, 'overload', true);
    return;
  }
  const { role } = state;
  if (role.type === 'leader') {
    if (mode === 'lease' && hasLease(state, role)) giveIndex(state, id, state.commitIndex);
    else if (!admitRead(state, role, { type: 'local', id })) refuse(state, id, 'overload', true);
    return;
  }
  const reads = state.followerReads;
  const count = reads.waiting.length + (reads.asked?.ids.length ?? 0);
  if (state.leader === undefined) refuse(state, id, 'not-leader', true);
  else if (count >= state.options.readCountMax) refuse(state, id, 'overload', true);
  else reads.waiting.push(id);
}

/** Forgets a read; nobody waits for it any more. */
export function onCancelRead(state: RaftState, id: RequestId): void {
  const isOther = (origin: ReadOrigin) => origin.type !== 'local' || origin.id !== id;
  if (state.role.type === 'leader') {
    state.role.earlyReads = state.role.earlyReads.filter(isOther);
    state.role.reads = state.role.reads.filter((read) => isOther(read.origin));
  }
  const reads = state.followerReads;
  reads.waiting = reads.waiting.filter((each) => each !== id);
  if (reads.asked !== undefined) {
    reads.asked = { ...reads.asked, ids: reads.asked.ids.filter((each) => each !== id) };
  }
  state.indexedReads = state.indexedReads.filter((read) => read.id !== id);
}

/** A follower asks how far it must be. */
export function onReadIndex(
  state: RaftState,
  message: Extract<Message, { type: 'read-index' }>,
): void {
  const { role } = state;
  const { context, from } = message;
  const isAdmitted =
    role.type === 'leader' && admitRead(state, role, { type: 'peer', node: from, context });
  if (!isAdmitted) say(state, from, { type: 'read-index-response', context, index: undefined });
}

/** The leader's answer; one to a question that is not open any more changes nothing. */
export function onReadIndexResponse(
  state: RaftState,
  message: Extract<Message, { type: 'read-index-response' }>,
): void {
  const { asked } = state.followerReads;
  if (asked === undefined || asked.context !== message.context) return;
  state.followerReads.asked = undefined;
  for (const id of asked.ids) {
    if (message.index === undefined) refuse(state, id, 'not-leader', true);
    else giveIndex(state, id, message.index);
  }
}

/** Confirms what can be confirmed, and sends a round where reads wait for one. */
export function settleLeaderReads(state: RaftState, lead: Leadership): void {
  if (lead.earlyReads.length > 0 && lead.firstIndex <= state.commitIndex) {
    const early = lead.earlyReads;
    lead.earlyReads = [];
    for (const origin of early) enqueue(state, lead, origin);
  }
  const last = lead.reads.at(-1);
  if (last === undefined) return;
  const before = confirmedRound(state, lead);
  // One round at a time serves all reads that came in before it was sent.
  if (last.round > lead.round && before >= lead.round) sendHeartbeats(state, lead);
  const confirmed = Math.min(confirmedRound(state, lead), lead.round);
  let count = 0;
  for (const read of lead.reads) {
    if (read.round > confirmed) break;
    answer(state, read.origin, read.index);
    count += 1;
  }
  if (count > 0) lead.reads.splice(0, count);
}

/** Asks the leader for the reads that wait, one question at a time. */
export function settleFollowerReads(state: RaftState): void {
  const reads = state.followerReads;
  if (state.role.type === 'leader') {
    const moved = [...(reads.asked?.ids ?? []), ...reads.waiting];
    reads.asked = undefined;
    reads.waiting = [];
    for (const id of moved) {
      const origin = { type: 'local', id } as const;
      if (!admitRead(state, state.role, origin)) refuse(state, id, 'overload', true);
    }
    return;
  }
  if (reads.asked !== undefined && state.now >= readRetryAt(state)) {
    // The same question: an answer to it is true whenever it comes, on a slow link too.
    const { context, retryMs } = reads.asked;
    reads.asked = { ...reads.asked, askedAt: state.now, retryMs: 2 * retryMs };
    if (state.leader !== undefined) say(state, state.leader, { type: 'read-index', context });
  }
  if (state.leader === undefined || reads.asked !== undefined || reads.waiting.length === 0) return;
  reads.contextCount += 1;
  const context = `${state.self}#${state.incarnation}/${reads.contextCount}`;
  const retryMs = 2 * state.options.heartbeatIntervalMs;
  reads.asked = { context, ids: reads.waiting, askedAt: state.now, retryMs };
  reads.waiting = [];
  say(state, state.leader, { type: 'read-index', context });
}

/** When an unanswered question is asked once more. */
export function readRetryAt(state: RaftState): number {
  const { asked } = state.followerReads;
  if (asked === undefined) return Number.POSITIVE_INFINITY;
  return asked.askedAt + asked.retryMs;
}

/** Answers the reads whose index is applied. */
export function settleIndexedReads(state: RaftState): void {
  if (state.indexedReads.length === 0 || state.isRestoring) return;
  const waiting = [];
  for (const read of state.indexedReads) {
    if (read.index <= state.appliedIndex) state.effects.push({ type: 'read-ready', ...read });
    else waiting.push(read);
  }
  state.indexedReads = waiting;
}

/**
 * Whether no one else can lead now.
 *
 * A voter that answered a heartbeat refuses others for an election timeout T of its own clock, from
 * a moment after the sending. If its clock is fast and ours slow by the bound d, that is at least
 * T (1 - d) / (1 + d) of our time.
 */
export function hasLease(state: RaftState, lead: Leadership): boolean {
  const { hasCheckQuorum, electionTimeoutMs, clockDriftPpmMax } = state.options;
  if (!hasCheckQuorum || lead.hasHandedOver || lead.firstIndex > state.commitIndex) return false;
  const sentAt = quorumValue(state.log.configurations.latest.configuration, (voter) =>
    voter === state.self
      ? Number.POSITIVE_INFINITY
      : (lead.progress.get(voter)?.ackedSentAt ?? Number.NEGATIVE_INFINITY),
  );
  const drift = clockDriftPpmMax / 1_000_000;
  return state.now < sentAt + (electionTimeoutMs * (1 - drift)) / (1 + drift);
}

/** Takes a read in; false at the bound. */
function admitRead(state: RaftState, lead: Leadership, origin: ReadOrigin): boolean {
  if (lead.earlyReads.length + lead.reads.length >= state.options.readCountMax) return false;
  // What earlier leaders committed is known only once an entry of this term is committed.
  if (lead.firstIndex > state.commitIndex) lead.earlyReads.push(origin);
  else enqueue(state, lead, origin);
  return true;
}

function enqueue(state: RaftState, lead: Leadership, origin: ReadOrigin): void {
  lead.reads.push({ index: state.commitIndex, round: lead.round + 1, origin });
}

function confirmedRound(state: RaftState, lead: Leadership): number {
  return quorumValue(state.log.configurations.latest.configuration, (voter: NodeId) =>
    voter === state.self
      ? Number.POSITIVE_INFINITY
      : (lead.progress.get(voter)?.ackedRound ?? Number.NEGATIVE_INFINITY),
  );
}

function answer(state: RaftState, origin: ReadOrigin, index: LogIndex): void {
  if (origin.type === 'local') giveIndex(state, origin.id, index);
  else {
    const { node, context } = origin;
    say(state, node, { type: 'read-index-response', context, index });
  }
}

function giveIndex(state: RaftState, id: RequestId, index: LogIndex): void {
  state.indexedReads.push({ id, index });
}
