/**
 * The experiments that the lab knows: each with the judges of its histories and its planted bugs.
 */
import { type Model, register } from '@mangrove/check';
import type { Experiment, PlantedBug } from '@mangrove/experiment';
import { registerBugs, registerExperiment } from '@mangrove/first-system';
import { InvalidArgument } from '@mangrove/host';
import { raftBugs, raftExperiment } from '@mangrove/raft';

/** An experiment, and what its histories are held against. */
export interface CatalogEntry {
  readonly experiment: Experiment;
  /** One sentence for people: what the system is. */
  readonly about: string;
  /** Every history must be linearizable to it. */
  readonly model: Model;
  readonly bugs: readonly PlantedBug[];
}

/** Every experiment, in the order in which it is listed. */
export const CATALOG: readonly CatalogEntry[] = Object.freeze([
  {
    experiment: registerExperiment,
    about: 'a register at a majority of three replicas: the first system of the tutorial',
    model: register(),
    bugs: registerBugs,
  },
  {
    experiment: raftExperiment,
    about: 'a register replicated by Raft, with sessions, snapshots and lease reads',
    model: register(),
    bugs: raftBugs,
  },
]);

/** The experiment called `name`; throws `InvalidArgument` that names those there are. */
export function findExperiment(name: string): CatalogEntry {
  const found = CATALOG.find(({ experiment }) => experiment.name === name);
  if (found !== undefined) return found;
  const names = CATALOG.map(({ experiment }) => experiment.name).join(', ');
  throw new InvalidArgument('experiment', name, `one of ${names}`);
}

/** The planted bug called `name`, with its experiment; throws `InvalidArgument` like the above. */
export function findBug(name: string): { readonly entry: CatalogEntry; readonly bug: PlantedBug } {
  for (const entry of CATALOG) {
    const bug = entry.bugs.find((each) => each.name === name);
    if (bug !== undefined) return { entry, bug };
  }
  const names = CATALOG.flatMap(({ bugs }) => bugs.map((bug) => bug.name)).join(', ');
  throw new InvalidArgument('bug', name, `one of ${names}`);
}
