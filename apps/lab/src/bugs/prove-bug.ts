/**
 * Proves a planted bug: it is found within its budget of seeds, and the code as it is passes the
 * same seeds.
 */
import type { PlantedBug } from '@mangrove/experiment';
import type { CatalogEntry } from '../catalog.ts';
import { hunt } from '../hunt.ts';
import type { HuntFigures } from '../run-report.ts';

/** How a bug is looked for. */
export interface ProveOptions {
  /** Whether runs are held to the invariant of the experiment as well. */
  readonly isWatched: boolean;
  readonly workerCount?: number | undefined;
  readonly onProgress?: ((figures: HuntFigures) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What came of it. */
export interface BugProof {
  readonly bug: PlantedBug;
  /** The hunt with the bug, which ends with the first failure. */
  readonly planted: HuntFigures;
  /** The same seeds without it. */
  readonly clean: HuntFigures;
  /** Whether only the planted code failed. */
  readonly isProven: boolean;
}

/** Hunts for `bug`, then through the same seeds without it. */
export async function proveBug(
  entry: CatalogEntry,
  bug: PlantedBug,
  options: ProveOptions,
): Promise<BugProof> {
  const common = { experiment: entry.experiment.name, ...options };
  const planted = await hunt({
    ...common,
    bug,
    seedCount: bug.seedBudget,
    isOver: ({ failureCount }) => failureCount > 0,
  });
  const clean = await hunt({ ...common, seedCount: Math.max(1, planted.seedCount) });
  const isSilent = clean.failureCount === 0 && clean.unknownCount === 0;
  return { bug, planted, clean, isProven: planted.failureCount > 0 && isSilent };
}
