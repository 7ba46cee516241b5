/**
 * Proposals of a member that does not lead: it hands them to the leader, and the log answers them.
 *
 *     follower                                leader of the same term
 *        | -- forward-proposal 7 (data) -------> |  appended once, however often it comes
 *        | <-- forward-response 7: index 41 ---- |
 *        |         ... 41 is committed ...       |
 *     applied here: that is the result; with another term at 41: overwritten, definite
 *
 * Only the leader of the term in which it was sent takes a proposal in, and it remembers what it
 * answered; so a message that comes twice, or again because no answer was heard, appends nothing a
 * second time, and a refusal is as definite as one of an own proposal. Where the term ends before
 * the answer, nobody can tell whether it was taken in: that is indefinite.
 */
import type { NodeId } from '@mangrove/host';
import { ENTRY_OVERHEAD_BYTES } from './entry.ts';
import type { Proposal, RequestId } from './event.ts';
import type { Message } from './message.ts';
import { say } from './output.ts';
import { oweProposal } from './owed-proposals.ts';
import { higherIndex, indexAfter, type LogIndex, type Term } from './positions.ts';
import { refusalOf } from './proposal-bounds.ts';
import { type Leadership, type RaftState, refuse } from './state.ts';

/** The first version of messages that has these. */
export const FORWARDING_SINCE = 2;

/** How many proposals of one member may be open with the leader. */
export const FORWARD_COUNT_MAX = 1024;

/** How many numbers a life gives at most, and how many lives they tell apart: 2^53 in all. */
const NUMBERS_PER_LIFE = 2 ** 32;
const LIVES_TOLD_APART = 2 ** 21;

/**
 * Of how many numbers up to the highest a leader remembers its answers: more than can be open.
 * Those that came in disorder are forgotten late, but there are never more than twice as many.
 */
const ANSWERS_KEPT = 2 * FORWARD_COUNT_MAX;

/** The proposals that the leader has not answered. */
export interface Forwards {
  /** By their numbers, oldest first. All are with one leader, in one term. */
  readonly open: Map<number, ForwardedProposal>;
  /** The last number that was given in this life; 0 where none was. */
  last: number;
  /** Of all that are open. */
  sizeBytes: number;
  /** When those that wait for long are sent again. */
  retryAt: number;
}

/** A proposal that the leader has not answered. */
interface ForwardedProposal {
  readonly id: RequestId;
  readonly data: Uint8Array;
  readonly leader: NodeId;
  readonly term: Term;
  readonly askedAt: number;
}

/** What a leader made of a proposal. */
export type ForwardOutcome =
  | { readonly type: 'appended'; readonly index: LogIndex }
  | { readonly type: 'refused'; readonly reason: ForwardRefusal };

/** Why a leader refuses it, always definite. */
export type ForwardRefusal = 'too-large' | 'overload' | 'no-space' | 'transferring';

/** What a leader remembers of one member's proposals, by their numbers. */
export interface ForwardMemory {
  readonly incarnation: number;
  readonly outcomes: Map<number, ForwardOutcome>;
  /** What is below was forgotten, and is not answered any more. */
  floor: number;
}

/** Hands a proposal to the leader; false where there is none that takes it. */
export function forward(state: RaftState, { id, data }: Proposal): boolean {
  const { leader, options, forwards, term, now } = state;
  if (!options.hasForwarding || leader === undefined || !isSpoken(state, leader)) return false;
  // What a former leader had is given up first.
  settleForwards(state);
  const next = Math.max(forwards.last, numberBefore(state.incarnation)) + 1;
  const [oldest = next] = forwards.open.keys();
  // Those that the leader has placed count too: a log that is slow to come bounds them.
  const isFull = Math.max(next - oldest, state.proposals.size) >= FORWARD_COUNT_MAX;
  const { sizeBytes } = forwards;
  const isTooMuch = sizeBytes > 0 && sizeBytes + data.length > options.uncommittedBytesMax;
  if (data.length > options.commandBytesMax) refuse(state, id, 'too-large', true);
  else if (isFull || isTooMuch) {
    refuse(state, id, 'overload', true);
  } else {
    forwards.last = next;
    forwards.sizeBytes += data.length;
    if (forwards.open.size === 0) forwards.retryAt = now + 2 * options.heartbeatIntervalMs;
    forwards.open.set(next, { id, data, leader, term, askedAt: now });
    ask(state, leader, next, data);
  }
  return true;
}

/**
 * The number before the first of a life. None is given twice in any life, since an answer does not
 * say to which life it is given: one to a former life would tell of another command.
 */
function numberBefore(incarnation: number): number {
  return ((incarnation - 1) % LIVES_TOLD_APART) * NUMBERS_PER_LIFE;
}

/** Whether both ends have the messages; without identities that is for whoever runs the core. */
function isSpoken({ identity, peers }: RaftState, leader: NodeId): boolean {
  if (identity === undefined) return true;
  const version = Math.min(identity.versionMax, peers.get(leader)?.versionMax ?? 0);
  return version >= FORWARDING_SINCE;
}

/** Takes a member's proposal in, or says again what became of it. */
export function onForwardProposal(
  state: RaftState,
  message: Extract<Message, { type: 'forward-proposal' }>,
): void {
  const { role } = state;
  // The leader of another term may have taken it in: only silence is true for all of them.
  if (role.type !== 'leader' || message.term !== state.term) return;
  const { from, sequence } = message;
  const memory = memoryOf(role, from, message.incarnation);
  if (memory === undefined || sequence < memory.floor) return;
  const outcome = memory.outcomes.get(sequence) ?? takeIn(state, role, message.data);
  memory.outcomes.set(sequence, outcome);
  memory.floor = Math.max(memory.floor, sequence - ANSWERS_KEPT + 1);
  for (const known of memory.outcomes.keys()) {
    if (known >= memory.floor) break;
    memory.outcomes.delete(known);
  }
  say(state, from, { type: 'forward-response', sequence, outcome });
}

/** The leader's answer; one to a question that is not open any more changes nothing. */
export function onForwardResponse(
  state: RaftState,
  message: Extract<Message, { type: 'forward-response' }>,
): void {
  const { sequence, outcome, term } = message;
  const open = state.forwards.open.get(sequence);
  if (open === undefined || open.term !== term) return;
  close(state, sequence, open);
  const { id } = open;
  if (outcome.type === 'refused') {
    refuse(state, id, outcome.reason, true);
    return;
  }
  const { index } = outcome;
  // A snapshot that is being installed took the place of the log: the log tells nothing before it.
  if (index > higherIndex(state.applyingIndex, state.log.baseIndex)) {
    oweProposal(state, index, { id, term, sizeBytes: 0 });
    return;
  }
  // It was handed to the state machine before the answer came.
  const found = state.log.termAt(index);
  if (found === term) state.effects.push({ type: 'committed', id, index });
  else if (found === undefined) refuse(state, id, 'compacted', false);
  else refuse(state, id, 'overwritten', true);
}

/** Asks again for answers that did not come, and gives up those of a leader that is gone. */
export function settleForwards(state: RaftState): void {
  const { forwards, now } = state;
  const [first] = forwards.open.values();
  if (first === undefined) return;
  if (first.term !== state.term || first.leader !== state.leader) {
    for (const [sequence, each] of [...forwards.open]) {
      close(state, sequence, each);
      refuse(state, each.id, 'leadership-lost', false);
    }
    return;
  }
  if (now < forwards.retryAt) return;
  const waitMs = 2 * state.options.heartbeatIntervalMs;
  forwards.retryAt = now + waitMs;
  for (const [sequence, { leader, data, askedAt }] of forwards.open) {
    if (now - askedAt >= waitMs) ask(state, leader, sequence, data);
  }
}

function close({ forwards }: RaftState, sequence: number, { data }: ForwardedProposal): void {
  forwards.open.delete(sequence);
  forwards.sizeBytes -= data.length;
  if (forwards.open.size === 0) forwards.retryAt = Number.POSITIVE_INFINITY;
}

function ask(state: RaftState, leader: NodeId, sequence: number, data: Uint8Array): void {
  const { incarnation } = state;
  say(state, leader, { type: 'forward-proposal', incarnation, sequence, data });
}

/** What is remembered of a member; `undefined` for one of its former lives. */
function memoryOf(lead: Leadership, node: NodeId, incarnation: number): ForwardMemory | undefined {
  const known = lead.forwarded.get(node);
  if (known !== undefined && known.incarnation >= incarnation) {
    return known.incarnation === incarnation ? known : undefined;
  }
  const made = { incarnation, outcomes: new Map(), floor: 1 };
  lead.forwarded.set(node, made);
  return made;
}

function takeIn(state: RaftState, lead: Leadership, data: Uint8Array): ForwardOutcome {
  if (state.isDiskFull) return { type: 'refused', reason: 'no-space' };
  if (lead.transfer !== undefined) return { type: 'refused', reason: 'transferring' };
  const refusal = refusalOf(state.options, lead, data);
  if (refusal !== undefined) return { type: 'refused', reason: refusal };
  const { log, term } = state;
  const index = indexAfter(log.lastIndex);
  const sizeBytes = ENTRY_OVERHEAD_BYTES + data.length;
  lead.uncommittedBytes += sizeBytes;
  log.append([{ type: 'command', data, index, term }]);
  // Nobody here waits for it; it is remembered for the bound on bytes.
  oweProposal(state, index, { id: undefined, term, sizeBytes });
  return { type: 'appended', index };
}
