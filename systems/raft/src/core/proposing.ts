/**
 * Proposals: taken in within bounds, and answered once the log tells what became of them.
 */

import { ENTRY_OVERHEAD_BYTES } from './entry.ts';
import type { RequestId } from './event.ts';
import { indexAfter, type LogIndex } from './positions.ts';
import { type RaftState, refuse } from './state.ts';

/** Appends a command, or refuses it for good. */
export function onPropose(state: RaftState, id: RequestId, data: Uint8Array): void {
  const { role, options } = state;
  if (role.type !== 'leader') {
    refuse(state, id, 'not-leader', true);
    return;
  }
  if (role.transfer !== undefined) {
    refuse(state, id, 'transferring', true);
    return;
  }
  if (data.length > options.commandBytesMax) {
    refuse(state, id, 'too-large', true);
    return;
  }
  const sizeBytes = ENTRY_OVERHEAD_BYTES + data.length;
  const isFirst = role.uncommittedBytes === 0;
  if (!isFirst && role.uncommittedBytes + sizeBytes > options.uncommittedBytesMax) {
    refuse(state, id, 'overload', true);
    return;
  }
  role.uncommittedBytes += sizeBytes;
  const index = indexAfter(state.log.lastIndex);
  const { term } = state;
  state.log.append([{ type: 'command', data, index, term }]);
  state.proposals.set(index, { id, term, sizeBytes });
  state.effects.push({ type: 'appended', id, index });
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
