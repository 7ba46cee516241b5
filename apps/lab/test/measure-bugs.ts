/**
 * Measures how many seeds each planted bug of Raft needs until it is found; a command.
 *
 *     measure-bugs.ts --seeds 300 [--bug NAME]... [--experiment NAME]...
 *
 * It prints one line of a Markdown table a bug: the seed that found it in each experiment, once by
 * what clients see alone and once with invariants, and by which judge. Seeds are run in order by
 * one thread, so all before were silent.
 */
import { argv, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import type { PlantedBug } from '@mangrove/experiment';
import { CATALOG } from '../src/catalog.ts';
import { huntIn } from '../src/hunt.ts';
import { WorkerPool } from '../src/worker-pool.ts';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    seeds: { type: 'string', default: '300' },
    bug: { type: 'string', multiple: true, default: [] },
    experiment: { type: 'string', multiple: true, default: ['raft'] },
  },
});
const seedCount = Number(values.seeds);
const all = CATALOG.flatMap(({ experiment, bugs }) => (experiment.name === 'raft' ? bugs : []));
const wanted = all.filter(({ name }) => values.bug.length === 0 || values.bug.includes(name));
for (const bug of wanted) {
  const found = [];
  for (const experiment of values.experiment) {
    for (const isWatched of [false, true]) found.push(await findIn(experiment, bug, isWatched));
  }
  stdout.write(`| ${bug.name} | ${found.join(' | ')} |\n`);
}

async function findIn(experiment: string, bug: PlantedBug, isWatched: boolean): Promise<string> {
  const pool = await WorkerPool.open({ experiment, bug, workerCount: 1 });
  try {
    const isOver = ({ failureCount }: { readonly failureCount: number }) => failureCount > 0;
    const { failures } = await huntIn(pool, {
      experiment,
      bug,
      seedCount,
      isOver,
      isWatched,
    });
    const [first] = failures;
    return first === undefined ? `not in ${seedCount}` : `${first.seed}, ${first.anomaly}`;
  } finally {
    await pool.close();
  }
}
