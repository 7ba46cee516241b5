/**
 * The hand-shake about planted bugs: how a thread is told which one it is to run, and how it tells
 * that it does.
 *
 * A hook that was not loaded, or a file that was never imported, would leave clean code running,
 * and a hunt for the bug would find nothing for the wrong reason. So every thread is asked.
 */
import { fileURLToPath } from 'node:url';
import type { PlantedBug } from '@mangrove/experiment';
import { InvalidArgument } from '@mangrove/host';

/** The environment variable that carries the bug, as JSON. */
export const PLANT_VARIABLE = 'MANGROVE_PLANT';

/** Where a thread keeps the name of the bug that was planted in it. */
const PLANTED_HERE = Symbol.for('mangrove.lab.planted');

type Bag = { [PLANTED_HERE]?: string };

/** What Node.js has to be given so that a process, or worker, runs with `bug`, or with none. */
export function plantedLaunch(bug: PlantedBug | undefined): {
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
} {
  if (bug === undefined) return { execArgv: [], env: { [PLANT_VARIABLE]: '' } };
  const hook = new URL('./hook.ts', import.meta.url).href;
  return { execArgv: ['--import', hook], env: { [PLANT_VARIABLE]: JSON.stringify(bug) } };
}

/** The bug in the text of the variable; throws `InvalidArgument` where it is none. */
export function parsePlanted(text: string): PlantedBug {
  const bug: Partial<PlantedBug> = JSON.parse(text);
  for (const name of ['name', 'file', 'find', 'replace'] as const) {
    if (typeof bug[name] !== 'string') {
      throw new InvalidArgument(`${PLANT_VARIABLE}.${name}`, bug[name], 'a string');
    }
  }
  return bug as PlantedBug;
}

/** Called by the hook when it has patched the file. */
export function reportPlanted(name: string): void {
  (globalThis as Bag)[PLANTED_HERE] = name;
}

/** The name of the bug that was planted in this thread; undefined where its code is clean. */
export function plantedHere(): string | undefined {
  return (globalThis as Bag)[PLANTED_HERE];
}

/** Throws unless a thread that said `reported` runs what was asked for. */
export function checkPlanted(
  thread: string,
  wanted: PlantedBug | undefined,
  reported: string | undefined,
): void {
  if (reported === wanted?.name) return;
  const runs = reported === undefined ? 'the clean code' : `the planted bug ${reported}`;
  const should = wanted === undefined ? 'the clean code' : `the planted bug ${wanted.name}`;
  throw new Error(`${thread} runs ${runs} instead of ${should}: ${HINT}`);
}

const HOOK = fileURLToPath(new URL('./hook.ts', import.meta.url));
const HINT = `it must be started with --import ${HOOK}`;
