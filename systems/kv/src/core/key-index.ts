/**
 * The keys in order: which rows they have, and what the newest version of each is.
 *
 * A B+ tree of two levels: leaves of some hundred rows in a list that is searched by the first key
 * of each. A leaf that is full splits, one that is empty goes. A million keys are four thousand
 * leaves, so that a split, which moves the list behind it, costs no more than a look-up.
 * Keys that were looked up before are in a cache, and found without a search.
 *
 * Keys compare as unsigned bytes, a prefix before what it begins.
 */
import { assert, BrokenInvariant } from '@mangrove/host';
import { type Column, numberColumn, Rows, uint32Column } from './columns.ts';
import { hashOf, KeyCache, WAYS } from './key-cache.ts';
import type { KeyRange } from './key-range.ts';
import type { Revision } from './revision.ts';
import { type Place, Slabs } from './slabs.ts';
import { NO_VERSION } from './versions.ts';

/** The number of a key in the index; 0 is none. */
export type KeyRow = number;

/** No key. */
export const NO_KEY: KeyRow = 0;

/** Some hundred keys that follow each other. */
export interface Leaf {
  /** What its rows know it by. */
  readonly id: number;
  readonly rows: Uint32Array;
  /** How many rows it has. */
  count: number;
  /** What was found of its keys when they were counted; `undefined` once one of them changes. */
  summary: LeafSummary | undefined;
}

/** The keys of a leaf as they are now. */
export interface LeafSummary {
  /** How many are there, and not deleted. */
  readonly liveCount: number;
  /** When one of them was changed last: readers of that revision and later see so many. */
  readonly lastRevision: Revision;
}

/** The ordered index. */
export class KeyIndex {
  /** The bytes of the keys, each owned by its row. */
  readonly slabs: Slabs = new Slabs();
  /** The newest version of each key, which may be a tombstone. */
  readonly newest: Column<Uint32Array> = uint32Column();
  /** Where the bytes of each key are. */
  readonly place: Column<Float64Array> = numberColumn();
  private readonly rows = new Rows();
  /** Which leaf each key is in. */
  private readonly leafIds: Column<Uint32Array> = uint32Column();
  private readonly cache = new KeyCache();
  /** The leaves in order, and by their ids, which are used again. */
  private readonly leaves: Leaf[] = [];
  private readonly leavesById: (Leaf | undefined)[] = [];
  private readonly freeIds: number[] = [];

  constructor() {
    this.leaves.push(this.emptyLeaf());
  }

  /** How many keys are in the index, those that are only remembered as deleted too. */
  get count(): number {
    return this.rows.count;
  }

  /** The bytes of a key, not copied; see `Slabs.at`. */
  keyAt(row: KeyRow): Uint8Array {
    return this.slabs.at(this.placeOf(row));
  }

  /** The row of `key`; `NO_KEY` where it is not in the index. */
  find(key: Uint8Array): KeyRow {
    const hash = hashOf(key);
    const cached = this.cached(hash, key);
    if (cached !== NO_KEY) return cached;
    const leaf = this.leafAt(this.leafFor(key));
    const offset = this.offsetIn(leaf, key);
    const row = offset < leaf.count ? (leaf.rows[offset] ?? NO_KEY) : NO_KEY;
    if (row === NO_KEY || this.slabs.compare(this.placeOf(row), key) !== 0) return NO_KEY;
    this.cache.put(hash, row, this.count);
    return row;
  }

  /**
   * The row of `key`, which is about to change; where it is not in the index it is put there, and
   * has no version yet.
   */
  findOrAdd(key: Uint8Array): KeyRow {
    const hash = hashOf(key);
    const cached = this.cached(hash, key);
    if (cached !== NO_KEY) {
      this.changing(cached);
      return cached;
    }
    const row = this.searchOrAdd(key);
    this.cache.put(hash, row, this.count);
    return row;
  }

  private searchOrAdd(key: Uint8Array): KeyRow {
    const number = this.leafFor(key);
    const leaf = this.leafAt(number);
    leaf.summary = undefined;
    const offset = this.offsetIn(leaf, key);
    const known = offset < leaf.count ? (leaf.rows[offset] ?? NO_KEY) : NO_KEY;
    if (known !== NO_KEY && this.slabs.compare(this.placeOf(known), key) === 0) return known;
    const row = this.rows.take();
    this.place.set(row, this.slabs.add(row, key));
    this.newest.set(row, NO_VERSION);
    this.leafIds.set(row, leaf.id);
    leaf.rows.copyWithin(offset + 1, offset, leaf.count);
    leaf.rows[offset] = row;
    leaf.count += 1;
    if (leaf.count === LEAF_ROWS) this.split(number, leaf);
    return row;
  }

  /** Is told that a key is about to change whose row was known. */
  changing(row: KeyRow): void {
    this.leafOf(row).summary = undefined;
  }

  /** Takes a key out of the index, and frees its bytes. */
  remove(row: KeyRow): void {
    const key = this.keyAt(row);
    const leaf = this.leafOf(row);
    const offset = this.offsetIn(leaf, key);
    assert(leaf.rows[offset] === row, `key ${row} is not where it belongs`);
    leaf.rows.copyWithin(offset, offset + 1, leaf.count);
    leaf.count -= 1;
    leaf.summary = undefined;
    if (leaf.count === 0 && this.leaves.length > 1) {
      this.leaves.splice(this.leaves.indexOf(leaf), 1);
      this.leavesById[leaf.id] = undefined;
      this.freeIds.push(leaf.id);
    }
    this.cache.remove(hashOf(key), row);
    this.slabs.free(this.placeOf(row));
    this.rows.giveBack(row);
  }

  /**
   * Shows `visit` the keys of `range` in order, until it returns false.
   *
   * The index must not change meanwhile. Cost: one look-up, and then the keys that are shown.
   */
  visit(range: KeyRange, visit: (row: KeyRow) => boolean): void {
    this.visitLeaves(range, ({ rows }, begin, end) => {
      for (let offset = begin; offset < end; offset += 1) {
        if (!visit(rows[offset] ?? NO_KEY)) return false;
      }
      return true;
    });
  }

  /**
   * Shows `visit` the leaves that have keys of `range`, in order, until it returns false: those
   * keys are the rows from `begin` to before `end`.
   *
   * The index must not change meanwhile. Cost: two look-ups, and then the leaves that are shown.
   */
  visitLeaves(
    { from, to }: KeyRange,
    visit: (leaf: Leaf, begin: number, end: number) => boolean,
  ): void {
    let number = this.leafFor(from);
    let begin = this.offsetIn(this.leafAt(number), from);
    for (; number < this.leaves.length; number += 1, begin = 0) {
      const leaf = this.leafAt(number);
      // Most leaves of a long range lie in it to their end, which one comparison tells.
      const isInside = to === undefined || this.isBefore(leaf, leaf.count - 1, to);
      const end = isInside ? leaf.count : this.offsetIn(leaf, to);
      if (begin < end && !visit(leaf, begin, end)) return;
      if (end < leaf.count) return;
    }
  }

  private isBefore(leaf: Leaf, offset: number, to: Uint8Array): boolean {
    if (offset < 0) return true;
    return this.slabs.compare(this.placeOf(leaf.rows[offset] ?? NO_KEY), to) < 0;
  }

  // The last leaf whose first key is not behind `key`; the first leaf where all are.
  private leafFor(key: Uint8Array): number {
    let low = 0;
    let high = this.leaves.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      const first = this.leafAt(middle).rows[0] ?? NO_KEY;
      if (this.slabs.compare(this.placeOf(first), key) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  // Where in `leaf` the first key that is not before `key` is; its count where there is none.
  private offsetIn(leaf: Leaf, key: Uint8Array): number {
    let low = 0;
    let high = leaf.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.slabs.compare(this.placeOf(leaf.rows[middle] ?? NO_KEY), key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private split(number: number, leaf: Leaf): void {
    // Keys often come in order: a split of the last leaf leaves it nearly full behind.
    const isLast = number === this.leaves.length - 1;
    const kept = isLast ? LEAF_ROWS - (LEAF_ROWS >>> 3) : LEAF_ROWS >>> 1;
    const next = this.emptyLeaf();
    next.rows.set(leaf.rows.subarray(kept, leaf.count));
    next.count = leaf.count - kept;
    for (const row of next.rows.subarray(0, next.count)) this.leafIds.set(row, next.id);
    this.leaves.splice(number + 1, 0, next);
    leaf.count = kept;
  }

  private emptyLeaf(): Leaf {
    const id = this.freeIds.pop() ?? this.leavesById.length;
    const leaf = { id, rows: new Uint32Array(LEAF_ROWS), count: 0, summary: undefined };
    this.leavesById[id] = leaf;
    return leaf;
  }

  private cached(hash: number, key: Uint8Array): KeyRow {
    for (let way = 0; way < WAYS; way += 1) {
      const row = this.cache.at(hash, way);
      if (row === NO_KEY || this.slabs.compare(this.placeOf(row), key) === 0) return row;
    }
    return NO_KEY;
  }

  private leafOf(row: KeyRow): Leaf {
    const leaf = this.leavesById[this.leafIds.at(row)];
    if (leaf !== undefined) return leaf;
    throw new BrokenInvariant(`key ${row} is in no leaf`);
  }

  private placeOf(row: KeyRow): Place {
    return this.place.at(row);
  }

  private leafAt(number: number): Leaf {
    const leaf = this.leaves[number];
    if (leaf !== undefined) return leaf;
    throw new BrokenInvariant(`no leaf ${number} of ${this.leaves.length}`);
  }
}

const LEAF_ROWS = 512;
