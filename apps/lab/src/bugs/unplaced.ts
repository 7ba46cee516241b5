/**
 * Planted bugs that no experiment of the lab is known to show: a table that left them out would
 * praise itself.
 */
import type { PlantedBug } from '@mangrove/experiment';
import { registerBugs } from '@mangrove/first-system';
import { journalBugs } from '@mangrove/journal';
import { kvBugs, plantedBugs as plantedInKv } from '@mangrove/kv';
import { plantedBugs as plantedInRaft, raftBugs } from '@mangrove/raft';
import { CATALOG } from '../catalog.ts';

/** What is told of such a bug. */
export interface UnplacedBug extends Pick<PlantedBug, 'name' | 'file' | 'breaks' | 'source'> {
  /** What finds it instead, in a few words. */
  readonly finder: string;
}

/** Those of all systems, in the order of their lists. */
export function unplacedBugs(): readonly UnplacedBug[] {
  const known = new Set(CATALOG.flatMap(({ bugs }) => bugs.map(({ name }) => name)));
  const lists = [registerBugs, journalBugs, plantedInRaft, raftBugs, plantedInKv, kvBugs];
  return lists.flat().flatMap((bug) => {
    if (known.has(bug.name)) return [];
    known.add(bug.name);
    return [{ ...bug, finder: finderOf(bug) }];
  });
}

/** Random clusters look for every bug of Raft's core; of the others the rule has its own test. */
function finderOf({ name, breaks }: Pick<PlantedBug, 'name' | 'breaks'>): string {
  if (plantedInRaft.some((bug) => bug.name === name)) return 'random clusters';
  const [rule = 'the rule'] = breaks.match(/^R\d+/) ?? [];
  return `the test of ${rule}`;
}
