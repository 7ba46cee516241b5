/**
 * Makes the table of planted bugs: measures what its ledger does not have yet, and renders it.
 */
import { CATALOG, type CatalogEntry, findBug } from '../catalog.ts';
import { readEnvironment } from '../environment.ts';
import { rowOf } from './bug-row.ts';
import { type BugTable, renderBugTable } from './bug-table.ts';
import { cleanRows } from './clean-table.ts';
import { Ledger } from './ledger.ts';
import { type MeasureOptions, measureBug } from './measure-bug.ts';
import { measureClean } from './measure-clean.ts';
import type { CleanShare } from './measurement.ts';
import { digestShrinker } from './shrinker-digest.ts';
import { digestSystem } from './system-digest.ts';
import { unplacedBugs } from './unplaced.ts';

/** What is measured, and how much of it. */
export interface BugTableOptions extends Omit<MeasureOptions, 'ledger' | 'commit' | 'shrinker'> {
  /** Names of bugs; all where there are none. */
  readonly bugs: readonly string[];
  /** How many clean runs, over all experiments but scenarios; each gets the same time. */
  readonly cleanCount: number;
  /** The file that keeps the measurements. */
  readonly ledgerPath: string;
  /** Only renders what is in the ledger. */
  readonly isRenderOnly: boolean;
  /** The command, as the page shows it. */
  readonly command: string;
  /** What is measured next, in a few words. */
  readonly onTurn?: ((what: string) => void) | undefined;
}

/** The table, and its page as Markdown. */
export interface MadeBugTable {
  readonly table: BugTable;
  readonly markdown: string;
}

/** Where clean code is to be silent; the failure scenarios have pages of their own. */
const SILENT: readonly CatalogEntry[] = Object.freeze(
  CATALOG.filter(({ experiment }) => !experiment.name.includes('/')),
);

/** Measures and renders; what was measured until it was aborted is in the ledger. */
export async function makeBugTable(options: BugTableOptions): Promise<MadeBugTable> {
  const { bugs, ledgerPath, isRenderOnly, baseCount, command } = options;
  const { commit, cpu, cpuCount, nodeVersion } = readEnvironment();
  const shrinker = digestShrinker();
  for (const name of bugs) findBug(name);
  const ledger = Ledger.open(ledgerPath);
  if (!isRenderOnly) {
    ledger.continueOn({ type: 'machine', cpu, cpuCount, nodeVersion });
    await measureAll({ ...options, ledger, commit, shrinker });
  }
  const { measurements } = ledger;
  const rows = CATALOG.flatMap(({ experiment, bugs: own }) =>
    own.map((bug) => rowOf(bug, experiment, measurements, shrinker)),
  );
  const shares = measurements.filter((each): each is CleanShare => each.type === 'clean');
  const ofBugs = measurements.filter(({ type }) => type !== 'clean');
  const clean = cleanRows(
    SILENT.map(({ experiment }) => experiment.name),
    shares,
  );
  const commits = [...new Set(ofBugs.map(({ commit: each }) => each))];
  const table: BugTable = {
    rows,
    unplaced: unplacedBugs(),
    clean,
    machines: ledger.machines,
    commits,
    baseCount,
    command,
  };
  return { table, markdown: renderBugTable(table) };
}

/** From how many bases, and how many failures, each bug is measured before any has more. */
const ROUNDS = [
  { baseCount: 3, shrinkCount: 1 },
  { baseCount: 10, shrinkCount: 2 },
  { baseCount: Number.POSITIVE_INFINITY, shrinkCount: Number.POSITIVE_INFINITY },
] as const;

/** In rounds, so that a table that is ended early has some of every bug. */
async function measureAll(options: BugTableOptions & MeasureOptions): Promise<void> {
  const { bugs, cleanCount, onTurn, signal } = options;
  for (const round of ROUNDS) {
    const baseCount = Math.min(options.baseCount, round.baseCount);
    const shrinkCount = Math.min(options.shrinkCount, round.shrinkCount);
    for (const entry of CATALOG) {
      for (const bug of entry.bugs) {
        if (signal?.aborted === true) return;
        if (bugs.length > 0 && !bugs.includes(bug.name)) continue;
        onTurn?.(`${bug.name}, ${baseCount} bases`);
        await measureBug(entry, bug, { ...options, baseCount, shrinkCount });
      }
    }
  }
  await measureClean(SILENT, { ...options, seedCount: cleanCount, sourcesOf: digestSystem });
}
