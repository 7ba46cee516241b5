/**
 * Three etcd processes of the failover benchmark, spoken to over their JSON gateway.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import net from 'node:net';
import { delimiter, join } from 'node:path';
import type { Cluster } from './failover.ts';
import { endReplica } from './replica-group.ts';

/** How long etcd may take until it answers, in milliseconds. */
const START_MS = 30_000;

/** The program, where the machine has it. */
export function findEtcd(): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'etcd');
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder; the next one may have it.
    }
  }
  return undefined;
}

/** Starts three members that keep their files in `directory`, and waits until one leads. */
export async function startEtcd(program: string, directory: string): Promise<Cluster> {
  const ports = await Promise.all([0, 1, 2].map(async () => [await freePort(), await freePort()]));
  const members = ports.map(([peer = 0, client = 0], place) => ({
    name: `e${place}`,
    directory: join(directory, `e${place}`),
    peerUrl: `http://127.0.0.1:${peer}`,
    clientUrl: `http://127.0.0.1:${client}`,
  }));
  const cluster = new EtcdCluster(program, members);
  try {
    await cluster.start();
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return cluster;
}

interface Member {
  readonly name: string;
  readonly directory: string;
  readonly peerUrl: string;
  readonly clientUrl: string;
}

class EtcdCluster implements Cluster {
  private readonly program: string;
  private readonly members: readonly Member[];
  private readonly processes: ChildProcess[] = [];

  constructor(program: string, members: readonly Member[]) {
    this.program = program;
    this.members = members;
  }

  async start(): Promise<void> {
    for (const place of this.members.keys()) this.open(place, 'new');
    await this.leader();
  }

  async killLeader(): Promise<number> {
    const place = await this.leader();
    this.processes[place]?.kill('SIGKILL');
    return place;
  }

  async put(place: number, signal: AbortSignal): Promise<boolean> {
    const answer = await this.ask(place, 'kv/put', { key: 'aw==', value: 'dg==' }, signal);
    return answer !== undefined && 'header' in answer;
  }

  async restart(place: number): Promise<void> {
    const child = this.processes[place];
    if (child !== undefined) await endReplica(child);
    this.open(place, 'existing');
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map(endReplica));
  }

  private open(place: number, state: 'new' | 'existing'): void {
    const member = this.members[place];
    if (member === undefined) return;
    const { name, directory, peerUrl, clientUrl } = member;
    const all = this.members.map((each) => `${each.name}=${each.peerUrl}`).join(',');
    const options = [
      ...['--name', name, '--data-dir', directory, '--logger', 'zap', '--log-level', 'fatal'],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...['--initial-cluster', all, '--initial-cluster-state', state],
      ...['--heartbeat-interval', '100', '--election-timeout', '1000'],
    ];
    this.processes[place] = spawn(this.program, options, { stdio: 'ignore' });
  }

  /** The place of the leader, once there is one that commits. */
  private async leader(): Promise<number> {
    const endAt = performance.now() + START_MS;
    while (performance.now() < endAt) {
      for (const place of this.members.keys()) {
        const status = await this.ask(place, 'maintenance/status', {}, AbortSignal.timeout(1000));
        const own = (status?.['header'] as { member_id?: string } | undefined)?.member_id;
        const leads = own !== undefined && own === status?.['leader'];
        if (leads && (await this.put(place, AbortSignal.timeout(1000)))) return place;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`etcd has no leader after ${START_MS} ms`);
  }

  /** The answer as JSON; `undefined` where there was none. */
  private async ask(
    place: number,
    path: string,
    body: object,
    signal: AbortSignal,
  ): Promise<Record<string, unknown> | undefined> {
    try {
      const url = `${this.members[place]?.clientUrl}/v3/${path}`;
      const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body), signal });
      const value = (await answer.json()) as Record<string, unknown>;
      return answer.ok ? value : undefined;
    } catch {
      // A member that is down, or that waits for a leader, has no answer: the next put will tell.
      return undefined;
    }
  }
}

/** A port that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
