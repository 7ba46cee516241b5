/**
 * Counts keys, in slices: every answer of a range says how many keys there are in all of it (R5).
 *
 * Who reads page by page has them counted behind each page, so a leaf of the index remembers how
 * many of its keys are there. A million keys are counted in four thousand looks then; what changed
 * meanwhile is looked through again, and so is a leaf for a reader of the past that it has outrun.
 */
import { type Leaf, type LeafSummary, NO_KEY } from './key-index.ts';
import type { KeyRange } from './key-range.ts';
import { NO_REVISION, type Revision } from './revision.ts';
import type { KvStore } from './store.ts';
import { NO_VERSION, type VersionRow } from './versions.ts';

/** How many keys were counted, and what is left of the range, if there is something. */
export interface KeysCounted {
  readonly count: number;
  readonly rest: KeyRange | undefined;
}

/**
 * Counts what of `range` was there at `revision`, after a look at about `keysMax` keys and leaves:
 * a leaf that is begun is looked through.
 */
export function countSome(
  store: KvStore,
  range: KeyRange,
  revision: Revision,
  keysMax: number,
): KeysCounted {
  let count = 0;
  let seen = 0;
  let rest: KeyRange | undefined;
  store.keys.visitLeaves(range, (leaf, begin, end) => {
    if (seen >= keysMax) {
      rest = { from: store.keys.keyAt(leaf.rows[begin] ?? NO_KEY).slice(), to: range.to };
      return false;
    }
    seen += 1;
    if (begin === 0 && end === leaf.count) {
      if (leaf.summary === undefined) {
        leaf.summary = summaryOf(store, leaf);
        seen += end;
      }
      if (leaf.summary.lastRevision <= revision) {
        count += leaf.summary.liveCount;
        return true;
      }
    }
    for (let offset = begin; offset < end; offset += 1) {
      const newest = store.keys.newest.at(leaf.rows[offset] ?? NO_KEY);
      if (isThere(store, store.versions.inForceAt(newest, revision))) count += 1;
    }
    seen += end - begin;
    return true;
  });
  return { count, rest };
}

function summaryOf(store: KvStore, { rows, count }: Leaf): LeafSummary {
  const { keys, versions } = store;
  let liveCount = 0;
  let lastRevision = NO_REVISION;
  for (let offset = 0; offset < count; offset += 1) {
    const newest = keys.newest.at(rows[offset] ?? NO_KEY);
    if (newest === NO_VERSION) continue;
    if (isThere(store, newest)) liveCount += 1;
    const revision = versions.revision.at(newest) as Revision;
    if (revision > lastRevision) lastRevision = revision;
  }
  return { liveCount, lastRevision };
}

function isThere({ versions }: KvStore, version: VersionRow): boolean {
  return version !== NO_VERSION && !versions.isTombstone(version);
}
