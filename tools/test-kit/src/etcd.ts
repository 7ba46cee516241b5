/**
 * Three etcd processes beside which benchmarks are held: with sync, at the times that ours have.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** How long etcd may take until it answers, in milliseconds. */
const START_MS = 30_000;

/** The program, where the machine has it (Debian: `etcd-server`). */
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

/**
 * Starts three members that keep their files in `directory`, and waits until one leads.
 *
 * @param freePorts gives so many ports for them: that of `@mangrove/host-process/node`
 * @throws Error when none leads within 30 s; nothing runs on then
 */
export async function startEtcd(
  program: string,
  directory: string,
  freePorts: (count: number) => Promise<readonly number[]>,
): Promise<EtcdMembers> {
  const ports = await freePorts(6);
  const places = [0, 1, 2].map((nth) => ({
    name: `e${nth}`,
    directory: join(directory, `e${nth}`),
    peerUrl: `http://127.0.0.1:${ports[2 * nth]}`,
    clientUrl: `http://127.0.0.1:${ports[2 * nth + 1]}`,
  }));
  const members = new EtcdMembers(program, places);
  try {
    await members.leader();
  } catch (error) {
    await members.close();
    throw error;
  }
  return members;
}

interface Place {
  readonly name: string;
  readonly directory: string;
  readonly peerUrl: string;
  readonly clientUrl: string;
}

/** Members that run. */
export class EtcdMembers {
  /** Where clients reach them: `host:port`. */
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

  /** Kills a member with SIGKILL. */
  kill(nth: number): void {
    this.processes[nth]?.kill('SIGKILL');
  }

  /** Starts a member again, on the files that it left. */
  async restart(nth: number): Promise<void> {
    await end(this.processes[nth], 'SIGKILL');
    this.open(nth, 'existing');
  }

  /** The place of the leader, once there is one. */
  async leader(): Promise<number> {
    const endAt = performance.now() + START_MS;
    while (performance.now() < endAt) {
      for (const nth of this.places.keys()) {
        const signal = AbortSignal.timeout(1000);
        const status = await this.ask(nth, 'maintenance/status', {}, signal);
        const own = (status?.['header'] as { member_id?: string } | undefined)?.member_id;
        if (own !== undefined && own === status?.['leader']) return nth;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`etcd has no leader after ${START_MS} ms`);
  }

  /** What a member answers over its JSON gateway; `undefined` where it had no answer. */
  async ask(
    nth: number,
    path: string,
    body: object,
    signal: AbortSignal,
  ): Promise<Record<string, unknown> | undefined> {
    try {
      const url = `${this.places[nth]?.clientUrl}/v3/${path}`;
      const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body), signal });
      const value = (await answer.json()) as Record<string, unknown>;
      return answer.ok ? value : undefined;
    } catch {
      // It is down, does not listen yet, or waits for a leader: whoever needs it asks again.
      return undefined;
    }
  }

  /** Ends the members. */
  async close(): Promise<void> {
    await Promise.all(this.processes.map((each) => end(each, 'SIGTERM')));
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
}

/** Ends a process by a signal, and waits until it has; SIGKILL follows after five seconds. */
async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(timer);
}
