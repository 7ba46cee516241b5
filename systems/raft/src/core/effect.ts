/**
 * What a member wants done. Whoever runs the core does it, in the order given.
 */
import type { NodeId } from '@mangrove/host';
import type { Entry } from './entry.ts';
import type { RequestId } from './event.ts';
import type { Message } from './message.ts';
import type { LogIndex, Term } from './positions.ts';
import type { SnapshotImage, SnapshotMetadata } from './snapshot-metadata.ts';

/** What must survive a crash besides the log. `Raft figure 2`. */
export interface HardState {
  readonly term: Term;
  readonly votedFor: NodeId | undefined;
}

/** What a member is at the moment. */
export type RoleName = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** Why something was refused. */
export type RefusalReason =
  /** This member does not lead; see the `leader` of the effect. */
  | 'not-leader'
  /** Too much is under way; later there may be room. */
  | 'overload'
  /** The disk of this member is full. */
  | 'no-space'
  /** A command above the bound. */
  | 'too-large'
  /** Leadership is being handed over. */
  | 'transferring'
  /** Leadership was lost, or the entry left this log, before the outcome was known. */
  | 'leadership-lost'
  /** Another entry was committed in its place. */
  | 'overwritten'
  /** A snapshot took the place of the log that would have told the outcome. */
  | 'compacted'
  /** Another change of membership is under way, or may be. */
  | 'change-under-way'
  /** The change contradicts the configuration in force. */
  | 'bad-change'
  /** A learner is too far behind to be promoted. */
  | 'not-caught-up'
  /** The target of a transfer is no voter, or is this member. */
  | 'bad-target'
  /** The target of a transfer did not take over in time. */
  | 'timeout'
  /** Lease reads need check-quorum. */
  | 'no-lease';

/** An effect. */
export type Effect =
  /**
   * Make these durable, in order of `sequence`, then report `persisted`. The first entry takes the
   * place of everything at its index and behind it. A `snapshot`, whose last chunk was written,
   * takes the place of the whole log; the entries follow it.
   */
  | {
      readonly type: 'persist';
      readonly sequence: number;
      readonly hardState: HardState | undefined;
      readonly snapshot: SnapshotMetadata | undefined;
      readonly entries: readonly Entry[];
    }
  | { readonly type: 'send'; readonly message: Message }
  /** Give these to the state machine, then report `applied`. */
  | { readonly type: 'apply'; readonly entries: readonly Entry[] }
  /** The same for entries that only the disk has, `from` to `to`, both included. */
  | { readonly type: 'apply-stored'; readonly from: LogIndex; readonly to: LogIndex }
  /** Make the state machine that of the snapshot, then report `applied` with its index. */
  | { readonly type: 'restore'; readonly snapshot: SnapshotMetadata }
  /** The proposal, or change of membership, is committed. Comes before its `apply`. */
  | { readonly type: 'committed'; readonly id: RequestId; readonly index: LogIndex }
  /** A request ends in its success or in this. `isDefinite`: it did not and never will happen. */
  | {
      readonly type: 'refused';
      readonly id: RequestId;
      readonly reason: RefusalReason;
      readonly isDefinite: boolean;
      readonly leader: NodeId | undefined;
    }
  /** The state machine as it is now answers the read: it has applied `index`. */
  | { readonly type: 'read-ready'; readonly id: RequestId; readonly index: LogIndex }
  /** The target has taken over. */
  | { readonly type: 'transferred'; readonly id: RequestId }
  /** Read these from the disk, as many as fit, then report `entries-loaded`. */
  | {
      readonly type: 'load-entries';
      readonly peer: NodeId;
      readonly from: LogIndex;
      readonly to: LogIndex;
      readonly bytesMax: number;
    }
  /** Read so much of this snapshot from `offset` on, then report `chunk-loaded`. */
  | {
      readonly type: 'load-chunk';
      readonly peer: NodeId;
      readonly snapshot: SnapshotMetadata;
      readonly offset: number;
      readonly bytesMax: number;
    }
  /**
   * Put these bytes of a snapshot that is arriving behind the `offset` that are there, make them
   * durable, then report `chunk-written`. Where they are the last, check the whole first. Offset 0
   * begins anew and takes the place of whatever was arriving.
   */
  | {
      readonly type: 'write-chunk';
      readonly snapshot: SnapshotMetadata;
      readonly image: SnapshotImage;
      readonly offset: number;
      readonly data: Uint8Array;
    }
  /** The log up to `logIndex`, and snapshots before that of `snapshotIndex`, may go. */
  | { readonly type: 'forget'; readonly logIndex: LogIndex; readonly snapshotIndex: LogIndex }
  /** The group is idle: wake this member when the process of `leader` is not heard any more. */
  | { readonly type: 'asleep'; readonly leader: NodeId }
  /** It is not idle any more. */
  | { readonly type: 'awake' }
  /** What this member is, or whom it follows, has changed. */
  | {
      readonly type: 'role';
      readonly role: RoleName;
      readonly term: Term;
      readonly leader: NodeId | undefined;
    };
