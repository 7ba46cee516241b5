/**
 * The quiet end of a run: everything is healed, and the cluster must get on.
 *
 * A leader must stand, take a proposal in and commit it, leave a joint configuration, bring every
 * member to the end of its log, and each of them must have answered what it was asked.
 */
import { membersOf } from '../src/core/configuration.ts';
import type { Board } from './board.ts';
import { leaderOf } from './board.ts';
import { check, type Machine } from './machine.ts';

/** The cluster, as its quiet end needs it. */
export interface QuietBoard extends Board {
  /** Delivers and completes everything that is under way. */
  drain(): void;
  /** An id for another request. */
  takeId(): number;
  /** Proposes at the leader that stands, and says under which id. */
  proposeToLeader(): number | undefined;
  /** A request that one of `members` owes an answer. */
  owedBy(members: readonly Machine[]): { readonly id: number; readonly by: string } | undefined;
  /** Whether the proposal of this id is known to be committed. */
  hasCommitted(id: number): boolean;
}

/** The most rounds of 5 ms until the cluster has got on. */
const ROUND_COUNT_MAX = 3000;

/** How many rounds a proposal is waited for, before another one is made. */
const PATIENCE_ROUNDS = 50;

/** Lets time pass until the cluster has got on; throws where it does not. */
export function comeToRest(board: QuietBoard): void {
  let asked: number | undefined;
  let askedAt = 0;
  for (let round = 0; round < ROUND_COUNT_MAX; round++) {
    board.pass(5);
    board.drain();
    if (asked !== undefined && board.hasCommitted(asked) && isSettled(board)) {
      if (owed(board) === undefined) return;
      // Nothing is asked any more.
      continue;
    }
    const isDue = asked === undefined ? isSettled(board) || round > 100 : false;
    if (isDue || (asked !== undefined && round - askedAt >= PATIENCE_ROUNDS)) {
      asked = board.proposeToLeader() ?? asked;
      askedAt = round;
    }
  }
  const left = owed(board);
  check(left === undefined, () => `${left?.by} never answers ${left?.id}`);
  const states = [...board.machines.values()].map(({ node, state }) => {
    const role = `${state?.role.type} ${state?.term} of ${state?.leader}`;
    const far = `${state?.appliedIndex}/${state?.commitIndex}/${state?.log.lastIndex}`;
    return `${node} ${role} ${far}`;
  });
  check(false, () => `no progress in quiet: ${states.join('; ')}`);
}

/** A request that a member has not answered; members are those of the leader's configuration. */
function owed(board: QuietBoard): ReturnType<QuietBoard['owedBy']> {
  const configuration = leaderOf(board)?.state?.log.configurations.latest.configuration;
  const nodes = configuration === undefined ? [] : membersOf(configuration);
  return board.owedBy(nodes.flatMap((node) => board.machines.get(node) ?? []));
}

/** A leader has committed in its term, and all members have applied all of it. */
function isSettled(board: QuietBoard): boolean {
  const leader = leaderOf(board);
  const state = leader?.state;
  if (leader === undefined || state?.role.type !== 'leader') return false;
  if (state.commitIndex < state.role.firstIndex || state.commitIndex < state.log.lastIndex) {
    return false;
  }
  const { voters, outgoing, learners, isAutoLeave } = state.log.configurations.latest.configuration;
  if (outgoing.length > 0) {
    if (!isAutoLeave) board.happen(leader, { type: 'leave-joint', id: board.takeId() });
    return false;
  }
  return [...voters, ...learners].every((node) => {
    const machine = board.machines.get(node);
    return machine?.state?.appliedIndex === state.commitIndex;
  });
}
