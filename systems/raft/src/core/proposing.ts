/**
 * Proposals: taken in within bounds, and answered once the log tells what became of them.
 */
import { ENTRY_OVERHEAD_BYTES, type Entry } from './entry.ts';
import type { Proposal } from './event.ts';
import type { RaftOptions } from './options.ts';
import { indexAfter, type LogIndex } from './positions.ts';
import { type Leadership, type RaftState, refuse } from './state.ts';

/** Appends commands in their order, and refuses for good those that may not be taken in. */
export function onPropose(state: RaftState, proposals: readonly Proposal[]): void {
  const { role, log, term } = state;
  if (state.isDiskFull || role.type !== 'leader' || role.transfer !== undefined) {
    const why = role.type === 'leader' ? 'transferring' : 'not-leader';
    const reason = state.isDiskFull ? 'no-space' : why;
    for (const { id } of proposals) refuse(state, id, reason, true);
    return;
  }
  const entries: Entry[] = [];
  let index = log.lastIndex;
  for (const { id, data } of proposals) {
    const sizeBytes = ENTRY_OVERHEAD_BYTES + data.length;
    const refusal = refusalOf(state.options, role, data);
    if (refusal !== undefined) {
      refuse(state, id, refusal, true);
      continue;
    }
    index = indexAfter(index);
    role.uncommittedBytes += sizeBytes;
    entries.push({ type: 'command', data, index, term });
    state.proposals.set(index, { id, term, sizeBytes });
    state.effects.push({ type: 'appended', id, index });
  }
  log.append(entries);
}

/** Answers the proposals from `from` to `to`, all of which are committed. */
export function settleProposals(state: RaftState, from: LogIndex, to: LogIndex): void {
  const { proposals, role } = state;
  for (let index = from; index <= to && proposals.size > 0; index = indexAfter(index)) {
    const owed = proposals.get(index);
    if (owed === undefined) continue;
    proposals.delete(index);
    if (role.type === 'leader' && owed.term === state.term) {
      role.uncommittedBytes -= owed.sizeBytes;
    }
    // Only a committed entry in its place tells for certain that a proposal will never happen.
    const isOurs = state.log.termAt(index) === owed.term;
    if (isOurs) state.effects.push({ type: 'committed', id: owed.id, index });
    else refuse(state, owed.id, 'overwritten', true);
  }
}

/** Why a command is not taken in by a leader. */
function refusalOf(
  options: RaftOptions,
  { uncommittedBytes }: Leadership,
  data: Uint8Array,
): 'too-large' | 'overload' | undefined {
  if (data.length > options.commandBytesMax) return 'too-large';
  const sizeBytes = ENTRY_OVERHEAD_BYTES + data.length;
  const isFirst = uncommittedBytes === 0;
  const isTooMuch = !isFirst && uncommittedBytes + sizeBytes > options.uncommittedBytesMax;
  return isTooMuch ? 'overload' : undefined;
}
