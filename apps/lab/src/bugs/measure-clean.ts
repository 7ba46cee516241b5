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
export interface MeasureCleanOptions extends MeasureOptions {
  /** How many seeds, over all experiments. */
  readonly seedCount: number;
  readonly onTurn?: ((what: string) => void) | undefined;
}

/** How many seeds are measured in one piece. */
const SHARE_SEEDS = 50;

/**
 * Runs seeds from 1 on, until the ledger has `seedCount` of all experiments together. The next
 * piece is always of the experiment that had the least time so far: so each gets the same time, and
 * those whose runs are short more runs.
 */
export async function measureClean(
  entries: readonly CatalogEntry[],
  options: MeasureCleanOptions,
): Promise<void> {
  const { ledger, seedCount, workerCount, signal, onTurn } = options;
  const names = entries.map(({ experiment }) => experiment.name);
  const done = () => sharesOf(options).reduce((sum, share) => sum + share.seedCount, 0);
  while (done() < seedCount && signal?.aborted !== true) {
    const times = names.map((name) => {
      const own = sharesOf(options).filter(({ experiment }) => experiment === name);
      return own.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
    });
    const experiment = names[times.indexOf(Math.min(...times))] ?? '';
    onTurn?.(`${experiment} without a bug, ${done()} of ${seedCount} runs`);
    const pool = await WorkerPool.open({ experiment, workerCount });
    try {
      const share = await runShare(pool, experiment, options);
      if (share !== undefined) ledger.add(share);
    } finally {
      await pool.close();
    }
  }
}

/** Undefined where it was aborted. */
async function runShare(
  pool: WorkerPool,
  experiment: string,
  options: MeasureCleanOptions,
): Promise<CleanShare | undefined> {
  const { commit, signal, onMeasured } = options;
  const own = sharesOf(options).filter((share) => share.experiment === experiment);
  const firstSeed = Math.max(1, ...own.map((share) => share.firstSeed + share.seedCount));
  const share = { firstSeed, seedCount: SHARE_SEEDS };
  const figures = await huntIn(pool, { experiment, ...share, signal, isWatched: true });
  if (signal?.aborted === true) return undefined;
  const { failureCount, unknownCount, simulatedMs, elapsedMs } = figures;
  const seen = { failureCount, unknownCount, simulatedMs, elapsedMs, commit };
  const clean: CleanShare = { type: 'clean', experiment, ...share, ...seen };
  onMeasured?.(clean);
  return clean;
}

function sharesOf({ ledger }: MeasureCleanOptions): readonly CleanShare[] {
  return ledger.measurements.filter((each): each is CleanShare => each.type === 'clean');
}
