/**
 * Planted bugs: the mistakes that a store with revisions, watches and leases is known to invite,
 * each as a patch.
 *
 * Sources are issues of other stores, or the guarantee that breaks.
 */
import { clientBugs } from './planted/client-bugs.ts';
import type { KvBug } from './planted/kv-bug.ts';
import { leaseBugs } from './planted/lease-bugs.ts';
import { nodeBugs } from './planted/node-bugs.ts';
import { snapshotBugs } from './planted/snapshot-bugs.ts';
import { storeBugs } from './planted/store-bugs.ts';
import { upkeepBugs } from './planted/upkeep-bugs.ts';
import { watchBugs } from './planted/watch-bugs.ts';

/** All of them, by topic: store, watches, leases, snapshots, members, clients, upkeep. */
export const plantedBugs: readonly KvBug[] = Object.freeze(
  [storeBugs, watchBugs, leaseBugs, snapshotBugs, nodeBugs, clientBugs, upkeepBugs].flat(),
);
