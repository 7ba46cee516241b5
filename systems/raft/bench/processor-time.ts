/**
 * How long processes have had a processor, as Linux tells it to the nanosecond.
 */
import { readdir, readFile } from 'node:fs/promises';

/** Microseconds of all threads of a process, and of its main thread. */
export interface ProcessorTime {
  readonly allUs: number;
  readonly mainUs: number;
}

/** What a process has had so far; not a number where the system does not tell. */
export async function processorTimeOf(pid: number): Promise<ProcessorTime> {
  const threads = await readdir(`/proc/${pid}/task`).catch((): string[] => []);
  const times = await Promise.all(threads.map((thread) => threadUs(pid, thread)));
  const mainUs = times[threads.indexOf(String(pid))] ?? Number.NaN;
  return { allUs: times.reduce((sum, us) => sum + us, mainUs - mainUs), mainUs };
}

async function threadUs(pid: number, thread: string): Promise<number> {
  // A thread that ends meanwhile has had what it has had before; it is not counted.
  const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0');
  return Number(text.split(' ')[0]) / 1e3;
}
