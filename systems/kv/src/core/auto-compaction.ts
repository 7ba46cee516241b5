/**
 * When the store is compacted by itself, and to where: by a count of revisions, by time, or by
 * both, of which the more careful one counts.
 *
 * Revisions do not tell their time, so every member notes now and then which one it was at. A new
 * leader goes on with its own notes.
 */
import { NO_REVISION, type Revision } from './revision.ts';

/** The automatic compaction of one member. */
export class AutoCompaction {
  private readonly keptRevisions: number;
  private readonly keptMs: number;
  // The oldest first; at most a few more than `NOTES` of them.
  private notes: { readonly atMs: number; readonly revision: Revision }[] = [];

  /**
   * @param keptRevisions how many revisions stay; 0 is no bound of that kind
   * @param keptMs for how long what was stays; 0 is no bound of that kind
   */
  constructor(keptRevisions: number, keptMs: number) {
    this.keptRevisions = keptRevisions;
    this.keptMs = keptMs;
  }

  /** Notes that the store is at `revision`. */
  observe(nowMs: number, revision: Revision): void {
    if (this.keptMs === 0) return;
    const last = this.notes.at(-1);
    if (last !== undefined && nowMs - last.atMs < this.keptMs / NOTES) return;
    this.notes.push({ atMs: nowMs, revision });
    // The newest of those that are old enough is all that is needed of them.
    const firstYoung = this.notes.findIndex(({ atMs }) => nowMs - atMs < this.keptMs);
    if (firstYoung > 1) this.notes = this.notes.slice(firstYoung - 1);
  }

  /** The revision to compact to; `undefined` where there is nothing to do. */
  due(nowMs: number, revision: Revision, compactRevision: Revision): Revision | undefined {
    const targets: number[] = [];
    if (this.keptRevisions > 0) targets.push(revision - this.keptRevisions);
    if (this.keptMs > 0) targets.push(this.revisionBefore(nowMs - this.keptMs));
    if (targets.length === 0) return undefined;
    const target = Math.min(...targets);
    return target > compactRevision ? (target as Revision) : undefined;
  }

  private revisionBefore(atMs: number): Revision {
    const before = this.notes.findLast((note) => note.atMs <= atMs);
    return before?.revision ?? NO_REVISION;
  }
}

/** How many notes are taken in the time that is kept. */
const NOTES = 16;
