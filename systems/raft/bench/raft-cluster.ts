/**
 * Three node processes of the failover benchmark.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { endReplica, nextNews, type ReplicaNews, type ReplicaOrder } from '@mangrove/test-kit/node';
import type { Cluster } from './failover.ts';

const PROGRAM = fileURLToPath(new URL('./raft-process.ts', import.meta.url));

/** Starts three nodes that keep their files in `directory`, and waits until one leads. */
export async function startRaft(directory: string): Promise<Cluster> {
  await mkdir(directory, { recursive: true });
  const cluster = new RaftCluster(directory);
  await cluster.start();
  return cluster;
}

class RaftCluster implements Cluster {
  private readonly directory: string;
  private readonly replicas: ChildProcess[] = [];
  private addresses: string[] = [];
  private readonly waiting = new Map<number, (isCommitted: boolean) => void>();
  private putCount = 0;
  private leader = -1;

  constructor(directory: string) {
    this.directory = directory;
  }

  async start(): Promise<void> {
    const places = [0, 1, 2];
    this.addresses = await Promise.all(places.map((place) => this.open(place, 0)));
    for (const place of places) this.order(place, { type: 'start', addresses: this.addresses });
    await this.whenLed();
  }

  async killLeader(): Promise<number> {
    await this.whenLed();
    const place = this.leader;
    this.leader = -1;
    this.replicas[place]?.kill('SIGKILL');
    return place;
  }

  put(place: number, signal: AbortSignal): Promise<boolean> {
    this.putCount += 1;
    const id = this.putCount;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      signal.addEventListener('abort', () => this.waiting.delete(id), { once: true });
      this.order(place, { type: 'propose', id });
    });
  }

  async restart(place: number): Promise<void> {
    const replica = this.replicas[place];
    if (replica !== undefined) await endReplica(replica);
    await this.open(place, Number(this.addresses[place]?.split(':').at(-1)));
    this.order(place, { type: 'start', addresses: this.addresses });
  }

  async close(): Promise<void> {
    await Promise.all(this.replicas.map(endReplica));
  }

  /** Starts a process; resolves to where it listens. */
  private async open(place: number, port: number): Promise<string> {
    const replica = fork(PROGRAM, [String(place), this.directory, String(port)]);
    this.replicas[place] = replica;
    replica.on('message', (news: ReplicaNews) => {
      if (news.type === 'leading') this.leader = place;
      if (news.type === 'outcome') this.waiting.get(news.id)?.(news.isCommitted);
    });
    return (await nextNews(replica, 'ready')).address;
  }

  private order(place: number, given: ReplicaOrder): void {
    this.replicas[place]?.send(given);
  }

  /** Resolves when a replica has told that it leads. */
  private async whenLed(): Promise<void> {
    if (this.leader < 0) {
      await Promise.any(this.replicas.map((replica) => nextNews(replica, 'leading')));
    }
  }
}
