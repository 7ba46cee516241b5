/**
 * A lab in a process of its own, to be killed: it says when its replicas serve, and goes on.
 */
import process from 'node:process';
import { always, mix, stagger } from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import { findExperiment } from '../src/catalog.ts';
import { runLocal } from '../src/local/run-local.ts';

const LOAD = mix([
  [1, ({ index }) => ({ f: 'write', value: index + 1 })],
  [1, always({ f: 'read' })],
]);
const entry = findExperiment('register');
const workload = { ...entry.experiment.workload, active: stagger(50, LOAD) };
const times = { activeMs: 60_000, quietMs: 1000 };
const plan = drawPlan({ ...entry.experiment, ...times, workload }, 1);
await runLocal(
  entry,
  { ...plan, faults: [] },
  {
    onProgress: (sentence) => process.stdout.write(`${sentence}\n`),
  },
);
