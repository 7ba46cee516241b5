/**
 * Three forked replicas of one kind, and the client at their leader.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { LoadOrder, LoadReport } from './load.ts';
import type { ReplicaNews, ReplicaOrder } from './replica-channel.ts';

/** The program of the floor: replicas that append, sync and acknowledge, and do nothing else. */
export const FLOOR: string = fileURLToPath(new URL('./floor-process.ts', import.meta.url));

const REPLICA_COUNT = 3;

/** How long a replica may be silent when something is expected of it, in milliseconds. */
const PATIENCE_MS = 60_000;

/** How long a process may take to end, in milliseconds. */
const GRACE_MS = 3000;

/** Replicas as processes. */
export class ReplicaGroup {
  private readonly replicas: readonly ChildProcess[];
  private readonly leader: ChildProcess;

  private constructor(replicas: readonly ChildProcess[], leader: ChildProcess) {
    this.replicas = replicas;
    this.leader = leader;
  }

  /**
   * Starts three of `program`, the path of a file, and waits until one leads.
   *
   * @param execArgv what Node.js is told beside what this process was told
   */
  static async start(
    program: string,
    directory: string,
    execArgv: readonly string[] = [],
  ): Promise<ReplicaGroup> {
    await mkdir(directory, { recursive: true });
    const replicas = Array.from({ length: REPLICA_COUNT }, (_, place) =>
      fork(program, [String(place), directory], { execArgv: [...process.execArgv, ...execArgv] }),
    );
    const ready = await Promise.all(replicas.map((replica) => nextNews(replica, 'ready')));
    const addresses = ready.map(({ address }) => address);
    const leading = Promise.any(
      replicas.map(async (replica) => {
        await nextNews(replica, 'leading');
        return replica;
      }),
    );
    for (const replica of replicas) order(replica, { type: 'start', addresses });
    return new ReplicaGroup(replicas, await leading);
  }

  /** The processes, by their places. */
  get pids(): readonly number[] {
    return this.replicas.map(({ pid }) => pid ?? Number.NaN);
  }

  /** The place of the one that leads. */
  get leaderPlace(): number {
    return this.replicas.indexOf(this.leader);
  }

  /** Has the leader be its own client for a while. */
  async load(load: LoadOrder): Promise<LoadReport> {
    const done = nextNews(this.leader, 'done');
    order(this.leader, { type: 'load', load });
    return (await done).report;
  }

  /** Ends the processes. */
  async close(): Promise<void> {
    await Promise.all(this.replicas.map(endReplica));
  }
}

/** Ends a process, unless it has ended: it is asked to, and killed where it does not. */
export async function endReplica(replica: ChildProcess): Promise<void> {
  if (replica.exitCode !== null || replica.signalCode !== null) return;
  const gone = new Promise((resolve) => replica.once('exit', resolve));
  if (replica.connected) replica.disconnect();
  else replica.kill('SIGTERM');
  const timer = setTimeout(() => replica.kill('SIGKILL'), GRACE_MS);
  await gone;
  clearTimeout(timer);
}

function order(replica: ChildProcess, given: ReplicaOrder): void {
  replica.send(given);
}

/** The next news of that type; rejects when the replica exits or is silent for too long. */
export function nextNews<Type extends ReplicaNews['type']>(
  replica: ChildProcess,
  type: Type,
): Promise<Extract<ReplicaNews, { type: Type }>> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      replica.off('exit', onExit);
      replica.off('message', onMessage);
    };
    const onExit = (code: number | null) => {
      end();
      reject(new Error(`a replica exited with ${code} before it was ${type}`));
    };
    const onMessage = (news: ReplicaNews) => {
      if (news.type !== type) return;
      end();
      resolve(news as Extract<ReplicaNews, { type: Type }>);
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`a replica was not ${type} within ${PATIENCE_MS} ms`));
    }, PATIENCE_MS);
    replica.on('exit', onExit);
    replica.on('message', onMessage);
  });
}
