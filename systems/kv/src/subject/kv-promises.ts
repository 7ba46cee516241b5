/**
 * All that the store promises and that histories of clients can refute.
 */
import { dataPromises } from './promises/data-promises.ts';
import { leasePromises } from './promises/lease-promises.ts';
import { past, transactions } from './promises/past-promises.ts';
import type { KvPromise } from './promises/promise.ts';
import { stalenessPromises } from './promises/staleness-promises.ts';
import { watches } from './promises/watch-promises.ts';

export type { KvPromise } from './promises/promise.ts';

/** The promises: data, staleness, leases and locks, the past, watches. */
export const kvPromises: readonly KvPromise[] = Object.freeze([
  ...dataPromises,
  ...stalenessPromises,
  ...leasePromises,
  transactions,
  watches,
  past,
]);
