/**
 * Shows to where the store is compacted by itself: by revisions, by time, and by both, of which the
 * more careful one counts.
 */
import { describe, expect, it } from 'vitest';
import { AutoCompaction } from './auto-compaction.ts';
import { NO_REVISION, type Revision } from './revision.ts';

/** What is due at second 100 of a store that had a revision a second, from 1 on. */
function dueOf(keptRevisions: number, keptMs: number): number | undefined {
  const compaction = new AutoCompaction(keptRevisions, keptMs);
  for (let second = 1; second <= 100; second += 1) {
    compaction.observe(second * 1000, second as Revision);
  }
  return compaction.due(100_000, 100 as Revision, NO_REVISION);
}

describe('R41: what is compacted by itself', () => {
  it('leaves so many revisions, or what was for so long', () => {
    expect(dueOf(30, 0)).toBe(70);
    // Between two notes, of which there are 16 in the time that is kept.
    expect(dueOf(0, 16_000)).toBe(84);
    expect(dueOf(0, 0)).toBeUndefined();
  });

  it('leaves the more of the two where both are said', () => {
    expect(dueOf(30, 16_000)).toBe(70);
    expect(dueOf(10, 16_000)).toBe(84);
  });

  it('leaves all where one of the two leaves all, and never goes back', () => {
    expect(dueOf(30, 200_000)).toBeUndefined();
    expect(dueOf(200, 16_000)).toBeUndefined();
    const compaction = new AutoCompaction(30, 0);
    expect(compaction.due(0, 100 as Revision, 70 as Revision)).toBeUndefined();
    expect(compaction.due(0, 100 as Revision, 69 as Revision)).toBe(70);
  });
});
