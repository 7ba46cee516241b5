/**
 * From `kill -9` of the leader to the next commit: three node processes, beside three of etcd.
 *
 * Both have a heartbeat of 100 ms and an election timeout of 1000 ms, which are the defaults of
 * both. A client puts to both survivors every 10 ms until one put is committed; then the dead
 * member comes back, and after a rest the next leader dies. The two groups take turns. Where there
 * is no etcd that is printed, and our figures stand beside the election timeout.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchRow } from '@mangrove/experiment';
import { findEtcd } from '@mangrove/test-kit/node';
import { startEtcdCluster } from './etcd-cluster.ts';
import { startRaft } from './raft-cluster.ts';

const ROUND_COUNT = 20;
const PUT_EVERY_MS = 10;
const PATIENCE_MS = 15_000;
const ELECTION_TIMEOUT_MS = 1000;

/** How long a group rests before its next leader dies: more than an election timeout. */
const REST_MS = 2500;

/** A group of three whose leader can be killed. */
export interface Cluster {
  /** Kills the leader with SIGKILL; resolves to its place as soon as the signal is sent. */
  killLeader(): Promise<number>;
  /** Whether a put to the member at `place` was committed. */
  put(place: number, signal: AbortSignal): Promise<boolean>;
  /** Starts the member at `place` again. */
  restart(place: number): Promise<void>;
  close(): Promise<void>;
}

/** The benchmark. */
export const bench: Bench = {
  name: 'raft-failover',
  async run(report: (row: BenchRow) => void): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'mangrove-bench-'));
    const clusters: Cluster[] = [];
    try {
      clusters.push(await startRaft(join(directory, 'raft')));
      const etcd = findEtcd();
      if (etcd !== undefined) clusters.push(await startEtcdCluster(etcd, join(directory, 'etcd')));
      else process.stderr.write('skipped: etcd (needs etcd, Debian package etcd-server)\n');
      const [ours = [], theirs] = await takeTurns(clusters);
      const beside = theirs === undefined ? 'its election timeout' : 'etcd';
      const reference = theirs ?? [ELECTION_TIMEOUT_MS];
      tell(report, `median, beside ${beside}`, median(ours), median(reference));
      tell(report, `worst of ${ROUND_COUNT}, beside ${beside}`, worst(ours), worst(reference));
    } finally {
      for (const cluster of clusters) await cluster.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function takeTurns(clusters: readonly Cluster[]): Promise<number[][]> {
  const figures = clusters.map((): number[] => []);
  for (let round = 0; round < ROUND_COUNT; round++) {
    await sleep(REST_MS);
    for (const [nth, cluster] of clusters.entries()) figures[nth]?.push(await failOver(cluster));
  }
  return figures;
}

/** Kills the leader, and resolves to the milliseconds until the next commit. */
async function failOver(cluster: Cluster): Promise<number> {
  const dead = await cluster.killLeader();
  const startedAt = performance.now();
  const over = new AbortController();
  const survivors = [0, 1, 2].filter((place) => place !== dead);
  try {
    return await new Promise((resolve, reject) => {
      const timer = setInterval(() => {
        if (performance.now() - startedAt > PATIENCE_MS) {
          reject(new Error(`nothing was committed within ${PATIENCE_MS} ms`));
        }
        for (const place of survivors) {
          cluster.put(place, over.signal).then((isCommitted) => {
            if (isCommitted) resolve(performance.now() - startedAt);
          }, reject);
        }
      }, PUT_EVERY_MS);
      over.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    });
  } finally {
    over.abort();
    await cluster.restart(dead);
  }
}

function tell(
  report: (row: BenchRow) => void,
  name: string,
  ours: number,
  reference: number,
): void {
  report({
    bench: bench.name,
    case: `kill -9 of the leader to the next commit, ${name}`,
    ours,
    reference,
    unit: 'ms',
    ratio: ours / reference,
    goal: '',
    met: true,
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function worst(values: readonly number[]): number {
  return Math.max(...values);
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
