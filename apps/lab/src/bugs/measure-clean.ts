/**
 * Runs the code as it is through many seeds of every experiment: each alarm is a false one, or a
 * bug that nobody planted.
 */
import type { CatalogEntry } from '../catalog.ts';
import { huntIn } from '../hunt.ts';
import { WorkerPool } from '../worker-pool.ts';
import type { MeasureOptions } from './measure-bug.ts';
import type { CleanShare } from './measurement.ts';

/** How many seeds are measured in one piece. */
const SHARE_SEEDS = 100;

/** Runs `seedCount` seeds from 1 on, as far as they are not in the ledger. */
export async function measureClean(
  { experiment }: CatalogEntry,
  seedCount: number,
  options: MeasureOptions,
): Promise<void> {
  const { ledger, commit, workerCount, signal, onMeasured } = options;
  const { name } = experiment;
  const missing = missingShares(name, seedCount, options);
  if (missing.length === 0) return;
  const pool = await WorkerPool.open({ experiment: name, workerCount });
  try {
    for (const share of missing) {
      const figures = await huntIn(pool, {
        ...{ experiment: name, ...share, signal },
        isWatched: true,
      });
      if (signal?.aborted === true) return;
      const { failureCount, unknownCount, simulatedMs } = figures;
      const seen = { failureCount, unknownCount, simulatedMs, commit };
      const clean: CleanShare = { type: 'clean', experiment: name, ...share, ...seen };
      ledger.add(clean);
      onMeasured?.(clean);
    }
  } finally {
    await pool.close();
  }
}

/** Pieces of seeds that the ledger does not have; the last one may be shorter. */
function missingShares(
  experiment: string,
  seedCount: number,
  { ledger }: MeasureOptions,
): readonly Pick<CleanShare, 'firstSeed' | 'seedCount'>[] {
  const done = new Set(
    ledger.measurements.flatMap((each) =>
      each.type === 'clean' && each.experiment === experiment
        ? [`${each.firstSeed} ${each.seedCount}`]
        : [],
    ),
  );
  const shares = Array.from({ length: Math.ceil(seedCount / SHARE_SEEDS) }, (_, place) => {
    const firstSeed = 1 + place * SHARE_SEEDS;
    return { firstSeed, seedCount: Math.min(SHARE_SEEDS, seedCount + 1 - firstSeed) };
  });
  return shares.filter((share) => !done.has(`${share.firstSeed} ${share.seedCount}`));
}
