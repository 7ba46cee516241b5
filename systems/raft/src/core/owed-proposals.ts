/**
 * Proposals that stand in a log, and whose outcome is owed: each is answered once.
 *
 * They are known by the place of their entry. A place may get another entry, of another term, which
 * is none of theirs: so whoever looks one up compares the term as well.
 */
import { isJoint } from './configuration.ts';
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
    if (!isOurs) refuse(state, owed.id, 'overwritten', true);
    else if (isHalfDone(state, index)) state.halfDone = owed.id;
    else state.effects.push({ type: 'committed', id: owed.id, index });
  }
  const { log } = state;
  settleHalfDone(state, to);
  const term = log.termAt(to);
  if (term !== undefined && term !== log.termAt(indexBefore(from))) settleBehind(state, to, term);
}

/** Whether a change of members begins at `index`, and another entry will end it by itself. */
function isHalfDone({ log }: RaftState, index: LogIndex): boolean {
  const placed = log.configurations.at(index);
  return (
    placed.index === index && isJoint(placed.configuration) && placed.configuration.isAutoLeave
  );
}

/** Answers a change that began under the own leadership, and was ended by another leader. */
function settleHalfDone(state: RaftState, to: LogIndex): void {
  const { index, configuration } = state.log.configurations.at(to);
  if (state.halfDone === undefined || isJoint(configuration)) return;
  state.effects.push({ type: 'committed', id: state.halfDone, index });
  state.halfDone = undefined;
}

/**
 * Answers those of which the log will tell nothing more. Terms only grow along a log: behind a
 * committed entry of `term` none of an earlier term is ever committed, however short the log is.
 */
function settleBehind(state: RaftState, index: LogIndex, term: Term): void {
  for (const [place, owed] of state.proposals) {
    if (place <= index || owed.term >= term) continue;
    state.proposals.delete(place);
    if (owed.id !== undefined) refuse(state, owed.id, 'overwritten', true);
  }
}

/** Gives up waiting for what left the log from `index` on. */
export function disownProposals(state: RaftState, index: LogIndex): void {
  for (const [place, { id, term }] of state.proposals) {
    // What the leader of this term has placed is not here yet.
    if (place < index || term === state.term) continue;
    state.proposals.delete(place);
    // Others may still hold the entry, and one of them may yet lead and commit it.
    if (id !== undefined) refuse(state, id, 'leadership-lost', false);
  }
}

/** Gives up waiting for what a snapshot of the state after `index` may hold. */
export function skipProposals(state: RaftState, index: LogIndex): void {
  for (const [place, { id, term }] of state.proposals) {
    if (place > index && term === state.term) continue;
    state.proposals.delete(place);
    if (id !== undefined) refuse(state, id, 'compacted', false);
  }
  if (state.halfDone !== undefined) refuse(state, state.halfDone, 'compacted', false);
  state.halfDone = undefined;
}
