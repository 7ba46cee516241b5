/**
 * The entry of the bundle that a page runs: the core, in the random cluster.
 */
import { type RunResult, runSeed } from './random-cluster.ts';

const page = globalThis as unknown as { runRaftSeed: (seed: number, steps: number) => RunResult };
page.runRaftSeed = runSeed;
