/**
 * A mistake that a store with revisions is known to invite, as a patch; who hunts it adds
 * experiment and budget.
 */
import type { PlantedBug } from '@mangrove/experiment';

/** A planted bug that several experiments may look for. */
export type KvBug = Omit<PlantedBug, 'experiment' | 'seedBudget'>;
