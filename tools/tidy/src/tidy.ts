/**
 * Checks properties of the code itself that only the whole house shows.
 *
 * The compiler and the linter see one file or one package at a time; what stands here needs them
 * all: which way imports point, which doors they take, what a core may know, whether every rule has
 * its test.
 */
import { buildReferenceFaults } from './build-references.ts';
import { coreFaults } from './cores.ts';
import { doorFaults } from './doors.ts';
import { fileShapeFaults } from './file-shape.ts';
import { floorFaults } from './floors.ts';
import { type House, readHouse } from './house.ts';
import { linkFaults } from './links.ts';
import { machinePathFaults } from './machine-paths.ts';
import { moduleStateFaults } from './module-state.ts';
import type { Fault } from './report.ts';
import { ruleFaults } from './rule-tests.ts';

/** A property that the house has. */
interface Guard {
  readonly name: string;
  /** The property, as a sentence. */
  readonly says: string;
  readonly faultsIn: (house: House) => readonly Fault[];
}

const GUARDS: readonly Guard[] = [
  { name: 'floors', says: 'imports go down only', faultsIn: floorFaults },
  { name: 'doors', says: 'packages are entered by their doors', faultsIn: doorFaults },
  { name: 'cores', says: 'cores are pure and synchronous', faultsIn: coreFaults },
  { name: 'state', says: 'modules keep no mutable state', faultsIn: moduleStateFaults },
  { name: 'shape', says: 'files say what they are, and stay small', faultsIn: fileShapeFaults },
  { name: 'rules', says: 'rules and tests name each other', faultsIn: ruleFaults },
  { name: 'build', says: 'tsc -b knows every package', faultsIn: buildReferenceFaults },
  { name: 'links', says: 'links between documents lead somewhere', faultsIn: linkFaults },
  { name: 'paths', says: 'nothing of one machine is kept', faultsIn: machinePathFaults },
];

/** What `tidy` looked at and found. */
export interface TidyReport {
  readonly packageCount: number;
  readonly sourceCount: number;
  readonly textCount: number;
  readonly importCount: number;
  /** By guard, in the order of their names above; empty faults where all is well. */
  readonly findings: readonly {
    readonly name: string;
    readonly says: string;
    readonly faults: readonly Fault[];
  }[];
}

/** Looks at the house under `root`. It reads only. */
export async function tidy(root: string): Promise<TidyReport> {
  const house = await readHouse(root);
  return {
    packageCount: house.packages.length,
    sourceCount: house.sources.length,
    textCount: house.texts.length,
    importCount: house.sources.reduce((sum, file) => sum + file.imports.length, 0),
    findings: GUARDS.map(({ name, says, faultsIn }) => ({ name, says, faults: faultsIn(house) })),
  };
}
