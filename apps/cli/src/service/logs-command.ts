/**
 * `mangrove logs --data DIR`: what the processes of a cluster said.
 */
import fs from 'node:fs/promises';
import { type ClusterManifest, memberLog } from '@mangrove/kv/node';
import { CommandError } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { needCluster, sleep } from './cluster-view.ts';

/** What the command is told. */
export interface LogsCommandOptions {
  readonly directory: string;
  /** Only this member; `undefined` is all of them. */
  readonly node: string | undefined;
  readonly lineCount: number;
  readonly isFollowing: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** How often the files are looked at, in milliseconds. */
const LOOK_MS = 100;

/** Prints the last lines of each member, and goes on where that is wanted. */
export async function logsCommand(options: LogsCommandOptions): Promise<Ending> {
  const { directory, node, lineCount, isFollowing, terminal, signal } = options;
  const all = await needCluster(directory);
  const members = all.members.filter(({ name }) => node === undefined || name === node);
  if (members.length === 0) {
    const names = all.members.map(({ name }) => name).join(', ');
    throw new CommandError('usage', `there is no member ${node}: the cluster has ${names}.`);
  }
  const manifest = { ...all, members };
  const tails = await openTails(directory, manifest);
  for (const tail of tails) {
    for (const line of (await tail.read()).slice(-lineCount)) terminal.result(line);
  }
  if (isFollowing) await follow(tails, terminal, signal);
  return 'valid';
}

/** Prints what members say from now on, until `signal` is aborted. */
export async function followLogs(options: {
  readonly directory: string;
  readonly manifest: ClusterManifest;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}): Promise<void> {
  const tails = await openTails(options.directory, options.manifest);
  for (const tail of tails) await tail.read();
  await follow(tails, options.terminal, options.signal);
}

async function follow(
  tails: readonly Tail[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const tail of tails) for (const line of await tail.read()) terminal.result(line);
    await sleep(LOOK_MS);
  }
}

async function openTails(directory: string, { members }: ClusterManifest): Promise<Tail[]> {
  return members.map(({ name }) => new Tail(memberLog(directory, name)));
}

/** The whole lines of a file that were not read yet. */
class Tail {
  private readonly path: string;
  private offset = 0;
  private rest = '';

  constructor(path: string) {
    this.path = path;
  }

  async read(): Promise<readonly string[]> {
    const text = await this.next();
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    return lines;
  }

  private async next(): Promise<string> {
    let file: fs.FileHandle;
    try {
      file = await fs.open(this.path, 'r');
    } catch (error) {
      // The member was never started.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
    try {
      const { size } = await file.stat();
      // What was there was moved aside: the file begins anew.
      if (size < this.offset) this.offset = 0;
      const bytes = Buffer.alloc(Math.max(0, size - this.offset));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, this.offset);
      this.offset += bytesRead;
      return bytes.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  }
}
