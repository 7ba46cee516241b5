/**
 * Rows of keys by a hash of their bytes, so that who writes a key again needs no search.
 *
 *     hash -> set of four rows, the one that was put last in front
 *
 * It is a cache: a fifth row of a set pushes one out, and when it grows it begins empty. So nobody
 * who chooses keys with one hash makes it slower than a search, and it holds what `KeyIndex` can
 * find without it.
 */
import type { KeyRow } from './key-index.ts';

/** How many rows a set has. */
export const WAYS = 4;

/** How many sets it begins with, and has at most: four rows of 4 bytes each for a million keys. */
const FIRST_SETS = 256;
const SETS_MAX = 1_048_576;

/** Memory is taken in pages, each when something is put there. */
const PAGE_ROWS = 4096;
const PAGE_BITS = 12;

/** The rows that were looked up or put there last. */
export class KeyCache {
  private setCount = FIRST_SETS;
  private pages: (Uint32Array | undefined)[] = [];

  /** The `way`th row that keys with this hash may have; 0 for none. */
  at(hash: number, way: number): KeyRow {
    const index = (hash & (this.setCount - 1)) * WAYS;
    return this.pages[index >>> PAGE_BITS]?.[(index & (PAGE_ROWS - 1)) + way] ?? 0;
  }

  /**
   * Puts the row of a key in.
   *
   * @param keyCount how many keys there are: a set for each, on average, and one at least
   */
  put(hash: number, row: KeyRow, keyCount: number): void {
    if (keyCount > this.setCount && this.setCount < SETS_MAX) {
      this.setCount *= 2;
      this.pages = [];
    }
    const index = (hash & (this.setCount - 1)) * WAYS;
    const page = this.pages[index >>> PAGE_BITS] ?? new Uint32Array(PAGE_ROWS);
    this.pages[index >>> PAGE_BITS] = page;
    const begin = index & (PAGE_ROWS - 1);
    page.copyWithin(begin + 1, begin, begin + WAYS - 1);
    page[begin] = row;
  }

  /** Takes the row of a key out. */
  remove(hash: number, row: KeyRow): void {
    const index = (hash & (this.setCount - 1)) * WAYS;
    const page = this.pages[index >>> PAGE_BITS];
    if (page === undefined) return;
    const begin = index & (PAGE_ROWS - 1);
    const end = begin + WAYS;
    const at = page.subarray(begin, end).indexOf(row);
    if (at < 0) return;
    page.copyWithin(begin + at, begin + at + 1, end);
    page[end - 1] = 0;
  }
}

/** A hash of bytes, an int32: FNV-1a, and its bits mixed. */
export function hashOf(key: Uint8Array): number {
  let hash = 0x811c_9dc5 | 0;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ (key[index] ?? 0), 0x0100_0193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
  return hash ^ (hash >>> 13);
}
