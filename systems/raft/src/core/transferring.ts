/**
 * Handing leadership over: no new proposals, the target catches up, then it campaigns at once.
 *
 * Source: thesis 3.10. The hand-over ends after an election timeout at the latest, so a target that
 * died wedges nothing; reads by ReadIndex and elections go on all the time.
 */
import type { NodeId } from '@mangrove/host';
import { startElection } from './election.ts';
import type { RequestId } from './event.ts';
import type { Message } from './message.ts';
import { say } from './output.ts';
import { type Leadership, type RaftState, refuse } from './state.ts';

/** Begins a hand-over, or refuses it. */
export function onTransfer(state: RaftState, id: RequestId, target: NodeId): void {
  const { role } = state;
  if (role.type !== 'leader') {
    refuse(state, id, 'not-leader', true);
    return;
  }
  if (role.transfer !== undefined) {
    refuse(state, id, 'transferring', true);
    return;
  }
  if (target === state.self || !isHeir(state, role, target)) {
    refuse(state, id, 'bad-target', true);
    return;
  }
  const untilMs = state.now + state.options.electionTimeoutMs;
  role.transfer = { id, target, untilMs, isTold: false };
}

/** The leader asks us to take its place: the others will not protect it. */
export function onTimeoutNow(
  state: RaftState,
  message: Extract<Message, { type: 'timeout-now' }>,
): void {
  if (state.role.type === 'leader' || message.from === state.self) return;
  startElection(state, true);
}

/** Lets the target campaign once it has the whole log, or gives the hand-over up. */
export function settleTransfer(state: RaftState, lead: Leadership): void {
  const { transfer } = lead;
  if (transfer === undefined) return;
  if (!isHeir(state, lead, transfer.target)) {
    lead.transfer = undefined;
    refuse(state, transfer.id, 'bad-target', false);
  } else if (state.now >= transfer.untilMs) {
    lead.transfer = undefined;
    refuse(state, transfer.id, 'timeout', false);
  } else {
    tellTarget(state, lead);
  }
}

/** Gives up to wait for the next leader, who would show whether a hand-over succeeded. */
export function settleLeavingTransfer(state: RaftState): void {
  const transfer = state.leavingTransfer;
  if (transfer === undefined || state.now < transfer.untilMs) return;
  state.leavingTransfer = undefined;
  refuse(state, transfer.id, 'timeout', false);
}

/**
 * The target may campaign from now on at any time, however late the message comes: this term has no
 * lease any more, even if the hand-over is given up.
 */
function tellTarget(state: RaftState, lead: Leadership): void {
  const { transfer } = lead;
  if (transfer === undefined || transfer.isTold) return;
  if (lead.progress.get(transfer.target)?.matchIndex !== state.log.lastIndex) return;
  transfer.isTold = true;
  lead.hasHandedOver = true;
  say(state, transfer.target, { type: 'timeout-now' });
}

function isHeir(state: RaftState, lead: Leadership, target: NodeId): boolean {
  const { configuration } = state.log.configurations.latest;
  return configuration.voters.includes(target) && lead.progress.has(target);
}
