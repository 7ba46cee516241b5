/**
 * Runs one seed of an experiment in a process of its own and prints its hash:
 * `run-seed.ts EXPERIMENT SEED`.
 */
import { argv, stdout } from 'node:process';
import { kvContractExperiment, kvExperiment } from '@mangrove/kv';
import { drawPlan, simulate } from '@mangrove/sim';

const experiment = [kvExperiment, kvContractExperiment].find(({ name }) => name === argv[2]);
if (experiment === undefined) throw new Error(`there is no experiment ${argv[2]}`);
const { hash } = await simulate(experiment.subject, drawPlan(experiment, Number(argv[3])));
stdout.write(hash);
