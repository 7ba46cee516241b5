/**
 * Runs one seed of the experiment in a process of its own and prints its hash: `run-seed.ts SEED`.
 */
import { argv, stdout } from 'node:process';
import { drawPlan, simulate } from '@mangrove/sim';
import { createRaftExperiment } from '../src/index.ts';
import { openWholeFileJournal } from './whole-file-journal.ts';

const experiment = createRaftExperiment(openWholeFileJournal);
const { hash } = await simulate(experiment.subject, drawPlan(experiment, Number(argv[2])));
stdout.write(hash);
