/**
 * A small clean house in a temporary folder, in which a test plants a fault and sees it caught.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { formatFault } from '../src/report.ts';
import { tidy } from '../src/tidy.ts';

/** Files by path; what is planted replaces the clean file of that name. */
export type Files = Readonly<Record<string, string>>;

/** Every fault that tidy finds in the clean house with `planted` in it, as it prints them. */
export function faultsWith(planted: Files): Promise<readonly string[]> {
  return inFolder({ ...CLEAN, ...planted }, async (root) => {
    const { findings } = await tidy(root);
    return findings.flatMap((finding) => finding.faults.map(formatFault));
  });
}

/** Writes `files` to a folder of its own, gives it to `use` and removes it afterwards. */
export async function inFolder<Result>(
  files: Files,
  use: (root: string) => Promise<Result>,
): Promise<Result> {
  const root = mkdtempSync(join(tmpdir(), 'mangrove-tidy-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return await use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** A manifest: its doors by name, the packages of the house that it depends on. */
export function manifest(name: string, dependencies: readonly string[], doors = ['.']): string {
  const files: Readonly<Record<string, string>> = {
    '.': './src/index.ts',
    './node': './src/node.ts',
    './contract': './src/contract.ts',
  };
  return JSON.stringify({
    name: `@mangrove/${name}`,
    exports: Object.fromEntries(doors.map((door) => [door, files[door] ?? `./src/${door}.ts`])),
    dependencies: Object.fromEntries(dependencies.map((each) => [`@mangrove/${each}`, '0.1.0'])),
  });
}

/** A file that opens as every file must, with `code` below. */
export function source(code: string): string {
  return `/**\n * Shows something to the checks.\n */\n${code}\n`;
}

/** A tsconfig with references to these rooms. */
export function tsconfig(rooms: readonly string[], up = '../../'): string {
  return JSON.stringify({ references: rooms.map((room) => ({ path: `${up}${room}` })) });
}

const CLEAN: Files = {
  'tsconfig.build.json': tsconfig(
    ['foundation/host', 'foundation/sim', 'systems/raft', 'systems/kv', 'examples/first'],
    '',
  ),
  'foundation/host/package.json': manifest('host', [], ['.', './contract']),
  'foundation/host/tsconfig.json': tsconfig([]),
  'foundation/host/src/index.ts': source(
    'export type NodeId = string;\nexport interface Host { readonly node: NodeId }',
  ),
  'foundation/host/src/contract.ts': source('export const cases = [] as const;'),
  'foundation/sim/package.json': manifest('sim', ['host']),
  'foundation/sim/tsconfig.json': tsconfig(['foundation/host']),
  'foundation/sim/src/index.ts': source("export type { Host } from '@mangrove/host';"),
  'systems/raft/package.json': manifest('raft', ['host', 'sim'], ['.', './node']),
  'systems/raft/tsconfig.json': tsconfig(['foundation/host', 'foundation/sim']),
  'systems/raft/DESIGN.md': '# Raft\n\n- **R1** A term has one leader at most.\n',
  'systems/raft/src/index.ts': source(
    "export { step } from './core/step.ts';\nexport { run } from './shell/run.ts';",
  ),
  'systems/raft/src/node.ts': source('export const port = 0;'),
  'systems/raft/src/core/step.ts': source(
    "import type { NodeId } from '@mangrove/host';\nexport const step = (id: NodeId) => id;",
  ),
  'systems/raft/src/shell/run.ts': source(
    "import { step } from '../core/step.ts';\nexport const run = async () => step('a');",
  ),
  'systems/raft/test/leader.rules.test.ts': source(
    "import { it } from 'vitest';\nit('R1: a second candidate of a term is refused', () => {});",
  ),
  'systems/kv/package.json': manifest('kv', ['raft']),
  'systems/kv/tsconfig.json': tsconfig(['systems/raft']),
  'systems/kv/src/index.ts': source("export { put } from './core/put.ts';"),
  'systems/kv/src/core/put.ts': source(
    "import { step } from '@mangrove/raft';\nexport const put = step;",
  ),
  'examples/first/package.json': manifest('first', ['host']),
  'examples/first/tsconfig.json': tsconfig(['foundation/host']),
  'examples/first/src/index.ts': source("export type { NodeId } from '@mangrove/host';"),
  'tools/kit/package.json': manifest('kit', [], ['./node']),
  'tools/kit/src/node.ts': source('export const port = 0;'),
};
