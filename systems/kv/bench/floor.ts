/**
 * The floor of replication: three processes that do nothing but append, sync and acknowledge.
 *
 * It is Raft's own reference, in its benchmarks: its leader is its own client.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { endOf } from './end-process.ts';
import type { LoadReport } from './load.ts';

const PROGRAM = fileURLToPath(new URL('../../raft/bench/floor-process.ts', import.meta.url));

/** What the leader says of a load. */
interface FloorReport {
  readonly proposalsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

type News =
  | { readonly type: 'ready'; readonly address: string }
  | { readonly type: 'leading' }
  | { readonly type: 'done'; readonly report: FloorReport };

/** A floor that runs. */
export class Floor {
  private readonly replicas: readonly ChildProcess[];

  private constructor(replicas: readonly ChildProcess[]) {
    this.replicas = replicas;
  }

  /** Starts it in `directory`. */
  static async start(directory: string): Promise<Floor> {
    await mkdir(directory, { recursive: true });
    const replicas = [0, 1, 2].map((place) => fork(PROGRAM, [String(place), directory]));
    const ready = await Promise.all(replicas.map((each) => next(each, 'ready')));
    const leading = next(replicas[0] as ChildProcess, 'leading');
    const addresses = ready.map(({ address }) => address);
    for (const each of replicas) each.send({ type: 'start', addresses });
    await leading;
    return new Floor(replicas);
  }

  /** Keeps so many proposals of 256 bytes in flight. */
  async load(width: number, durationMs: number): Promise<LoadReport> {
    const leader = this.replicas[0] as ChildProcess;
    const done = next(leader, 'done');
    leader.send({ type: 'load', load: { width, durationMs } });
    const { proposalsPerSecond, p50Ms, p99Ms } = (await done).report;
    return { callsPerSecond: proposalsPerSecond, p50Ms, p99Ms };
  }

  async close(): Promise<void> {
    await Promise.all(this.replicas.map((each) => endOf(each, 'SIGTERM')));
  }
}

function next<Type extends News['type']>(
  replica: ChildProcess,
  type: Type,
): Promise<Extract<News, { type: Type }>> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error(`the floor ended before it was ${type}`));
    const onMessage = (news: News) => {
      if (news.type !== type) return;
      replica.off('exit', onExit);
      replica.off('message', onMessage);
      resolve(news as Extract<News, { type: Type }>);
    };
    replica.on('exit', onExit);
    replica.on('message', onMessage);
  });
}
