/**
 * What experiments with aimed faults have in common: nothing but attempts happens.
 */
import type { Experiment } from '@mangrove/experiment';
import { kvContractExperiment } from './contract-experiment.ts';
import { ATTEMPT_MS } from './kv-directed.ts';
import type { KvPromise } from './promises/promise.ts';

/** How long an attempt lasts, with the crowning of its leader; all three members are founders. */
export const STAGE = Object.freeze({ lengthMs: ATTEMPT_MS + 200, founderCount: 3 });

/** Two attempts, which need every other thing to be well. */
export const AIMED = Object.freeze({
  ...kvContractExperiment,
  replicaCount: 3,
  activeMs: 3600,
  faults: [],
});

/** An aimed experiment, and the promises that its clients put to the test. */
export interface KvHunt {
  readonly experiment: Experiment;
  readonly about: string;
  readonly promises: readonly KvPromise[];
}
