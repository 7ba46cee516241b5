/**
 * The sparse index of a span: for every few kilobytes of the file, which record begins where.
 */
import { assert } from '@mangrove/host';

/** Where a reader can begin: a group, and what it takes to check it. */
export interface IndexEntry {
  /** The first record of the group. */
  readonly index: number;
  readonly offset: number;
  /** The seed of the checksums of the group's batch, and where that batch ends. */
  readonly seed: number;
  readonly batchEnd: number;
}

/** Entries in order of indexes and of offsets: four numbers each, in one array. */
export class SparseIndex {
  /** Whether groups behind the last one were superseded, so that none may be added. */
  isCut = false;
  private readonly intervalBytes: number;
  private readonly numbers: number[] = [];

  constructor(intervalBytes: number) {
    this.intervalBytes = intervalBytes;
  }

  /** Adds a group that stands behind all others; most are not noted. */
  add(index: number, place: Omit<IndexEntry, 'index'>): void {
    const { numbers } = this;
    const lastOffset = numbers[numbers.length - 3];
    if (lastOffset !== undefined && place.offset - lastOffset < this.intervalBytes) return;
    numbers.push(index, place.offset, place.seed, place.batchEnd);
  }

  /** Forgets the groups that begin with `fromIndex` or a later record. */
  cut(fromIndex: number): void {
    this.isCut = true;
    const { numbers } = this;
    while (numbers.length > 4 && (numbers[numbers.length - 4] as number) >= fromIndex) {
      numbers.length -= 4;
    }
  }

  /** The last entry at or before `index`. */
  find(index: number): IndexEntry {
    const { numbers } = this;
    let [low, high] = [0, numbers.length / 4];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((numbers[middle * 4] as number) <= index) low = middle;
      else high = middle;
    }
    const [first, offset, seed, batchEnd] = numbers.slice(low * 4, low * 4 + 4);
    assert(
      first !== undefined && offset !== undefined && seed !== undefined && batchEnd !== undefined,
      `a span has no entry for index ${index}`,
    );
    return { index: first, offset, seed, batchEnd };
  }
}
