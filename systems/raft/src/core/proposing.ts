/**
 * Proposals: taken in within bounds; the log tells later what became of them.
 */
import { ENTRY_OVERHEAD_BYTES, type Entry } from './entry.ts';
import type { Proposal } from './event.ts';
import { forward } from './forwarding.ts';
import { oweProposal } from './owed-proposals.ts';
import { indexAfter } from './positions.ts';
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
    oweProposal(state, index, { id, term, sizeBytes });
  }
  log.append(entries);
}
