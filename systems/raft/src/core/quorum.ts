/**
 * What a quorum of a configuration agrees on: one function for indexes, times and rounds.
 */
import type { NodeId } from '@mangrove/host';
import type { Configuration } from './configuration.ts';

/**
 * The highest value that a majority of the voters has reached, of the outgoing voters too where the
 * configuration is joint.
 *
 * With `value` as the highest index that a voter holds durably this is what is committed (`Raft
 * 5.3`, thesis 4.3); with the instant at which it was last heard of, it is when a quorum was last
 * within reach; with the round that it answered, it is the last round that proves leadership.
 * An empty list agrees to everything, so that the missing half of a simple configuration behaves
 * like the other half. Cost: O(n^2) in voters, without allocation; n is small.
 */
export function quorumValue(
  configuration: Configuration,
  value: (voter: NodeId) => number,
): number {
  return Math.min(
    majorityValue(configuration.voters, value),
    majorityValue(configuration.outgoing, value),
  );
}

/** How an election stands. */
export type VoteResult = 'won' | 'lost' | 'pending';

/**
 * How an election stands, given who granted (`true`) and who refused (`false`).
 *
 * Voters are counted, not answers: a duplicated answer, or one of a node that has no vote in this
 * configuration, changes nothing.
 */
export function countVotes(
  configuration: Configuration,
  votes: ReadonlyMap<NodeId, boolean>,
): VoteResult {
  const granted = quorumValue(configuration, (voter) => (votes.get(voter) === true ? 1 : 0));
  if (granted > 0) return 'won';
  const possible = quorumValue(configuration, (voter) => (votes.get(voter) === false ? 0 : 1));
  return possible > 0 ? 'pending' : 'lost';
}

function majorityValue(voters: readonly NodeId[], value: (voter: NodeId) => number): number {
  if (voters.length === 0) return Number.POSITIVE_INFINITY;
  const needed = (voters.length >> 1) + 1;
  let best = Number.NEGATIVE_INFINITY;
  for (const candidate of voters) {
    const reached = value(candidate);
    if (reached <= best) continue;
    let count = 0;
    for (const voter of voters) if (value(voter) >= reached) count += 1;
    if (count >= needed) best = reached;
  }
  return best;
}
