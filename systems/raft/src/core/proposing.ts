/**
 * Proposals: taken in within bounds, and answered once the log tells what became of them.
 */
import { ENTRY_OVERHEAD_BYTES, type Entry } from './entry.ts';
import type { Proposal } from './event.ts';
import { forward } from './forwarding.ts';
import { indexAfter, type LogIndex } from './positions.ts';
import { refusalOf } from './proposal-bounds.ts';
import { type RaftState, refuse } from './state.ts';

/** Appends commands in their order, and refuses for good those that may not be taken in. */
export function onPropose(state: RaftState, proposals: readonly Proposal[]): void {
  const { role, log, term } = state;
  if (state.isDiskFull || role.type !== 'leader' || role.transfer !== undefined) {
    const why = role.type === 'leader' ? 'transferring' : 'not-leader';
    const reason = state.isDiskFull ? 'no-space' : why;
    for (const proposal of proposals) {
      if (reason === 'not-leader' && forward(state, proposal)) continue;
      refuse(state, proposal.id, reason, true);
    }
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
    if (owed.id === undefined) continue;
    if (isOurs) state.effects.push({ type: 'committed', id: owed.id, index });
    else refuse(state, owed.id, 'overwritten', true);
  }
}
