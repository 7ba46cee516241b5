/**
 * Measures how the lab finds one planted bug: from many base seeds, by what clients see alone and
 * with invariants, and how small the failures become.
 *
 * The seeds of one base run one after the other, so that their CPU time is what a search costs;
 * several bases run side by side.
 */
import {
  describeFault,
  type Plan,
  type PlannedOperation,
  type PlantedBug,
} from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import type { CatalogEntry } from '../catalog.ts';
import { sizeOf } from '../run-report.ts';
import { shrink } from '../shrinking/shrink.ts';
import { WorkerPool } from '../worker-pool.ts';
import type { Ledger } from './ledger.ts';
import {
  identityOf,
  lastOfEachBase,
  type Measurement,
  type ShrunkFailure,
  type Trial,
} from './measurement.ts';

/** How much is measured. */
export interface MeasureOptions {
  readonly ledger: Ledger;
  /** The commit that is measured, and `digestShrinker` of it. */
  readonly commit: string;
  readonly shrinker: string;
  /** From how many base seeds each bug is looked for. */
  readonly baseCount: number;
  /** The most seeds from each; default: the budget of the bug. */
  readonly seedMax?: number | undefined;
  /** After so long, ms, no more bases are begun for a bug, in each of the two ways. */
  readonly timeMs: number;
  /** How many failures of each bug are shrunk, and with how many runs at most each. */
  readonly shrinkCount: number;
  readonly shrinkRunMax: number;
  readonly workerCount?: number | undefined;
  readonly onMeasured?: ((measurement: Measurement) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How far base seeds stand from each other: farther than any budget. */
const BASE_STRIDE = 100_000;

/** The base seed of that place, from 0. */
export function baseSeed(place: number): number {
  return 1 + place * BASE_STRIDE;
}

/** Measures `bug`, as far as its measurements are not in the ledger. */
export async function measureBug(
  entry: CatalogEntry,
  bug: PlantedBug,
  options: MeasureOptions,
): Promise<void> {
  const work = new BugMeasurement(entry, bug, options);
  if (!work.isDone()) await work.run();
}

class BugMeasurement {
  private readonly entry: CatalogEntry;
  private readonly bug: PlantedBug;
  private readonly options: MeasureOptions;
  private readonly identity: string;
  private readonly seedMax: number;
  private readonly ways: readonly boolean[];

  constructor(entry: CatalogEntry, bug: PlantedBug, options: MeasureOptions) {
    this.entry = entry;
    this.bug = bug;
    this.options = options;
    this.identity = identityOf(bug, entry.experiment);
    this.seedMax = options.seedMax ?? bug.seedBudget;
    this.ways = entry.createInvariant === undefined ? [false] : [false, true];
  }

  /** Whether nothing is left to be measured, so that no thread need start. */
  isDone(): boolean {
    const hasBases = this.ways.every((isWatched) => this.missingBases(isWatched).length === 0);
    return hasBases && this.unnamed().length === 0 && this.failuresToShrink().length === 0;
  }

  async run(): Promise<void> {
    const { experiment } = this.entry;
    const { workerCount } = this.options;
    const pool = await WorkerPool.open({ experiment: experiment.name, bug: this.bug, workerCount });
    try {
      for (const isWatched of this.ways) await this.tryBases(pool, isWatched);
      for (const trial of this.unnamed()) await this.nameFound(pool, trial);
      await this.shrinkFailures(pool);
    } finally {
      await pool.close();
    }
  }

  private async tryBases(pool: WorkerPool, isWatched: boolean): Promise<void> {
    const { signal, timeMs } = this.options;
    const bases = [...this.missingBases(isWatched)];
    const endMs = performance.now() + timeMs;
    const follow = async () => {
      while (signal?.aborted !== true && performance.now() < endMs) {
        const firstSeed = bases.shift();
        if (firstSeed === undefined) return;
        const trial = await this.tryFrom(pool, firstSeed, isWatched);
        if (trial !== undefined) this.keep(trial);
      }
    };
    await Promise.all(Array.from({ length: pool.workerCount }, follow));
  }

  /** Undefined where it was aborted: half a trial says nothing. */
  private async tryFrom(
    pool: WorkerPool,
    firstSeed: number,
    isWatched: boolean,
  ): Promise<Trial | undefined> {
    const { identity: bug } = this;
    const { commit, signal } = this.options;
    let cpuMs = 0;
    for (let seedCount = 1; seedCount <= this.seedMax; seedCount++) {
      const seed = firstSeed + seedCount - 1;
      const outcome = await pool.runSeed(seed, isWatched);
      if (signal?.aborted === true) return undefined;
      cpuMs += Math.round(outcome.cpuMs);
      const { anomaly, name } = outcome;
      if (anomaly === undefined || name === undefined) continue;
      const found = { seed, anomaly, name };
      return { type: 'trial', bug, firstSeed, isWatched, seedCount, cpuMs, found, commit };
    }
    const seedCount = this.seedMax;
    return { type: 'trial', bug, firstSeed, isWatched, seedCount, cpuMs, commit };
  }

  /** Asks the judge for the name of what was found before judges were asked for names. */
  private async nameFound(pool: WorkerPool, trial: Trial): Promise<void> {
    const { found, firstSeed, isWatched } = trial;
    if (found === undefined || this.options.signal?.aborted === true) return;
    const { anomaly, name } = await pool.runSeed(found.seed, isWatched);
    if (anomaly === found.anomaly && name !== undefined) {
      if (name !== found.name) this.keep({ ...trial, found: { ...found, name } });
      return;
    }
    // The ledger has it of other code: what that search found is not there any more.
    const again = await this.tryFrom(pool, firstSeed, isWatched);
    if (again !== undefined) this.keep(again);
  }

  private async shrinkFailures(pool: WorkerPool): Promise<void> {
    const failures = this.failuresToShrink();
    if (failures.length === 0) return;
    const { name } = this.entry.experiment;
    const clean = await WorkerPool.open({ experiment: name, workerCount: 1 });
    try {
      for (const failure of failures) await this.shrinkFailure(pool, clean, failure);
    } finally {
      await clean.close();
    }
  }

  private async shrinkFailure(
    pool: WorkerPool,
    clean: WorkerPool,
    { firstSeed, found, isWatched }: Trial,
  ): Promise<void> {
    const { commit, shrinker, signal, shrinkRunMax } = this.options;
    if (found === undefined || signal?.aborted === true) return;
    const { seed, anomaly } = found;
    if ((await pool.runSeed(seed, isWatched)).anomaly !== anomaly) {
      // The ledger has it of other code: what that search found is not there any more.
      const trial = await this.tryFrom(pool, firstSeed, isWatched);
      if (trial !== undefined) this.keep(trial);
      return;
    }
    const plan = drawPlan(this.entry.experiment, seed);
    const options = { plan, anomaly, isWatched, clean, maxRuns: shrinkRunMax, signal };
    const { evidence, steps } = await shrink(pool, options);
    if (signal?.aborted) return;
    const size = sizeOf(evidence.plan);
    const runCount = steps.at(-1)?.run ?? 0;
    const { answer: cleanAnswer } = (await clean.runPlan(evidence.plan, { isWatched })).verdict;
    const left = leftWords(evidence.plan);
    const made = { size, runCount, left, cleanAnswer, shrinker, commit };
    this.keep({ type: 'shrunk', bug: this.identity, seed, isWatched, ...made });
  }

  private keep(measurement: Measurement): void {
    this.options.ledger.add(measurement);
    this.options.onMeasured?.(measurement);
  }

  private missingBases(isWatched: boolean): readonly number[] {
    const tried = new Set(
      this.trials(isWatched)
        // A search that ended early for want of seeds is made anew when it may have more of them.
        .filter(({ found, seedCount }) => found !== undefined || seedCount >= this.seedMax)
        .map(({ firstSeed }) => firstSeed),
    );
    const bases = Array.from({ length: this.options.baseCount }, (_, place) => baseSeed(place));
    return bases.filter((base) => !tried.has(base));
  }

  /** Failures that show to clients come first: those are what people look at. */
  private failuresToShrink(): readonly Trial[] {
    const { ledger, shrinker, shrinkCount } = this.options;
    const found = this.ways
      .flatMap((isWatched) => this.trials(isWatched))
      .filter((trial) => trial.found !== undefined);
    const isShrunk = (trial: Trial) =>
      ledger.measurements.some(
        (each): each is ShrunkFailure =>
          each.type === 'shrunk' &&
          each.bug === this.identity &&
          each.shrinker === shrinker &&
          each.seed === trial.found?.seed &&
          each.isWatched === trial.isWatched,
      );
    return found.slice(0, shrinkCount).filter((trial) => !isShrunk(trial));
  }

  /** Searches that found a broken promise, or an invariant, and do not say which. */
  private unnamed(): readonly Trial[] {
    const hasNames = (this.entry.invariants ?? []).length > 0;
    return this.ways
      .flatMap((isWatched) => this.trials(isWatched))
      .filter(
        ({ found }) => found?.name === 'promise' || (found?.name === 'invariant' && hasNames),
      );
  }

  private trials(isWatched: boolean): readonly Trial[] {
    const own = this.options.ledger.measurements.filter(
      (each): each is Trial =>
        each.type === 'trial' && each.bug === this.identity && each.isWatched === isWatched,
    );
    return lastOfEachBase(own).toSorted((a, b) => a.firstSeed - b.firstSeed);
  }
}

function leftWords({ faults, operations }: Plan): readonly string[] {
  const operationWords = ({ client, atMs, f, key, value }: PlannedOperation) => {
    const argument = value === undefined ? [] : [JSON.stringify(value)];
    return [`${client} at ${atMs} ms:`, f, ...(key === undefined ? [] : [key]), ...argument].join(
      ' ',
    );
  };
  return [...faults.map(describeFault), ...operations.map(operationWords)];
}
