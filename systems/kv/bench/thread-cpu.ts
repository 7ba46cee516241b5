/**
 * How much CPU the own thread has used.
 */
import { cpuUsage, threadCpuUsage } from 'node:process';

/**
 * The CPU that this thread has used, in milliseconds.
 *
 * Linux counts what a running thread has used at ticks of its own, 4 ms apart on many machines, and
 * where a process asks for all that it used: so that is asked first.
 */
export function cpuMsOfThread(): number {
  cpuUsage();
  const { user, system } = threadCpuUsage();
  return (user + system) / 1000;
}
