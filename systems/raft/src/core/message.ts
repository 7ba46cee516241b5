/**
 * What members say to each other.
 */
import type { NodeId } from '@mangrove/host';
import type { Entry } from './entry.ts';
import type { ForwardOutcome } from './forwarding.ts';
import type { LogIndex, Term } from './positions.ts';
import type { SnapshotImage, SnapshotMetadata } from './snapshot-metadata.ts';

/** What every message has. `term` is the sender's, but see `request-pre-vote`. */
interface MessageHead {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly term: Term;
}

/** A message without its head. */
export type MessageBody =
  /** Asks whether a vote in `term`, one above the sender's, would be granted. Thesis 9.6. */
  | {
      readonly type: 'request-pre-vote';
      readonly lastIndex: LogIndex;
      readonly lastTerm: Term;
    }
  /** `term` is the asked one where it is granted, the sender's own where it is refused. */
  | { readonly type: 'pre-vote-response'; readonly isGranted: boolean }
  /** Raft 5.2. */
  | {
      readonly type: 'request-vote';
      readonly lastIndex: LogIndex;
      readonly lastTerm: Term;
      /** The leader itself has asked for it: voters do not protect it. Thesis 4.2.3. */
      readonly isTransfer: boolean;
    }
  | { readonly type: 'vote-response'; readonly isGranted: boolean }
  /** Raft 5.3. Without entries it tells the commit index, or probes. */
  | {
      readonly type: 'append-entries';
      readonly previousIndex: LogIndex;
      readonly previousTerm: Term;
      readonly entries: readonly Entry[];
      readonly commitIndex: LogIndex;
    }
  /** All up to `index` is the leader's and on the sender's disk. */
  | { readonly type: 'append-accepted'; readonly index: LogIndex }
  /** `previousIndex` does not match; the sender's log may match at the hint, never above it. */
  | {
      readonly type: 'append-rejected';
      readonly previousIndex: LogIndex;
      readonly hintIndex: LogIndex;
      readonly hintTerm: Term;
    }
  /** The leader is alive. `round` is never used twice in a term. */
  | { readonly type: 'heartbeat'; readonly commitIndex: LogIndex; readonly round: number }
  /** `round` is that of the heartbeat, 0 where it was refused. */
  | { readonly type: 'heartbeat-response'; readonly round: number }
  /** The leader stops its clock: nothing happens. The log ends so, and all of it is committed. */
  | { readonly type: 'quiesce'; readonly commitIndex: LogIndex; readonly commitTerm: Term }
  /** Bytes of a snapshot from `offset` on; none where the sender only asks. Raft 7. */
  | {
      readonly type: 'install-snapshot';
      readonly snapshot: SnapshotMetadata;
      readonly image: SnapshotImage;
      readonly offset: number;
      readonly data: Uint8Array;
    }
  /** The sender has the first `offset` bytes of the leader's snapshot at `index`. */
  | { readonly type: 'snapshot-progress'; readonly index: LogIndex; readonly offset: number }
  /** The leader hands over: campaign at once. Thesis 3.10. */
  | { readonly type: 'timeout-now' }
  /** Asks to have `data` committed in this term; `sequence` is never used twice, in any life. */
  | {
      readonly type: 'forward-proposal';
      readonly incarnation: number;
      readonly sequence: number;
      readonly data: Uint8Array;
    }
  /** What became of it: where it stands in the log, or why it never will. */
  | {
      readonly type: 'forward-response';
      readonly sequence: number;
      readonly outcome: ForwardOutcome;
    }
  /** Asks up to which index the answer of a read must be applied. `context` is never used twice. */
  | { readonly type: 'read-index'; readonly context: string }
  /** The answer; `index` is missing where the sender cannot tell. */
  | {
      readonly type: 'read-index-response';
      readonly context: string;
      readonly index: LogIndex | undefined;
    };

/** A message on its way. */
export type Message = MessageBody & MessageHead;
