/**
 * Runs the code as it is through many seeds of every experiment: each alarm is a false one, or a
 * bug that nobody planted.
 */
import type { CatalogEntry } from '../catalog.ts';
import { huntIn } from '../hunt.ts';
import { WorkerPool } from '../worker-pool.ts';
import type { MeasureOptions } from './measure-bug.ts';
import type { CleanShare } from './measurement.ts';

/** How much is measured. */
export interface MeasureCleanOptions
  extends Pick<MeasureOptions, 'ledger' | 'commit' | 'workerCount' | 'onMeasured' | 'signal'> {
  /** How many seeds, over all experiments. */
  readonly seedCount: number;
  readonly onTurn?: ((what: string) => void) | undefined;
  /** `digestSystem` of an experiment. */
  readonly sourcesOf: (experiment: string) => string;
}

/** How many seeds are measured in one piece. */
const SHARE_SEEDS = 50;

/**
 * Runs seeds from 1 on, until the ledger has `seedCount` of all experiments together, of the code
 * as it is: what it has of other code does not count, neither alarms nor silence. The next piece
 * is always of the experiment that had the least time so far: so each gets the same time, and those
 * whose runs are short more runs.
 */
export async function measureClean(
  entries: readonly CatalogEntry[],
  options: MeasureCleanOptions,
): Promise<void> {
  const { seedCount, signal } = options;
  const names = entries.map(({ experiment }) => experiment.name);
  // Read once, like the commit: sources are not to change while they are measured.
  const work = new CleanMeasurement(
    new Map(names.map((name) => [name, options.sourcesOf(name)])),
    options,
  );
  while (work.seedCount < seedCount && signal?.aborted !== true) await work.runNext();
}

class CleanMeasurement {
  private readonly sources: ReadonlyMap<string, string>;
  private readonly options: MeasureCleanOptions;

  /** @param sources the digest of each experiment */
  constructor(sources: ReadonlyMap<string, string>, options: MeasureCleanOptions) {
    this.sources = sources;
    this.options = options;
  }

  /** How many seeds the ledger has of the present code. */
  get seedCount(): number {
    return [...this.sources.keys()]
      .flatMap((experiment) => this.sharesOf(experiment))
      .reduce((sum, share) => sum + share.seedCount, 0);
  }

  async runNext(): Promise<void> {
    const { ledger, seedCount, workerCount, onTurn } = this.options;
    const times = [...this.sources.keys()].map((name): readonly [string, number] => {
      const spentMs = this.sharesOf(name).reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
      return [name, spentMs];
    });
    const [experiment] = times.reduce((least, each) => (each[1] < least[1] ? each : least));
    onTurn?.(`${experiment} without a bug, ${this.seedCount} of ${seedCount} runs`);
    const pool = await WorkerPool.open({ experiment, workerCount });
    try {
      const share = await this.runShare(pool, experiment);
      if (share !== undefined) ledger.add(share);
    } finally {
      await pool.close();
    }
  }

  /** Undefined where it was aborted. */
  private async runShare(pool: WorkerPool, experiment: string): Promise<CleanShare | undefined> {
    const { commit, signal, onMeasured } = this.options;
    const own = this.sharesOf(experiment);
    const firstSeed = Math.max(1, ...own.map((share) => share.firstSeed + share.seedCount));
    const share = { firstSeed, seedCount: SHARE_SEEDS };
    const figures = await huntIn(pool, { experiment, ...share, signal, isWatched: true });
    if (signal?.aborted === true) return undefined;
    const { failureCount, unknownCount, simulatedMs, elapsedMs } = figures;
    const seen = { failureCount, unknownCount, simulatedMs, elapsedMs };
    const sources = this.sources.get(experiment) ?? '';
    const clean: CleanShare = { type: 'clean', experiment, ...share, ...seen, sources, commit };
    onMeasured?.(clean);
    return clean;
  }

  /** Those of the present code. */
  private sharesOf(experiment: string): readonly CleanShare[] {
    return this.options.ledger.measurements.filter(
      (each): each is CleanShare =>
        each.type === 'clean' &&
        each.experiment === experiment &&
        each.sources === this.sources.get(experiment),
    );
  }
}
