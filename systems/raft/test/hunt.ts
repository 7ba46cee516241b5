/**
 * A hunt over many seeds of the random cluster, on all cores: `hunt.ts --from 0 --seeds 10000`.
 *
 * It prints how much was run, how often each kind of thing happened, and each violation once, with
 * the first seed that shows it. It exits with 1 where there is any. With `--first` it stops there,
 * and runs in one thread, so that the seeds before are known to be clean. A run has at least
 * `--steps` steps, and at least `--events` events before its quiet end.
 */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { argv, exitCode, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { addTally, emptyTally, type HuntShare, type HuntTally, huntShare } from './hunt-tally.ts';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    from: { type: 'string', default: '0' },
    seeds: { type: 'string', default: '1000' },
    steps: { type: 'string', default: '0' },
    events: { type: 'string', default: '5000' },
    threads: { type: 'string', default: String(availableParallelism()) },
    first: { type: 'boolean', default: false },
  },
});
const startedAt = performance.now();
const tally = await hunt();
print(tally, (performance.now() - startedAt) / 1000);
process.exitCode = tally.violations.size === 0 ? (exitCode ?? 0) : 1;

async function hunt(): Promise<HuntTally> {
  const from = Number(values.from);
  const share: HuntShare = {
    from,
    until: from + Number(values.seeds),
    stride: 1,
    stepCount: Number(values.steps),
    leastEventCount: Number(values.events),
    isFirstEnough: values.first,
  };
  const threadCount = values.first ? 1 : Number(values.threads);
  if (threadCount === 1) return huntShare(share);
  const shares = Array.from({ length: threadCount }, (_, place) => {
    return { ...share, from: from + place, stride: threadCount };
  });
  const whole = emptyTally();
  for (const part of await Promise.all(shares.map(inThread))) addTally(whole, part);
  return whole;
}

async function inThread(share: HuntShare): Promise<HuntTally> {
  const worker = new Worker(new URL('./hunt-worker.ts', import.meta.url), { workerData: share });
  const [part] = (await once(worker, 'message')) as [HuntTally];
  return part;
}

function print(whole: HuntTally, seconds: number): void {
  const { seedCount, eventCount, eventCountMin, counts, violations } = whole;
  const lines = [
    `${seedCount} seeds from ${values.from} in ${seconds.toFixed(1)} s`,
    `${(seedCount / seconds).toFixed(0)} seeds/s, ${(eventCount / seconds).toFixed(0)} events/s`,
    `${eventCount} events, ${eventCountMin} in the shortest run`,
    ...[...counts].sort().map(([name, count]) => `  ${name} ${count}`),
    ...[...violations.values()].map(({ seed, message }) => `seed ${seed}: ${message}`),
    `${violations.size} kinds of violation`,
  ];
  stdout.write(`${lines.join('\n')}\n`);
}
