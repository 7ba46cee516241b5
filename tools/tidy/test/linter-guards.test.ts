/**
 * Shows that the linter, as the house configures it, catches each fault that it is there for: all
 * are planted in one tree, beside near misses, and Biome runs once.
 */
import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Files, inFolder } from './planted-house.ts';

const HOUSE = resolve(import.meta.dirname, '../../..');
const BIOME = join(HOUSE, 'node_modules/@biomejs/biome/bin/biome');

/** A file that is planted, and the rule that must catch it; none for a near miss. */
interface Plant {
  readonly path: string;
  readonly code: string;
  readonly rule?: string;
}

const inSim = (name: string, code: string, rule?: string): Plant => ({
  path: `foundation/sim/src/${name}.ts`,
  code,
  ...(rule === undefined ? {} : { rule }),
});

const GLOBALS = 'lint/style/noRestrictedGlobals';
const PROPERTIES = 'lint/nursery/noJsRestrictedProperties';
const IMPORTS = 'lint/style/noRestrictedImports';
const FLOATING = 'lint/nursery/noFloatingPromises';
const DEPENDENCIES = 'lint/correctness/noUndeclaredDependencies';

const PLANTS: Readonly<Record<string, readonly Plant[]>> = {
  'a clock in a pure room': [
    inSim('date-now', 'export const now = () => Date.now();', GLOBALS),
    inSim('new-date', 'export const now = () => new Date();', GLOBALS),
    inSim('performance', 'export const now = () => performance.now();', GLOBALS),
    {
      path: 'systems/raft/src/core/clock.ts',
      code: 'export const t = () => Date.now();',
      rule: GLOBALS,
    },
    {
      path: 'examples/first/src/clock.ts',
      code: 'export const t = () => Date.now();',
      rule: GLOBALS,
    },
    {
      path: 'foundation/crdt/src/clock.ts',
      code: 'export const t = () => Date.now();',
      rule: GLOBALS,
    },
    { path: 'systems/raft/src/client/clock.ts', code: 'export const t = () => Date.now();' },
    inSim('near-date', "export const name = (it: { Date: string }) => it.Date + 'Date';"),
  ],
  'randomness in a pure room': [
    inSim('random', 'export const draw = () => Math.random();', PROPERTIES),
    inSim('random-name', 'export const draw = Math.random;', PROPERTIES),
    inSim('near-random', 'export const draw = (a: number) => Math.floor(a);'),
  ],
  'a locale or an engine in a pure room': [
    inSim('locale', 'export const by = (a: string, b: string) => a.localeCompare(b);', PROPERTIES),
    inSim('intl', 'export const f = () => new Intl.NumberFormat();', GLOBALS),
    inSim('last-bit', 'export const f = (a: number) => Math.exp(a);', PROPERTIES),
    inSim('near-locale', 'export const by = (a: string, b: string) => (a < b ? -1 : 1);'),
  ],
  'Node.js in a pure room': [
    inSim('fs', "export { readFileSync } from 'node:fs';", IMPORTS),
    { path: 'foundation/host-process/src/fs.ts', code: "import 'node:fs';" },
  ],
  'a shell in a core': [
    { path: 'systems/raft/src/core/shell.ts', code: "import '../shell/x.ts';", rule: IMPORTS },
    { path: 'systems/raft/src/shell/x.ts', code: "export const x = 'shell';" },
  ],
  'a floating promise': [
    {
      path: 'systems/raft/src/shell/floating.ts',
      code: 'const save = async () => 1;\nexport function f(): void {\n  save();\n}',
      rule: FLOATING,
    },
    {
      path: 'systems/raft/src/shell/near-floating.ts',
      code:
        'const save = async () => 1;\nexport async function f(): Promise<void> {\n' +
        '  await save();\n}',
    },
  ],
  'a switch that forgets a case': [
    {
      path: 'systems/raft/src/core/switch.ts',
      code:
        "export function f(role: 'leader' | 'follower'): void {\n  switch (role) {\n" +
        "    case 'leader':\n      throw new Error(role);\n  }\n}",
      rule: 'lint/nursery/useExhaustiveSwitchCases',
    },
    {
      path: 'systems/raft/src/core/near-switch.ts',
      code:
        "export function f(role: 'leader' | 'follower'): number {\n  switch (role) {\n" +
        "    case 'leader':\n      return 1;\n    case 'follower':\n      return 2;\n  }\n}",
    },
  ],
  'a package that is not declared': [
    {
      path: 'systems/raft/src/shell/dependency.ts',
      code: "import 'left-pad';",
      rule: DEPENDENCIES,
    },
    { path: 'systems/raft/src/shell/near-dependency.ts', code: "import '@mangrove/host';" },
  ],
  'a cycle of imports': [
    {
      path: 'systems/raft/src/shell/egg.ts',
      code: "import { hen } from './hen.ts';\n\nexport const egg = () => hen;",
      rule: 'lint/suspicious/noImportCycles',
    },
    {
      path: 'systems/raft/src/shell/hen.ts',
      code: "import { egg } from './egg.ts';\n\nexport const hen = () => egg;",
      rule: 'lint/suspicious/noImportCycles',
    },
  ],
  'shapes that the house does not have': [
    inSim('default', 'export default 1;', 'lint/style/noDefaultExport'),
    inSim('enum', 'export enum Role {\n  Leader = 1,\n}', 'lint/style/noEnum'),
    inSim('any', 'export const f = (a: any) => a;', 'lint/suspicious/noExplicitAny'),
    inSim('bang', 'export const f = (a?: string) => a!.length;', 'lint/style/noNonNullAssertion'),
    inSim('barrel', "export { x } from './x.ts';", 'lint/performance/noBarrelFile'),
    inSim('x', 'export const x = 1;'),
    inSim('index', "export { x } from './x.ts';"),
    inSim('console', "export const f = () => console.log('a');", 'lint/suspicious/noConsole'),
    inSim('camelCase', 'export const y = 1;', 'lint/style/useFilenamingConvention'),
    inSim('extension', "import './x';", 'lint/correctness/useImportExtensions'),
    inSim(
      'long',
      `export function f(): void {\n${'  f();\n'.repeat(71)}}`,
      'lint/complexity/noExcessiveLinesPerFunction',
    ),
    inSim('near-long', `export function f(): void {\n${'  f();\n'.repeat(66)}}`),
    {
      path: 'foundation/sim/src/only.test.ts',
      code: "import { it } from 'vitest';\n\nit.only('x', () => {});",
      rule: 'lint/suspicious/noFocusedTests',
    },
    {
      path: 'foundation/sim/src/skip.test.ts',
      code: "import { it } from 'vitest';\n\nit.skip('x', () => {});",
      rule: 'lint/suspicious/noSkippedTests',
    },
  ],
};

/** The rules that each file breaks. */
let broken: ReadonlyMap<string, readonly string[]>;

beforeAll(async () => {
  const plants = Object.values(PLANTS).flat();
  const files: Files = {
    ...Object.fromEntries(plants.map(({ path, code }) => [path, `${code}\n`])),
    'systems/raft/package.json':
      '{ "name": "@mangrove/raft", "dependencies": { "@mangrove/host": "1" } }\n',
    'foundation/sim/package.json': '{ "name": "@mangrove/sim" }\n',
  };
  broken = await inFolder(files, async (root) => {
    copyFileSync(join(HOUSE, 'biome.json'), join(root, 'biome.json'));
    return rulesByFile(await runBiome(root));
  });
}, 30_000);

for (const [title, plants] of Object.entries(PLANTS)) {
  describe(title, () => {
    for (const { path, rule } of plants) {
      it(rule === undefined ? `is not seen in ${path}` : `is caught in ${path}`, () => {
        const found = broken.get(path) ?? [];
        if (rule === undefined) expect(found).toEqual([]);
        else expect(found).toContain(rule);
      });
    }
  });
}

function runBiome(root: string): Promise<string> {
  const child = spawn(
    process.execPath,
    [BIOME, 'lint', '--reporter=github', '--max-diagnostics=none', '--diagnostic-level=warn', '.'],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let printed = '';
  child.stdout.on('data', (bytes) => {
    printed += bytes;
  });
  child.stderr.on('data', (bytes) => {
    printed += bytes;
  });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', () => done(printed));
  });
}

/** Lines such as `::error title=lint/style/noEnum,file=foundation/sim/src/enum.ts,line=1,...`. */
function rulesByFile(printed: string): ReadonlyMap<string, readonly string[]> {
  const rules = new Map<string, string[]>();
  for (const line of printed.split('\n')) {
    const [, rule, file] = /^::\w+ title=([^,]+),file=([^,]+),/.exec(line) ?? [];
    if (rule === undefined || file === undefined) continue;
    const path = /(?:foundation|systems|apps|tools|examples)\/.*$/.exec(file)?.[0] ?? file;
    rules.set(path, [...(rules.get(path) ?? []), rule]);
  }
  return rules;
}
