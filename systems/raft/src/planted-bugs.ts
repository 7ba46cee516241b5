/**
 * Planted bugs: the mistakes that Raft is known to invite, each as a patch of the core.
 *
 * The random cluster in `test/` must find each within its budget of seeds, and the clean code must
 * pass the same seeds. Sources are issues of other implementations, or the section of the paper.
 */
import type { PlantedBug } from '@mangrove/experiment';
import { electionBugs } from './planted/election-bugs.ts';
import { membershipBugs } from './planted/membership-bugs.ts';
import { readingBugs } from './planted/reading-bugs.ts';
import { replicationBugs } from './planted/replication-bugs.ts';
import { snapshotBugs } from './planted/snapshot-bugs.ts';

/** Within how many seeds of the random cluster a bug must be found. */
const SEED_BUDGET = 400;

/** The same for those that only a rare order of several events shows. */
const RARE: Readonly<Record<string, number>> = { 'removed-leader-never-campaigns': 1000 };

/** The bugs, by topic: elections, reads, replication, membership, snapshots. */
export const plantedBugs: readonly PlantedBug[] = Object.freeze(
  [electionBugs, readingBugs, replicationBugs, membershipBugs, snapshotBugs].flat().map((bug) => {
    const seedBudget = RARE[bug.name] ?? SEED_BUDGET;
    return { ...bug, experiment: 'raft-random-cluster', seedBudget };
  }),
);
