/**
 * Shows that a file must say what it is, stay small, carry a name that says something, export
 * names.
 */
import { expect, it } from 'vitest';
import { faultsWith, source } from '../test/planted-house.ts';

const PATH = 'foundation/sim/src/planted.ts';

function faultsOf(text: string, path = PATH): Promise<readonly string[]> {
  return faultsWith({ [path]: text });
}

it('catches a file that does not open with a sentence', async () => {
  const none = [`${PATH}:1: does not open with a doc comment`];
  expect(await faultsOf('export const x = 1;\n')).toEqual(none);
  expect(await faultsOf('/* A plain comment here. */\nexport const x = 1;\n')).toEqual(none);
  expect(await faultsOf("import './index.ts';\n/** Too late to say it. */\n")).toEqual(none);
  const vague = [`${PATH}:1: does not open with a sentence that says what it is`];
  expect(await faultsOf('/** planted things */\nexport const x = 1;\n')).toEqual(vague);
  expect(await faultsOf('/** Planted. */\nexport const x = 1;\n')).toEqual(vague);
  expect(await faultsOf('/**\n * No full stop here\n *\n * Here is one.\n */\n')).toEqual(vague);
});

it('lets the sentence stand on one line or more, after a #! line, before a diagram', async () => {
  expect(await faultsOf('/** Holds one constant only. */\nexport const x = 1;\n')).toEqual([]);
  expect(await faultsOf('/**\n * Holds one\n * constant:\n *\n *    x --> 1\n */\n')).toEqual([]);
  expect(await faultsOf('#!/usr/bin/env node\n/** Runs the thing. */\n')).toEqual([]);
});

it('catches a file of 501 lines, not one of 500 with blank lines between', async () => {
  const fill = (count: number) =>
    '/** Holds many lines of code. */\n'.padEnd(33) + '\n//'.repeat(count);
  expect(await faultsOf(`${fill(499)}\n\n\n`)).toEqual([]);
  expect(await faultsOf(fill(500))).toEqual([
    `${PATH}: has 501 lines that are not blank, at most 500`,
  ]);
});

it('catches a line of 101 columns, unless it holds a URL', async () => {
  const line = (text: string) => source(`// ${text}`);
  expect(await faultsOf(line('x'.repeat(97)))).toEqual([]);
  expect(await faultsOf(line('x'.repeat(98)))).toEqual([
    `${PATH}:4: has a line of 101 columns, at most 100`,
  ]);
  expect(await faultsOf(line(`https://example.org/${'x'.repeat(98)}`))).toEqual([]);
});

it('catches names that say nothing, of files and of folders', async () => {
  const text = source('export const x = 1;');
  for (const name of [
    'utils',
    'string-utils',
    'helpers',
    'test-helper',
    'common',
    'misc',
    'types',
  ]) {
    expect(await faultsOf(text, `foundation/sim/src/${name}.ts`)).toEqual([
      `foundation/sim/src/${name}.ts: "${name}" says nothing: name what it holds`,
    ]);
  }
  expect(await faultsOf(text, 'foundation/sim/src/common/clock.ts')).toEqual([
    'foundation/sim/src/common/clock.ts: "common" says nothing: name what it holds',
  ]);
  expect(await faultsOf(text, 'foundation/sim/src/value-types-table.ts')).toEqual([]);
});

it('catches exports without a name', async () => {
  const unnamed = [`${PATH}:4: exports something without its name`];
  expect(await faultsOf(source('export default 1;'))).toEqual(unnamed);
  expect(await faultsOf(source('export default function planted() {}'))).toEqual(unnamed);
  expect(await faultsOf(source("export * as all from './index.ts';"))).toEqual(unnamed);
  expect(await faultsOf(source("export * from './index.ts';"))).toEqual([
    `${PATH}:4: exports *: name what it exports`,
  ]);
  const config = 'foundation/sim/vite.config.ts';
  expect(await faultsOf(source('export default {};'), config)).toEqual([]);
});
