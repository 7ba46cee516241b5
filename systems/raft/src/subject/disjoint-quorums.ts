/**
 * Whether two configurations could decide without each other.
 */
import type { NodeId } from '@mangrove/host';
import type { Configuration } from '../core/configuration.ts';

/** The most nodes of two configurations together: all their subsets are tried. */
export const COMPARED_NODES_MAX = 16;

/**
 * Whether `isIn` holds of a majority of the voters, and of one of the outgoing voters where there
 * are any. It counts by hand, since it judges what the core decides cleverly.
 */
export function isQuorum(
  { voters, outgoing }: Configuration,
  isIn: (node: NodeId) => boolean,
): boolean {
  return [voters, outgoing].every(
    (half) => half.length === 0 || half.filter(isIn).length * 2 > half.length,
  );
}

/**
 * Whether there is a quorum of `left` and one of `right` that have no node in common. Every way to
 * give each node to one side is tried, naive again. Configurations of more than
 * `COMPARED_NODES_MAX` nodes throw a `RangeError`.
 *
 * @param mayBeLeft who can be in the quorum of `left`, where not all can; `mayBeRight` likewise
 */
export function haveDisjointQuorums(
  left: Configuration,
  right: Configuration,
  mayBeLeft: (node: NodeId) => boolean = () => true,
  mayBeRight: (node: NodeId) => boolean = () => true,
): boolean {
  if (!isQuorum(left, mayBeLeft) || !isQuorum(right, mayBeRight)) return false;
  const all = [left.voters, left.outgoing, right.voters, right.outgoing].flat();
  const nodes = [...new Set(all)];
  if (nodes.length > COMPARED_NODES_MAX) throw new RangeError(`${nodes.length} nodes`);
  for (let sides = 0; sides < 2 ** nodes.length; sides++) {
    const isOnLeft = (node: NodeId) => ((sides >> nodes.indexOf(node)) & 1) === 1;
    const decides = isQuorum(left, (node) => isOnLeft(node) && mayBeLeft(node));
    if (decides && isQuorum(right, (node) => !isOnLeft(node) && mayBeRight(node))) return true;
  }
  return false;
}
