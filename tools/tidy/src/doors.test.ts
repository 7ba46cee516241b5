/**
 * Shows that packages are entered by their doors only: each way in by a window is planted.
 */
import { expect, it } from 'vitest';
import { faultsWith, manifest, source } from '../test/planted-house.ts';

it('catches a relative path into another package, from a test too', async () => {
  const faults = await faultsWith({
    'foundation/sim/src/window.ts': source("export type { Host } from '../../host/src/index.ts';"),
    'foundation/sim/test/window.test.ts': source("import '../../host/src/index.ts';"),
  });
  const sentence =
    'enters foundation/host by the window (../../host/src/index.ts): import its package by name';
  expect(faults).toEqual([
    `foundation/sim/src/window.ts:4: ${sentence}`,
    `foundation/sim/test/window.test.ts:4: ${sentence}`,
  ]);
});

it('lets a test reach its own package by a relative path', async () => {
  expect(
    await faultsWith({ 'foundation/sim/test/own.test.ts': source("import '../src/index.ts';") }),
  ).toEqual([]);
});

it('catches an entry where there is no door, and a package that does not exist', async () => {
  const faults = await faultsWith({
    'foundation/sim/src/wall.ts': source(
      "export type { A } from '@mangrove/host/src/ids.ts';\n" +
        "export type { B } from '@mangrove/host/node';\n" +
        "export type { C } from '@mangrove/hots';\n" +
        "export { cases } from '@mangrove/host/contract';",
    ),
  });
  expect(faults).toEqual([
    'foundation/sim/src/wall.ts:4: imports @mangrove/host/src/ids.ts: @mangrove/host has no door ' +
      './src/ids.ts',
    'foundation/sim/src/wall.ts:5: imports @mangrove/host/node: @mangrove/host has no door ./node',
    'foundation/sim/src/wall.ts:6: imports @mangrove/hots: there is no such package',
  ]);
});

it('catches what the manifest does not declare; a test may use a tool undeclared', async () => {
  const faults = await faultsWith({
    'systems/kv/src/undeclared.ts': source("export type { Host } from '@mangrove/host';"),
    'systems/kv/test/undeclared.test.ts': source(
      "import '@mangrove/sim';\nimport '@mangrove/kit/node';",
    ),
  });
  expect(faults).toEqual([
    'systems/kv/src/undeclared.ts:4: imports @mangrove/host, which systems/kv/package.json does ' +
      'not declare',
    'systems/kv/test/undeclared.test.ts:4: imports @mangrove/sim, which systems/kv/package.json ' +
      'does not declare',
  ]);
});

it('takes devDependencies for tests but not for product code', async () => {
  const kv = JSON.parse(manifest('kv', ['raft']));
  const faults = await faultsWith({
    'systems/kv/package.json': JSON.stringify({
      ...kv,
      devDependencies: { '@mangrove/sim': '0.1.0' },
    }),
    'systems/kv/src/shell/sim.ts': source("export type { Host } from '@mangrove/sim';"),
    'systems/kv/test/sim.test.ts': source("import '@mangrove/sim';"),
  });
  expect(faults).toEqual([
    'systems/kv/src/shell/sim.ts:4: imports @mangrove/sim, which systems/kv/package.json does ' +
      'not declare',
  ]);
});

it('catches a package that enters itself', async () => {
  expect(
    await faultsWith({ 'systems/kv/src/self.ts': source("export { put } from '@mangrove/kv';") }),
  ).toEqual([
    'systems/kv/src/self.ts:4: enters its own package as @mangrove/kv: use a relative path',
  ]);
});

it('catches a door that the house lacks, leads out of src or to nothing', async () => {
  const sim = JSON.parse(manifest('sim', ['host']));
  const faults = await faultsWith({
    'foundation/sim/package.json': JSON.stringify({
      ...sim,
      exports: { '.': './lib/index.ts', './node': './src/node.ts', './secret': './src/index.ts' },
    }),
  });
  expect(faults).toEqual([
    'foundation/sim/package.json: the door . leads out of src: ./lib/index.ts',
    'foundation/sim/package.json: the door ./node leads to nothing: ./src/node.ts',
    'foundation/sim/package.json: opens a door the house lacks: ./secret',
  ]);
});
