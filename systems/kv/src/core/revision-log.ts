/**
 * The versions in the order in which they were written, from the compaction on: what watchers who
 * come late still have to see.
 */
import { assert, BrokenInvariant } from '@mangrove/host';
import { NO_REVISION, type Revision } from './revision.ts';
import { NO_VERSION, type VersionRow } from './versions.ts';

/** A queue of versions, oldest first; a position counts from the first that ever was in it. */
export class RevisionLog {
  // By position divided by PAGE_ROWS; what is forgotten is forgotten by whole pages.
  private readonly pages = new Map<number, Page>();
  private first = 0;
  private last = 0;
  // Behind the versions of the revision that is being written, which nobody sees yet.
  private written = 0;

  /** The position of the oldest version. */
  get firstPosition(): number {
    return this.first;
  }

  /** The position behind the newest version, but for those of a revision that is not finished. */
  get endPosition(): number {
    return this.last;
  }

  /** Puts a version behind the others; `publish` shows it. */
  append(row: VersionRow, revision: Revision): void {
    const number = Math.floor(this.written / PAGE_ROWS);
    let page = this.pages.get(number);
    if (page === undefined) {
      page = { rows: new Uint32Array(PAGE_ROWS), revisions: new Float64Array(PAGE_ROWS) };
      this.pages.set(number, page);
    }
    page.rows[this.written % PAGE_ROWS] = row;
    page.revisions[this.written % PAGE_ROWS] = revision;
    this.written += 1;
  }

  /** Shows what was written: its revision is whole. */
  publish(): void {
    this.last = this.written;
  }

  /** The version at `position`; one that is swept may be free, or another version by now. */
  at(position: number): VersionRow {
    return this.pageOf(position).rows[position % PAGE_ROWS] ?? NO_VERSION;
  }

  /** The revision in which the version at `position` was written. */
  revisionAt(position: number): Revision {
    return (this.pageOf(position).revisions[position % PAGE_ROWS] ?? NO_REVISION) as Revision;
  }

  /** The position of the first version of `revision` or later; the end where there is none. */
  positionOf(revision: Revision): number {
    let low = this.first;
    let high = this.last;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.revisionAt(middle) < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Forgets the oldest version. */
  dropFirst(): void {
    assert(this.first < this.last, 'nothing to drop from the log');
    const number = Math.floor(this.first / PAGE_ROWS);
    this.first += 1;
    if (this.first % PAGE_ROWS === 0) this.pages.delete(number);
  }

  private pageOf(position: number): Page {
    const page = this.pages.get(Math.floor(position / PAGE_ROWS));
    if (page !== undefined && position >= this.first && position < this.last) return page;
    throw new BrokenInvariant(`position ${position} of a log of ${this.first} to ${this.last}`);
  }
}

interface Page {
  readonly rows: Uint32Array;
  readonly revisions: Float64Array;
}

const PAGE_ROWS = 16_384;
