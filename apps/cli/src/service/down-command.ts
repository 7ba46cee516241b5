/**
 * `mangrove down --data DIR`: asks the members of a cluster to end, and waits until they have.
 */
import { CommandError } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { isAlive, needCluster, processOf, sleep } from './cluster-view.ts';

/** What the command is told. */
export interface DownCommandOptions {
  readonly directory: string;
  readonly isJson: boolean;
  readonly terminal: Terminal;
}

/** How long a member may take to end, in milliseconds. */
const STOP_MS = 10_000;

/** Ends what runs; a cluster that is down already is left at that. */
export async function downCommand(options: DownCommandOptions): Promise<Ending> {
  const { directory, isJson, terminal } = options;
  const { members } = await needCluster(directory);
  const ended = await Promise.all(members.map(({ name }) => end(directory, name)));
  for (const [nth, { name }] of members.entries()) {
    const wasRunning = ended[nth] === true;
    if (isJson) terminal.result(JSON.stringify({ node: name, wasRunning }));
    else terminal.result(`${name}  ${wasRunning ? 'has ended' : 'was down already'}`);
  }
  return 'valid';
}

async function end(directory: string, name: string): Promise<boolean> {
  const pid = await processOf(directory, name);
  if (pid === undefined) return false;
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // It has ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  const endAt = performance.now() + STOP_MS;
  while (performance.now() < endAt) {
    if (!isAlive(pid)) return true;
    await sleep(20);
  }
  const sentence = `${name} (process ${pid}) did not end within ${STOP_MS / 1000} s.`;
  throw new CommandError('could-not-run', sentence);
}
