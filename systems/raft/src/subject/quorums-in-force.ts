/**
 * Whether any two quorums in force at one moment have a member in common.
 *
 * In force on a member is the last configuration of its log, committed or not (R33). Two of these
 * may have nothing in common: one who was cut off goes by the members of long ago. It can do
 * nothing with that, since whoever moved on has a newer log than it and gives it no vote (R2). So
 * a quorum is in force where one that goes by this configuration could be elected by it now: where
 * no log in it is ahead of the own one.
 *
 * Why such quorums meet: a committed configuration is on a quorum of the one before it, which
 * thereby is in force no more; and those that are not committed yet follow the last committed one
 * directly (R32), so each quorum of them has a quorum of that in it.
 */
import type { NodeId } from '@mangrove/host';
import type { Configuration } from '../core/configuration.ts';
import type { RaftState } from '../core/state.ts';
import { haveDisjointQuorums } from './disjoint-quorums.ts';

/** What is looked at of a member. */
type Member = Pick<RaftState, 'self' | 'log'>;

/** Looks at members at one moment, again and again. */
export class QuorumsInForce {
  // Most pairs are asked about at every event, and are the same objects all the time.
  private readonly apart = new WeakMap<Configuration, WeakMap<Configuration, boolean>>();

  /**
   * One of `members` who could be elected by a quorum that has no member in common with one by
   * which `member` could be; `undefined` where there is none. Only `members`, those that are up,
   * give votes.
   */
  rivalOf(member: Member, members: readonly Member[]): Member | undefined {
    const own = inForce(member);
    return members.find((other) => {
      const its = inForce(other);
      if (own === its || !this.areApart(own, its)) return false;
      return haveDisjointQuorums(own, its, votersFor(member, members), votersFor(other, members));
    });
  }

  /** Whether two configurations could decide without each other, whoever votes. */
  private areApart(one: Configuration, other: Configuration): boolean {
    let known = this.apart.get(one);
    if (known === undefined) {
      known = new WeakMap();
      this.apart.set(one, known);
    }
    const answer = known.get(other) ?? isApart(one, other);
    known.set(other, answer);
    return answer;
  }
}

function inForce({ log }: Member): Configuration {
  return log.configurations.latest.configuration;
}

/** A node that joins begins without a configuration: it decides nothing. */
function isApart(one: Configuration, other: Configuration): boolean {
  if (one.voters.length === 0 || other.voters.length === 0) return false;
  return haveDisjointQuorums(one, other);
}

/** Who would vote for `candidate`, by the logs. `Raft 5.4.1` */
function votersFor(candidate: Member, members: readonly Member[]): (node: NodeId) => boolean {
  const { lastIndex, lastTerm } = candidate.log;
  const isBehind = ({ log }: Member) =>
    log.lastTerm < lastTerm || (log.lastTerm === lastTerm && log.lastIndex <= lastIndex);
  const voters = new Set(members.filter(isBehind).map(({ self }) => self));
  return (node) => voters.has(node);
}
