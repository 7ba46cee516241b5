/**
 * R120: when a snapshot is due, and how much of the log stays before it, by count and by bytes.
 */
import { describe, expect, it } from 'vitest';
import type { LogIndex } from '../core/positions.ts';
import { SnapshotPace, type SnapshotPaceOptions } from './snapshot-pace.ts';

/** A pace, and entries of the same size that are applied to it. */
class Walk {
  readonly pace: SnapshotPace;
  index = 1;
  snapshotIndex = 1;

  constructor(options: SnapshotPaceOptions) {
    this.pace = new SnapshotPace(options);
  }

  /** Applies commands of `sizeBytes` until a snapshot is due; how many that took. */
  untilDue(sizeBytes: number): number {
    const from = this.index;
    while (!this.pace.isDue(this.index - this.snapshotIndex)) {
      if (this.index - from > 100_000) throw new Error('no snapshot is due after 100,000 entries');
      this.index += 1;
      this.pace.applied(this.index as LogIndex, sizeBytes);
    }
    return this.index - from;
  }

  /** Takes a snapshot of `sizeBytes`; how many entries stay before it. */
  take(sizeBytes: number): number {
    const { pace, index } = this;
    const compactTo = pace.taken(index as LogIndex, pace.beginsAtBytes, sizeBytes);
    this.snapshotIndex = index;
    // The log begins behind index 1.
    return index - Math.max(1, compactTo);
  }
}

describe('when a snapshot is due', () => {
  it('R120: after so many entries or bytes, whichever comes first', () => {
    const bounds = { snapshotEveryCount: 100, snapshotEveryBytes: 5000 };
    const walk = new Walk(bounds);
    expect(walk.untilDue(10)).toBe(100);
    walk.take(1);
    expect(walk.untilDue(1000)).toBe(5);
    walk.take(1);
    expect(walk.untilDue(0)).toBe(100);
  });

  it('R120: by default after 10,000 entries or 64 MiB', () => {
    expect(new Walk({}).untilDue(100)).toBe(10_000);
    expect(new Walk({}).untilDue(1_000_000)).toBe(68);
  });

  it('R120: not before the log is as large as a multiple of the last one', () => {
    const walk = new Walk({ snapshotEveryBytes: 5000, snapshotExpansion: 2 });
    expect(walk.untilDue(1000)).toBe(5);
    walk.take(10_000);
    expect(walk.untilDue(1000)).toBe(20);
    walk.take(100);
    expect(walk.untilDue(1000)).toBe(5);
    // What the leader's snapshot brought is not what was written here.
    walk.take(10_000);
    walk.pace.replaced();
    walk.snapshotIndex = walk.index;
    expect(walk.untilDue(1000)).toBe(5);
  });

  it('R120: the least number of bytes is for the count alone', () => {
    const bounds = { snapshotEveryCount: 10, snapshotLeastBytes: 500, snapshotEveryBytes: 5000 };
    expect(new Walk(bounds).untilDue(10)).toBe(50);
    expect(new Walk(bounds).untilDue(1000)).toBe(5);
  });

  it('R120: what is applied while a snapshot is written counts for the next one', () => {
    const walk = new Walk({ snapshotEveryBytes: 5000 });
    walk.untilDue(1000);
    const { beginsAtBytes } = walk.pace;
    const begun = walk.index;
    for (let nth = 0; nth < 3; nth++) walk.pace.applied(++walk.index as LogIndex, 1000);
    walk.pace.taken(begun as LogIndex, beginsAtBytes, 1);
    walk.snapshotIndex = begun;
    expect(walk.untilDue(1000)).toBe(2);
  });

  it('R120: bounds with nothing between two snapshots are refused', () => {
    expect(() => new SnapshotPace({ snapshotEveryBytes: 0 })).toThrow(/snapshotEveryBytes is 0/);
    expect(() => new SnapshotPace({ snapshotEveryCount: 0 })).toThrow(/snapshotEveryCount is 0/);
  });
});

describe('how much of the log stays before a snapshot', () => {
  it('R120: as many entries as asked for, but no more bytes than lie between two', () => {
    const walk = new Walk({ snapshotEveryBytes: 16_000, trailingCount: 100 });
    for (let nth = 0; nth < 5; nth++) {
      expect(walk.untilDue(1000)).toBe(16);
      const kept = walk.take(1);
      expect(kept).toBeLessThanOrEqual(16);
      expect(kept).toBeGreaterThanOrEqual(14);
    }
    const small = new Walk({ snapshotEveryCount: 50, trailingCount: 10 });
    for (let nth = 0; nth < 3; nth++) {
      small.untilDue(1);
      expect(small.take(1)).toBe(10);
    }
  });
});
