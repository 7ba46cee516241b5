/**
 * All versions of all keys: what was written, when, and what was there before.
 *
 * The versions of one key are a chain from the newest back. Beside the pointer to the version
 * before it, each has one that jumps further: the jumps are chosen as in a skew-binary list, so
 * that the version that was in force at some revision is found in O(log n) steps, however many
 * there are.
 *
 *     newest -> 6 -> 5 -> 4 -> 3 -> 2 -> 1
 *     jumps     6 ------> 3 ------------> 1    and 5 -> 4, 4 -> 3
 *
 * Compaction frees a chain from its old end. A jump may then lead to a row that is free, or that
 * another version has taken; `jumpOf` tells, and the step to the version before is used.
 *
 * Source of the jumps: Myers, An applicative random-access stack, IPL 17 (1983).
 */
import { type Column, int64Column, numberColumn, Rows, uint32Column } from './columns.ts';
import type { LeaseId } from './key-value.ts';
import type { Revision } from './revision.ts';
import type { Place, Slabs } from './slabs.ts';

/** The number of a version in the table; 0 is none. */
export type VersionRow = number;

/** No version. */
export const NO_VERSION: VersionRow = 0;

/** What `add` takes: one change of one key. */
export interface NewVersion {
  /** The row of the key in the key index. */
  readonly keyRow: number;
  readonly revision: Revision;
  /** Which change of its revision, from 0. */
  readonly sub: number;
  /** The revision in which the key came to be; 0 for a tombstone. */
  readonly createRevision: Revision;
  /** How often the key was written since then; 0 for a tombstone. */
  readonly version: number;
  readonly lease: LeaseId;
  /** Where the key's version before this one is; `NO_VERSION` for the first. */
  readonly previous: VersionRow;
  /** `undefined` for a tombstone. */
  readonly value: Uint8Array | undefined;
}

/** The table of versions; their values are in `slabs`, owned by `row`. */
export class VersionTable {
  readonly keyRow: Column<Uint32Array> = uint32Column();
  readonly revision: Column<Float64Array> = numberColumn();
  readonly sub: Column<Uint32Array> = uint32Column();
  readonly createRevision: Column<Float64Array> = numberColumn();
  readonly version: Column<Float64Array> = numberColumn();
  readonly lease: Column<BigInt64Array> = int64Column();
  readonly previous: Column<Uint32Array> = uint32Column();
  /** Where the value is; `TOMBSTONE` where the version is a deletion. */
  readonly place: Column<Float64Array> = numberColumn();
  private readonly jump: Column<Uint32Array> = uint32Column();
  private readonly depth: Column<Uint32Array> = uint32Column();
  private readonly rows = new Rows();
  private readonly slabs: Slabs;

  constructor(slabs: Slabs) {
    this.slabs = slabs;
  }

  /** How many versions there are. */
  get count(): number {
    return this.rows.count;
  }

  /** Puts a version on top of its key's chain. */
  add(given: NewVersion): VersionRow {
    const row = this.rows.take();
    const { previous, value } = given;
    this.keyRow.set(row, given.keyRow);
    this.revision.set(row, given.revision);
    this.sub.set(row, given.sub);
    this.createRevision.set(row, given.createRevision);
    this.version.set(row, given.version);
    this.lease.set(row, given.lease);
    this.previous.set(row, previous);
    this.depth.set(row, previous === NO_VERSION ? 0 : this.depth.at(previous) + 1);
    this.jump.set(row, this.jumpOver(previous));
    this.place.set(row, value === undefined ? TOMBSTONE : this.slabs.add(row, value));
    return row;
  }

  /** Frees the oldest version of a key; whoever points to it stops to. */
  remove(row: VersionRow): void {
    const place = this.place.at(row);
    if (place !== TOMBSTONE) this.slabs.free(place);
    this.keyRow.set(row, 0);
    this.place.set(row, TOMBSTONE);
    this.rows.giveBack(row);
  }

  isTombstone(row: VersionRow): boolean {
    return this.place.at(row) === TOMBSTONE;
  }

  /** The version that is in force at `revision`, at `newest` or behind it; may be a tombstone. */
  inForceAt(newest: VersionRow, revision: Revision): VersionRow {
    let row = newest;
    while (row !== NO_VERSION && this.revision.at(row) > revision) {
      const jump = this.jumpOf(row);
      row = jump !== NO_VERSION && this.revision.at(jump) > revision ? jump : this.previous.at(row);
    }
    return row;
  }

  private jumpOver(previous: VersionRow): VersionRow {
    if (previous === NO_VERSION) return NO_VERSION;
    const first = this.jumpOf(previous);
    if (first === NO_VERSION) return previous;
    const second = this.jumpOf(first);
    if (second === NO_VERSION) return previous;
    const length = this.depth.at(previous) - this.depth.at(first);
    return length === this.depth.at(first) - this.depth.at(second) ? second : previous;
  }

  private jumpOf(row: VersionRow): VersionRow {
    const jump = this.jump.at(row);
    if (jump === NO_VERSION || this.keyRow.at(jump) !== this.keyRow.at(row)) return NO_VERSION;
    // A row that the same key took anew is newer than the one that jumps.
    return this.depth.at(jump) < this.depth.at(row) ? jump : NO_VERSION;
  }
}

/** The place of a value that is none, since its version is a deletion. */
export const TOMBSTONE: Place = -1;
