/**
 * Shows that imports against the floors are caught: each is planted in a clean house.
 */
import { expect, it } from 'vitest';
import { faultsWith, manifest, source, tsconfig } from '../test/planted-house.ts';

it('finds no fault in the clean house', async () => {
  expect(await faultsWith({})).toEqual([]);
});

it('catches an import of a room on the same floor or above', async () => {
  const faults = await faultsWith({
    'foundation/host/package.json': manifest('host', ['sim'], ['.', './contract']),
    'foundation/host/tsconfig.json': tsconfig(['foundation/sim']),
    'foundation/host/src/up.ts': source("export type { Host } from '@mangrove/sim';"),
  });
  expect(faults).toEqual([
    'foundation/host/src/up.ts:4: imports foundation/sim, which is not on a lower floor than ' +
      'foundation/host',
  ]);
});

it('catches it in dynamic imports, import types and tests too', async () => {
  const faults = await faultsWith({
    'systems/raft/package.json': manifest('raft', ['host', 'sim', 'kv'], ['.', './node']),
    'systems/raft/tsconfig.json': tsconfig(['foundation/host', 'foundation/sim', 'systems/kv']),
    'systems/raft/src/shell/late.ts': source(
      "export const late = () => import('@mangrove/kv');\n" +
        "export type Put = typeof import('@mangrove/kv').put;",
    ),
    'systems/raft/test/up.test.ts': source("import '@mangrove/kv';"),
  });
  const sentence = 'imports systems/kv, which is not on a lower floor than systems/raft';
  expect(faults).toEqual([
    `systems/raft/src/shell/late.ts:4: ${sentence}`,
    `systems/raft/src/shell/late.ts:5: ${sentence}`,
    `systems/raft/test/up.test.ts:4: ${sentence}`,
  ]);
});

it('is not misled by what only looks like an import', async () => {
  const faults = await faultsWith({
    'systems/raft/src/shell/near.ts': source(
      "// import { put } from '@mangrove/kv';\n" +
        'export const text = "import { put } from \'@mangrove/kv\'";\n' +
        "export const template = `\nimport '@mangrove/kv';\n$" +
        '{text}`;\n' +
        "export const pattern = /import '@mangrove\\/kv'/;",
    ),
  });
  expect(faults).toEqual([]);
});

it('catches a room that stands on no floor', async () => {
  expect(await faultsWith({ 'systems/attic/package.json': manifest('attic', [], []) })).toEqual([
    'systems/attic/package.json: systems/attic stands on no floor',
  ]);
});

it('lets only tests and benchmarks import a tool, and no tool import the house', async () => {
  const faults = await faultsWith({
    'foundation/sim/package.json': manifest('sim', ['host', 'kit']),
    'foundation/sim/src/kit.ts': source("export { port } from '@mangrove/kit/node';"),
    'foundation/sim/test/kit.test.ts': source("import '@mangrove/kit/node';"),
    'foundation/sim/bench/kit.ts': source("import '@mangrove/kit/node';"),
    'tools/kit/package.json': manifest('kit', ['host'], ['./node']),
    'tools/kit/src/host.ts': source("export type { NodeId } from '@mangrove/host';"),
  });
  expect(faults).toEqual([
    'foundation/sim/src/kit.ts:4: imports tools/kit: only tests and benchmarks import a tool',
    'tools/kit/src/host.ts:4: imports foundation/host: a tool imports nothing of the house',
  ]);
});

it('lets only apps import an example', async () => {
  const faults = await faultsWith({
    'systems/kv/package.json': manifest('kv', ['raft', 'first']),
    'systems/kv/tsconfig.json': tsconfig(['systems/raft', 'examples/first']),
    'systems/kv/src/first.ts': source("export type { NodeId } from '@mangrove/first';"),
    'tsconfig.build.json': tsconfig(
      [
        ...['foundation/host', 'foundation/sim', 'systems/raft', 'systems/kv', 'examples/first'],
        'apps/lab',
      ],
      '',
    ),
    'apps/lab/package.json': manifest('lab', ['first']),
    'apps/lab/tsconfig.json': tsconfig(['examples/first']),
    'apps/lab/src/index.ts': source("export type { NodeId } from '@mangrove/first';"),
  });
  expect(faults).toEqual([
    'systems/kv/src/first.ts:4: imports examples/first: only apps import an example',
  ]);
});
