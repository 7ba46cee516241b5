/**
 * The experiments that the lab knows: each with the judges of its histories and its planted bugs.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { register } from '@mangrove/check';
import type { Experiment, Invariant, Plan, PlantedBug } from '@mangrove/experiment';
import {
  registerBugs,
  registerExperiment,
  registerReadersExperiment,
} from '@mangrove/first-system';
import { InvalidArgument, type NodeId, type RunningNode } from '@mangrove/host';
import {
  createRegisterInvariant,
  journalBugs,
  journalExperiment,
  loneJournalExperiment,
  registerInvariants,
  rottingJournalExperiment,
} from '@mangrove/journal';
import {
  kvBugs,
  kvContractExperiment,
  kvContractLeanExperiment,
  kvExperiment,
  kvHunts,
  kvInvariants,
  kvLeanExperiment,
  kvPromises,
  kvScenarioExperiments,
  watchKv,
} from '@mangrove/kv';
import {
  raftBugs,
  raftExperiment,
  raftGroupsExperiment,
  raftHunts,
  raftInvariants,
  raftReadsExperiment,
  raftScenarioExperiments,
  watchGroups,
  watchRaft,
} from '@mangrove/raft';
import { type HistoryJudge, linearizable } from './judge.ts';
import { nearestNames } from './nearest-names.ts';

/** An experiment, and what its histories are held against. */
export interface CatalogEntry {
  readonly experiment: Experiment;
  /** One sentence for people: what the system is. */
  readonly about: string;
  /** Who judges what clients saw: every history must be valid to each of them. */
  readonly judges: readonly HistoryJudge[];
  readonly bugs: readonly PlantedBug[];
  /** Why nobody may expect to be served while its faults last, where nobody may. */
  readonly unavailable?: string | undefined;
  /**
   * Makes the invariant that a watched run is held to as well: what it gives looks into the nodes
   * after every step, and throws. Else a system is judged by what its clients saw alone.
   */
  readonly createInvariant?: (plan: Plan) => (nodes: ReadonlyMap<NodeId, RunningNode>) => void;
  /** What is asked by it, one by one, for reports; it complains by their names. Default: none. */
  readonly invariants?: readonly Invariant[];
}

/** Every experiment, in the order in which it is listed. */
export const CATALOG: readonly CatalogEntry[] = Object.freeze([
  {
    experiment: registerExperiment,
    about: 'a register at a majority of three replicas: the first system of the tutorial',
    judges: [linearizable(register())],
    bugs: registerBugs.filter(({ experiment }) => experiment === registerExperiment.name),
  },
  {
    experiment: registerReadersExperiment,
    about: 'the same register, where one client writes over bad links and the others read',
    judges: [linearizable(register())],
    bugs: registerBugs.filter(({ experiment }) => experiment === registerReadersExperiment.name),
  },
  {
    experiment: journalExperiment,
    about: 'a register at a majority of three replicas, each with a journal, on the worst disks',
    judges: [linearizable(register())],
    bugs: journalBugs.filter(({ experiment }) => experiment === journalExperiment.name),
    createInvariant: createRegisterInvariant,
    invariants: registerInvariants,
  },
  {
    experiment: loneJournalExperiment,
    about: 'one such replica, whose disk rots nothing: whatever its journal loses is seen',
    judges: [linearizable(register())],
    bugs: journalBugs.filter(({ experiment }) => experiment === loneJournalExperiment.name),
    createInvariant: createRegisterInvariant,
    invariants: registerInvariants,
  },
  {
    experiment: rottingJournalExperiment,
    about: 'three replicas, one that rots beside one that missed all that was written',
    judges: [linearizable(register())],
    bugs: journalBugs.filter(({ experiment }) => experiment === rottingJournalExperiment.name),
    createInvariant: createRegisterInvariant,
    invariants: registerInvariants,
  },
  {
    experiment: raftExperiment,
    about: 'a register replicated by Raft; members come and go, faults of every kind strike',
    judges: [linearizable(register())],
    bugs: raftBugs.filter(({ experiment }) => experiment === raftExperiment.name),
    createInvariant: watchRaft,
    invariants: raftInvariants,
  },
  {
    experiment: raftReadsExperiment,
    about: 'the same, where leaders are deposed without hearing of it and clients read from them',
    judges: [linearizable(register())],
    bugs: raftBugs.filter(({ experiment }) => experiment === raftReadsExperiment.name),
    createInvariant: watchRaft,
    invariants: raftInvariants,
  },
  {
    experiment: raftGroupsExperiment,
    about: 'six groups of the register on four processes, asleep while nobody asks',
    judges: [linearizable(register())],
    bugs: raftBugs.filter(({ experiment }) => experiment === raftGroupsExperiment.name),
    createInvariant: watchGroups,
    invariants: raftInvariants,
  },
  ...raftScenarioExperiments.map((experiment) => ({
    experiment,
    about: experiment.about,
    unavailable: experiment.unavailable,
    judges: [linearizable(register())],
    bugs: [],
    createInvariant: watchRaft,
    invariants: raftInvariants,
  })),
  ...raftHunts.map(({ about, ...experiment }) => ({
    experiment,
    about,
    judges: [linearizable(register())],
    bugs: raftBugs.filter((bug) => bug.experiment === experiment.name),
    createInvariant: watchRaft,
    invariants: raftInvariants,
  })),
  {
    experiment: kvExperiment,
    about: 'the key-value store, driven by programs of many kinds with its client library',
    judges: kvPromises,
    bugs: kvBugs.filter(({ experiment }) => experiment === kvExperiment.name),
    createInvariant: watchKv,
    invariants: kvInvariants,
  },
  {
    experiment: kvContractExperiment,
    about: 'the same, driven by clients that know its contract alone, frame by frame',
    judges: kvPromises,
    bugs: kvBugs.filter(({ experiment }) => experiment === kvContractExperiment.name),
    createInvariant: watchKv,
    invariants: kvInvariants,
  },
  {
    experiment: kvLeanExperiment,
    about: 'kv in less than half of the events, for long hunts',
    judges: kvPromises,
    bugs: [],
    createInvariant: watchKv,
    invariants: kvInvariants,
  },
  {
    experiment: kvContractLeanExperiment,
    about: 'kv-contract in less than half of the events, for long hunts',
    judges: kvPromises,
    bugs: [],
    createInvariant: watchKv,
    invariants: kvInvariants,
  },
  ...kvHunts.map(({ experiment, about, promises }) => ({
    experiment,
    about,
    judges: promises,
    bugs: kvBugs.filter((bug) => bug.experiment === experiment.name),
    createInvariant: watchKv,
    invariants: kvInvariants,
  })),
  ...kvScenarioExperiments.map((experiment) => ({
    experiment,
    about: `the store: ${experiment.about}`,
    unavailable: experiment.unavailable,
    // Clients read and write registers here, and nothing else.
    judges: kvPromises.filter(({ check }) => check.startsWith('every register is linearizable')),
    bugs: [],
    createInvariant: watchKv,
    invariants: kvInvariants,
  })),
]);

/** The experiment called `name`; throws `InvalidArgument` that names those that come near. */
export function findExperiment(name: string): CatalogEntry {
  const found = CATALOG.find(({ experiment }) => experiment.name === name);
  if (found !== undefined) return found;
  const names = CATALOG.map(({ experiment }) => experiment.name);
  throw new InvalidArgument('experiment', name, nearWords(name, names));
}

/**
 * The experiment called `name`, or the `entry` that the module at that path exports, which is run
 * as code: only what a person wrote on a command line may be a path.
 */
export async function loadExperiment(name: string): Promise<CatalogEntry> {
  if (!/\.[cm]?[jt]s$/.test(name)) return findExperiment(name);
  const { entry } = (await import(pathToFileURL(resolve(name)).href)) as { entry?: CatalogEntry };
  if (entry?.experiment !== undefined) return entry;
  throw new InvalidArgument('experiment', name, 'a module that exports a CatalogEntry as `entry`');
}

/** The planted bug called `name`, with its experiment; throws `InvalidArgument` like the above. */
export function findBug(
  name: string,
  entries: readonly CatalogEntry[] = CATALOG,
): { readonly entry: CatalogEntry; readonly bug: PlantedBug } {
  for (const entry of entries) {
    const bug = entry.bugs.find((each) => each.name === name);
    if (bug !== undefined) return { entry, bug };
  }
  const names = entries.flatMap(({ bugs }) => bugs.map((bug) => bug.name));
  throw new InvalidArgument('bug', name, nearWords(name, names));
}

/**
 * The bug called `name` that may be planted while `entry` is run: its own, which need not be in the
 * catalog, or one of any experiment there. Throws `InvalidArgument` like the above.
 */
export function bugOf(entry: CatalogEntry, name: string): PlantedBug {
  return findBug(name, [entry, ...CATALOG.filter((each) => each !== entry)]).bug;
}

function nearWords(typed: string, names: readonly string[]): string {
  const near = nearestNames(typed, names);
  const many = `one of ${names.length} names`;
  return near.length === 0 ? many : `${many}, such as ${near.join(', ')}`;
}
