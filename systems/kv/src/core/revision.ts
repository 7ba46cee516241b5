/**
 * Revisions: the logical time of the store, which every change of it moves on by one.
 */
import type { Brand } from '@mangrove/host';

/**
 * A state of the whole store, counted from 1, which is the empty one.
 *
 * All changes of one transaction share it; within it they are numbered from 0 (the sub revision).
 */
export type Revision = Brand<number, 'Revision'>;

/** The revision of a store in which nothing has changed yet. */
export const FIRST_REVISION: Revision = 1 as Revision;

/** The revision before every other; as a compaction it means that nothing was compacted. */
export const NO_REVISION: Revision = 0 as Revision;

/** The revision after `revision`. */
export function revisionAfter(revision: Revision): Revision {
  return (revision + 1) as Revision;
}

/** The revision before `revision`, which is 1 or more. */
export function revisionBefore(revision: Revision): Revision {
  return (revision - 1) as Revision;
}
