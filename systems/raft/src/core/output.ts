/**
 * The way out: writes are asked for, and messages leave once the writes that they speak of are
 * done.
 *
 * - Every message waits until the sender's term and vote are durable.
 * - A message that acknowledges entries waits for the write of those entries too.
 * - Entries themselves do not wait: a leader's disk works while its followers' do.
 *
 * A completion counts for what its write put there and what is still in the log, so a late one, of
 * entries that were replaced meanwhile, acknowledges nothing: truncation lowers `upToIndex` of all
 * writes under way.
 */
import { assert, type NodeId } from '@mangrove/host';
import type { Effect } from './effect.ts';
import type { MessageBody } from './message.ts';
import { indexBefore, type LogIndex, lowerIndex, type Term } from './positions.ts';
import type { RaftState } from './state.ts';

/** Says `body` to `to`, as soon as what it waits for is durable. */
export function say(
  state: RaftState,
  to: NodeId,
  body: MessageBody,
  waitsFor: 'term' | 'log' = 'term',
  term: Term = state.term,
): void {
  const message = { ...body, from: state.self, to, term };
  state.produced.push({ message, waitsFor });
}

/** Says that all up to `index` is held, as soon as that is true of the disk. */
export function sayAccepted(state: RaftState, to: NodeId, index: LogIndex): void {
  const waitsFor = index <= state.log.stableIndex ? 'term' : 'log';
  say(state, to, { type: 'append-accepted', index }, waitsFor);
}

/** Removes the log from `index` on, also from what writes under way stand for. */
export function truncateLog(state: RaftState, index: LogIndex): void {
  assert(
    index > state.commitIndex,
    `${state.self} truncates ${index}, and ${state.commitIndex} is committed`,
  );
  state.log.truncateFrom(index);
  for (const write of state.writes) {
    write.upToIndex = lowerIndex(write.upToIndex, indexBefore(index));
  }
}

/** Asks for the writes of this step and lets the messages go that wait for none. */
export function flush(state: RaftState): readonly Effect[] {
  const { effects } = state;
  askForWrites(state);
  // All that a step says, or nothing: else one of those that it asks would be left out each time.
  const hasRoom = state.deferred.length < state.options.deferredCountMax;
  for (const { message, waitsFor } of state.produced) {
    const sequence = waitsFor === 'log' ? state.writtenSequence : state.hardStateSequence;
    if (sequence <= state.durableSequence) effects.push({ type: 'send', message });
    else if (hasRoom) state.deferred.push({ message, sequence });
  }
  state.effects = [];
  state.produced = [];
  return effects;
}

/** Takes in that all writes up to `sequence` are done; a late report changes nothing. */
export function completeWrites(state: RaftState, sequence: number): void {
  assert(
    sequence <= state.writtenSequence,
    `write ${sequence} is reported, ${state.writtenSequence} was the last one asked for`,
  );
  if (sequence <= state.durableSequence) return;
  state.durableSequence = sequence;
  const open = state.writes.filter((write) => write.sequence > sequence);
  for (const write of state.writes) {
    if (write.sequence > sequence) break;
    if (write.snapshot !== undefined) state.snapshot = write.snapshot;
    if (write.snapshot === state.installing) state.installing = undefined;
    if (state.installing === undefined) state.log.markStable(write.upToIndex);
  }
  state.writes = open;
  const waiting = state.deferred;
  state.deferred = [];
  for (const each of waiting) {
    if (each.sequence > sequence) state.deferred.push(each);
    else state.effects.push({ type: 'send', message: each.message });
  }
}

function askForWrites(state: RaftState): void {
  const { log, installing } = state;
  const snapshot =
    installing !== undefined && !state.writes.some((write) => write.snapshot === installing)
      ? installing
      : undefined;
  const entries = log.takeUnwritten();
  if (!state.isHardStateDirty && snapshot === undefined && entries.length === 0) return;
  state.writtenSequence += 1;
  const sequence = state.writtenSequence;
  const hardState = state.isHardStateDirty
    ? { term: state.term, votedFor: state.votedFor }
    : undefined;
  if (state.isHardStateDirty) state.hardStateSequence = sequence;
  state.isHardStateDirty = false;
  const upToIndex = entries.at(-1)?.index ?? snapshot?.index ?? log.stableIndex;
  state.writes.push({ sequence, askedAt: state.now, upToIndex, snapshot });
  state.effects.push({ type: 'persist', sequence, hardState, snapshot, entries });
}
