/**
 * Whether two configurations could decide without each other.
 */
import type { NodeId } from '@mangrove/host';
import type { Configuration } from '../core/configuration.ts';
import { quorumValue } from '../core/quorum.ts';

/** The most nodes of two configurations together: all their subsets are tried. */
export const COMPARED_NODES_MAX = 16;

/**
 * Whether there is a quorum of `left` and one of `right` that have no node in common. Every way to
 * give each node to one side is tried: naive, since it judges what the core decides cleverly.
 * Configurations of more than `COMPARED_NODES_MAX` nodes throw a `RangeError`.
 */
export function haveDisjointQuorums(left: Configuration, right: Configuration): boolean {
  const all = [left.voters, left.outgoing, right.voters, right.outgoing].flat();
  const nodes = [...new Set(all)];
  if (nodes.length > COMPARED_NODES_MAX) throw new RangeError(`${nodes.length} nodes`);
  for (let sides = 0; sides < 2 ** nodes.length; sides++) {
    const isLeft = (node: NodeId) => ((sides >> nodes.indexOf(node)) & 1) === 1;
    const decides = (configuration: Configuration, isIn: (node: NodeId) => boolean) =>
      quorumValue(configuration, (node) => (isIn(node) ? 1 : 0)) > 0;
    if (decides(left, isLeft) && decides(right, (node) => !isLeft(node))) return true;
  }
  return false;
}
