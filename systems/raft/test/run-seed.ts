/**
 * Runs one seed of the experiment in a process of its own and prints its hash: `run-seed.ts SEED`.
 */
import { argv, stdout } from 'node:process';
import { drawPlan, simulate } from '@mangrove/sim';
import { raftExperiment } from '../src/index.ts';

const { hash } = await simulate(raftExperiment.subject, drawPlan(raftExperiment, Number(argv[2])));
stdout.write(hash);
