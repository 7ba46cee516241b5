/**
 * The smallest runs that show planted bugs of the store, as a person would write them: each fault,
 * and each operation in the words of the experiments.
 *
 * The truth about revisions is what a scribe wrote down, which takes two of its operations. A
 * member takes a snapshot every forty commands, every four where logs are short: what is left of a
 * lease is told to members so often in eight seconds, or in one, which takes one operation.
 *
 * Those that are not plain to see are shown by plans (apps/lab/test/minimal-plans.ts).
 */
import type { BugMinimum } from '@mangrove/experiment';

/** Some faults, and the operations that are needed. */
function minimum(faults: readonly string[], operations: readonly string[]): BugMinimum {
  return { faults, operations, operationCount: operations.length };
}

/** So small were runs that the lab made; which of the operations it takes is in no words. */
function made(faults: readonly string[], operationCount: number): BugMinimum {
  return { faults, operationCount };
}

const TRUTH = ['log', 'log of all'] as const;

/** Makes a snapshot in time: a usual one, and one of a short log. */
const LONG = 'grant for eight seconds';
const SHORT = 'grant for a second';

/** A watcher that has let a long event come has no room for a second one. */
const LONG_EVENTS = ['next', 'write of a long value', 'write of a long value'] as const;

/** By the name of the bug. */
export const KV_MINIMA: Readonly<Record<string, BugMinimum>> = Object.freeze({
  'compare-on-post-state': minimum([], ['write 1', 'cas of 1 to 2, which says no']),
  'one-compare-is-enough': made([], 2),
  'transaction-in-two-revisions': minimum([], ['grant, with two keys at once', ...TRUTH]),
  'creation-survives-deletion': minimum(
    [],
    ['acquire', 'acquire after its end', 'acquire by one who is let in too'],
  ),
  'past-read-sees-the-present': made([], 4),
  'lease-revoke-not-atomic': minimum([], ['grant', ...TRUTH]),
  'put-stays-on-its-old-lease': minimum([], ['grant', 'save of one key', 'look at all']),
  'renewal-does-not-count': minimum([], ['grant', 'keep', 'look before it may end']),
  'leases-without-a-keeper': minimum([], ['grant', 'look at all']),
  'stale-read-served-as-linearizable': minimum(
    ['cut around a follower'],
    ['write', 'read at the follower'],
  ),
  'session-token-ignored': minimum([], ['write', 'read of the session at a follower']),
  'revision-lag-is-not-asked': minimum(
    ['slow links to a follower'],
    ['write', 'read of what is none behind'],
  ),
  'place-in-session-ignored': made(['loss of an answer'], 2),
  'retry-without-a-session': made(['loss of an answer'], 2),
  'lock-without-fencing': minimum(
    [],
    ['acquire', 'acquire after its end', 'write', 'write by the first holder'],
  ),
  'stm-checks-what-it-writes-alone': made([], 2),
  'watch-resumes-one-late': minimum(
    ['loss of the connection of the watcher'],
    ['write', 'next', 'write, which does not come', 'write', 'next', ...TRUTH],
  ),
  'watch-resumes-one-early': minimum(
    ['loss of the connection of the watcher'],
    ['write', 'next', 'next, which has it again', ...TRUTH],
  ),
  'range-compare-looks-at-one-key': minimum(
    [],
    [
      ...['append to a', 'append to b', 'append to b, if no list has changed'],
      ...['append to b, meanwhile', 'read of b'],
    ],
  ),
  'tombstone-dropped-too-early': minimum(
    [],
    [
      ...['write', 'next', 'next, at another member', 'delete, meanwhile', 'write'],
      ...['compact to the deletion', 'next', ...TRUTH],
    ],
  ),
  'compaction-takes-the-version-in-force': minimum(
    [],
    ['write', 'write', 'compact to the first', 'read of the past there', ...TRUTH],
  ),
  'hash-over-unordered-rows': minimum(
    ['crash of a member'],
    ['write', SHORT, 'write', 'log', 'compact', 'compare hashes'],
  ),
  'watch-gap-at-compaction': minimum(
    [],
    [
      ...['next', 'next, at another member', 'write, meanwhile', 'write, meanwhile'],
      ...['compact', 'next', ...TRUTH],
    ],
  ),
  'progress-ahead-of-events': minimum(
    [],
    [...LONG_EVENTS, 'write', 'next', 'next', 'next', ...TRUTH],
  ),
  'progress-behind-later-events': minimum(
    [],
    ['next', 'write of a long value', 'write', 'write, later', 'next', 'next', ...TRUTH],
  ),
  'watch-events-out-of-order': minimum(
    [],
    ['next', 'append to two lists', 'write', 'next', ...TRUTH],
  ),
  'lagging-watcher-is-not-caught-up': minimum(
    [],
    [...LONG_EVENTS, 'write', 'next', 'next', 'next', ...TRUTH],
  ),
  'watch-starts-one-late': minimum(
    [],
    ['next', 'next, at another member', 'write', 'next', ...TRUTH],
  ),
  'history-is-not-filtered': minimum(
    [],
    ['next', 'next, at another member', 'write', 'next', ...TRUTH],
  ),
  'watch-gap-at-snapshot': minimum(
    ['cut around a follower'],
    ['write', 'write', 'next at the follower', ...TRUTH],
  ),
  'fragments-unmarked': minimum([], ['next', 'append to two lists', 'next', ...TRUTH]),
  'lease-keys-in-any-order': minimum(['crash of a member'], [SHORT, 'compare hashes after it']),
  'snapshot-without-keys-of-leases': minimum(
    ['crash of a member'],
    [SHORT, 'write after its end', 'compare hashes'],
  ),
  'snapshot-ends-with-the-last-put': minimum(
    ['crash of a member'],
    [SHORT, 'grant, which ends soon', 'write'],
  ),
  'snapshot-forgets-the-compaction': minimum(
    ['crash of a member'],
    [SHORT, 'write', 'write', 'log', 'compact', 'read of the past before it', 'log of all'],
  ),
  'snapshot-of-a-later-moment': minimum(
    ['crash of a member'],
    ['append', SHORT, 'log', 'compact', 'append', 'read of the past there', 'log of all'],
  ),
  'sessions-not-in-snapshots': minimum(
    ['crash of a member'],
    [SHORT, 'write in the same session', 'write of another client', 'compare hashes'],
  ),
  'staleness-from-the-end-of-the-round': minimum(
    ['slow links to a follower'],
    ['read of what is 40 ms old', 'write, meanwhile', 'the same read'],
  ),
  'deposed-leader-renews-leases': minimum(
    ['slow links to the leader', 'cut from the leader'],
    ['grant by the successor', 'keep at the deposed leader'],
  ),
  'renewal-not-told': minimum(['hand-over'], ['grant', 'keep', 'look before it may end']),
  'ending-is-told-as-ended': minimum(
    ['slow links to the leader', 'cut from the leader'],
    ['grant', 'keep when it ends', 'look'],
  ),
  'unknown-is-said-to-have-failed': minimum(
    ['slow links to the leader'],
    ['write, which is answered too late', 'read'],
  ),
  'snapshot-begins-late': minimum(
    ['slow disk of a member', 'crash of it'],
    [LONG, 'write outside of a session as a snapshot is taken', 'compare hashes'],
  ),
  'alarm-lets-transactions-in': minimum(
    [],
    ['alarms, once full', 'fill with little, in a transaction'],
  ),
  'full-store-refuses-deletions': minimum([], ['alarms, once full', 'make room']),
  'alarms-not-in-snapshots': minimum(
    ['crash of the leader'],
    ['alarms, once full', 'fill with little'],
  ),
});
