/**
 * Runs one seed of the small register in a process of its own, and prints what came of it as JSON.
 *
 *     node run-seed.ts SEED [audit | tick]
 */
import process from 'node:process';
import { Audit, drawPlan, simulate } from '@mangrove/sim';
import { registerExperiment } from './register-experiment.ts';

const [, , seed, mode] = process.argv;
// Vitest puts back `process.nextTick` whenever it reports, so that leak is planted here.
const leak = mode === 'tick' ? () => process.nextTick(() => {}) : undefined;
const experiment = registerExperiment(leak);
const audit = mode === 'audit' ? new Audit() : undefined;
const { hash, eventCount, ends } = await simulate(
  experiment.subject,
  drawPlan(experiment, Number(seed)),
  {
    audit,
  },
);
const causes = ends.map(({ cause }) => String(cause));
process.stdout.write(JSON.stringify({ hash, eventCount, causes, entries: audit?.entries }));
