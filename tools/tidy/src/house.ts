/**
 * The house as the checks see it: its packages, and its files with their text and syntax.
 *
 * A room is the folder of a package: `foundation/host`. Only files that git would keep are read:
 * `node_modules`, `dist`, `results` and folders of tools are passed over.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from 'typescript/unstable/ast';
import { type Import, importsOf } from './imports.ts';
import { parseSources } from './syntax.ts';

/** The folders that hold rooms. */
const WINGS: readonly string[] = ['foundation', 'systems', 'apps', 'tools', 'examples'];

/** What holds nothing of ours: folders, and the file `.git` of a linked worktree. */
const PASSED_OVER: ReadonlySet<string> = new Set([
  'node_modules',
  'dist',
  'results',
  '.git',
  '.vitest',
  '.cache',
]);

/** A file of text. */
export interface TextFile {
  /** From the root of the house, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** A file of TypeScript or JavaScript in a room. */
export interface SourceText extends TextFile {
  readonly room: string;
  /** It is a test, or stands in the room's `test/`. */
  readonly isTest: boolean;
  /** It stands in the room's `bench/`. */
  readonly isBench: boolean;
  /** It stands in the room's `src/` and is no test: what other packages may get. */
  readonly isProduct: boolean;
  readonly tree: SourceFile;
  readonly imports: readonly Import[];
}

/** What is read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** A room with its manifest. */
export interface Package {
  readonly room: string;
  readonly manifest: Manifest;
}

/** The whole house. */
export interface House {
  readonly root: string;
  readonly packages: readonly Package[];
  readonly sources: readonly SourceText[];
  /** Every file of text, the sources among them. */
  readonly texts: readonly TextFile[];
  /** The package that an import names, by any of its doors; undefined when it is none of ours. */
  packageOf(target: string): Package | undefined;
}

/** Reads the house under `root`. */
export async function readHouse(root: string): Promise<House> {
  const texts = listFiles(root, '').flatMap((path): readonly TextFile[] => {
    const text = readFileSync(join(root, path), 'utf8');
    return text.includes('\0') ? [] : [{ path, text }];
  });
  const packages = readPackages(root);
  const byName = new Map(packages.map((each) => [each.manifest.name, each]));
  return {
    root,
    packages,
    sources: await readSources(texts),
    texts,
    packageOf: (target) => byName.get(target.split('/').slice(0, 2).join('/')),
  };
}

function listFiles(root: string, folder: string): readonly string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    if (PASSED_OVER.has(entry.name)) return [];
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return listFiles(root, path);
    return entry.isFile() ? [path] : [];
  });
}

function readPackages(root: string): readonly Package[] {
  const rooms = WINGS.filter((wing) => existsSync(join(root, wing))).flatMap((wing) =>
    readdirSync(join(root, wing))
      .sort()
      .map((name) => `${wing}/${name}`),
  );
  return rooms
    .filter((room) => existsSync(join(root, room, 'package.json')))
    .map((room) => ({
      room,
      manifest: JSON.parse(readFileSync(join(root, room, 'package.json'), 'utf8')) as Manifest,
    }));
}

async function readSources(texts: readonly TextFile[]): Promise<readonly SourceText[]> {
  const files = texts.filter(
    ({ path }) => WINGS.includes(path.split('/')[0] ?? '') && /\.(ts|tsx|js|mjs)$/.test(path),
  );
  const trees = await parseSources(new Map(files.map(({ path, text }) => [path, text])));
  return files.flatMap((file) => {
    const tree = trees.get(file.path);
    if (tree === undefined) return [];
    const [wing = '', name = '', folder = ''] = file.path.split('/');
    const isTest = folder === 'test' || /\.test\.tsx?$/.test(file.path);
    return [
      {
        ...file,
        room: `${wing}/${name}`,
        isTest,
        isBench: folder === 'bench',
        isProduct: folder === 'src' && !isTest,
        tree,
        imports: importsOf(tree),
      },
    ];
  });
}
