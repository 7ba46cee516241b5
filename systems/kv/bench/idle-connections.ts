/**
 * Ten thousand clients that have said hello and nothing more: what they cost, and whom they slow.
 *
 * Memory is that of the process which holds the member, its thread and buffers included, over the
 * connections. A put with them stands beside one without, in the same run: its median, which has a
 * goal, and its 99th percentile.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { memoryUsage } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Bench, BenchRow } from '@mangrove/experiment';
import { startKv } from '@mangrove/kv/node';
import { endOf } from './end-process.ts';
import { runLoad } from './load.ts';

const CONNECTION_COUNT = 10_000;
const LOAD_MS = 2000;
const KIB = 1024;
const PROGRAM = fileURLToPath(new URL('./idle-process.ts', import.meta.url));

/** The benchmark. */
export const bench: Bench = {
  name: 'kv-idle',
  async run(report: (row: BenchRow) => void): Promise<void> {
    await using kv = await startKv({ port: { keepAliveMs: 600_000 } });
    const client = kv.client();
    const load = () => runLoad(1, LOAD_MS, () => client.put('a', '1'));
    await load();
    const without = await load();
    const beforeBytes = memoryUsage.rss();
    const idle = fork(PROGRAM, [kv.endpoints[0] ?? '', String(CONNECTION_COUNT)]);
    try {
      const [count] = (await Promise.race([once(idle, 'message'), failureOf(idle)])) as [number];
      const perConnection = (memoryUsage.rss() - beforeBytes) / KIB / count;
      const withThem = await load();
      report({
        ...{ bench: 'kv-idle', case: `memory of each of ${count} idle connections`, unit: 'KiB' },
        ...{ ours: perConnection, reference: 32, ratio: perConnection / 32 },
        ...{ goal: 'ours <= 32', met: perConnection <= 32 },
      });
      const ratio = withThem.p50Ms / without.p50Ms;
      report({
        ...{ bench: 'kv-idle', case: `a put beside ${count} idle connections, median` },
        ...{ ours: withThem.p50Ms, reference: without.p50Ms, unit: 'ms', ratio },
        ...{ goal: 'ratio <= 1.5', met: ratio <= 1.5 },
      });
      report({
        ...{ bench: 'kv-idle', case: `a put beside ${count} idle connections, 99th percentile` },
        ...{ ours: withThem.p99Ms, reference: without.p99Ms, unit: 'ms' },
        ...{ ratio: withThem.p99Ms / without.p99Ms, goal: '', met: true },
      });
    } finally {
      await endOf(idle, 'SIGKILL');
    }
  },
};

/** Rejects when the process ends: it is to run until it is ended from here. */
async function failureOf(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`the process of the idle clients ended with ${code}`);
}
