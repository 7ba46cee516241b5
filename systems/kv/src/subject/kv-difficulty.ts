/**
 * How hard the planted bugs of the store are to meet, by the measure of `BugDifficulty`.
 */
import type { BugDifficulty } from '@mangrove/experiment';

const BY_DIFFICULTY: Readonly<Record<BugDifficulty, readonly string[]>> = Object.freeze({
  /** Clients at work are enough, or any trouble that they have. */
  easy: [
    ...['watch-resumes-one-late', 'watch-resumes-one-early', 'stm-checks-what-it-writes-alone'],
    ...['compare-on-post-state', 'one-compare-is-enough', 'transaction-in-two-revisions'],
    ...['creation-survives-deletion', 'past-read-sees-the-present'],
    ...['compaction-takes-the-version-in-force', 'watch-events-out-of-order'],
    ...['watch-starts-one-late', 'history-is-not-filtered'],
    ...['fragments-unmarked', 'lease-revoke-not-atomic'],
    ...['put-stays-on-its-old-lease', 'session-token-ignored', 'revision-lag-is-not-asked'],
    ...['full-store-refuses-deletions'],
  ],
  /** The right fault, or the right moment. */
  medium: [
    ...['retry-without-a-session', 'lock-without-fencing', 'range-compare-looks-at-one-key'],
    ...['tombstone-dropped-too-early', 'hash-over-unordered-rows', 'watch-gap-at-compaction'],
    ...['progress-ahead-of-events', 'progress-behind-later-events'],
    ...['lagging-watcher-is-not-caught-up', 'watch-gap-at-snapshot', 'lease-keys-in-any-order'],
    ...['snapshot-without-keys-of-leases', 'renewal-does-not-count'],
    ...['snapshot-ends-with-the-last-put', 'snapshot-forgets-the-compaction'],
    ...['snapshot-of-a-later-moment', 'stale-read-served-as-linearizable'],
    ...['leases-without-a-keeper', 'sessions-not-in-snapshots', 'place-in-session-ignored'],
    ...['staleness-from-the-end-of-the-round', 'renewal-not-told', 'alarm-lets-transactions-in'],
    ...['alarms-not-in-snapshots'],
  ],
  /** Several faults in an order that is rare. */
  hard: [
    ...['deposed-leader-renews-leases', 'ending-is-told-as-ended'],
    ...['unknown-is-said-to-have-failed', 'snapshot-begins-late'],
  ],
});

/** By the name of the bug. */
export const KV_DIFFICULTY: Readonly<Record<string, BugDifficulty>> = Object.freeze(
  Object.fromEntries(
    (['easy', 'medium', 'hard'] as const).flatMap((difficulty) =>
      BY_DIFFICULTY[difficulty].map((name) => [name, difficulty]),
    ),
  ),
);
