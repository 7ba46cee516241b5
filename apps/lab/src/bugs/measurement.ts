/**
 * What is measured of the lab: how long it takes to find a planted bug, how small it makes what it
 * found, and whether it is silent on clean code. Each measurement is one line of a ledger.
 */
import { createHash } from 'node:crypto';
import type { Experiment, PlantedBug } from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import type { PlanSize } from '../run-report.ts';
import type { AnomalyClass, Answer } from '../verdict.ts';

/** One measurement. */
export type Measurement = Trial | ShrunkFailure | CleanShare;

/** A line of a ledger: the measurements behind a machine are of it, up to the next one. */
export type LedgerLine = Measurement | Machine;

/** What measures. */
export interface Machine {
  readonly type: 'machine';
  readonly cpu: string;
  readonly cpuCount: number;
  readonly nodeVersion: string;
}

/** One try to find a bug: seed after seed from a base seed on, in one thread. */
export interface Trial {
  readonly type: 'trial';
  /** `identityOf` the bug. */
  readonly bug: string;
  readonly firstSeed: number;
  /** Whether runs were held to the invariant of the experiment as well. */
  readonly isWatched: boolean;
  /** How many seeds were run, the one that failed included. */
  readonly seedCount: number;
  /** How long the thread computed for them, ms. */
  readonly cpuMs: number;
  /** Missing where the budget of seeds ended before anything failed. */
  readonly found?: {
    readonly seed: number;
    readonly anomaly: AnomalyClass;
    /**
     * What the judge calls it. Searches that were made before judges were asked for that name what
     * breaks a promise by its class, `promise`, and an invariant by `invariant`.
     */
    readonly name: string;
  };
  readonly commit: string;
}

/** A search that was made again, with more seeds or other code, stands for the former one. */
export function lastOfEachBase(trials: readonly Trial[]): readonly Trial[] {
  const last = new Map<string, Trial>();
  for (const trial of trials) last.set(`${trial.firstSeed} ${trial.isWatched}`, trial);
  return [...last.values()];
}

/** What shrinking made of a failure. */
export interface ShrunkFailure {
  readonly type: 'shrunk';
  readonly bug: string;
  readonly seed: number;
  readonly isWatched: boolean;
  readonly size: PlanSize;
  readonly runCount: number;
  /** What is left, a fault or an operation each, in a few words. */
  readonly left?: readonly string[];
  /** What the code as it is gets under the same plan: one that it fails too shows no bug. */
  readonly cleanAnswer?: Answer;
  /** `digestShrinker` then; missing where it was shrunk before digests were kept. */
  readonly shrinker?: string;
  readonly commit: string;
}

/** Some seeds of an experiment in the code as it is, held to its invariant where it has one. */
export interface CleanShare {
  readonly type: 'clean';
  readonly experiment: string;
  readonly firstSeed: number;
  readonly seedCount: number;
  readonly failureCount: number;
  readonly unknownCount: number;
  readonly simulatedMs: number;
  /** Wall time, by which experiments get equal shares. */
  readonly elapsedMs: number;
  /** `digestSystem` then; missing where it was measured before digests were kept. */
  readonly sources?: string;
  readonly commit: string;
}

/**
 * What a measurement of `bug` is known by: its name, and a digest of its patch and of the first
 * plans of its experiment, so that it is measured anew where either has changed. A change of the
 * system itself does not show in it: the page names the commits that were measured.
 */
export function identityOf(
  { name, file, find, replace }: PlantedBug,
  experiment: Experiment,
): string {
  const plans = IDENTITY_SEEDS.map((seed) => drawPlan(experiment, seed));
  const text = JSON.stringify([file, find, replace, plans]);
  return `${name}@${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}

const IDENTITY_SEEDS = [1, 2, 3] as const;
