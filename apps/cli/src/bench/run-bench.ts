/**
 * Runs one benchmark in a process of its own and gives its rows as they come.
 */
import { type ChildProcess, fork } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { BenchRow } from '@mangrove/experiment';
import { Interrupted } from '../command-error.ts';
import type { BenchMessage } from './bench-process.ts';
import { rowFault } from './row-fault.ts';

/** What one benchmark came to. */
export interface BenchOutcome {
  readonly rows: readonly BenchRow[];
  /** Why it could not be run to its end; undefined when it was. */
  readonly failure: string | undefined;
}

/** How a benchmark is run. */
export interface RunBenchOptions {
  /** Ends the benchmark with everything that it started. */
  readonly signal: AbortSignal;
  readonly onRow: (row: BenchRow) => void;
  /** Longer than this it may not take; then it is ended and has failed. Default: ten minutes. */
  readonly limitMs?: number;
}

const LIMIT_MS = 600_000;

/** How long a benchmark may take to end after it was asked to. */
const GRACE_MS = 2_000;

/**
 * Runs the benchmark in the file `path`. What it prints goes to standard error.
 *
 * On Linux and macOS the process leads a group, and the whole group ends with it: also what a
 * benchmark started and forgot.
 *
 * @throws Interrupted after `signal` was aborted and the process has gone
 */
export async function runBench(
  path: string,
  { signal, onRow, limitMs = LIMIT_MS }: RunBenchOptions,
): Promise<BenchOutcome> {
  if (signal.aborted) throw new Interrupted();
  const program = fileURLToPath(new URL('./bench-process.ts', import.meta.url));
  const child = fork(program, [path], {
    stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
    detached: process.platform !== 'win32',
  });
  const rows: BenchRow[] = [];
  let failure: string | undefined;
  child.on('message', (message: BenchMessage) => {
    if (message.type === 'failed') failure ??= message.message;
    else {
      const fault = rowFault(message.row);
      if (fault !== undefined) failure ??= fault;
      else {
        rows.push(message.row);
        onRow(message.row);
      }
    }
  });
  const limit = setTimeout(() => {
    failure ??= `it did not end within ${limitMs / 1000} s`;
    end(child);
  }, limitMs);
  const onAbort = () => end(child);
  signal.addEventListener('abort', onAbort, { once: true });
  const { code, by } = await exitOf(child);
  clearTimeout(limit);
  signal.removeEventListener('abort', onAbort);
  sendToGroup(child, 'SIGKILL');
  if (signal.aborted) throw new Interrupted();
  if (by !== null) failure ??= `its process was ended by ${by}`;
  else if (code !== 0) failure ??= `its process ended with exit code ${code}`;
  else if (rows.length === 0) failure ??= 'it reported nothing';
  return { rows, failure };
}

/** Asks the child and all of its group to end, and makes them after a while. */
function end(child: ChildProcess): void {
  sendToGroup(child, 'SIGTERM');
  const timer = setTimeout(() => sendToGroup(child, 'SIGKILL'), GRACE_MS);
  child.once('exit', () => clearTimeout(timer));
}

function sendToGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    child.kill(signal);
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Nobody of the group is left: what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Resolves once the child has gone and everything it sent has arrived. */
function exitOf(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly by: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, by) => resolve({ code, by }));
  });
}
