/**
 * Some pages of failure scenarios, held against the code as it is: what the simulator does at the
 * seed of each is what its page says. `npx mangrove lab facts --check` does so for all of them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PROJECT_ROOT } from '../src/environment.ts';
import { differencesOf, seedOfFacts } from '../src/experiment-facts.ts';
import { runExperiment } from '../src/run-experiment.ts';

const SOME = ['raft/bridge-cut', 'raft/full-cluster-power-loss', 'kv/stale-reads'];

it.each(SOME)('%s: its page says what the simulator does', async (experiment) => {
  const [system = '', scenario = ''] = experiment.split('/');
  const path = join(PROJECT_ROOT, 'systems', system, 'experiments', scenario, 'README.md');
  const page = readFileSync(path, 'utf8');
  const seed = seedOfFacts(page) ?? 0;
  const inSim = await runExperiment({ experiment, world: 'sim', seed });
  expect(differencesOf(page, inSim)).toEqual([]);
});
