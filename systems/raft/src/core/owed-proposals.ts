/**
 * Proposals that stand in a log, and whose outcome is owed: each is answered once.
 *
 * They are known by the place of their entry. A place may get another entry, of another term, which
 * is none of theirs: so whoever looks one up compares the term as well.
 */
import type { RequestId } from './event.ts';
import { indexAfter, indexBefore, type LogIndex, type Term } from './positions.ts';
import { type OwedProposal, type RaftState, refuse } from './state.ts';

/** Remembers who waits for the entry at `index`, which takes the place of what stood there. */
export function oweProposal(state: RaftState, index: LogIndex, owed: OwedProposal): void {
  const former = state.proposals.get(index);
  // Of a former term; others may still hold its entry.
  if (former?.id !== undefined) refuse(state, former.id, 'leadership-lost', false);
  state.proposals.set(index, owed);
}

/** Who waits for the entry that stands at `index`, and is not to be answered there any more. */
export function takeOver(state: RaftState, index: LogIndex): RequestId | undefined {
  const owed = state.proposals.get(index);
  if (owed === undefined || owed.term !== state.log.termAt(index)) return undefined;
  state.proposals.delete(index);
  return owed.id;
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
  const { log } = state;
  const term = log.termAt(to);
  if (term !== undefined && term !== log.termAt(indexBefore(from))) settleBehind(state, to, term);
}

/**
 * Answers those of which the log will tell nothing more. Terms only grow along a log: behind a
 * committed entry of `term` none of an earlier term is ever committed, however short the log is.
 */
function settleBehind(state: RaftState, index: LogIndex, term: Term): void {
  for (const [place, owed] of [...state.proposals]) {
    if (place <= index || owed.term >= term) continue;
    state.proposals.delete(place);
    if (owed.id !== undefined) refuse(state, owed.id, 'overwritten', true);
  }
}

/** Gives up waiting for the outcome of proposals from `index` on. */
export function disownProposals(
  state: RaftState,
  index: LogIndex,
  reason: 'leadership-lost' | 'compacted',
): void {
  for (const [place, { id }] of [...state.proposals]) {
    if (place < index) continue;
    state.proposals.delete(place);
    // Others may still hold the entry, and one of them may yet lead and commit it.
    if (id !== undefined) refuse(state, id, reason, false);
  }
}
