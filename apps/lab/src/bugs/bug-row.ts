/**
 * What the measurements of a planted bug come to: the row of the table.
 */
import type { Experiment, PlantedBug } from '@mangrove/experiment';
import { quantile } from '../report/latency.ts';
import {
  identityOf,
  lastOfEachBase,
  type Measurement,
  type ShrunkFailure,
  type Trial,
} from './measurement.ts';

/** A row of the table. */
export interface BugRow {
  readonly bug: PlantedBug;
  /** By what clients see, nodes that stop, and progress. */
  readonly outside: SearchFigures;
  /** With the invariant of the experiment as well; missing where it has none. */
  readonly watched: SearchFigures | undefined;
  /** Of what became small and passes without the bug; missing where there is nothing such. */
  readonly shrunk: ShrinkFigures | undefined;
  /** How many failures became what the code as it is fails too: no small run of this bug. */
  readonly slipCount: number;
}

/** Searches from many base seeds, in one number or two. */
export interface SearchFigures {
  readonly baseCount: number;
  readonly foundCount: number;
  /** The most seeds that a search without success went through; 0 where there was none. */
  readonly seedMax: number;
  /** Seeds until it was found; infinite where so many searches found nothing. */
  readonly seeds: Spread;
  /** Time that a thread computed until then, ms. */
  readonly cpuMs: Spread;
  /** How often each anomaly was what showed, the most frequent first. */
  readonly names: readonly (readonly [name: string, count: number])[];
}

/** Two quantiles, by the nearest rank. */
export interface Spread {
  readonly median: number;
  readonly p90: number;
}

/** What shrinking came to. */
export interface ShrinkFigures {
  readonly count: number;
  /** Whether they are of another shrinker than the present one, which has none of this bug yet. */
  readonly isFormer: boolean;
  /** Faults and operations of the one in the middle, by their sum. */
  readonly faultCount: number;
  readonly operationCount: number;
  /** To the minimum made by hand; undefined where there is none. */
  readonly ratio: number | undefined;
  /** Of the largest. */
  readonly ratioMax: number | undefined;
}

/**
 * The row of `bug`, which is looked for in `experiment`, from all that was measured.
 *
 * @param shrinker the digest of the present one: what others made counts where it has made nothing
 */
export function rowOf(
  bug: PlantedBug,
  experiment: Experiment,
  measurements: readonly Measurement[],
  shrinker: string,
): BugRow {
  const identity = identityOf(bug, experiment);
  const own = measurements.filter((each) => each.type !== 'clean' && each.bug === identity);
  const trials = lastOfEachBase(own.filter((each) => each.type === 'trial'));
  const watched = trials.filter(({ isWatched }) => isWatched);
  const shrunk = own.filter((each) => each.type === 'shrunk');
  const present = shrunk.filter((each) => each.shrinker === shrinker);
  const isFormer = present.length === 0;
  const made = isFormer ? shrunk : present;
  const ofBug = made.filter(({ cleanAnswer }) => cleanAnswer !== 'invalid');
  return {
    bug,
    outside: searchFigures(trials.filter(({ isWatched }) => !isWatched)),
    watched: watched.length === 0 ? undefined : searchFigures(watched),
    shrunk: shrinkFigures(bug, ofBug, isFormer),
    slipCount: made.length - ofBug.length,
  };
}

function searchFigures(trials: readonly Trial[]): SearchFigures {
  const missed = trials.filter(({ found }) => found === undefined);
  const names = new Map<string, number>();
  for (const { found } of trials) {
    if (found !== undefined) names.set(found.name, (names.get(found.name) ?? 0) + 1);
  }
  const spread = (pick: (trial: Trial) => number): Spread => {
    const values = trials
      .map((trial) => (trial.found === undefined ? Number.POSITIVE_INFINITY : pick(trial)))
      .sort((a, b) => a - b);
    return { median: quantile(values, 0.5), p90: quantile(values, 0.9) };
  };
  return {
    baseCount: trials.length,
    foundCount: trials.length - missed.length,
    seedMax: Math.max(0, ...missed.map(({ seedCount }) => seedCount)),
    seeds: spread(({ seedCount }) => seedCount),
    cpuMs: spread(({ cpuMs }) => cpuMs),
    names: [...names].sort((a, b) => b[1] - a[1]),
  };
}

function shrinkFigures(
  { minimum }: PlantedBug,
  shrunk: readonly ShrunkFailure[],
  isFormer: boolean,
): ShrinkFigures | undefined {
  const weight = ({ size }: ShrunkFailure) => size.faultCount + size.operationCount;
  const sorted = shrunk.toSorted((a, b) => weight(a) - weight(b));
  // The greater one of the two in the middle: what is told is not better than the usual.
  const middle = sorted[Math.floor(sorted.length / 2)];
  const largest = sorted.at(-1);
  if (middle === undefined || largest === undefined) return undefined;
  const least = minimum && minimum.faults.length + minimum.operationCount;
  const { faultCount, operationCount } = middle.size;
  return {
    ...{ count: sorted.length, isFormer, faultCount, operationCount },
    ratio: least && weight(middle) / least,
    ratioMax: least && weight(largest) / least,
  };
}
