/**
 * The invariants that `RaftWatch` holds a group to, with their sources.
 */
import type { Invariant } from '@mangrove/experiment';

/** Those of the paper first, in the order of its figure 3. */
export const raftInvariants: readonly Invariant[] = Object.freeze([
  {
    name: 'election safety',
    holds: 'at most one node leads a term',
    source: 'Raft 5.2, figure 3',
  },
  {
    name: 'append-only',
    holds: 'a leader only appends to its log',
    source: 'Raft 5.3, figure 3',
  },
  {
    name: 'log matching',
    holds: 'two logs with the same index and term are the same up to there',
    source: 'Raft 5.3, figure 3',
  },
  {
    name: 'leader completeness',
    holds: 'whoever leads has all that was committed in terms before',
    source: 'Raft 5.4, figure 3',
  },
  {
    name: 'state-machine safety',
    holds: 'state machines that have come as far are in the same state',
    source: 'Raft 5.4.3, figure 3',
  },
  {
    name: 'committed never lost',
    holds: 'what is committed at an index stays it',
    source: 'thesis 3.6',
  },
  {
    name: 'leaders commit first',
    holds: 'nobody knows of a commit before its leader',
    source: 'Raft 5.3',
  },
  {
    name: 'durable on a quorum',
    holds: 'what is committed is on the disks of a quorum',
    source: 'R22 of systems/raft/DESIGN.md; thesis 10.2.1',
  },
  {
    name: 'durable term',
    holds: 'no node starts in a term below one that its disk had',
    source: 'R1 of systems/raft/DESIGN.md; Raft figure 2',
  },
  {
    name: 'durable vote',
    holds: 'no node forgets whom it voted for',
    source: 'R1 of systems/raft/DESIGN.md; Raft figure 2',
  },
  {
    name: 'durable log',
    holds: 'a restart finds the log that was on disk',
    source: 'Raft figure 2',
  },
  {
    name: 'quorums',
    holds: 'quorums that could lead at the same time have a node in common',
    source: 'thesis 4.3',
  },
  {
    name: 'one change at a time',
    holds: 'members change when the last change, and an entry of the term, are committed',
    source: 'R32 of systems/raft/DESIGN.md; thesis 4.1',
  },
  {
    name: 'term',
    holds: 'the term of a node never goes back',
    source: 'Raft 5.1',
  },
  {
    name: 'commit',
    holds: 'what a node knows to be committed never goes back',
    source: 'Raft figure 2',
  },
  {
    name: 'applied',
    holds: 'only what is committed is applied, and nothing twice',
    source: 'Raft figure 2',
  },
]);
