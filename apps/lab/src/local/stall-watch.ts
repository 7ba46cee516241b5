/**
 * How long a busy machine let processes wait that were ready to run.
 *
 * Linux counts for each thread how long it stood in the queue of a processor; that of the first
 * thread of a process is what its event loop was late by. Time in which a process computes, or
 * waits for an answer, is not in it, so a system that hangs is not excused. Elsewhere nothing is
 * known, and nothing is excused. Source: Documentation/scheduler/sched-stats.rst of Linux.
 */
import { readFileSync } from 'node:fs';

/** Watches processes from a moment on. */
export class StallWatch {
  /** What each had waited at that moment; one that was not there yet had not waited at all. */
  private readonly before: ReadonlyMap<number, number>;

  /** @param processes the ids of those that run now */
  constructor(processes: readonly number[]) {
    this.before = new Map(processes.map((process) => [process, queuedMs(process)]));
  }

  /** Of `processes`, those that began later too, the longest that one has waited since, ms. */
  longestMs(processes: readonly number[]): number {
    const waits = processes.map((process) => queuedMs(process) - (this.before.get(process) ?? 0));
    return Math.max(0, ...waits);
  }
}

/** How long the first thread of a process has waited in its life; 0 where nobody knows. */
function queuedMs(process: number): number {
  try {
    const [, nanoseconds] = readFileSync(`/proc/${process}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1e6;
  } catch {
    // The process has ended, or this is not Linux.
    return 0;
  }
}
