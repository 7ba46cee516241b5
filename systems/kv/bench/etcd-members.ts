/**
 * Three etcd processes, with sync and with the times that ours have.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createCluster } from '@mangrove/kv/node';
import type { Members } from './kv-members.ts';

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
export async function startEtcd(program: string, directory: string): Promise<EtcdMembers> {
  const { members } = await createCluster(directory, 3, 0);
  const places = members.map(({ name, peerPort, clientPort }) => ({
    name,
    directory: join(directory, name),
    peerUrl: `http://127.0.0.1:${peerPort}`,
    clientUrl: `http://127.0.0.1:${clientPort}`,
  }));
  const group = new EtcdMembers(program, places);
  try {
    await group.leader();
  } catch (error) {
    await group.close();
    throw error;
  }
  return group;
}

interface Place {
  readonly name: string;
  readonly directory: string;
  readonly peerUrl: string;
  readonly clientUrl: string;
}

/** Members that run. */
export class EtcdMembers implements Members {
  readonly endpoints: readonly string[];
  private readonly program: string;
  private readonly places: readonly Place[];
  private readonly processes: ChildProcess[] = [];

  constructor(program: string, places: readonly Place[]) {
    this.program = program;
    this.places = places;
    this.endpoints = places.map(({ clientUrl }) => clientUrl.replace('http://', ''));
    for (const nth of places.keys()) this.open(nth, 'new');
  }

  kill(nth: number): void {
    this.processes[nth]?.kill('SIGKILL');
  }

  async restart(nth: number): Promise<void> {
    await endOf(this.processes[nth], 'SIGKILL');
    this.open(nth, 'existing');
  }

  /** The place of the leader, once there is one. */
  async leader(): Promise<number> {
    const endAt = performance.now() + START_MS;
    while (performance.now() < endAt) {
      for (const nth of this.places.keys()) {
        const status = await this.status(nth);
        const own = status?.header?.member_id;
        if (own !== undefined && own === status?.leader) return nth;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`etcd has no leader after ${START_MS} ms`);
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((each) => endOf(each, 'SIGTERM')));
  }

  private open(nth: number, state: 'new' | 'existing'): void {
    const place = this.places[nth];
    if (place === undefined) return;
    const { name, directory, peerUrl, clientUrl } = place;
    const all = this.places.map((each) => `${each.name}=${each.peerUrl}`).join(',');
    const options = [
      ...['--name', name, '--data-dir', directory, '--logger', 'zap', '--log-level', 'fatal'],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...['--initial-cluster', all, '--initial-cluster-state', state],
      ...['--heartbeat-interval', '100', '--election-timeout', '1000'],
    ];
    this.processes[nth] = spawn(this.program, options, { stdio: 'ignore' });
  }

  private async status(nth: number): Promise<Status | undefined> {
    try {
      const url = `${this.places[nth]?.clientUrl}/v3/maintenance/status`;
      const signal = AbortSignal.timeout(1000);
      const answer = await fetch(url, { method: 'POST', body: '{}', signal });
      return answer.ok ? ((await answer.json()) as Status) : undefined;
    } catch {
      // It does not listen yet: it is asked again.
      return undefined;
    }
  }
}

interface Status {
  readonly header?: { readonly member_id?: string };
  readonly leader?: string;
}

/** Ends a process, and waits until it has. */
export async function endOf(
  child: ChildProcess | undefined,
  signal: NodeJS.Signals,
): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}
