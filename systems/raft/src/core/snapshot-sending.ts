/**
 * Sending snapshots: one piece on the way to each follower, none faster than the bound.
 *
 * The next piece is read when the last one was answered, so a leader holds one piece a follower in
 * memory, however large the snapshot is. The follower's word decides where to go on: it may have
 * crashed and lost what was not on its disk, or have more than we know from a leader before us. A
 * piece without an answer is sent again after an election timeout.
 */
import type { NodeId } from '@mangrove/host';
import type { RaftEvent } from './event.ts';
import type { Message } from './message.ts';
import { say } from './output.ts';
import type { Progress, SnapshotTransfer } from './progress.ts';
import type { Leadership, RaftState } from './state.ts';

/** A follower that is silent for so many election timeouts begins anew, when it is back. */
const PATIENCE = 10;

/** Begins to bring the newest snapshot to a follower, once it is there. */
export function beginTransfer(state: RaftState, progress: Progress): void {
  if (isSilent(state, progress, 1)) progress.isPaused = true;
  else progress.toSnapshot(state.snapshot);
}

/** Asks for the next piece of what `node` is being sent, where it is time for it. */
export function sendNextChunk(
  state: RaftState,
  lead: Leadership,
  node: NodeId,
  progress: Progress,
): void {
  const { transfer } = progress;
  if (transfer === undefined) return;
  if (isSilent(state, progress, PATIENCE)) {
    progress.toProbe(progress.nextIndex);
    progress.isPaused = true;
    return;
  }
  // The log behind it is gone: the follower could not go on from there.
  if (transfer.snapshot.index < state.log.baseIndex) progress.toSnapshot(state.snapshot);
  const { transfer: current } = progress;
  if (current === undefined || !isDue(state, lead, progress, current)) return;
  current.isLoading = true;
  const { snapshot, offset } = current;
  const bytesMax = state.options.snapshotChunkBytesMax;
  state.effects.push({ type: 'load-chunk', peer: node, snapshot, offset, bytesMax });
}

/** Sends a piece that was read, unless it is not what is needed any more. */
export function onChunkLoaded(
  state: RaftState,
  lead: Leadership,
  event: Extract<RaftEvent, { type: 'chunk-loaded' }>,
): void {
  const { peer, index, offset, chunk } = event;
  const progress = lead.progress.get(peer);
  const transfer = progress?.transfer;
  if (progress === undefined || transfer?.snapshot.index !== index) return;
  transfer.isLoading = false;
  if (chunk === undefined) {
    // It is gone: the next answer of the follower is the time to begin with the newest.
    progress.toProbe(progress.nextIndex);
    progress.isPaused = true;
    return;
  }
  if (offset !== transfer.offset) return;
  const { image, data } = chunk;
  say(state, peer, { type: 'install-snapshot', snapshot: transfer.snapshot, image, offset, data });
  transfer.sentAt = state.now;
  const costMs = (data.length * 1000) / state.options.snapshotBytesPerSecondMax;
  lead.chunkAt = Math.max(state.now, lead.chunkAt) + costMs;
}

/** Takes in how much of a snapshot a follower has. */
export function onSnapshotProgress(
  state: RaftState,
  lead: Leadership,
  message: Extract<Message, { type: 'snapshot-progress' }>,
): void {
  const progress = lead.progress.get(message.from);
  if (progress === undefined) return;
  progress.contactAt = state.now;
  const { transfer } = progress;
  // An answer that was doubled must not send the same piece again, and that one's answer the next.
  if (transfer?.snapshot.index !== message.index || transfer.offset === message.offset) return;
  transfer.offset = message.offset;
  transfer.sentAt = undefined;
}

/**
 * When a piece that waits for its time may be asked for; never where none does. A follower that is
 * silent gets none, whatever the time is: its next word is what to wait for, not a timer.
 */
export function nextChunkAt(state: RaftState, lead: Leadership): number {
  for (const progress of lead.progress.values()) {
    const { transfer } = progress;
    if (transfer === undefined || transfer.isLoading || transfer.sentAt !== undefined) continue;
    // In whole milliseconds, as timers count: small pieces do not wait for a part of one.
    if (!isSilent(state, progress, 1)) return Math.floor(lead.chunkAt);
  }
  return Number.POSITIVE_INFINITY;
}

function isDue(
  state: RaftState,
  lead: Leadership,
  progress: Progress,
  { isLoading, sentAt }: SnapshotTransfer,
): boolean {
  const { electionTimeoutMs } = state.options;
  if (isLoading || state.now < Math.floor(lead.chunkAt) || isSilent(state, progress, 1))
    return false;
  return sentAt === undefined || state.now - sentAt >= electionTimeoutMs;
}

function isSilent(state: RaftState, { contactAt }: Progress, timeoutCount: number): boolean {
  return state.now - contactAt >= timeoutCount * state.options.electionTimeoutMs;
}
