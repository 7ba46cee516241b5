/**
 * The log as the core sees it: terms of every index, configurations, and the newest entries.
 *
 *      base             stable           handed         last
 *        |  on disk only  |  being written |  to be written |
 *        [......cached entries, as far as the bound allows..]
 *
 * Entries on disk (at or below `stableIndex`) may be dropped from memory; `cached` says what is
 * still here. Truncation lowers `stableIndex` and `handedIndex`, so what comes in the place of a
 * removed entry counts as unwritten until its own write is done.
 */
import { assert } from '@mangrove/host';
import { ConfigurationHistory } from './configuration-history.ts';
import { type Entry, entrySizeBytes } from './entry.ts';
import { indexAfter, indexBefore, type LogIndex, lowerIndex, type Term } from './positions.ts';
import type { SnapshotMetadata } from './snapshot-metadata.ts';
import { TermRuns } from './term-runs.ts';

/** The log of one member. */
export class RaftLog {
  readonly configurations: ConfigurationHistory;
  private readonly cacheBytesMax: number;
  private runs: TermRuns;
  private base: LogIndex;
  private last: LogIndex;
  private stable: LogIndex;
  private handed: LogIndex;
  // entries[i].index = last - entries.length + 1 + i; all of handed+1..last are here.
  private entries: Entry[] = [];
  private cacheBytes = 0;

  /**
   * An empty log that begins behind `snapshot`.
   *
   * @param cacheBytesMax how many bytes of entries that are on disk may stay in memory
   */
  constructor(snapshot: SnapshotMetadata, cacheBytesMax: number) {
    this.cacheBytesMax = cacheBytesMax;
    this.configurations = new ConfigurationHistory({
      index: snapshot.configurationIndex,
      configuration: snapshot.configuration,
    });
    this.runs = new TermRuns(snapshot.index, snapshot.term);
    this.base = snapshot.index;
    this.last = snapshot.index;
    this.stable = snapshot.index;
    this.handed = snapshot.index;
  }

  /** The index before the first entry that the log still has. */
  get baseIndex(): LogIndex {
    return this.base;
  }

  get lastIndex(): LogIndex {
    return this.last;
  }

  get lastTerm(): Term {
    return this.runs.termAt(this.last);
  }

  /** Everything up to here is on this member's disk. */
  get stableIndex(): LogIndex {
    return this.stable;
  }

  /** The term at `index`; `undefined` where the log does not reach, or has forgotten. */
  termAt(index: LogIndex): Term | undefined {
    if (index < this.base || index > this.last) return undefined;
    return this.runs.termAt(index);
  }

  /** Whether the log has the entry of `term` at `index`. */
  matches(index: LogIndex, term: Term): boolean {
    return this.termAt(index) === term;
  }

  /** Whether a log that ends with (`index`, `term`) is at least as new as this one. `Raft 5.4.1` */
  isUpToDate(index: LogIndex, term: Term): boolean {
    return term > this.lastTerm || (term === this.lastTerm && index >= this.last);
  }

  /** The highest index at or below `index` whose term is at most `term`. */
  lastAtMost(index: LogIndex, term: Term): LogIndex {
    return this.runs.lastAtMost(lowerIndex(index, this.last), term);
  }

  /** Puts `entries` behind the last one; their indexes follow it without a gap. */
  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const { lastTerm } = this;
      // The words are made only where they are needed: this is done for every entry.
      if (entry.index !== this.last + 1 || !(entry.term >= lastTerm)) {
        assert(false, `entry ${entry.index}/${entry.term} behind ${this.last}/${lastTerm}`);
      }
      this.last = entry.index;
      if (entry.term !== lastTerm) this.runs.append(entry.index, entry.term);
      this.entries.push(entry);
      this.cacheBytes += entrySizeBytes(entry);
      if (entry.type === 'configuration') {
        this.configurations.append({ index: entry.index, configuration: entry.configuration });
      }
    }
  }

  /** Removes the entries from `index` on, and rolls their configurations back. */
  truncateFrom(index: LogIndex): void {
    assert(index > this.base, `truncation from ${index}, not behind the base ${this.base}`);
    const kept = Math.max(0, this.entries.length - (this.last - index + 1));
    for (const entry of this.entries.splice(kept)) this.cacheBytes -= entrySizeBytes(entry);
    const before = indexBefore(index);
    this.last = lowerIndex(this.last, before);
    this.stable = lowerIndex(this.stable, before);
    this.handed = lowerIndex(this.handed, before);
    this.runs.truncateFrom(index);
    this.configurations.truncateFrom(index);
  }

  /** The entries that no write has been asked for yet; from now on they count as handed over. */
  takeUnwritten(): readonly Entry[] {
    const count = this.last - this.handed;
    this.handed = this.last;
    return count === 0 ? NOTHING : this.entries.slice(this.entries.length - count);
  }

  /** Takes in that everything up to `index` is on disk, and drops what memory cannot hold. */
  markStable(index: LogIndex): void {
    assert(index <= this.handed, `stable ${index} beyond ${this.handed} handed to the disk`);
    if (index > this.stable) this.stable = index;
    this.evict();
  }

  /**
   * The entries from `from` to at most `to` that fit into `bytesMax`, the first in any case; empty
   * where `from` is not in memory any more.
   */
  cached(from: LogIndex, to: LogIndex, bytesMax: number): readonly Entry[] {
    const start = from - (this.last - this.entries.length + 1);
    if (start < 0 || from > to) return NOTHING;
    const length = to - from + 1;
    let bytes = 0;
    let count = 0;
    while (count < length) {
      const entry = this.entries[start + count];
      if (entry === undefined) break;
      bytes += entrySizeBytes(entry);
      if (bytes > bytesMax && count > 0) break;
      count += 1;
    }
    return this.entries.slice(start, start + count);
  }

  /** Whether the entry at `index` is in memory. */
  isCached(index: LogIndex): boolean {
    return index <= this.last && index > this.last - this.entries.length;
  }

  /** Forgets everything up to `index`, which is on disk and in a snapshot. */
  compactTo(index: LogIndex): void {
    if (index <= this.base) return;
    assert(index <= this.stable, `compaction to ${index} beyond ${this.stable}, which is stable`);
    this.runs.compactTo(index);
    this.configurations.compactTo(index);
    const gone = this.entries.length - (this.last - index);
    this.dropOldest(Math.max(0, gone));
    this.base = index;
  }

  /** Begins anew behind a snapshot of another member; nothing of it is on disk yet. */
  reset(snapshot: SnapshotMetadata): void {
    this.entries = [];
    this.cacheBytes = 0;
    this.runs = new TermRuns(snapshot.index, snapshot.term);
    this.configurations.reset({
      index: snapshot.configurationIndex,
      configuration: snapshot.configuration,
    });
    this.base = snapshot.index;
    this.last = snapshot.index;
    this.handed = snapshot.index;
    this.stable = lowerIndex(this.stable, indexBefore(snapshot.index));
  }

  private evict(): void {
    if (this.cacheBytes <= this.cacheBytesMax) return;
    const target = this.cacheBytesMax * 0.75;
    const first = indexAfter(this.last, 1 - this.entries.length);
    let bytes = this.cacheBytes;
    let count = 0;
    for (const entry of this.entries) {
      if (bytes <= target || first + count > this.stable) break;
      bytes -= entrySizeBytes(entry);
      count += 1;
    }
    this.dropOldest(count);
  }

  private dropOldest(count: number): void {
    for (let nth = 0; nth < count; nth++) {
      this.cacheBytes -= entrySizeBytes(this.entries[nth] as Entry);
    }
    this.entries = this.entries.slice(count);
  }
}

const NOTHING: readonly Entry[] = [];
