/**
 * What a ledger has is measured anew where it is of another shrinker, or of other code that ran
 * clean, and given its name where its judge was not asked for one; and then it is not measured
 * again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Ledger } from '../src/bugs/ledger.ts';
import { type MeasureOptions, measureBug } from '../src/bugs/measure-bug.ts';
import { measureClean } from '../src/bugs/measure-clean.ts';
import {
  type CleanShare,
  identityOf,
  type Measurement,
  type Trial,
} from '../src/bugs/measurement.ts';
import { findBug, findExperiment } from '../src/catalog.ts';
import type { AnomalyClass } from '../src/verdict.ts';

let folder: string;
let ledger: Ledger;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mangrove-measure-'));
  ledger = Ledger.open(join(folder, 'ledger.jsonl'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Measures so much of `name`; gives the lines that are new. */
async function measured(name: string, shrinkCount: number, shrinker: string) {
  const { entry, bug } = findBug(name);
  const before = ledger.measurements.length;
  const options: MeasureOptions = {
    ...{ ledger, commit: 'now', shrinker, baseCount: 1, timeMs: 60_000, workerCount: 1 },
    ...{ shrinkCount, shrinkRunMax: 5 },
  };
  await measureBug(entry, bug, options);
  return ledger.measurements.slice(before);
}

/** What an earlier search found at seed 1, in both ways where there are two. */
function found(name: string, anomaly: AnomalyClass): readonly Trial[] {
  const { entry, bug } = findBug(name);
  const trial = { type: 'trial', bug: identityOf(bug, entry.experiment), firstSeed: 1 } as const;
  const rest = { seedCount: 1, cpuMs: 7, found: { seed: 1, anomaly, name: anomaly } };
  const ways = entry.createInvariant === undefined ? [false] : [false, true];
  return ways.map((isWatched) => ({ ...trial, ...rest, isWatched, commit: 'then' }));
}

it('shrinks again what another shrinker made, once', { timeout: 60_000 }, async () => {
  const name = 'register-rename-before-sync';
  for (const trial of found(name, 'broken-node')) ledger.add(trial);
  const [first, ...more] = await measured(name, 1, 'old');
  expect(first).toMatchObject({ type: 'shrunk', seed: 1, shrinker: 'old', commit: 'now' });
  expect(more).toEqual([]);
  const left = first?.type === 'shrunk' ? first.left : undefined;
  expect(left).toContainEqual(expect.stringMatching(/^crash n\d \(unsynced-lost\)/));
  expect(left).toContainEqual(expect.stringMatching(/^c\d at \d+ ms: write \d+$/));
  expect(await measured(name, 1, 'old')).toEqual([]);
  expect(await measured(name, 1, 'new')).toMatchObject([{ type: 'shrunk', shrinker: 'new' }]);
  expect(await measured(name, 1, 'new')).toEqual([]);
});

it('asks for the name of a broken promise, once', { timeout: 60_000 }, async () => {
  const name = 'compare-on-post-state';
  const before = found(name, 'promise');
  for (const trial of before) ledger.add(trial);
  const named = await measured(name, 0, 'any');
  const isNamed = (each: Measurement) => each.type === 'trial' && each.found?.name !== 'promise';
  expect(named.map(isNamed)).toEqual([true, true]);
  expect(named).toMatchObject(before.map(({ found: _, ...trial }) => trial));
  expect(await measured(name, 0, 'any')).toEqual([]);
});

it('asks for the name of a broken invariant, once', { timeout: 60_000 }, async () => {
  const name = 'half-is-a-majority';
  const [outside, watched] = found(name, 'invariant');
  if (outside?.found === undefined || watched === undefined) throw new Error('no trials');
  // In the other way it has its name.
  ledger.add({ ...outside, found: { ...outside.found, name: 'lost-write' } });
  ledger.add(watched);
  const seen = { seed: 1, anomaly: 'invariant', name: 'durable-on-a-quorum' };
  expect(await measured(name, 0, 'any')).toMatchObject([{ isWatched: true, found: seen }]);
  expect(await measured(name, 0, 'any')).toEqual([]);
});

it('runs again what other code ran clean, once', { timeout: 60_000 }, async () => {
  const experiment = 'register';
  const former: CleanShare = {
    ...{ type: 'clean', experiment, firstSeed: 1, seedCount: 9000, failureCount: 3 },
    ...{ unknownCount: 0, simulatedMs: 7e6, elapsedMs: 1e9, commit: 'then' },
  };
  ledger.add(former);
  ledger.add({ ...former, sources: 'old' });
  const measure = async (sources: string) => {
    const before = ledger.measurements.length;
    await measureClean([findExperiment(experiment)], {
      ...{ ledger, commit: 'now', workerCount: 1, seedCount: 50, sourcesOf: () => sources },
    });
    return ledger.measurements.slice(before);
  };
  const share = { type: 'clean', firstSeed: 1, seedCount: 50, failureCount: 0, commit: 'now' };
  expect(await measure('new')).toMatchObject([{ ...share, sources: 'new' }]);
  expect(await measure('new')).toEqual([]);
  expect(await measure('newer')).toMatchObject([{ ...share, sources: 'newer' }]);
});
