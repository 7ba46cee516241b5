/**
 * Planted bugs that no experiment of the lab is known to show: a table that left them out would
 * praise itself.
 */
import type { PlantedBug } from '@mangrove/experiment';
import { plantedBugs as kvBugs } from '@mangrove/kv';
import { plantedBugs as raftBugs } from '@mangrove/raft';
import { CATALOG } from '../catalog.ts';

/** What is told of such a bug. */
export type UnplacedBug = Pick<PlantedBug, 'name' | 'file' | 'breaks' | 'source'>;

/** Those of all systems, in the order of their lists. */
export function unplacedBugs(): readonly UnplacedBug[] {
  const placed = new Set(CATALOG.flatMap(({ bugs }) => bugs.map(({ name }) => name)));
  return [...raftBugs, ...kvBugs].filter(({ name }) => !placed.has(name));
}
