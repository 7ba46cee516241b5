/**
 * Three of our members as processes, as `mangrove up` starts them.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { KvClient } from '@mangrove/kv';
import { connectKv, createCluster, endpointsOf, MEMBER_FLAGS } from '@mangrove/kv/node';
import { endOf } from './end-process.ts';

/** A group of three whose members can be killed. */
export interface Members {
  readonly endpoints: readonly string[];
  /** The place of the member that leads, once one does. */
  leader(): Promise<number>;
  kill(nth: number): void;
  /** Starts a member again that was killed. */
  restart(nth: number): Promise<void>;
  close(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('./kv-process.ts', import.meta.url));

/** Starts three members that keep their files in `directory`, and waits until one leads. */
export async function startMembers(directory: string): Promise<KvMembers> {
  const manifest = await createCluster(directory, { nodes: 3, clientPort: 0 });
  const names = manifest.members.map(({ name }) => name);
  const members = new KvMembers(directory, names, endpointsOf(manifest));
  try {
    await members.leader();
  } catch (error) {
    await members.close();
    throw error;
  }
  return members;
}

/** Members that run. */
export class KvMembers implements Members {
  readonly endpoints: readonly string[];
  private readonly directory: string;
  private readonly names: readonly string[];
  private readonly processes: ChildProcess[] = [];
  private readonly client: KvClient;

  constructor(directory: string, names: readonly string[], endpoints: readonly string[]) {
    this.directory = directory;
    this.names = names;
    this.endpoints = endpoints;
    for (const nth of names.keys()) this.open(nth);
    this.client = connectKv({ endpoints, timeoutMs: 30_000 });
  }

  kill(nth: number): void {
    this.processes[nth]?.kill('SIGKILL');
  }

  async restart(nth: number): Promise<void> {
    await endOf(this.processes[nth], 'SIGKILL');
    this.open(nth);
  }

  async leader(): Promise<number> {
    // Linearizable: whoever leads by then has committed.
    await this.client.get('leader');
    const { leader } = await this.client.status();
    return leader === undefined ? -1 : this.names.indexOf(leader);
  }

  /** How much CPU each member has used, in microseconds. */
  async cpuMicros(): Promise<readonly number[]> {
    return await Promise.all(
      this.processes.map(async (each) => {
        const told = once(each, 'message');
        each.send('cpu');
        const [{ user, system }] = (await told) as [NodeJS.CpuUsage];
        return user + system;
      }),
    );
  }

  async close(): Promise<void> {
    await this.client.close();
    await Promise.all(this.processes.map((each) => endOf(each, 'SIGTERM')));
  }

  private open(nth: number): void {
    const args = [this.directory, this.names[nth] ?? ''];
    this.processes[nth] = fork(PROGRAM, args, { execArgv: [...MEMBER_FLAGS] });
  }
}
