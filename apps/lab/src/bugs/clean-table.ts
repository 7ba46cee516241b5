/**
 * The part of the page that tells how often the lab cried wolf: runs of the code as it is.
 *
 * A row is of one state of the code, the one that was measured last: what other code did is not
 * added to it, be it an alarm or silence. Its commit tells how old it is.
 */
import type { CleanShare } from './measurement.ts';
import { systemOf } from './system-digest.ts';
import { tableRow } from './table-row.ts';

/** What was measured of one experiment. */
export interface CleanRow {
  readonly experiment: string;
  readonly seedCount: number;
  readonly simulatedMs: number;
  readonly failureCount: number;
  readonly unknownCount: number;
  /** At which commits, the oldest first; none where nothing was measured. */
  readonly commits: readonly string[];
}

/** A row for each of `experiments`, from the shares of the code that was measured last. */
export function cleanRows(
  experiments: readonly string[],
  shares: readonly CleanShare[],
): readonly CleanRow[] {
  return experiments.map((experiment) => {
    const own = shares.filter((share) => share.experiment === experiment);
    const last = own.filter(({ sources }) => sources === own.at(-1)?.sources);
    const sum = (pick: (share: CleanShare) => number) =>
      last.reduce((total, share) => total + pick(share), 0);
    return {
      experiment,
      seedCount: sum(({ seedCount }) => seedCount),
      simulatedMs: sum(({ simulatedMs }) => simulatedMs),
      failureCount: sum(({ failureCount }) => failureCount),
      unknownCount: sum(({ unknownCount }) => unknownCount),
      commits: [...new Set(last.map(({ commit }) => commit))],
    };
  });
}

/** The lines of the page. */
export function cleanLines(rows: readonly CleanRow[]): readonly string[] {
  const measured = rows.filter(({ seedCount }) => seedCount > 0);
  if (measured.length === 0) return ['Not measured.'];
  const sum = (pick: (row: CleanRow) => number) =>
    measured.reduce((total, each) => total + pick(each), 0);
  const together = {
    ...{ experiment: '**together**', seedCount: sum(({ seedCount }) => seedCount), commits: [] },
    simulatedMs: sum(({ simulatedMs }) => simulatedMs),
    failureCount: sum(({ failureCount }) => failureCount),
    unknownCount: sum(({ unknownCount }) => unknownCount),
  };
  return [
    'The code as it is, under the same faults, held to the same judges and invariants. Each',
    'experiment gets the same time, so those whose runs are short get more of them.',
    `Of the ${together.seedCount} runs ${systemsWords(measured)}.`,
    'The register and the journal are small, so their runs say less of Raft and the store than',
    'their number does; the failure scenarios have pages of their own, and no rows here.',
    'A row is of the code at the commit it names. Where a system, or what it stands on, has',
    'changed since, the same command measures it anew, and what the older code did is not counted',
    'any more.',
    '',
    '| experiment | runs | simulated | alarms | not known | measured at |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) =>
      row.seedCount > 0 ? cleanRow(row) : tableRow([row.experiment, 'not measured', ...NOTHING]),
    ),
    cleanRow(together),
  ];
}

const NOTHING = ['-', '-', '-', '-'] as const;

function cleanRow(row: CleanRow): string {
  const { experiment, seedCount, simulatedMs, failureCount, unknownCount, commits } = row;
  return tableRow([
    experiment,
    String(seedCount),
    `${(simulatedMs / 3_600_000).toFixed(1)} h`,
    String(failureCount),
    String(unknownCount),
    commits.map((commit) => commit.slice(0, 12)).join(', ') || '-',
  ]);
}

/** `2750 are of register, 3650 of journal`. */
function systemsWords(rows: readonly CleanRow[]): string {
  const counts = new Map<string, number>();
  for (const { experiment, seedCount } of rows) {
    const system = systemOf(experiment);
    counts.set(system, (counts.get(system) ?? 0) + seedCount);
  }
  return [...counts]
    .map(([system, count], index) => `${count} ${index === 0 ? 'are of' : 'of'} \`${system}\``)
    .join(', ');
}
