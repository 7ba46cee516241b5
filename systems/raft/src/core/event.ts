/**
 * What happens to a member, from outside: everything that its core ever learns.
 */
import type { Instant, NodeId } from '@mangrove/host';
import type { MemberChange } from './configuration.ts';
import type { Entry } from './entry.ts';
import type { MemberIdentity } from './identity.ts';
import type { Message } from './message.ts';
import type { LogIndex } from './positions.ts';
import type { SnapshotImage } from './snapshot-metadata.ts';

/** The caller's name for something that it waits for; unique among what is under way. */
export type RequestId = number;

/** How a read may be answered. */
export type ReadMode =
  /** By a round of heartbeats: does not depend on clocks. */
  | 'read-index'
  /** By the leader's lease where it holds one, else by a round. Depends on the drift bound. */
  | 'lease';

/** A command that shall be committed. */
export interface Proposal {
  readonly id: RequestId;
  readonly data: Uint8Array;
}

/** A part of a snapshot, and of which bytes. */
export interface SnapshotChunk {
  readonly image: SnapshotImage;
  /** Not empty, but at the end of the image. */
  readonly data: Uint8Array;
}

/** An event. `now` never goes back. */
export type RaftEvent = { readonly now: Instant } & (
  | { readonly type: 'timer'; readonly random: number }
  | { readonly type: 'message'; readonly message: Message }
  /** All writes up to `sequence` are durable. */
  | { readonly type: 'persisted'; readonly sequence: number }
  /** The state machine has taken in everything up to `index`. */
  | { readonly type: 'applied'; readonly index: LogIndex }
  /** Writes wait for room on the disk, or do not any more. */
  | { readonly type: 'disk-room'; readonly isFull: boolean }
  | { readonly type: 'propose'; readonly id: RequestId; readonly data: Uint8Array }
  /** Several at once, in their order; each is taken in or refused by itself. */
  | { readonly type: 'propose-batch'; readonly proposals: readonly Proposal[] }
  | { readonly type: 'read'; readonly id: RequestId; readonly mode: ReadMode }
  /** The caller gave up waiting for a read. */
  | { readonly type: 'cancel-read'; readonly id: RequestId }
  | {
      readonly type: 'change-members';
      readonly id: RequestId;
      readonly changes: readonly MemberChange[];
      readonly isAutoLeave: boolean;
    }
  | { readonly type: 'leave-joint'; readonly id: RequestId }
  | { readonly type: 'transfer-leadership'; readonly id: RequestId; readonly target: NodeId }
  /** The entries asked for by `load-entries`; empty where they could not be read. */
  | { readonly type: 'entries-loaded'; readonly peer: NodeId; readonly entries: readonly Entry[] }
  /** A snapshot of the state at `index` is durable; the log up to `compactTo` is not needed. */
  | {
      readonly type: 'snapshot-taken';
      readonly index: LogIndex;
      readonly compactTo: LogIndex;
    }
  /** A peer was let in, as who it says that it is. */
  | { readonly type: 'peer-identified'; readonly peer: NodeId; readonly identity: MemberIdentity }
  /** Every other founder keeps our store for good as the one that we came with first. */
  | { readonly type: 'sworn' }
  /** What `load-chunk` asked for; `chunk` is missing where it cannot be read. */
  | {
      readonly type: 'chunk-loaded';
      readonly peer: NodeId;
      readonly index: LogIndex;
      readonly offset: number;
      readonly chunk: SnapshotChunk | undefined;
    }
  /** What `write-chunk` asked for is durable up to `offset`; or what is there is of no use. */
  | {
      readonly type: 'chunk-written';
      readonly index: LogIndex;
      readonly image: SnapshotImage;
      readonly offset: number;
      readonly isIntact: boolean;
    }
  /** The leader of an idle group may be gone: see for yourself. */
  | { readonly type: 'wake' }
  /** The link to `peer` broke: what is on the way may be lost. */
  | { readonly type: 'unreachable'; readonly peer: NodeId }
);
