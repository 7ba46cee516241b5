/**
 * The one error class of a Raft node: a code from a closed list, and whether it is definite.
 */
import type { NodeId } from '@mangrove/host';
import type { RefusalReason } from '../core/effect.ts';
import type { HandshakeFault } from './handshake.ts';

/** Why a call of a node failed: what the core says, or the node around it. */
export type RaftErrorCode =
  | RefusalReason
  | HandshakeFault
  | 'closed'
  /** A sync failed, or the log is damaged: the node has stopped. */
  | 'storage-failed'
  /** The node found itself in a state that cannot be, and has stopped. */
  | 'broken'
  | 'aborted'
  /** The directory holds a log and no identity, or one that is damaged. */
  | 'identity-lost'
  /** The directory is that of another node, or of another cluster. */
  | 'foreign-store'
  /** There is nothing to recover. */
  | 'no-store';

/** What each code means, and what to do, in a sentence. */
export const RAFT_ERRORS: Readonly<Record<RaftErrorCode, string>> = {
  'not-leader': 'this node does not lead: ask the leader, or again when there is one',
  'no-space': 'the disk of this node is full: make room; meanwhile ask another node',
  'storage-failed':
    'the disk of this node failed, and what was under way is in doubt: see the cause, mend it, ' +
    'start the node again',
  broken:
    'the node found a state that cannot be and stopped, and what was under way is in doubt: ' +
    'see the cause, and ask another node',
  overload: 'too much is under way: ask again later, and slower',
  'too-large': 'the command is larger than the bound: make it smaller, or raise commandBytesMax',
  transferring: 'leadership is being handed over: ask the next leader',
  'leadership-lost':
    'leadership was lost before the outcome was known: read, or repeat within a session',
  overwritten: 'another entry was committed in its place: propose it again',
  compacted:
    'a snapshot took the place of the log that knew the outcome: read, or repeat within a session',
  'change-under-way':
    'another change of membership is under way, or may be: ask again when it is done',
  'bad-change': 'the change contradicts the configuration in force: look at status()',
  'not-caught-up': 'the learner is too far behind to be promoted: wait until its lag is small',
  'bad-target': 'the target is no voter, or leads already: look at status()',
  timeout: 'the target did not take over in time: see whether it is up, then ask again',
  'no-lease': 'lease reads need check-quorum: switch it on, or read linearizably',
  closed: 'the node was closed: ask another one',
  aborted: 'the caller gave it up',
  'wrong-store':
    'the group knows this node with another disk, so this one was lost or swapped: ' +
    'remove the node, add it as a learner with its new store, then promote it',
  'wrong-cluster': 'the peer belongs to another cluster: look at addresses and cluster names',
  'old-version': 'the group uses formats that this version cannot read: upgrade this node',
  'no-common-version': 'the peer and this node have no version in common: upgrade step by step',
  'no-store': 'the directory is empty: recover a node that has a log',
  'identity-lost': 'the directory holds a log and does not say whose: restore its file identity',
  'foreign-store': 'the directory belongs to another node or cluster: give this node its own',
};

/** A call that failed. */
export class RaftError extends Error {
  override readonly name = 'RaftError';
  readonly code: RaftErrorCode;
  /** Whether what was asked for did not happen and never will. */
  readonly isDefinite: boolean;
  /** Who leads, as far as the node knows. */
  readonly leader: NodeId | undefined;

  constructor(
    code: RaftErrorCode,
    isDefinite: boolean,
    more: { readonly leader?: NodeId | undefined; readonly cause?: unknown } = {},
  ) {
    const { leader, cause } = more;
    const end = isDefinite ? 'it did not happen and never will' : 'it may have happened';
    const who = leader === undefined ? '' : `; ${leader} leads`;
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    super(`${RAFT_ERRORS[code]} (${end}${who})${why}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.isDefinite = isDefinite;
    this.leader = leader;
  }
}
