/**
 * When a node takes a snapshot, and how much of the log stays before it.
 *
 *     log       |---- trailing ----|---- since the last snapshot ----|
 *     at most    trailingCount and  everyCount or everyBytes,
 *                everyBytes         whichever comes first
 *
 * Source: Raft 7; that a large state is not written again for a small log, thesis 5.1.3.
 */
import { InvalidArgument } from '@mangrove/host';
import type { LogIndex } from '../core/positions.ts';

/** How often snapshots are taken; see `RaftNodeConfig` for each. */
export interface SnapshotPaceOptions {
  readonly snapshotEveryCount?: number | undefined;
  readonly snapshotEveryBytes?: number | undefined;
  readonly snapshotLeastBytes?: number | undefined;
  readonly snapshotExpansion?: number | undefined;
  readonly trailingCount?: number | undefined;
}

/** How many places of the log are remembered in the bytes that may trail. */
const MARK_COUNT = 16;

/** The pace of one node. It counts the bytes of commands as they are applied, in order. */
export class SnapshotPace {
  private readonly everyCount: number;
  private readonly everyBytes: number;
  private readonly leastBytes: number;
  private readonly expansion: number;
  private readonly trailingCount: number;
  /** Bytes of the last snapshot that was taken; 0 where it is not known. */
  private snapshotBytes = 0;
  /** Bytes of all commands that were applied, and how many of them the last snapshot has. */
  private appliedBytes = 0;
  private takenBytes = 0;
  /** Places on the way, oldest first, with `appliedBytes` there. */
  private markAtBytes = 0;
  private marks: { readonly index: LogIndex; readonly bytes: number }[] = [];

  /** Throws `InvalidArgument` where snapshots would have nothing between them. */
  constructor(options: SnapshotPaceOptions) {
    for (const name of ['snapshotEveryCount', 'snapshotEveryBytes'] as const) {
      const { [name]: value = 1 } = options;
      if (!(value >= 1)) throw new InvalidArgument(name, value, 'at least 1');
    }
    this.everyCount = options.snapshotEveryCount ?? 10_000;
    this.everyBytes = options.snapshotEveryBytes ?? 67_108_864;
    this.leastBytes = options.snapshotLeastBytes ?? 0;
    this.expansion = options.snapshotExpansion ?? 0;
    this.trailingCount = options.trailingCount ?? 1000;
  }

  /** Takes in that a command of so many bytes was applied. */
  applied(index: LogIndex, sizeBytes: number): void {
    this.appliedBytes += sizeBytes;
    if (this.appliedBytes < this.markAtBytes) return;
    this.markAtBytes = this.appliedBytes + this.everyBytes / MARK_COUNT;
    this.marks.push({ index, bytes: this.appliedBytes });
  }

  /** Whether a snapshot is due where `count` entries were applied since the last one. */
  isDue(count: number): boolean {
    const sizeBytes = this.appliedBytes - this.takenBytes;
    if (count < 1 || sizeBytes < this.expansion * this.snapshotBytes) return false;
    if (sizeBytes >= this.everyBytes) return true;
    return count >= this.everyCount && sizeBytes >= this.leastBytes;
  }

  /** The bytes that a snapshot begun now has: what `taken` is to be told. */
  get beginsAtBytes(): number {
    return this.appliedBytes;
  }

  /**
   * Takes in that a snapshot is durable, and says up to where the log is not needed any more.
   *
   * @param index where the snapshot is
   * @param beginsAtBytes what that was when it was begun
   * @param sizeBytes of the snapshot
   */
  taken(index: LogIndex, beginsAtBytes: number, sizeBytes: number): LogIndex {
    this.takenBytes = beginsAtBytes;
    this.snapshotBytes = sizeBytes;
    const floorBytes = beginsAtBytes - this.everyBytes;
    this.marks = this.marks.filter(({ bytes }) => bytes >= floorBytes);
    const [first] = this.marks;
    const byCount = Math.max(0, index - this.trailingCount);
    // Marks count from the start of this life: before that there is no more than may trail.
    if (floorBytes <= 0 || first === undefined) return byCount as LogIndex;
    return Math.min(index, Math.max(byCount, first.index)) as LogIndex;
  }

  /** Takes in that a snapshot of the leader took the place of the log. */
  replaced(): void {
    this.takenBytes = this.appliedBytes;
    this.snapshotBytes = 0;
    this.marks = [];
  }
}
