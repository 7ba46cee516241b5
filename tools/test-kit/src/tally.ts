/**
 * What a test run came to: counts, the time of each room, every skip with its reason.
 */
import type { TestModule } from 'vitest/node';
import type { Budgets } from './budgets.ts';
import { NEEDS, noteOf } from './needs.ts';

/** Skips that have one reason. */
export interface Skip {
  /** The note of the skip; empty where none was given (`.skip`, `.only` elsewhere, `-t`). */
  readonly note: string;
  readonly count: number;
}

/** A finished run. */
export interface Tally {
  readonly passedCount: number;
  /** Tests that failed, files that could not be loaded, errors outside of any test. */
  readonly failedCount: number;
  readonly skippedCount: number;
  /** By room, in the order of their names: what its test files took, in milliseconds. */
  readonly roomMs: ReadonlyMap<string, number>;
  readonly skips: readonly Skip[];
  /** A line for each failed test or file: where it is, and the first line of its first error. */
  readonly failures: readonly string[];
}

/** What `tallyOf` reads of Vitest's modules. */
export type FinishedModule = Pick<
  TestModule,
  'relativeModuleId' | 'children' | 'diagnostic' | 'errors'
>;

/** Counts a finished run. `strayErrorCount` are errors outside of any test. */
export function tallyOf(modules: readonly FinishedModule[], strayErrorCount: number): Tally {
  const count = { passed: 0, failed: strayErrorCount, skipped: 0, pending: 0 };
  const roomMs = new Map<string, number>();
  const skips = new Map<string, number>();
  for (const module of modules) {
    const room = roomOf(module.relativeModuleId);
    const { collectDuration, setupDuration, duration } = module.diagnostic();
    const spentMs = collectDuration + setupDuration + duration;
    roomMs.set(room, (roomMs.get(room) ?? 0) + spentMs);
    count.failed += module.errors().length;
    for (const test of module.children.allTests()) {
      const result = test.result();
      count[result.state] += 1;
      if (result.state !== 'skipped') continue;
      const note = result.note ?? '';
      skips.set(note, (skips.get(note) ?? 0) + 1);
    }
    for (const suite of module.children.allSuites()) count.failed += suite.errors().length;
  }
  return {
    passedCount: count.passed,
    // A test that never ended is no success.
    failedCount: count.failed + count.pending,
    skippedCount: count.skipped,
    roomMs: new Map([...roomMs].sort(([a], [b]) => (a < b ? -1 : 1))),
    skips: [...skips].map(([note, times]) => ({ note, count: times })),
    failures: modules.flatMap(failuresOf),
  };
}

/** A line for what failed in a file: itself, its suites, its tests. */
function failuresOf(module: FinishedModule): readonly string[] {
  const line = (name: string, message: string) =>
    `${[module.relativeModuleId, name].filter(Boolean).join(' > ')}: ${message.split('\n', 1)[0]}`;
  return [
    ...module.errors().map((error) => line('', error.message)),
    ...[...module.children.allSuites()].flatMap((suite) =>
      suite.errors().map((error) => line(suite.fullName, error.message)),
    ),
    ...[...module.children.allTests()].flatMap((test) => {
      const { state, errors } = test.result();
      if (state === 'pending') return [line(test.fullName, 'it never ended')];
      return state === 'failed' ? [line(test.fullName, errors[0]?.message ?? '')] : [];
    }),
  ];
}

/** `foundation/sim` of `foundation/sim/src/world.test.ts`. */
export function roomOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

/** Which budgets the run broke, a sentence each. */
export function brokenBudgets(tally: Tally, wallMs: number, budgets: Budgets): readonly string[] {
  const broken = [...tally.roomMs].flatMap(([room, spentMs]) => {
    const budget = budgets.roomSeconds[room];
    if (budget === undefined) return [`${room} has no budget: give it one in budgets.ts`];
    if (spentMs <= budget * 1_000) return [];
    return [`${room} took ${seconds(spentMs)} of its ${budget.toFixed(0)} s`];
  });
  if (wallMs <= budgets.suiteSeconds * 1_000) return broken;
  return [...broken, `the run took ${seconds(wallMs)} of its ${budgets.suiteSeconds} s`];
}

/**
 * Skips that a run in CI must not have: for lack of what `.ci/run` could have installed, or without
 * a reason. With `-t`, Vitest skips without a reason what was not asked for: then they are lawful.
 */
export function unlawfulSkips(tally: Tally, isFiltered: boolean): readonly string[] {
  const installable = new Set(
    NEEDS.filter((need) => need.debianPackage !== undefined).map((need) => noteOf(need)),
  );
  return tally.skips.flatMap(({ note, count }) => {
    if (installable.has(note)) return [`${count} skipped, although CI can install it: ${note}`];
    return note === '' && !isFiltered ? [`${count} skipped without a reason`] : [];
  });
}

/** `12.3 s`. */
export function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(1)} s`;
}
