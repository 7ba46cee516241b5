/**
 * The table tells what was measured: quantiles that count searches without success, sizes beside
 * the least, and false alarms; and a ledger gives back what was written into it.
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlantedBug } from '@mangrove/experiment';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findExperiment } from '../catalog.ts';
import { rowOf } from './bug-row.ts';
import { type BugTable, renderBugTable } from './bug-table.ts';
import { cleanRows } from './clean-table.ts';
import { Ledger } from './ledger.ts';
import {
  type CleanShare,
  identityOf,
  type Machine,
  type Measurement,
  type ShrunkFailure,
  type Trial,
} from './measurement.ts';

const BUG: PlantedBug = {
  ...{ name: 'moth', file: 'relay.ts', find: 'open', replace: 'closed', breaks: 'the relay' },
  ...{ source: 'Mark II, panel F', experiment: 'register', seedBudget: 50, difficulty: 'easy' },
  minimum: { faults: ['a moth'], operationCount: 2 },
};
const MACHINE: Machine = { type: 'machine', cpu: 'Z4', cpuCount: 1, nodeVersion: '24.0.0' };
const commit = 'abc';
const { experiment } = findExperiment('register');
const bug = identityOf(BUG, experiment);
const SHRINKER = '0123456789ab';

function rowFrom(measurements: readonly Measurement[]) {
  return rowOf(BUG, experiment, measurements, SHRINKER);
}

function trial(place: number, seedCount: number, isFound = true): Trial {
  const firstSeed = 1 + 1000 * place;
  const seed = firstSeed + seedCount - 1;
  const found = { seed, anomaly: 'linearizability', name: 'lost-write' } as const;
  const base = { type: 'trial', bug, firstSeed, seedCount, commit } as const;
  return {
    ...{ ...base, isWatched: false, cpuMs: 100 * seedCount },
    ...(isFound ? { found } : {}),
  };
}

function shrunk(seed: number, faultCount: number, operationCount: number): ShrunkFailure {
  const size = { replicaCount: 1, clientCount: 1, choiceCount: 0, activeMs: 10 };
  return {
    ...{ type: 'shrunk', bug, seed, isWatched: false, runCount: 9, commit, shrinker: SHRINKER },
    size: { ...size, faultCount, operationCount },
  };
}

describe('a row', () => {
  it('counts searches without success as longer than any other', () => {
    const row = rowFrom([trial(0, 3), trial(1, 9), trial(2, 50, false)]);
    expect(row.outside.seeds).toEqual({ median: 9, p90: Number.POSITIVE_INFINITY });
    expect(row.outside).toMatchObject({ baseCount: 3, foundCount: 2, seedMax: 50 });
    expect(row.outside.names).toEqual([['lost-write', 2]]);
    expect(row.watched).toBeUndefined();
  });

  it('takes the last search from a base, none of a patch or an experiment that changed', () => {
    const row = rowFrom([trial(0, 50, false), trial(0, 70)]);
    expect(row.outside).toMatchObject({ baseCount: 1, foundCount: 1, seeds: { median: 70 } });
    const other = { ...BUG, replace: 'ajar' };
    expect(rowOf(other, experiment, [trial(0, 3)], SHRINKER).outside.baseCount).toBe(0);
    const longer = { ...experiment, activeMs: experiment.activeMs + 1 };
    expect(rowOf(BUG, longer, [trial(0, 3)], SHRINKER).outside.baseCount).toBe(0);
  });

  it('measures sizes beside the least, by the one in the middle and by the worst', () => {
    const row = rowFrom([shrunk(1, 1, 2), shrunk(2, 1, 3), shrunk(3, 4, 5)]);
    expect(row.shrunk).toMatchObject({ count: 3, faultCount: 1, operationCount: 3 });
    expect(row.shrunk?.ratio).toBeCloseTo(4 / 3);
    expect(row.shrunk?.ratioMax).toBe(3);
  });

  it('counts no small run that the code as it is fails too', () => {
    const slipped: ShrunkFailure = { ...shrunk(1, 0, 1), cleanAnswer: 'invalid' };
    expect(rowFrom([slipped])).toMatchObject({ shrunk: undefined, slipCount: 1 });
    const row = rowFrom([slipped, { ...shrunk(2, 1, 2), cleanAnswer: 'valid' }]);
    expect(row).toMatchObject({ shrunk: { count: 1, ratioMax: 1 }, slipCount: 1 });
  });

  it('counts what another shrinker made only where the present one has made nothing', () => {
    const { shrinker: _, ...unmarked } = shrunk(1, 9, 9);
    const former = { ...shrunk(2, 8, 8), shrinker: 'ba9876543210' };
    expect(rowFrom([unmarked, former]).shrunk).toMatchObject({ count: 2, isFormer: true });
    const row = rowFrom([unmarked, former, shrunk(3, 1, 2)]);
    expect(row.shrunk).toMatchObject({ count: 1, isFormer: false, ratioMax: 1 });
  });
});

describe('the page', () => {
  const clean = {
    type: 'clean',
    experiment: 'register',
    firstSeed: 1,
    simulatedMs: 7.2e6,
    elapsedMs: 1000,
  } as const;
  const share = (failureCount: number): CleanShare => {
    return { ...clean, seedCount: 100, failureCount, unknownCount: 0, commit };
  };
  const tableOf = (measurements: readonly (Trial | ShrunkFailure)[], alarms: number): BugTable => {
    return {
      rows: [rowFrom(measurements)],
      unplaced: [
        { name: 'gremlin', file: 'wing.ts', breaks: 'the wing', source: 'Dahl', finder: 'pilots' },
      ],
      clean: cleanRows(['register', 'journal'], [share(alarms)]),
      machines: [MACHINE],
      ...{ commits: [commit], baseCount: 3, command: 'make it' },
    };
  };
  const pageOf = (measurements: readonly (Trial | ShrunkFailure)[], alarms: number) =>
    renderBugTable(tableOf(measurements, alarms));

  it('says what was found, how fast, how small, and how many alarms were false', () => {
    const page = pageOf([trial(0, 3), trial(1, 9), trial(2, 50, false), shrunk(3, 1, 2)], 0);
    expect(page).toContain(
      '| easy | 3 | 9 / >50, 0.9 s / more, found from 2 of 3 | has none | lost-write (2) |',
    );
    expect(page).toContain(
      '| 1: a moth | 2 | 1 faults, 2 operations (median of 1) | 1.00 | 1.00 |',
    );
    expect(page).toContain('| **together** | 100 | 2.0 h | 0 | 0 | - |');
    expect(page).toContain('1 of 1 bugs that were looked for were found.');
    expect(page).toContain('1 of 1 were shrunk by the present shrinker,\n0 by a former one.');
  });

  it('says how many of the clean runs are of which system', () => {
    const shares = ['register', 'journal', 'journal-rot', 'kv', 'journal-rot'].map(
      (experiment) => ({ ...share(0), experiment }),
    );
    const clean = cleanRows(['register', 'journal', 'journal-rot', 'kv'], shares);
    const page = renderBugTable({ ...tableOf([trial(0, 3)], 0), clean });
    expect(page).toContain('Of the 500 runs 100 are of `register`, 300 of `journal`, 100 of `kv`.');
  });

  it('says where a judge was not asked for the name of what is broken', () => {
    const unnamed: Trial = {
      ...trial(0, 3),
      found: { seed: 3, anomaly: 'promise', name: 'promise' },
    };
    expect(pageOf([unnamed], 0)).toContain('Where it is `promise`, the judge has not been asked');
    const found = { seed: 3, anomaly: 'invariant', name: 'invariant' } as const;
    const both = pageOf([unnamed, { ...trial(1, 3), found }], 0);
    expect(both).toContain('Where it is `promise` or `invariant`, the judge');
    expect(pageOf([trial(0, 3)], 0)).not.toContain('the judge has not been asked');
  });

  it('says where nothing small is left of a bug', () => {
    const page = pageOf([trial(0, 3), { ...shrunk(3, 0, 1), cleanAnswer: 'invalid' }], 0);
    expect(page).toContain('| 1: a moth | 2 | what fails without the bug too | - | - |');
  });

  it('says which sizes another shrinker made', () => {
    const page = pageOf([trial(0, 3), { ...shrunk(3, 1, 2), shrinker: 'ba9876543210' }], 0);
    expect(page).toContain('2 operations (median of 1, by a former shrinker) |');
    expect(page).toContain('0 of 1 were shrunk by the present shrinker,\n1 by a former one.');
  });

  it('does not hide what was not found, not measured, or a false alarm', () => {
    const page = pageOf([trial(0, 50, false)], 2);
    expect(page).toContain('| 1 | not in 50 |');
    expect(page).toContain('| not measured | - | - |');
    expect(page).toContain('| **together** | 100 | 2.0 h | 2 | 0 | - |');
    expect(page).toContain('0 of 1 bugs that were looked for were found.');
    expect(page).toContain('| `gremlin` | the wing | Dahl | pilots |');
    expect(page).toContain('| journal | not measured | - | - | - | - |');
  });

  it('names the bugs that nobody has looked for yet', () => {
    expect(pageOf([], 0)).toContain('Not measured yet: `moth`.');
    expect(pageOf([trial(0, 3)], 0)).not.toContain('Not measured yet');
  });

  it('tells of clean runs of the code that was measured last, and at which commit', () => {
    const of = (sources: string, failureCount: number, at: string): CleanShare => {
      return { ...share(failureCount), sources, commit: at };
    };
    const shares = [share(1), of('a', 3, 'then'), of('b', 0, 'now'), of('b', 0, 'later')];
    const clean = cleanRows(['register'], shares);
    const page = renderBugTable({ ...tableOf([], 0), clean });
    expect(page).toContain('| register | 200 | 4.0 h | 0 | 0 | now, later |');
  });
});

describe('a ledger', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mangrove-ledger-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('gives back what was added, also after a write that was cut off', () => {
    const path = join(folder, 'deep/ledger.jsonl');
    Ledger.open(path).add(trial(0, 3));
    appendFileSync(path, '{"type":"tri');
    const again = Ledger.open(path);
    expect(again.measurements).toEqual([trial(0, 3)]);
    again.add(trial(1, 4));
    expect(Ledger.open(path).measurements).toEqual([trial(0, 3), trial(1, 4)]);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(3);
  });

  it('says which machine measured, each once', () => {
    const ledger = Ledger.open(join(folder, 'ledger.jsonl'));
    const other = { ...MACHINE, cpu: 'Z5' };
    for (const machine of [MACHINE, MACHINE, other, MACHINE]) {
      ledger.continueOn(machine);
      ledger.add(trial(0, 3));
    }
    expect(ledger.machines).toEqual([MACHINE, other]);
    expect(ledger.measurements).toHaveLength(4);
    const page = renderBugTable({
      ...{ rows: [], unplaced: [], clean: [], machines: ledger.machines },
      ...{ commits: [commit], baseCount: 3, command: 'make it' },
    });
    expect(page).toContain('Z4 (1 cores) with Node.js 24.0.0, then Z5 (1 cores) with');
  });

  it('refuses a line that is no measurement, by its number', () => {
    const path = join(folder, 'ledger.jsonl');
    writeFileSync(path, `${JSON.stringify(trial(0, 3))}\nnonsense\n`);
    expect(() => Ledger.open(path)).toThrow('ledger.jsonl:2');
  });
});
