/**
 * A lab in a process of its own, to be killed: it says when its replicas serve, and goes on.
 */
import process from 'node:process';
import { drawPlan } from '@mangrove/sim';
import { findExperiment } from '../src/catalog.ts';
import { runLocal } from '../src/local/run-local.ts';

const entry = findExperiment('register');
const plan = drawPlan({ ...entry.experiment, activeMs: 60_000, quietMs: 1000 }, 1);
await runLocal(
  entry,
  { ...plan, faults: [] },
  {
    onProgress: (sentence) => process.stdout.write(`${sentence}\n`),
  },
);
