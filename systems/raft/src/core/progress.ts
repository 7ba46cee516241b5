/**
 * What a leader knows of one follower, and how fast it may send to it.
 *
 *            rejected                       match raised
 *      +------------------ replicate <-----------------------+
 *      v                                                     |
 *    probe --- needs entries that the log has forgotten --> snapshot
 *      ^                                                     |
 *      +-------------- snapshot lost, or in vain ------------+
 *
 * `probe` sends one append and waits, `replicate` sends without waiting up to the in-flight bounds,
 * `snapshot` sends no entries at all. Source: etcd-io/raft design.md.
 */
import { type LogIndex, NO_INDEX, type Term } from './positions.ts';
import type { SnapshotMetadata } from './snapshot-metadata.ts';

/** What is on the way to a follower. */
interface InflightAppend {
  readonly lastIndex: LogIndex;
  readonly sizeBytes: number;
}

/** A snapshot on its way to a follower, piece by piece. */
export interface SnapshotTransfer {
  readonly snapshot: SnapshotMetadata;
  /** How many of its bytes the follower has, as far as is known. */
  offset: number;
  /** The piece at `offset` is being read. */
  isLoading: boolean;
  /** When the piece at `offset` left; not yet, where it is missing. */
  sentAt: number | undefined;
}

/** The bounds of what is on the way. */
export interface InflightLimits {
  readonly inflightCountMax: number;
  readonly inflightBytesMax: number;
}

/** The state of one follower, on its leader. */
export class Progress {
  /** All up to here is the leader's and on the follower's disk. 0 <= matchIndex < nextIndex */
  matchIndex: LogIndex = NO_INDEX;
  /** What is sent next. */
  nextIndex: LogIndex;
  mode: 'probe' | 'replicate' | 'snapshot' = 'probe';
  /** Nothing more is sent until the follower answers something. */
  isPaused = false;
  /** Entries for it are being read from the disk. */
  isLoading = false;
  /** An empty append shall find out what became of those on the way. */
  isProdDue = false;
  /** What is under way in mode `snapshot`, and only there. */
  transfer: SnapshotTransfer | undefined;
  /** When it last answered, on the leader's clock. */
  contactAt: number;
  /** The newest heartbeat round that it answered. */
  ackedRound = 0;
  /** When that round was sent, on the leader's clock. */
  ackedSentAt = Number.NEGATIVE_INFINITY;
  /** The commit index that it was last told. */
  commitSent: LogIndex = NO_INDEX;
  private inflight: InflightAppend[] = [];
  private inflightBytes = 0;

  constructor(nextIndex: LogIndex, now: number) {
    this.nextIndex = nextIndex;
    this.contactAt = now;
  }

  /** Whether an append may leave now. */
  canSend(limits: InflightLimits): boolean {
    if (this.isPaused || this.isLoading || this.mode === 'snapshot') return false;
    return (
      this.inflight.length < limits.inflightCountMax && this.inflightBytes < limits.inflightBytesMax
    );
  }

  /** Takes in that entries up to `lastIndex` have left. */
  sent(lastIndex: LogIndex, sizeBytes: number): void {
    if (this.mode === 'probe') {
      this.isPaused = true;
      return;
    }
    this.nextIndex = (lastIndex + 1) as LogIndex;
    this.inflight.push({ lastIndex, sizeBytes });
    this.inflightBytes += sizeBytes;
  }

  /**
   * Takes in that the follower holds everything up to `index`; late answers change nothing.
   *
   * @param baseIndex where the leader's log begins: a follower in mode `snapshot` that reached it,
   *   by whatever way, needs no snapshot any more
   */
  accepted(index: LogIndex, baseIndex: LogIndex): void {
    if (this.mode !== 'snapshot') this.isPaused = false;
    this.release(index);
    if (index < this.matchIndex || (index === this.matchIndex && this.mode !== 'probe')) return;
    this.matchIndex = index;
    if (this.nextIndex <= index) this.nextIndex = (index + 1) as LogIndex;
    if (this.mode === 'replicate') return;
    if (this.mode === 'snapshot' && index < baseIndex) return;
    this.isPaused = false;
    this.mode = 'replicate';
    this.transfer = undefined;
    this.nextIndex = (index + 1) as LogIndex;
  }

  /**
   * Takes in that the follower's log does not match at `previousIndex`, and that it can match at
   * `hintIndex` at best; false where the answer is out of date.
   */
  rejected(previousIndex: LogIndex, hintIndex: LogIndex): boolean {
    if (this.mode === 'snapshot' || previousIndex <= this.matchIndex) return false;
    if (this.mode === 'probe' && previousIndex !== this.nextIndex - 1) return false;
    const next = Math.max(this.matchIndex, Math.min(previousIndex - 1, hintIndex)) + 1;
    this.toProbe(next as LogIndex);
    return true;
  }

  /** Goes on from `nextIndex` one append at a time. */
  toProbe(nextIndex: LogIndex): void {
    this.mode = 'probe';
    this.nextIndex = nextIndex;
    this.isPaused = false;
    this.isLoading = false;
    this.isProdDue = false;
    this.transfer = undefined;
    this.inflight = [];
    this.inflightBytes = 0;
  }

  /** Sends no entries until the follower has `snapshot`. */
  toSnapshot(snapshot: SnapshotMetadata): void {
    this.toProbe(this.nextIndex);
    this.mode = 'snapshot';
    this.transfer = { snapshot, offset: 0, isLoading: false, sentAt: undefined };
  }

  /**
   * A follower that lives is sent to again: whatever it was paused for is to be tried anew. Where
   * appends are unanswered all the same, an empty one behind them shall find out whether they were
   * lost, however many or large they were: nothing else would, if there is nothing new to send, or
   * no room for it.
   */
  answeredHeartbeat(): void {
    if (this.mode === 'snapshot') return;
    this.isPaused = false;
    if (this.mode === 'replicate') this.isProdDue = this.matchIndex + 1 < this.nextIndex;
  }

  /** Takes in an answer to the heartbeat `round` that was sent at `sentAt`. */
  ackedHeartbeat(round: number, sentAt: number): void {
    if (round <= this.ackedRound) return;
    this.ackedRound = round;
    this.ackedSentAt = sentAt;
  }

  private release(upTo: LogIndex): void {
    let count = 0;
    for (const each of this.inflight) {
      if (each.lastIndex > upTo) break;
      this.inflightBytes -= each.sizeBytes;
      count += 1;
    }
    if (count > 0) this.inflight.splice(0, count);
  }
}

/** Where a rejection lets a leader go on. */
export interface RejectionHint {
  readonly hintIndex: LogIndex;
  readonly hintTerm: Term;
}
