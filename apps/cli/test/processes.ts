/**
 * The processes of the machine, as Linux tells of them in /proc.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** The ids of the process `root` and of all below it. */
export function treeOf(root: number): readonly number[] {
  const all = listProcesses();
  const found = [root];
  for (const id of found) {
    found.push(...all.filter(({ parent }) => parent === id).map((each) => each.id));
  }
  return found;
}

/** Every process that runs now: its id, its parent and its group. */
export function listProcesses(): readonly { id: number; parent: number; group: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const [, parent, group] = fieldsOf(read(`/proc/${name}/stat`));
      if (parent === undefined || group === undefined) return [];
      return [{ id: Number(name), parent: Number(parent), group: Number(group) }];
    });
}

/** It has ended; a zombie that nobody has asked for has ended too. */
export function isGone(id: number): boolean {
  const [state] = fieldsOf(read(`/proc/${id}/stat`));
  return state === undefined || state === 'Z';
}

/** State, parent and so on; the name before them, in brackets, may hold anything. */
function fieldsOf(stat: string): readonly string[] {
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** The program of a process and its arguments. */
export function commandLine(id: number): string {
  return read(`/proc/${id}/cmdline`).replaceAll('\0', ' ');
}

/** Whether a thread of the process sleeps in this function of the kernel. */
export function waitsIn(id: number, name: string): boolean {
  return readTasks(id).some((task) => read(`/proc/${id}/task/${task}/wchan`) === name);
}

function readTasks(id: number): readonly string[] {
  return isGone(id) ? [] : readdirSync(`/proc/${id}/task`);
}

/**
 * Whether the process has a handler for a signal. Node.js itself always has one for SIGINT and
 * SIGTERM.
 */
export function catches(id: number, signal: number): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)/m.exec(read(`/proc/${id}/status`))?.[1] ?? '0';
  return (BigInt(`0x${mask}`) >> BigInt(signal - 1)) % 2n === 1n;
}

/** The text of a file in /proc; empty once its process has gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Resolves once `holds`; the test's time limit is the bound. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
