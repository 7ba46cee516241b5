/**
 * Tells the stories of Raft to real processes, again and again:
 *
 *     npx node apps/lab/test/raft-campaign.ts [--rounds 1] [--from 1] [--nodes 3,5] [--story TEXT]
 *
 * A round is every story whose name holds TEXT, with each number of nodes; its number is the seed
 * of what clients do. Each run prints a line. It ends with 1 where a run was not valid, or could
 * not be made, and prints the command that tries that one again.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runLocal } from '../src/local/run-local.ts';
import type { RunEvidence } from '../src/run-report.ts';
import { anomaliesOf } from '../src/verdict.ts';
import { planOfStory, raftEntry, raftStories } from './raft-stories.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '3,5' },
    story: { type: 'string', default: '' },
  },
});
const first = Number(values.from);
const names = Object.keys(raftStories).filter((name) => name.includes(values.story));
const totals = { runs: 0, valid: 0, acknowledged: 0 };
const startedAt = performance.now();

for (let seed = first; seed < first + Number(values.rounds); seed++) {
  for (const nodeCount of values.nodes.split(',').map(Number)) {
    for (const name of names) await run(name, nodeCount, seed);
  }
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
process.stdout.write(
  `${totals.runs} runs in ${seconds} s, ${totals.valid} valid, ` +
    `${totals.acknowledged} acknowledged writes\n`,
);
process.exitCode = totals.runs > 0 && totals.valid === totals.runs ? 0 : 1;

async function run(name: string, nodeCount: number, seed: number): Promise<void> {
  totals.runs += 1;
  const again =
    `  npx node apps/lab/test/raft-campaign.ts --from ${seed} --nodes ${nodeCount} ` +
    `--story ${JSON.stringify(name)}\n`;
  let evidence: RunEvidence;
  try {
    evidence = await runLocal(raftEntry, planOfStory(name, nodeCount, seed));
  } catch (error) {
    // One that could not be made says nothing of the others.
    const cause = error instanceof Error ? error.message : String(error);
    process.stdout.write(`not made, ${nodeCount} nodes, ${name}: ${cause}\n${again}`);
    return;
  }
  const { verdict, history, notInjected } = evidence;
  const writes = history.filter(({ f }) => f === 'write');
  const okCount = writes.filter(({ type }) => type === 'ok').length;
  const openCount = writes.filter(({ type }) => type === 'info').length;
  totals.acknowledged += okCount;
  const figures = `${okCount} writes acknowledged, ${openCount} in doubt`;
  process.stdout.write(`${verdict.answer}, ${nodeCount} nodes, ${name}: ${figures}\n`);
  if (notInjected.length > 0) process.stdout.write(`  not injected: ${notInjected.join('; ')}\n`);
  if (verdict.answer === 'valid') {
    totals.valid += 1;
    return;
  }
  for (const { sentence } of anomaliesOf(verdict)) process.stdout.write(`  ${sentence}\n`);
  process.stdout.write(again);
}
