/**
 * A hunt over many seeds of the random cluster, as a command: `hunt.ts --from 0 --seeds 10000`.
 *
 * It prints how much was run, how often each kind of thing happened, and each violation once, with
 * the first seed that shows it. It exits with 1 where there is any. With `--first` it stops there.
 */
import { performance } from 'node:perf_hooks';
import { argv, exitCode, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { type RunResult, runSeed } from './random-cluster.ts';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    from: { type: 'string', default: '0' },
    seeds: { type: 'string', default: '1000' },
    steps: { type: 'string', default: '5000' },
    first: { type: 'boolean', default: false },
  },
});
const from = Number(values.from);
const seedCount = Number(values.seeds);
process.exitCode = hunt(from, seedCount, Number(values.steps)) ? (exitCode ?? 0) : 1;

function hunt(first: number, count: number, stepCount: number): boolean {
  const startedAt = performance.now();
  const totals = new Map<string, number>();
  const violations = new Map<string, string>();
  for (let seed = first; seed < first + count; seed++) {
    try {
      addResult(totals, runSeed(seed, stepCount));
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      const kind = message.replaceAll(/\d+/g, '#');
      if (!violations.has(kind)) violations.set(kind, `seed ${seed}: ${message}`);
      if (values.first) break;
    }
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const eventCount = totals.get('events') ?? 0;
  stdout.write(`${count} seeds from ${first}, ${stepCount} steps each: ${seconds.toFixed(1)} s\n`);
  stdout.write(`${(count / seconds).toFixed(0)} seeds/s, `);
  stdout.write(`${(eventCount / seconds).toFixed(0)} events/s\n`);
  for (const [name, total] of [...totals].sort()) stdout.write(`  ${name} ${total}\n`);
  for (const violation of violations.values()) stdout.write(`${violation}\n`);
  stdout.write(`${violations.size} kinds of violation\n`);
  return violations.size === 0;
}

function addResult(totals: Map<string, number>, result: RunResult): void {
  const add = (name: string, value: number) => totals.set(name, (totals.get(name) ?? 0) + value);
  add('events', result.eventCount);
  add('entries committed', result.committedCount);
  add('leaders', result.electionCount);
  for (const [name, value] of Object.entries(result.counts)) add(name, value);
}
