/**
 * A hunt: runs seed after seed on all cores until one fails, or all have held.
 */
import { MarkSums, type PlantedBug } from '@mangrove/experiment';
import { InvalidArgument } from '@mangrove/host';
import type { SeedOutcome } from './lab-worker.ts';
import {
  type HuntFailure,
  type HuntFigures,
  type HuntUnknown,
  MAX_HUNT_FAILURES,
} from './run-report.ts';
import { WorkerPool } from './worker-pool.ts';

/** What is hunted, and where. */
export interface HuntOptions {
  readonly experiment: string;
  /** The bug that is planted in every thread; the clean code where it is missing. */
  readonly bug?: PlantedBug | undefined;
  /** Default: 1. */
  readonly firstSeed?: number | undefined;
  readonly seedCount: number;
  /** Default: one a core. */
  readonly workerCount?: number | undefined;
  /** Whether every run is held to the invariant of the experiment as well. Default: no. */
  readonly isWatched?: boolean | undefined;
  /** Whether the hunt ends with the first failure. Default: no. */
  readonly isOver?: ((figures: HuntFigures) => boolean) | undefined;
  readonly onProgress?: ((figures: HuntFigures) => void) | undefined;
  /** Told at once of each seed that does not hold, in no order. */
  readonly onOutcome?: ((outcome: SeedOutcome) => void) | undefined;
  /** Ends the hunt early; what was seen until then is the result. */
  readonly signal?: AbortSignal | undefined;
}

/** How often progress is told, in milliseconds. */
const PROGRESS_MS = 100;

/** Hunts; resolves to the figures of all seeds that were run. */
export async function hunt(options: HuntOptions): Promise<HuntFigures> {
  const { experiment, bug, workerCount } = options;
  const pool = await WorkerPool.open({ experiment, bug, workerCount });
  try {
    return await huntIn(pool, options);
  } finally {
    await pool.close();
  }
}

/** Hunts with threads that are there already. */
export async function huntIn(pool: WorkerPool, options: HuntOptions): Promise<HuntFigures> {
  const { firstSeed = 1, seedCount, isWatched, signal, isOver = () => false } = options;
  const { onProgress, onOutcome } = options;
  if (!Number.isInteger(seedCount) || seedCount < 1) {
    throw new InvalidArgument('seeds', seedCount, 'a positive integer');
  }
  const tally = new Tally(firstSeed, pool.workerCount);
  let nextSeed = firstSeed;
  let toldMs = performance.now();
  const follow = async () => {
    while (nextSeed < firstSeed + seedCount && signal?.aborted !== true) {
      if (isOver(tally.figures())) return;
      const seed = nextSeed++;
      const outcome = await pool.runSeed(seed, isWatched);
      tally.add(outcome);
      if (outcome.answer !== 'valid') onOutcome?.(outcome);
      if (performance.now() - toldMs < PROGRESS_MS) continue;
      toldMs = performance.now();
      onProgress?.(tally.figures());
    }
  };
  // Two for each thread, so that none waits for its next seed.
  await Promise.all(Array.from({ length: 2 * pool.workerCount }, follow));
  const figures = tally.figures();
  onProgress?.(figures);
  return figures;
}

/** The figures of a hunt as they grow. */
class Tally {
  private readonly firstSeed: number;
  private readonly workerCount: number;
  private readonly startMs = performance.now();
  private readonly counts = new Map<string, number>();
  private readonly marks = new MarkSums();
  private failures: HuntFailure[] = [];
  private unknowns: HuntUnknown[] = [];
  private sums = { seedCount: 0, simulatedMs: 0, eventCount: 0, failureCount: 0, unknownCount: 0 };
  private eventCountMin = Number.POSITIVE_INFINITY;

  constructor(firstSeed: number, workerCount: number) {
    this.firstSeed = firstSeed;
    this.workerCount = workerCount;
  }

  add(outcome: SeedOutcome): void {
    const { sums } = this;
    this.sums = {
      seedCount: sums.seedCount + 1,
      simulatedMs: sums.simulatedMs + outcome.simulatedMs,
      eventCount: sums.eventCount + outcome.eventCount,
      failureCount: sums.failureCount + (outcome.answer === 'invalid' ? 1 : 0),
      unknownCount: sums.unknownCount + (outcome.answer === 'unknown' ? 1 : 0),
    };
    this.eventCountMin = Math.min(this.eventCountMin, outcome.eventCount);
    for (const [name, count] of Object.entries(outcome.counts)) {
      this.counts.set(name, (this.counts.get(name) ?? 0) + count);
    }
    this.marks.addRun(outcome.marks);
    const { seed, answer, anomaly, name = anomaly, sentence } = outcome;
    if (answer === 'unknown') this.unknowns = firstOf(this.unknowns, { seed, sentence });
    if (anomaly === undefined || name === undefined) return;
    const afterMs = performance.now() - this.startMs;
    this.failures = firstOf(this.failures, { seed, anomaly, name, sentence, afterMs });
  }

  figures(): HuntFigures {
    const { firstSeed, workerCount, failures, unknowns } = this;
    const elapsedMs = performance.now() - this.startMs;
    const counts = Object.fromEntries(this.counts);
    const marks = this.marks.marks();
    const eventCountMin = this.sums.seedCount === 0 ? 0 : this.eventCountMin;
    const sums = { ...this.sums, eventCountMin, failures, unknowns, counts, marks };
    return { firstSeed, workerCount, elapsedMs, ...sums };
  }
}

/** Threads end out of order; what is kept is by seed. */
function firstOf<Item extends { readonly seed: number }>(
  kept: readonly Item[],
  more: Item,
): Item[] {
  return [...kept, more].sort((a, b) => a.seed - b.seed).slice(0, MAX_HUNT_FAILURES);
}
