/**
 * Snapshots: the own ones let the log be cut short, those of the leader take its place.
 *
 * What is not needed any more is told by `forget`: a leader keeps a snapshot that it is sending,
 * and the log behind it, so that the follower finds its way from there.
 *
 * Source: Raft 7; thesis 5. Only facts pass here; the bytes go another way.
 */
import { assert, type NodeId } from '@mangrove/host';
import type { RaftEvent } from './event.ts';
import { sayAccepted } from './output.ts';
import { skipProposals } from './owed-proposals.ts';
import { type LogIndex, lowerIndex } from './positions.ts';
import type { SnapshotMetadata } from './snapshot-metadata.ts';
import type { RaftState } from './state.ts';

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

/** Takes in that an own snapshot is durable, and that the log up to `compactTo` is not needed. */
export function onSnapshotTaken(
  state: RaftState,
  event: Extract<RaftEvent, { type: 'snapshot-taken' }>,
): void {
  const isOld = event.index <= state.snapshot.index || event.index < state.log.baseIndex;
  // While a snapshot of the leader takes the place of the log, the own one is behind it.
  if (isOld || state.installing !== undefined) return;
  state.snapshot = snapshotAt(state, event.index);
  state.compactIndex = lowerIndex(event.compactTo, event.index);
}

/**
 * Whether a snapshot of the leader is of no use here, which the leader is told: one that is not
 * ahead of the commit changes nothing, however late it comes.
 */
export function isNeedless(
  state: RaftState,
  snapshot: SnapshotMetadata,
  leader: NodeId | undefined,
): boolean {
  if (snapshot.index <= state.commitIndex) {
    if (leader !== undefined) sayAccepted(state, leader, state.commitIndex);
    return true;
  }
  if (state.log.matches(snapshot.index, snapshot.term)) {
    // The log has it all already: nothing behind it may be lost for its sake.
    state.commitIndex = snapshot.index;
    if (leader !== undefined) sayAccepted(state, leader, snapshot.index);
    return true;
  }
  return false;
}

/** Puts a snapshot of the leader, all of which is here, in the place of the log. */
export function install(
  state: RaftState,
  snapshot: SnapshotMetadata,
  leader: NodeId | undefined,
): void {
  skipProposals(state, snapshot.index);
  state.log.reset(snapshot);
  state.commitIndex = snapshot.index;
  state.compactIndex = snapshot.index;
  state.installing = snapshot;
  if (leader !== undefined) sayAccepted(state, leader, snapshot.index);
}

/** Forgets what neither this member nor a follower that is getting a snapshot needs. */
export function forget(state: RaftState): void {
  if (state.installing !== undefined) return;
  const { log, options } = state;
  let logIndex = state.compactIndex;
  let snapshotIndex = state.snapshot.index;
  for (const index of indexesSent(state)) {
    // A follower so slow that the log would grow without bound gets the newest one instead.
    if (log.lastIndex - index > options.snapshotHoldCountMax) continue;
    logIndex = lowerIndex(logIndex, index);
    snapshotIndex = lowerIndex(snapshotIndex, index);
  }
  const isNews = logIndex > log.baseIndex || snapshotIndex > state.oldestSnapshotIndex;
  if (!isNews) return;
  log.compactTo(logIndex);
  if (snapshotIndex > state.oldestSnapshotIndex) state.oldestSnapshotIndex = snapshotIndex;
  state.effects.push({ type: 'forget', logIndex: log.baseIndex, snapshotIndex });
}

function indexesSent(state: RaftState): readonly LogIndex[] {
  if (state.role.type !== 'leader') return [];
  const indexes = [];
  for (const { transfer } of state.role.progress.values()) {
    if (transfer !== undefined) indexes.push(transfer.snapshot.index);
  }
  return indexes;
}
