/**
 * The doors of the packages: how a file may enter another package.
 *
 * - By its name and a door that its `exports` declares, never by a relative path.
 * - The doors are `.` (pure) and `./node`; the Host has `./contract` besides. Each leads into
 *   `src/`.
 * - Only what the package's own manifest declares: product code from `dependencies`; tests, benches
 *   and experiments from `devDependencies` too. A test may use the tools without declaring them.
 * - Product code does not enter its own package by the front door: that is a cycle.
 *
 * An import whose target is computed when the program runs cannot be seen here.
 */
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { House, Package, SourceText } from './house.ts';
import type { Import } from './imports.ts';
import type { Fault } from './report.ts';

/** The doors that a package may have. */
const DOORS: readonly string[] = ['.', './node'];

/** Doors that one package alone has. */
const OWN_DOORS: Readonly<Record<string, readonly string[]>> = {
  '@mangrove/host': ['./contract'],
};

/** Imports that come in by a window, and doors that lead nowhere. */
export function doorFaults(house: House): readonly Fault[] {
  const faults = house.packages.flatMap((each) => faultsOfDoors(house, each));
  for (const file of house.sources) {
    for (const each of file.imports) {
      const sentence = faultOfImport(house, file, each);
      if (sentence !== undefined) faults.push({ path: file.path, line: each.line, sentence });
    }
  }
  return faults;
}

function faultsOfDoors(house: House, { room, manifest }: Package): Fault[] {
  const path = `${room}/package.json`;
  const allowed = [...DOORS, ...(OWN_DOORS[manifest.name] ?? [])];
  return Object.entries(manifest.exports ?? {}).flatMap(([door, target]) => {
    if (!allowed.includes(door))
      return [{ path, sentence: `opens a door the house lacks: ${door}` }];
    if (!/^\.\/src\/.*\.ts$/.test(target)) {
      return [{ path, sentence: `the door ${door} leads out of src: ${target}` }];
    }
    // A room that is being built has its manifest before its first file.
    if (!existsSync(join(house.root, room, 'src'))) return [];
    if (house.sources.every((file) => file.room !== room || !file.isProduct)) return [];
    if (existsSync(join(house.root, room, target))) return [];
    return [{ path, sentence: `the door ${door} leads to nothing: ${target}` }];
  });
}

function faultOfImport(house: House, file: SourceText, { target }: Import): string | undefined {
  if (target.startsWith('.') || target.startsWith('/')) {
    const reached = posix.normalize(posix.join(posix.dirname(file.path), target));
    if (!target.startsWith('/') && reached.startsWith(`${file.room}/`)) return undefined;
    return `enters ${roomOf(reached)} by the window (${target}): import its package by name`;
  }
  const entered = house.packageOf(target);
  if (entered !== undefined) return faultOfEntry(house, file, entered, target);
  return target.startsWith('@mangrove/')
    ? `imports ${target}: there is no such package`
    : undefined;
}

function roomOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

function faultOfEntry(
  house: House,
  file: SourceText,
  { room, manifest }: Package,
  target: string,
): string | undefined {
  const door = target === manifest.name ? '.' : `.${target.slice(manifest.name.length)}`;
  if (manifest.exports?.[door] === undefined) {
    return `imports ${target}: ${manifest.name} has no door ${door}`;
  }
  if (room === file.room) {
    return file.isProduct ? `enters its own package as ${target}: use a relative path` : undefined;
  }
  if ((file.isTest || file.isBench) && room.startsWith('tools/')) return undefined;
  const own = house.packages.find((each) => each.room === file.room)?.manifest;
  if (own?.dependencies?.[manifest.name] !== undefined) return undefined;
  if (!file.isProduct && own?.devDependencies?.[manifest.name] !== undefined) return undefined;
  return `imports ${manifest.name}, which ${file.room}/package.json does not declare`;
}
