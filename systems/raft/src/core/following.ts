/**
 * What a follower does with the entries and heartbeats of its leader.
 *
 * Source: Raft 5.3, and the fast back-off of its last paragraphs.
 */
import { assert } from '@mangrove/host';
import type { Entry } from './entry.ts';
import { mayPromise } from './identity.ts';
import type { Message } from './message.ts';
import { say, sayAccepted, truncateLog } from './output.ts';
import { disownProposals } from './owed-proposals.ts';
import { higherIndex, type LogIndex, lowerIndex } from './positions.ts';
import type { RaftState } from './state.ts';

/** Takes in entries of the leader of this term. */
export function onAppendEntries(
  state: RaftState,
  message: Extract<Message, { type: 'append-entries' }>,
): void {
  const { log } = state;
  // What is committed is the leader's too, so entries there need no look and never cut the log.
  const isBehind = message.previousIndex < state.commitIndex;
  if (!isBehind && !log.matches(message.previousIndex, message.previousTerm)) {
    reject(state, message);
    return;
  }
  const entries = isBehind
    ? message.entries.filter((entry) => entry.index > state.commitIndex)
    : message.entries;
  const previousIndex = isBehind ? state.commitIndex : message.previousIndex;
  const lastNew = higherIndex(previousIndex, entries.at(-1)?.index ?? previousIndex);
  appendMissing(state, entries);
  // Behind `lastNew` the log may hold what another leader left: that is not this leader's.
  commitTo(state, lowerIndex(message.commitIndex, lastNew));
  sayAccepted(state, message.from, lastNew);
}

/** Takes in that the leader lives, and how far it has committed of what we share. */
export function onHeartbeat(
  state: RaftState,
  message: Extract<Message, { type: 'heartbeat' }>,
): void {
  commitTo(state, message.commitIndex);
  say(state, message.from, { type: 'heartbeat-response', round: message.round });
}

/**
 * Takes in that everything up to `index` is committed. A leader never says so of more than this
 * member has acknowledged; if it does, the disk has lost what it had promised to keep. Where it was
 * another disk that promised, the leader does not know yet, and will refuse this one (R75).
 */
export function commitTo(state: RaftState, index: LogIndex): void {
  if (index <= state.commitIndex) return;
  if (index > state.log.lastIndex && !mayPromise(state)) return;
  assert(
    index <= state.log.lastIndex,
    `${state.self} has lost entries: ${index} is committed, its log ends at ${state.log.lastIndex}`,
  );
  state.commitIndex = index;
}

/** Appends from the first entry on that is not here; what contradicts it goes. */
function appendMissing(state: RaftState, entries: readonly Entry[]): void {
  const { log } = state;
  const first = entries.findIndex((entry) => !log.matches(entry.index, entry.term));
  const missing = entries[first];
  if (missing === undefined) return;
  if (missing.index <= log.lastIndex) {
    disownProposals(state, missing.index);
    truncateLog(state, missing.index);
  }
  log.append(entries.slice(first));
}

function reject(state: RaftState, message: Extract<Message, { type: 'append-entries' }>): void {
  const { log } = state;
  const { previousIndex, previousTerm } = message;
  // Above this, each of our entries has a term that the leader's log cannot have there.
  const candidate = log.lastAtMost(previousIndex, previousTerm);
  const hintIndex = higherIndex(state.commitIndex, candidate);
  const hintTerm = log.termAt(hintIndex) ?? state.snapshot.term;
  say(state, message.from, { type: 'append-rejected', previousIndex, hintIndex, hintTerm });
}
