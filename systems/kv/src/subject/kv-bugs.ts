/**
 * Planted bugs of the store as the lab hunts them: in which experiment, and within how many seeds
 * each must be found by what clients saw alone.
 */
import type { PlantedBug } from '@mangrove/experiment';
import { plantedBugs } from '../planted-bugs.ts';
import { KV_DIFFICULTY } from './kv-difficulty.ts';
import { KV_MINIMA } from './kv-minima.ts';

/** Found by clients that know the contract alone, within so many seeds. */
const BY_CONTRACT: Readonly<Record<string, number>> = Object.freeze({
  'compare-on-post-state': 20,
  'one-compare-is-enough': 20,
  'range-compare-looks-at-one-key': 100,
  'transaction-in-two-revisions': 20,
  'creation-survives-deletion': 40,
  'past-read-sees-the-present': 20,
  'tombstone-dropped-too-early': 30,
  'compaction-takes-the-version-in-force': 40,
  'watch-gap-at-compaction': 20,
  'progress-ahead-of-events': 100,
  'progress-behind-later-events': 60,
  'watch-events-out-of-order': 20,
  'lagging-watcher-is-not-caught-up': 40,
  'watch-starts-one-late': 20,
  'history-is-not-filtered': 20,
  'fragments-unmarked': 20,
  'lease-revoke-not-atomic': 40,
  'put-stays-on-its-old-lease': 40,
  'renewal-does-not-count': 200,
  'stale-read-served-as-linearizable': 60,
  'session-token-ignored': 20,
  'revision-lag-is-not-asked': 20,
  'leases-without-a-keeper': 40,
  'place-in-session-ignored': 100,
});

/** Found by programs with the client library. */
const BY_LIBRARY: Readonly<Record<string, number>> = Object.freeze({
  'retry-without-a-session': 100,
  'watch-resumes-one-late': 20,
  'watch-resumes-one-early': 20,
  'stm-checks-what-it-writes-alone': 20,
});

/**
 * Found where faults are aimed: in which experiment, within how many seeds. Those of `kv-answers`
 * and `kv-locks` are found by programs with the client library, all others by the contract alone.
 */
const BY_AIM: Readonly<Record<string, readonly [experiment: string, seedBudget: number]>> =
  Object.freeze({
    'staleness-from-the-end-of-the-round': ['kv-staleness', 40],
    'deposed-leader-renews-leases': ['kv-deposed', 100],
    'renewal-not-told': ['kv-renewals', 40],
    'ending-is-told-as-ended': ['kv-endings', 40],
    'unknown-is-said-to-have-failed': ['kv-answers', 100],
    'lock-without-fencing': ['kv-locks', 60],
    'snapshot-forgets-the-compaction': ['kv-restarts', 100],
    'snapshot-begins-late': ['kv-snapshots', 40],
    'hash-over-unordered-rows': ['kv-short-logs', 60],
    'snapshot-ends-with-the-last-put': ['kv-short-logs', 80],
    'snapshot-of-a-later-moment': ['kv-short-logs', 60],
    'sessions-not-in-snapshots': ['kv-short-logs', 40],
    'lease-keys-in-any-order': ['kv-short-logs', 40],
    'snapshot-without-keys-of-leases': ['kv-short-logs', 40],
    'watch-gap-at-snapshot': ['kv-laggards', 10],
    'alarm-lets-transactions-in': ['kv-upkeep', 60],
    'full-store-refuses-deletions': ['kv-upkeep', 20],
    'alarms-not-in-snapshots': ['kv-full', 20],
  });

/**
 * The planted bugs of the experiments.
 *
 * `expiry-without-term-check` is not among them: the log never has the end of a lease in another
 * term than the one that it names, and the check is a second line of defence (DESIGN.md says why).
 * The rule's test of the core finds it.
 */
export const kvBugs: readonly PlantedBug[] = Object.freeze(
  plantedBugs.flatMap((planted) => {
    const [minimum, difficulty] = [KV_MINIMA[planted.name], KV_DIFFICULTY[planted.name]];
    const bug = {
      ...planted,
      ...(minimum === undefined ? {} : { minimum }),
      ...(difficulty === undefined ? {} : { difficulty }),
    };
    const aim = BY_AIM[bug.name];
    if (aim !== undefined) return [{ ...bug, experiment: aim[0], seedBudget: aim[1] }];
    const [byContract, byLibrary] = [BY_CONTRACT[bug.name], BY_LIBRARY[bug.name]];
    if (byContract !== undefined) {
      return [{ ...bug, experiment: 'kv-contract', seedBudget: byContract }];
    }
    return byLibrary === undefined ? [] : [{ ...bug, experiment: 'kv', seedBudget: byLibrary }];
  }),
);
