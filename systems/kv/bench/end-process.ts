/**
 * The end of a process that a benchmark started.
 */
import type { ChildProcess } from 'node:child_process';

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
