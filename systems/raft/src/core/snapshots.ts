/**
 * Snapshots: the own ones let the log be cut short, those of the leader take its place.
 *
 * Source: Raft 7; thesis 5. Only facts pass here; the bytes go another way.
 */
import { assert } from '@mangrove/host';
import type { RaftEvent } from './event.ts';
import { disownProposals } from './following.ts';
import type { Message } from './message.ts';
import { sayAccepted } from './output.ts';
import { indexAfter, type LogIndex, lowerIndex, NO_INDEX } from './positions.ts';
import type { SnapshotMetadata } from './snapshot-metadata.ts';
import type { Leadership, RaftState } from './state.ts';

/**
 * What a snapshot of the state after `index` must say of itself; `index` is applied and still in
 * the log. The configuration is the one that holds there, not a newer one that may be rolled back.
 */
export function snapshotAt(state: RaftState, index: LogIndex): SnapshotMetadata {
  const term = state.log.termAt(index);
  assert(
    term !== undefined && index <= state.appliedIndex,
    `snapshot at ${index}: applied ${state.appliedIndex}, log from ${state.log.baseIndex}`,
  );
  const placed = state.log.configurations.at(index);
  return { index, term, configuration: placed.configuration, configurationIndex: placed.index };
}

/** Takes in that an own snapshot is durable, and forgets the log before `compactTo`. */
export function onSnapshotTaken(
  state: RaftState,
  event: Extract<RaftEvent, { type: 'snapshot-taken' }>,
): void {
  const isOld = event.index <= state.snapshot.index || event.index < state.log.baseIndex;
  // While a snapshot of the leader takes the place of the log, the own one is behind it.
  if (isOld || state.installing !== undefined) return;
  state.snapshot = snapshotAt(state, event.index);
  state.log.compactTo(lowerIndex(event.compactTo, event.index));
}

/** Takes in a snapshot of the leader; one that is not ahead of the commit changes nothing. */
export function onInstallSnapshot(
  state: RaftState,
  message: Extract<Message, { type: 'install-snapshot' }>,
): void {
  const { snapshot, from } = message;
  if (snapshot.index <= state.commitIndex) {
    sayAccepted(state, from, state.commitIndex);
    return;
  }
  if (state.log.matches(snapshot.index, snapshot.term)) {
    // The log has it all already: nothing behind it may be lost for its sake.
    state.commitIndex = snapshot.index;
    sayAccepted(state, from, snapshot.index);
    return;
  }
  disownProposals(state, indexAfter(NO_INDEX), 'compacted');
  state.log.reset(snapshot);
  state.commitIndex = snapshot.index;
  state.installing = snapshot;
  sayAccepted(state, from, snapshot.index);
}

/** Takes in that the bytes of a snapshot have reached a follower, or have not. */
export function onSnapshotSent(
  state: RaftState,
  lead: Leadership,
  event: Extract<RaftEvent, { type: 'snapshot-sent' }>,
): void {
  const progress = lead.progress.get(event.peer);
  if (progress === undefined || progress.mode !== 'snapshot') return;
  const next = event.isDone ? progress.snapshotIndex : progress.matchIndex;
  progress.toProbe(indexAfter(lowerIndex(next, state.log.lastIndex)));
  // Its answer, to the snapshot or to a heartbeat, says how it goes on.
  progress.isPaused = true;
}
