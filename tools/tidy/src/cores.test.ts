/**
 * Shows that a core stays pure and synchronous: each impurity is planted in one.
 */
import { expect, it } from 'vitest';
import { faultsWith, source } from '../test/planted-house.ts';

const CORE = 'systems/raft/src/core/planted.ts';

function faultsInCore(code: string): Promise<readonly string[]> {
  return faultsWith({ [CORE]: source(code) });
}

it('catches a core that imports its shell, client or protocol', async () => {
  expect(
    await faultsInCore("import { run } from '../shell/run.ts';\nexport const x = run;"),
  ).toEqual([`${CORE}:4: a core imports its own core only, not ../shell/run.ts`]);
  expect(await faultsInCore("export type { C } from '../client/session.ts';")).toEqual([
    `${CORE}:4: a core imports its own core only, not ../client/session.ts`,
  ]);
});

it('catches the Host in a core, as a type too, and lets its values pass', async () => {
  expect(
    await faultsInCore(
      "import type { Disk as D, Host } from '@mangrove/host';\nexport type X = D | Host;",
    ),
  ).toEqual([`${CORE}:4: a core does not see the Host: Disk, Host`]);
  expect(
    await faultsInCore("import * as host from '@mangrove/host';\nexport type X = host.Host;"),
  ).toEqual([`${CORE}:4: a core names what it takes of @mangrove/host`]);
  expect(await faultsInCore("export type { NodeId } from '@mangrove/host';")).toEqual([]);
});

it('catches other packages in a core: the simulator, Node.js, the npm registry', async () => {
  expect(
    await faultsInCore("import '@mangrove/sim';\nimport 'node:fs';\nimport 'left-pad';"),
  ).toEqual([
    `${CORE}:4: a core does not import @mangrove/sim`,
    `${CORE}:5: a core imports no foreign package: node:fs`,
    `${CORE}:6: a core imports no foreign package: left-pad`,
  ]);
});

it('lets a core take the core of a system below, and nothing else of it', async () => {
  const path = 'systems/kv/src/core/planted.ts';
  const faults = await faultsWith({
    [path]: source(
      "import { run, step } from '@mangrove/raft';\n" +
        "import { port } from '@mangrove/raft/node';\nexport const x = [run, step, port] as const;",
    ),
  });
  expect(faults).toEqual([
    `${path}:4: a core takes of @mangrove/raft what is not of its core: run`,
    `${path}:5: a core enters by the pure door only: @mangrove/raft/node`,
  ]);
});

it('catches async, await, for await and promises in a core', async () => {
  const faults = await faultsInCore(
    [
      'export async function a(): Promise<void> {',
      '  await b();',
      '  for await (const x of c) d(x);',
      '}',
      'const b = async () => {};',
      'declare const c: AsyncIterable<number>;',
      'const d = (x: number) => Promise.resolve(x);',
    ].join('\n'),
  );
  const says = (line: number, what: string) => `${CORE}:${line}: a core is synchronous: ${what}`;
  expect(faults).toEqual([
    says(4, 'async'),
    says(4, 'Promise'),
    says(5, 'await'),
    says(6, 'for await'),
    says(8, 'async'),
    says(9, 'AsyncIterable'),
    says(10, 'Promise'),
  ]);
});

it('is not misled by words in comments and strings, nor by tests and shells', async () => {
  expect(
    await faultsWith({
      [CORE]: source(
        "// An async await of a Promise.\nexport type M = { type: 'async' };\n" +
          "export const promise = 'Promise';",
      ),
      'systems/raft/src/core/planted.test.ts': source(
        "import { it } from 'vitest';\nit('runs', async () => { await Promise.resolve(); });",
      ),
      'systems/raft/src/shell/planted.ts': source('export const wait = async () => undefined;'),
    }),
  ).toEqual([]);
});
