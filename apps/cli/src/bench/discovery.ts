/**
 * Finds the benchmarks of the house: every file in a package's `bench/` that exports `bench`.
 *
 * Files are told apart by their text and not by importing them, since a `bench/` also holds the
 * programs that its benchmarks start.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A benchmark that can be run. */
export interface FoundBench {
  /** The folder of its package: `foundation/host-process`. */
  readonly room: string;
  /** Package and file: `host-process/messages`. */
  readonly id: string;
  /** What it calls itself in its rows. */
  readonly name: string;
  /** Of the file. */
  readonly path: string;
}

const WINGS: readonly string[] = ['foundation', 'systems', 'apps', 'tools', 'examples'];

const EXPORT = /^export const bench\b/m;
const NAME = /^export const bench\b[\s\S]*?\bname: '([^']+)'/m;

/** Every benchmark under `root`, by floor, package and file. */
export function findBenches(root: string): readonly FoundBench[] {
  return WINGS.flatMap((wing) =>
    namesIn(join(root, wing)).map((name) => `${wing}/${name}`),
  ).flatMap((room) =>
    namesIn(join(root, room, 'bench'))
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .flatMap((file) => benchIn(root, room, file)),
  );
}

/**
 * Those of `benches` that `name` means: a package (`host-process`), a file (`messages`), both
 * (`host-process/messages`), or what the benchmark calls itself (`process-start`).
 */
export function selectBenches(benches: readonly FoundBench[], name: string): readonly FoundBench[] {
  return benches.filter(({ room, id, name: own }) =>
    [room, basename(room), id, basename(id), own].includes(name),
  );
}

function benchIn(root: string, room: string, file: string): readonly FoundBench[] {
  const path = join(root, room, 'bench', file);
  const text = readFileSync(path, 'utf8');
  if (!EXPORT.test(text)) return [];
  const id = `${basename(room)}/${basename(file, '.ts')}`;
  return [{ room, id, name: NAME.exec(text)?.[1] ?? basename(file, '.ts'), path }];
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
