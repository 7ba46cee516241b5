/**
 * The read of a range, in slices: a million keys must not hold up the heartbeats of their node.
 *
 * Whoever drives it holds a pin of the store between the slices, so that what was compacted
 * meanwhile is still there. The revision that is read is fixed when the read begins.
 */
import { ByteCopies } from './byte-copies.ts';
import { countSome } from './key-count.ts';
import { compareKeys, type KeyRange } from './key-range.ts';
import { type KeyValue, keyValueBytes } from './key-value.ts';
import type { RangeRequest, RangeResult, SortTarget } from './request.ts';
import type { Revision } from './revision.ts';
import { SlicedSort } from './sliced-sort.ts';
import type { KvStore } from './store.ts';
import type { VersionRow } from './versions.ts';

/** A read under way. */
export class RangeRead {
  private readonly store: KvStore;
  private readonly request: RangeRequest;
  private readonly revision: Revision;
  private readonly found: KeyValue[] = [];
  private readonly copies = new ByteCopies();
  private count = 0;
  private sizeBytes = 0;
  private sort: SlicedSort<KeyValue> | undefined;
  // Where the next slice begins; undefined once the range was seen to its end.
  private rest: KeyRange | undefined;

  /** Begins to read `request` at `revision`, which can be read. */
  constructor(store: KvStore, request: RangeRequest, revision: Revision) {
    this.store = store;
    this.request = request;
    this.revision = revision;
    this.rest = request.range;
  }

  /** The bytes of keys and values that were found up to now. */
  get foundBytes(): number {
    return this.sizeBytes;
  }

  /** Looks at up to `keysMax` more keys, or sorts so many; gives the result at the end. */
  step(keysMax: number): RangeResult | undefined {
    if (this.rest === undefined) return this.finish(keysMax);
    if (this.onlyCounts) {
      const { count, rest } = countSome(this.store, this.rest, this.revision, keysMax);
      this.count += count;
      this.rest = rest;
      return rest === undefined ? this.finish(keysMax) : undefined;
    }
    let seen = 0;
    this.rest = this.store.visitSome(this.rest, this.revision, keysMax, (version) => {
      this.take(version);
      seen += 1;
    });
    return this.rest === undefined ? this.finish(keysMax - seen) : undefined;
  }

  private finish(movesMax: number): RangeResult | undefined {
    const { sort } = this.request;
    if (sort === undefined) return this.result(this.found);
    this.sort ??= new SlicedSort(this.found, comparisonOf(sort));
    const sorted = this.sort.step(movesMax);
    return sorted === undefined ? undefined : this.result(sorted);
  }

  private take(version: VersionRow): void {
    this.count += 1;
    if (this.onlyCounts || !this.passesFilters(version)) return;
    const isKeyOnly = this.request.keysOnly && !this.sortsByValue;
    const found = this.store.keyValueOf(version, isKeyOnly, this.copies.copy);
    this.found.push(found);
    this.sizeBytes += keyValueBytes(found);
  }

  private passesFilters(version: VersionRow): boolean {
    const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = this.request;
    const { revision, createRevision } = this.store.versions;
    return (
      isWithin(revision.at(version), minModRevision, maxModRevision) &&
      isWithin(createRevision.at(version), minCreateRevision, maxCreateRevision)
    );
  }

  private result(found: KeyValue[]): RangeResult {
    const { limit, keysOnly } = this.request;
    const hasMore = limit > 0 && found.length > limit;
    if (hasMore) found.length = limit;
    const kvs =
      keysOnly && this.sortsByValue ? found.map((kv) => ({ ...kv, value: NO_VALUE })) : found;
    return { type: 'range', kvs, count: this.count, hasMore };
  }

  // One beyond the limit tells that there are more; what is sorted must be complete first.
  private get onlyCounts(): boolean {
    const { countOnly, limit, sort } = this.request;
    return countOnly || (sort === undefined && limit > 0 && this.found.length > limit);
  }

  private get sortsByValue(): boolean {
    return this.request.sort?.by === 'value';
  }
}

const NO_VALUE = new Uint8Array(0);

// Sorting is stable: equals stay in the order of their keys, in either direction.
function comparisonOf({ by, order }: NonNullable<RangeRequest['sort']>) {
  const compare = COMPARISONS[by];
  return order === 'ascend'
    ? compare
    : (left: KeyValue, right: KeyValue): number => compare(right, left);
}

const COMPARISONS: Readonly<Record<SortTarget, (left: KeyValue, right: KeyValue) => number>> = {
  key: (left, right) => compareKeys(left.key, right.key),
  version: (left, right) => left.version - right.version,
  create: (left, right) => left.createRevision - right.createRevision,
  mod: (left, right) => left.modRevision - right.modRevision,
  value: (left, right) => compareKeys(left.value, right.value),
};

function isWithin(value: number, lowest: number, highest: number): boolean {
  return (lowest === 0 || value >= lowest) && (highest === 0 || value <= highest);
}
