/**
 * Shows what `mangrove bench` prints and how it ends, in houses of planted benchmarks that run as
 * real processes.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CommandError } from '../command-error.ts';
import { createTerminal } from '../terminal.ts';
import { benchCommand } from './bench-command.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mangrove-cli-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function plant(file: string, body: string): void {
  const folder = join(root, 'foundation/sim/bench');
  mkdirSync(folder, { recursive: true });
  const row = `{ bench: '${file}', case: 'c', unit: 'ms', ours: 1, reference: 2, ratio: 0.5 }`;
  const code = `const row = ${row};\nexport const bench = { async run(report) { ${body} } };\n`;
  writeFileSync(join(folder, `${file}.ts`), code);
}

const MET = "report({ ...row, goal: 'ours <= 3', met: true });";
const MISSED = "report({ ...row, goal: 'ours <= 0', met: false });";
const REPORTED = "report({ ...row, goal: '', met: true });";

async function run(options: { name?: string; isJson?: boolean } = {}) {
  const [output, progress]: [string[], string[]] = [[], []];
  const ending = await benchCommand({
    root,
    name: options.name,
    isJson: options.isJson ?? false,
    isList: false,
    terminal: createTerminal(
      { write: (text) => output.push(text) },
      { write: (text) => progress.push(text) },
    ),
    signal: new AbortController().signal,
  });
  return { ending, output: output.join(''), progress: progress.join('') };
}

it('is valid when every goal is met, and where there is none', async () => {
  plant('good', MET);
  plant('told', REPORTED);
  const { ending, output, progress } = await run();
  expect(ending).toBe('valid');
  expect(output.split('\n')).toEqual([
    'bench  case  ours  reference  ratio  goal',
    'good   c     1 ms          2  0.500  ours <= 3: met',
    'told   c     1 ms          2  0.500',
    '',
  ]);
  expect(progress).toContain('[1/2] sim/good\n[2/2] sim/told\n2 figures, 1 of 1 goals met.');
});

it('is invalid when a goal is missed, also when another benchmark fails', async () => {
  plant('bad', MISSED);
  plant('broken', 'throw new Error("no port");');
  plant('good', MET);
  const { ending, output, progress } = await run();
  expect(ending).toBe('invalid');
  expect(output).toContain('ours <= 0: MISSED');
  expect(progress).toContain('sim/broken could not run: Error: no port');
  expect(progress).toContain('2 figures, 1 of 2 goals met, 1 could not run.');
});

it('could not run when a benchmark fails, and runs the others all the same', async () => {
  plant('broken', 'process.exit(2);');
  plant('good', MET);
  const { ending, output } = await run();
  expect(ending).toBe('could-not-run');
  expect(output).toContain('ours <= 3: met');
});

it('gives one JSON object a line, with the fields as they were reported', async () => {
  plant('good', MET + MISSED);
  const { output } = await run({ isJson: true });
  const rows = output.trim().split('\n');
  expect(rows.map((line) => JSON.parse(line).met)).toEqual([true, false]);
  expect(JSON.parse(rows[0] ?? '')).toEqual({
    ...{ bench: 'good', case: 'c', unit: 'ms', ours: 1, reference: 2, ratio: 0.5 },
    ...{ goal: 'ours <= 3', met: true },
  });
});

it('refuses a name that means nothing, and a house without benchmarks', async () => {
  await expect(run()).rejects.toThrow(CommandError);
  await expect(run()).rejects.toMatchObject({ ending: 'could-not-run' });
  plant('good', MET);
  await expect(run({ name: 'goof' })).rejects.toMatchObject({ ending: 'usage' });
});
