/**
 * A thread of a hunt: runs its share of the seeds and says what came of it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type HuntShare, huntShare } from './hunt-tally.ts';

parentPort?.postMessage(huntShare(workerData as HuntShare));
