/**
 * The one error class of a Raft node: a code from a closed list, and whether it is definite.
 */
import type { NodeId } from '@mangrove/host';
import type { RefusalReason } from '../core/effect.ts';

/** Why a call of a node failed: what the core says, or that the node was closed. */
export type RaftErrorCode = RefusalReason | 'closed';

/** What each code means, in a sentence. */
export const RAFT_ERRORS: Readonly<Record<RaftErrorCode, string>> = {
  'not-leader': 'this node does not lead',
  overload: 'too much is under way',
  'too-large': 'the command is larger than the bound',
  transferring: 'leadership is being handed over',
  'leadership-lost': 'leadership was lost before the outcome was known',
  overwritten: 'another entry was committed in its place',
  compacted: 'a snapshot took the place of the log that would tell the outcome',
  'change-under-way': 'another change of membership is under way, or may be',
  'bad-change': 'the change contradicts the configuration in force',
  'not-caught-up': 'the learner is too far behind to be promoted',
  'bad-target': 'the target is no voter, or leads already',
  timeout: 'the target did not take over in time',
  'no-lease': 'lease reads need check-quorum',
  closed: 'the node was closed',
};

/** A call that failed. */
export class RaftError extends Error {
  override readonly name = 'RaftError';
  readonly code: RaftErrorCode;
  /** Whether what was asked for did not happen and never will. */
  readonly isDefinite: boolean;
  /** Who leads, as far as the node knows. */
  readonly leader: NodeId | undefined;

  constructor(code: RaftErrorCode, isDefinite: boolean, leader?: NodeId) {
    super(RAFT_ERRORS[code]);
    this.code = code;
    this.isDefinite = isDefinite;
    this.leader = leader;
  }
}
