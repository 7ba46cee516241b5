/**
 * Receiving a snapshot, piece by piece.
 *
 *     leader                          follower                         disk
 *       |  install-snapshot, offset 0    |                              |
 *       |------------------------------->|  write-chunk                 |
 *       |                                |----------------------------->|
 *       |       snapshot-progress        |               chunk-written  |
 *       |<-------------------------------|<-----------------------------|
 *       |  install-snapshot, offset n    |
 *       |------------------------------->|  ... the last: whole, checked
 *       |        append-accepted         |  persist, in the place of the log
 *
 * The follower takes the piece that fits behind what it has, and answers any other with how far it
 * is; so whatever is lost, doubled, overtaken or forgotten in a crash, the next piece is the right
 * one. One piece is in memory at a time, and nothing of the log changes before the last one. While
 * a piece is being written no other snapshot begins, so the disk's answer is of that piece.
 */
import type { RaftEvent } from './event.ts';
import type { Message } from './message.ts';
import { say } from './output.ts';
import type { SnapshotImage } from './snapshot-metadata.ts';
import { install, isNeedless } from './snapshots.ts';
import type { IncomingSnapshot, RaftState } from './state.ts';

type InstallSnapshot = Extract<Message, { type: 'install-snapshot' }>;

/** Takes in a piece of a snapshot of the leader. */
export function onInstallSnapshot(state: RaftState, message: InstallSnapshot): void {
  const { snapshot, image, offset, data, from } = message;
  if (isNeedless(state, snapshot, from)) return;
  // One that is complete is taking the place of the log: its files must not be touched.
  if (state.installing !== undefined) return;
  const incoming = incomingFor(state, message);
  // What is being written will be answered when it is done.
  if (incoming === undefined || incoming.isWriting) return;
  const isBeyond = offset + data.length > image.sizeBytes;
  const isEmpty = data.length === 0 && offset < image.sizeBytes;
  if (offset !== incoming.offset || isBeyond || isEmpty) {
    sayProgress(state, incoming);
    return;
  }
  incoming.isWriting = true;
  state.effects.push({ type: 'write-chunk', snapshot, image, offset, data });
}

/** Takes in that a piece is on disk; the last one completes the snapshot. */
export function onChunkWritten(
  state: RaftState,
  event: Extract<RaftEvent, { type: 'chunk-written' }>,
): void {
  const { incoming, leader } = state;
  if (incoming === undefined || !isSame(incoming, event)) return;
  incoming.isWriting = false;
  incoming.offset = event.isIntact ? event.offset : 0;
  const isWhole = event.isIntact && incoming.offset === incoming.image.sizeBytes;
  if (!isWhole || incoming.snapshot === undefined) {
    sayProgress(state, incoming);
    return;
  }
  state.incoming = undefined;
  // The log may have got there meanwhile, by appends.
  if (!isNeedless(state, incoming.snapshot, leader)) install(state, incoming.snapshot, leader);
}

/** Gives up what was arriving once the log has come as far. */
export function dropOvertaken(state: RaftState): void {
  const { incoming, commitIndex } = state;
  if (incoming === undefined || incoming.isWriting) return;
  if (incoming.index <= commitIndex) state.incoming = undefined;
}

/**
 * What there is of the snapshot that `message` brings, nothing at first; `undefined` where it is
 * older than the one that its sender brings by now, or where a piece of another is being written.
 */
function incomingFor(state: RaftState, message: InstallSnapshot): IncomingSnapshot | undefined {
  const { snapshot, image, term } = message;
  const { incoming } = state;
  const { index } = snapshot;
  if (incoming !== undefined && isSame(incoming, { index, image })) {
    incoming.sentInTerm = term;
    incoming.snapshot = snapshot;
    return incoming;
  }
  if (incoming !== undefined) {
    const isOlder = incoming.sentInTerm === term && index < incoming.index;
    if (isOlder || incoming.isWriting) return undefined;
  }
  state.incoming = { index, image, offset: 0, snapshot, isWriting: false, sentInTerm: term };
  return state.incoming;
}

function sayProgress(state: RaftState, { index, offset }: IncomingSnapshot): void {
  const { leader } = state;
  if (leader !== undefined) say(state, leader, { type: 'snapshot-progress', index, offset });
}

function isSame(
  one: { readonly index: number; readonly image: SnapshotImage },
  other: { readonly index: number; readonly image: SnapshotImage },
): boolean {
  return (
    one.index === other.index &&
    one.image.sizeBytes === other.image.sizeBytes &&
    one.image.checksum === other.image.checksum
  );
}
