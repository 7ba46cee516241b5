/**
 * What an operator asks of the group in an experiment: changes of members and hand-overs.
 *
 * It asks the leader of the highest term that runs. What is refused is not tried again: the plan
 * has other requests, at other times.
 */
import type { PlannedAction } from '@mangrove/experiment';
import type { NodeId, Random, RunningNode } from '@mangrove/host';
import type { MemberChange } from '../core/configuration.ts';
import { RaftError } from '../shell/raft-error.ts';
import { RegisterReplica } from './register-replica.ts';

/** The requests that there are, and what each changes. `node` and `other` are its arguments. */
const CHANGES = Object.freeze({
  'add-learner': (node: NodeId): readonly MemberChange[] => [{ type: 'add-learner', node }],
  promote: (node: NodeId): readonly MemberChange[] => [{ type: 'promote', node }],
  demote: (node: NodeId): readonly MemberChange[] => [{ type: 'demote', node }],
  /** A learner takes the place of a voter, in one change. */
  swap: (node: NodeId, other: NodeId): readonly MemberChange[] => [
    { type: 'promote', node },
    { type: 'remove', node: other },
  ],
  /** Two learners become voters, in one change. */
  'promote-both': (node: NodeId, other: NodeId): readonly MemberChange[] => [
    { type: 'promote', node },
    { type: 'promote', node: other },
  ],
});

type ChangeName = keyof typeof CHANGES;

/** Names of requests. A group of fewer than three voters would survive no fault, so none shrink. */
const NAMES = Object.freeze(['transfer', 'leave-joint', 'add-learner', 'promote', 'swap'] as const);

/** Draws a request. */
export function drawRequest(random: Random, replicas: readonly NodeId[]): PlannedAction {
  const [node, other] = random.shuffle(replicas);
  const isAutoLeave = random.chance(4, 5);
  return request(random.pick(NAMES), node ?? '', other ?? '', isAutoLeave);
}

/** A request as a plan has it. */
export function request(
  name: string,
  node: NodeId | '',
  other: NodeId | '' = '',
  isAutoLeave = true,
): PlannedAction {
  return { name, args: { node, other, isAutoLeave } };
}

/** Asks for what a plan says; rejects with `RaftError` where it is refused. */
export async function operate(
  name: string,
  args: PlannedAction['args'],
  nodes: ReadonlyMap<NodeId, RunningNode>,
): Promise<void> {
  const leader = leaderOf(nodes);
  if (leader === undefined) throw new RaftError('not-leader', true);
  const node = String(args['node']) as NodeId;
  if (name === 'transfer') await leader.transferLeadership(node);
  else if (name === 'leave-joint') await leader.leaveJoint();
  else {
    const change = CHANGES[name as ChangeName];
    const other = String(args['other']) as NodeId;
    const isAutoLeave = args['isAutoLeave'] !== false;
    await leader.changeMembers(change(node, other), { isAutoLeave });
  }
}

function leaderOf(nodes: ReadonlyMap<NodeId, RunningNode>): RegisterReplica['raft'] | undefined {
  const rafts = [...nodes.values()].flatMap((each) =>
    each instanceof RegisterReplica ? [each.raft] : [],
  );
  const leaders = rafts.filter((raft) => raft.inspect().role.type === 'leader');
  return leaders.sort((a, b) => b.inspect().term - a.inspect().term)[0];
}
