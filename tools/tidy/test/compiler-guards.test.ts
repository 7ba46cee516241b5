/**
 * Shows that the purity compile and the type check catch what they are there for: all faults are
 * planted in one tree, beside near misses, and each compile runs once.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Files, inFolder } from './planted-house.ts';

const HOUSE = resolve(import.meta.dirname, '../../..');

/** What must be said of a file; nothing for a near miss. */
interface Plant {
  readonly code: string;
  readonly says?: string;
}

const IMPURE: Readonly<Record<string, Plant>> = {
  'foundation/sim/src/timeout.ts': {
    code: 'export const f = () => setTimeout(() => {}, 1);',
    says: "Cannot find name 'setTimeout'",
  },
  'foundation/check/src/process.ts': {
    code: 'export const f = () => process.exit(1);',
    says: "Cannot find name 'process'",
  },
  'foundation/wire/src/buffer.ts': {
    code: 'export const f = () => Buffer.alloc(1);',
    says: "Cannot find name 'Buffer'",
  },
  'foundation/experiment/src/console.ts': {
    code: "export const f = () => console.log('a');",
    says: "Cannot find name 'console'",
  },
  'foundation/crdt/src/fetch.ts': {
    code: "export const f = () => fetch('a');",
    says: "Cannot find name 'fetch'",
  },
  'foundation/host/src/window.ts': {
    code: 'export const f = () => window.document;',
    says: "Cannot find name 'window'",
  },
  'systems/raft/src/core/fs.ts': {
    code: "import { readFileSync } from 'node:fs';\nexport const f = readFileSync;",
    says: "Cannot find name 'node:fs'",
  },
  'examples/first/src/crypto.ts': {
    code: 'export const f = () => crypto.randomUUID();',
    says: "Cannot find name 'crypto'",
  },
  'foundation/sim/src/near.ts': {
    code: "export const setTimeoutMs = (process: { exit(): void }) => [process.exit(), 'console'];",
  },
  'foundation/sim/src/timeout.test.ts': { code: 'export const f = () => setTimeout(() => {}, 1);' },
  'foundation/host-process/src/timeout.ts': {
    code: 'export const f = () => setTimeout(() => {}, 1);',
  },
};

const MISTYPED: Readonly<Record<string, Plant>> = {
  'systems/raft/src/shell/index-access.ts': {
    code: 'export const f = (list: readonly string[]): string => list[0];',
    says: "Type 'string | undefined' is not assignable to type 'string'",
  },
  'systems/raft/src/shell/optional.ts': {
    code: 'export const f = (): { a?: string } => ({ a: undefined });',
    says: 'exactOptionalPropertyTypes',
  },
  'systems/raft/src/shell/switch.ts': {
    code:
      "export function f(role: 'a' | 'b'): number {\n  switch (role) {\n" +
      "    case 'a':\n      return 1;\n  }\n}",
    says: 'Function lacks ending return statement',
  },
  'systems/raft/src/shell/property.ts': {
    code: 'export class A {\n  constructor(readonly a: string) {}\n}',
    says: "not allowed when 'erasableSyntaxOnly' is enabled",
  },
  'systems/raft/src/shell/type-import.ts': {
    code: "import { List } from './near.ts';\nexport type B = List;",
    says: 'must be imported using a type-only import',
  },
  'systems/raft/src/shell/near.ts': {
    code:
      'export type List = readonly string[];\n' +
      'export const f = (list: List): string | undefined => list[0];',
  },
};

const CASES = [
  { title: 'the purity compile', config: 'tsconfig.pure.json', plants: IMPURE },
  { title: 'the type check', config: 'tsconfig.json', plants: MISTYPED },
] as const;

for (const { title, config, plants } of CASES) {
  describe(title, () => {
    let printed = '';
    beforeAll(async () => {
      printed = await inFolder(filesOf(plants), (root) => compile(root, config));
    }, 30_000);
    for (const [path, { says }] of Object.entries(plants)) {
      it(says === undefined ? `lets ${path} pass` : `catches ${path}: ${says}`, () => {
        const found = printed.split('\n').filter((line) => line.startsWith(`${path}(`));
        if (says === undefined) expect(found).toEqual([]);
        else expect(found.join('\n')).toContain(says);
      });
    }
  });
}

function filesOf(plants: Readonly<Record<string, Plant>>): Files {
  const code = Object.entries(plants).map(([path, plant]) => [path, `${plant.code}\n`] as const);
  return { ...Object.fromEntries(code), 'package.json': '{ "type": "module" }\n' };
}

/** What the compiler prints, without colours: `path(line,column): error TS...: ...`. */
function compile(root: string, config: string): Promise<string> {
  for (const name of ['tsconfig.base.json', 'tsconfig.pure.json', 'tsconfig.json']) {
    copyFileSync(join(HOUSE, name), join(root, name));
  }
  symlinkSync(join(HOUSE, 'node_modules'), join(root, 'node_modules'));
  const tsc = join(HOUSE, 'node_modules/typescript/bin/tsc');
  const child = spawn(process.execPath, [tsc, '-p', config, '--pretty', 'false'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (bytes) => {
    printed += bytes;
  });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', () => done(printed));
  });
}
