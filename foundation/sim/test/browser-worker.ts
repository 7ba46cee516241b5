/**
 * Runs seeds of the small register in a browser's worker, and posts their hashes.
 */
import { drawPlan, simulate } from '@mangrove/sim';
import { registerExperiment } from './register-experiment.ts';

interface WorkerScope {
  onmessage: ((event: { readonly data: readonly number[] }) => void) | null;
  postMessage(hashes: readonly string[]): void;
}

const scope = globalThis as unknown as WorkerScope;
scope.onmessage = async ({ data: seeds }) => {
  const experiment = registerExperiment();
  const hashes: string[] = [];
  for (const seed of seeds) {
    hashes.push((await simulate(experiment.subject, drawPlan(experiment, seed))).hash);
  }
  scope.postMessage(hashes);
};
