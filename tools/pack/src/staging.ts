/**
 * The folder from which a package is packed: `dist`, the command, the licence, the rewritten
 * manifest.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { publishedCode, publishedManifest, type SourceManifest } from './manifest.ts';

/** A package of the house. */
export interface Room {
  /** `foundation/host`. */
  readonly path: string;
  readonly manifest: SourceManifest;
}

/** Every package that holds product code, tools aside. */
export function readRooms(house: string): readonly Room[] {
  const wings = ['foundation', 'systems', 'apps', 'examples'];
  return wings
    .filter((wing) => existsSync(join(house, wing)))
    .flatMap((wing) => readdirSync(join(house, wing)).map((name) => `${wing}/${name}`))
    .filter((path) => existsSync(join(house, path, 'package.json')) && hasCode(join(house, path)))
    .sort()
    .map((path) => ({
      path,
      manifest: JSON.parse(readFileSync(join(house, path, 'package.json'), 'utf8')),
    }));
}

/** Fills `target` with what is published of `room`; the house must have been built. */
export function stage(house: string, room: Room, target: string): void {
  const source = join(house, room.path);
  const manifest = publishedManifest(room.manifest);
  for (const path of filesIn(join(source, 'dist'))) {
    if (/\.map$|\.tsbuildinfo$/.test(path)) continue;
    copy(join(source, 'dist', path), join(target, 'dist', path));
  }
  // Pages, templates and other data stand beside the code; the compiler does not carry them over.
  for (const path of filesIn(join(source, 'src'))) {
    if (!/\.tsx?$/.test(path)) copy(join(source, 'src', path), join(target, 'dist', path));
  }
  for (const path of filesIn(join(source, 'bin'))) {
    copy(join(source, 'bin', path), join(target, 'bin', path));
  }
  for (const path of ['README.md', 'DESIGN.md']) {
    if (existsSync(join(source, path))) copy(join(source, path), join(target, path));
  }
  copy(join(house, 'LICENSE'), join(target, 'LICENSE'));
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

function hasCode(room: string): boolean {
  return filesIn(join(room, 'src')).some((path) => path.endsWith('.ts'));
}

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
  if (/\.(?:js|d\.ts)$/.test(to)) writeFileSync(to, publishedCode(readFileSync(from, 'utf8')));
}
