/**
 * What a leader does: it brings its log to the others, commits what a quorum holds, and steps down
 * where no quorum answers.
 *
 * Source: Raft 5.3, 5.4.2; check-quorum, thesis 6.2; flow control, etcd-io/raft design.md.
 */
import type { NodeId } from '@mangrove/host';
import { membersOf } from './configuration.ts';
import { becomeFollower, hasStalledDisk } from './election.ts';
import { type Entry, entrySizeBytes } from './entry.ts';
import type { RaftEvent } from './event.ts';
import type { Message } from './message.ts';
import { say } from './output.ts';
import { indexBefore, type LogIndex, lowerIndex } from './positions.ts';
import { Progress } from './progress.ts';
import { quorumValue } from './quorum.ts';
import { beginTransfer, sendNextChunk } from './snapshot-sending.ts';
import { type Leadership, type RaftState, ROUNDS_KEPT } from './state.ts';

/** Takes in what a follower says of its log. */
export function onAppendResponse(
  state: RaftState,
  lead: Leadership,
  message: Extract<Message, { type: 'append-accepted' | 'append-rejected' }>,
): void {
  const progress = lead.progress.get(message.from);
  if (progress === undefined) return;
  progress.contactAt = state.now;
  if (message.type === 'append-accepted') {
    progress.accepted(message.index, state.log.baseIndex);
    return;
  }
  const hintIndex = state.log.lastAtMost(message.hintIndex, message.hintTerm);
  progress.rejected(message.previousIndex, hintIndex);
}

/** Takes in that a follower lives, and since when it has known that we lead. */
export function onHeartbeatResponse(
  state: RaftState,
  lead: Leadership,
  message: Extract<Message, { type: 'heartbeat-response' }>,
): void {
  const progress = lead.progress.get(message.from);
  if (progress === undefined) return;
  progress.contactAt = state.now;
  progress.answeredHeartbeat();
  const { round } = message;
  if (round < 1 || round > lead.round) return;
  const isKnown = round > lead.round - ROUNDS_KEPT;
  const sentAt = isKnown ? lead.roundSentAt[round % ROUNDS_KEPT] : undefined;
  progress.ackedHeartbeat(round, sentAt ?? Number.NEGATIVE_INFINITY);
}

/** Sends entries that were read from the disk, unless they are not what is needed any more. */
export function onEntriesLoaded(
  state: RaftState,
  lead: Leadership,
  event: Extract<RaftEvent, { type: 'entries-loaded' }>,
): void {
  const progress = lead.progress.get(event.peer);
  if (progress === undefined || !progress.isLoading) return;
  progress.isLoading = false;
  const [first] = event.entries;
  const isWanted =
    first !== undefined &&
    first.index === progress.nextIndex &&
    first.index > state.log.baseIndex &&
    event.entries.every((entry) => state.log.matches(entry.index, entry.term));
  if (isWanted && progress.canSend(state.options)) {
    sendEntries(state, event.peer, progress, event.entries);
  } else if (first === undefined) {
    // The disk could not be read: the next heartbeat's answer is the time to try again.
    progress.toProbe(progress.nextIndex);
    progress.isPaused = true;
  }
}

/** Steps down where a quorum was last heard an election timeout ago, or the disk hangs. */
export function checkLeadership(state: RaftState, lead: Leadership): void {
  const isAlone = state.now >= quorumDeadline(state, lead);
  if (isAlone || hasStalledDisk(state)) becomeFollower(state, state.term, undefined);
}

/**
 * When a leader that hears nothing more from anyone steps down: the only place that says so, since
 * two sums of the same instants may differ in their last bit, and the timer that wakes the leader
 * to step down must not find it a moment too early.
 */
export function quorumDeadline(state: RaftState, lead: Leadership): number {
  if (!state.options.hasCheckQuorum) return Number.POSITIVE_INFINITY;
  return quorumContactAt(state, lead) + state.options.electionTimeoutMs;
}

/** When a quorum was last heard, ourselves at any time; one that is new is heard now. */
export function quorumContactAt(state: RaftState, lead: Leadership): number {
  const { configuration } = state.log.configurations.latest;
  return quorumValue(configuration, (voter) =>
    voter === state.self
      ? Number.POSITIVE_INFINITY
      : (lead.progress.get(voter)?.contactAt ?? state.now),
  );
}

/**
 * Commits what a quorum holds durably, ourselves included only as far as our own disk is.
 *
 * Only an entry of our own term commits by being counted; what is before it commits with it. An
 * older entry on a majority may still be replaced (Raft figure 8).
 */
export function advanceCommit(state: RaftState, lead: Leadership): void {
  const { log } = state;
  const index = quorumValue(log.configurations.latest.configuration, (voter) =>
    voter === state.self ? log.stableIndex : (lead.progress.get(voter)?.matchIndex ?? 0),
  ) as LogIndex;
  if (index <= state.commitIndex || log.termAt(index) !== state.term) return;
  state.commitIndex = index;
  // Whoever leaves must hear of it before it is forgotten.
  const delayMs = lead.progressIndex < 0 ? 0 : state.options.commitNoticeMs;
  lead.noticeAt = Math.min(lead.noticeAt, state.now + delayMs);
}

/** Makes the followers of `lead` those of the configuration in force. */
export function syncFollowers(state: RaftState, lead: Leadership): void {
  const { latest, previous } = state.log.configurations;
  const isSettled = latest.index <= state.commitIndex;
  // Whoever is being removed is served until that is committed, so that it learns of it.
  const leaving = isSettled || previous === undefined ? [] : membersOf(previous.configuration);
  const wanted = new Set([...membersOf(latest.configuration), ...leaving]);
  wanted.delete(state.self);
  for (const node of wanted) {
    if (lead.progress.has(node)) continue;
    lead.progress.set(node, new Progress(lead.firstIndex, state.now));
  }
  for (const node of [...lead.progress.keys()]) {
    if (!wanted.has(node)) lead.progress.delete(node);
  }
  lead.progressIndex = isSettled ? latest.index : (-1 as LogIndex);
}

/** Sends every follower what it lacks, as far as it can take it. */
export function replicate(state: RaftState, lead: Leadership): void {
  const isNoticeDue = state.options.commitNoticeMs === 0 || state.now >= lead.noticeAt;
  let isTold = true;
  for (const [node, progress] of lead.progress) {
    replicateTo(state, node, progress, isNoticeDue);
    sendNextChunk(state, lead, node, progress);
    if (progress.mode === 'replicate' && progress.commitSent < state.commitIndex) isTold = false;
  }
  // Whoever cannot be told now hears of it with its next append, or with a heartbeat.
  if (isNoticeDue || isTold) lead.noticeAt = Number.POSITIVE_INFINITY;
}

/** Sends a heartbeat of a new round to every follower. */
export function sendHeartbeats(state: RaftState, lead: Leadership): void {
  lead.round += 1;
  lead.roundSentAt[lead.round % ROUNDS_KEPT] = state.now;
  lead.heartbeatAt = nextHeartbeatAt(state);
  const { round } = lead;
  for (const [node, progress] of lead.progress) {
    const commitIndex = lowerIndex(progress.matchIndex, state.commitIndex);
    say(state, node, { type: 'heartbeat', commitIndex, round });
  }
}

function nextHeartbeatAt({ now, options }: RaftState): number {
  const { heartbeatIntervalMs } = options;
  // Groups of one process share its clock, so their heartbeats fall together.
  return (Math.floor(now / heartbeatIntervalMs) + 1) * heartbeatIntervalMs;
}

function replicateTo(
  state: RaftState,
  node: NodeId,
  progress: Progress,
  isNoticeDue: boolean,
): void {
  const { log, options } = state;
  if (progress.isProdDue) {
    progress.isProdDue = false;
    if (progress.nextIndex > log.baseIndex) sendEntries(state, node, progress, []);
    else beginTransfer(state, progress);
  }
  while (progress.canSend(options)) {
    if (progress.nextIndex <= log.baseIndex) {
      // The log does not reach back far enough: only a snapshot helps.
      beginTransfer(state, progress);
      break;
    }
    if (progress.nextIndex > log.lastIndex) {
      const isNews = progress.commitSent < state.commitIndex && progress.mode === 'replicate';
      if ((isNews && isNoticeDue) || progress.mode === 'probe')
        sendEntries(state, node, progress, []);
      return;
    }
    const entries = log.cached(progress.nextIndex, log.lastIndex, options.appendBytesMax);
    if (entries.length === 0) {
      progress.isLoading = true;
      const { nextIndex: from } = progress;
      const bytesMax = options.appendBytesMax;
      state.effects.push({
        type: 'load-entries',
        peer: node,
        from,
        to: log.stableIndex,
        bytesMax,
      });
      return;
    }
    sendEntries(state, node, progress, entries);
  }
}

function sendEntries(
  state: RaftState,
  node: NodeId,
  progress: Progress,
  entries: readonly Entry[],
): void {
  const previousIndex = indexBefore(progress.nextIndex);
  // It is known, unless the log ends before what a follower has: no elected leader's does. Whoever
  // was elected by mistake goes on, so that clients see what comes of it, not a stopped node.
  const previousTerm = state.log.termAt(previousIndex) ?? state.log.lastTerm;
  const { commitIndex } = state;
  say(state, node, { type: 'append-entries', previousIndex, previousTerm, entries, commitIndex });
  progress.commitSent = commitIndex;
  const last = entries.at(-1);
  if (last === undefined) {
    if (progress.mode === 'probe') progress.isPaused = true;
    return;
  }
  const sizeBytes = entries.reduce((sum, entry) => sum + entrySizeBytes(entry), 0);
  progress.sent(last.index, sizeBytes);
}
