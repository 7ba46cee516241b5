/**
 * How slow this machine is, by what tests here do most: start processes.
 *
 * Machines that compute alike differ by two and more in how fast they start a process, and one
 * machine does so within an hour. A time in a budget means nothing without that.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';

/** What a start takes on the machine that the budgets were set on, quiet, in milliseconds. */
const START_MS = 40;
const STARTS = 7;

/** How many times as long as there a start of an empty Node.js takes here; never below 1. */
export function machinePace(): number {
  const startsMs = Array.from({ length: STARTS }, () => {
    const beganMs = performance.now();
    const { status, error } = spawnSync(process.execPath, ['-e', '0'], { stdio: 'ignore' });
    if (status !== 0) throw error ?? new Error(`an empty program ended with ${status}`);
    return performance.now() - beganMs;
  });
  return paceOf(startsMs);
}

/** The same of measured starts, in milliseconds: by their median, so that one slip is nothing. */
export function paceOf(startsMs: readonly number[]): number {
  const sorted = [...startsMs].sort((a, b) => a - b);
  return Math.max(1, (sorted[sorted.length >> 1] ?? 0) / START_MS);
}
