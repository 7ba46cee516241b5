/**
 * What an operator asks of the cluster in an experiment: hand-overs and changes of members, by the
 * names that Raft's experiments have for them.
 *
 * It asks the leader of the highest term that runs. What is refused is not tried again: the plan
 * has other requests, at other times.
 */
import type { PlannedAction } from '@mangrove/experiment';
import type { NodeId, RunningNode } from '@mangrove/host';
import type { MemberChange } from '@mangrove/raft';
import type { KvRequest } from '../core/kv-request.ts';
import type { KvNode } from '../shell/kv-node.ts';
import { RequestFailure } from '../shell/request-failure.ts';
import { KvReplica } from './kv-replica.ts';

/** Asks for what a plan says; rejects where it is refused, or nobody can be asked. */
export async function operate(
  name: string,
  args: PlannedAction['args'],
  nodes: ReadonlyMap<NodeId, RunningNode>,
): Promise<void> {
  const request = toRequest(name, String(args['node']) as NodeId, String(args['other']) as NodeId);
  const leader = leaderOf(nodes);
  if (request === undefined || leader === undefined) throw new RequestFailure('no-leader', true);
  const reply = await leader.handle(request);
  if (reply.type !== 'failed') return;
  const { code, isDefinite, detail } = reply;
  throw new RequestFailure(code, isDefinite, detail);
}

function toRequest(name: string, node: NodeId, other: NodeId): KvRequest | undefined {
  const change = (...changes: readonly MemberChange[]): KvRequest => {
    return { type: 'change-members', changes };
  };
  switch (name) {
    case 'transfer':
      return { type: 'transfer-leadership', target: node };
    case 'add-learner':
      return change({ type: 'add-learner', node });
    case 'promote':
      return change({ type: 'promote', node });
    case 'swap':
      return change({ type: 'promote', node }, { type: 'remove', node: other });
    case 'promote-both':
      return change({ type: 'promote', node }, { type: 'promote', node: other });
    default:
      // A joint configuration is always left by itself here.
      return undefined;
  }
}

/** The term in which a member leads; `undefined` where it does not. */
export function leads(running: RunningNode): number | undefined {
  if (!(running instanceof KvReplica)) return undefined;
  const { role, term } = running.node.inspect().raft;
  return role.type === 'leader' ? term : undefined;
}

function leaderOf(nodes: ReadonlyMap<NodeId, RunningNode>): KvNode | undefined {
  let leader: KvNode | undefined;
  let highest = -1;
  for (const running of nodes.values()) {
    const term = leads(running) ?? -1;
    if (!(running instanceof KvReplica) || term <= highest) continue;
    leader = running.node;
    highest = term;
  }
  return leader;
}
