/**
 * The smallest runs that show planted bugs of the store, as a person would write them: each fault,
 * and each operation in the words of the experiments. Where nobody has worked one out, there is
 * none.
 *
 * The truth about revisions is what a scribe wrote down, which takes two of its operations.
 */
import type { BugMinimum } from '@mangrove/experiment';

/** Some faults, and the operations that are needed. */
function minimum(faults: readonly string[], operations: readonly string[]): BugMinimum {
  return { faults, operations, operationCount: operations.length };
}

const TRUTH = ['log', 'log of all'] as const;

/** By the name of the bug. */
export const KV_MINIMA: Readonly<Record<string, BugMinimum>> = Object.freeze({
  'compare-on-post-state': minimum([], ['write 1', 'cas of 1 to 2, which says no']),
  'one-compare-is-enough': minimum(
    [],
    ['append to a and read b', 'append to a, meanwhile', 'read of a'],
  ),
  'transaction-in-two-revisions': minimum([], ['grant, with two keys at once', ...TRUTH]),
  'creation-survives-deletion': minimum(
    [],
    ['acquire', 'acquire after its end', 'acquire by one who is let in too'],
  ),
  'past-read-sees-the-present': minimum(
    [],
    ['write', 'log', 'write', 'read of a revision ago', 'log of all'],
  ),
  'lease-revoke-not-atomic': minimum([], ['grant', ...TRUTH]),
  'put-stays-on-its-old-lease': minimum([], ['grant', 'save of one key', 'look at all']),
  'renewal-does-not-count': minimum([], ['grant', 'keep', 'look before it may end']),
  'leases-without-a-keeper': minimum(['crash of the leader'], ['grant', 'look at all']),
  'stale-read-served-as-linearizable': minimum(
    ['cut around a follower'],
    ['write', 'read at the follower'],
  ),
  'session-token-ignored': minimum(
    ['slow links to a follower'],
    ['write', 'read of the session at the follower'],
  ),
  'revision-lag-is-not-asked': minimum(
    ['slow links to a follower'],
    ['write', 'read of what is none behind'],
  ),
  'place-in-session-ignored': minimum(
    ['loss of an answer'],
    ['write, which comes twice', 'write in between', 'read'],
  ),
  'retry-without-a-session': minimum(
    ['loss of an answer'],
    ['write, which comes twice', 'write in between', 'read'],
  ),
  'lock-without-fencing': minimum(
    [],
    ['acquire', 'acquire after its end', 'write', 'write by the first holder'],
  ),
  'stm-checks-what-it-writes-alone': minimum(
    [],
    ['read of x, append to y', 'read of y, append to x, meanwhile', 'read of both'],
  ),
});
