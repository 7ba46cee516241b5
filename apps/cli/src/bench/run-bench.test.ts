/**
 * Shows what becomes of a benchmark that works, lies, fails, hangs or is interrupted: each is a
 * file of its own, run in a real process.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchRow } from '@mangrove/experiment';
import { processFiles, skipUnless } from '@mangrove/test-kit/node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isGone } from '../../test/processes.ts';
import { Interrupted } from '../command-error.ts';
import { runBench } from './run-bench.ts';

const ROW: BenchRow = {
  ...{ bench: 'b', case: 'c', ours: 1, reference: 2, unit: 'ms', ratio: 0.5 },
  ...{ goal: '', met: true },
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mangrove-cli-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(body: string): string {
  const path = join(folder, 'planted.mjs');
  const row = JSON.stringify(ROW);
  const head = "import { spawn } from 'node:child_process';\n";
  writeFileSync(
    path,
    `${head}const row = ${row};\nexport const bench = { async run(report) { ${body} } };\n`,
  );
  return path;
}

function run(body: string, limitMs?: number) {
  const rows: BenchRow[] = [];
  const options = {
    signal: new AbortController().signal,
    onRow: (row: BenchRow) => rows.push(row),
  };
  return runBench(write(body), limitMs === undefined ? options : { ...options, limitMs });
}

it('gives the rows of a benchmark that works', async () => {
  const { rows, failure } = await run('report(row); report({ ...row, case: "d" });');
  expect(failure).toBeUndefined();
  expect(rows).toEqual([ROW, { ...ROW, case: 'd' }]);
});

it('says why a benchmark failed, and keeps the rows that came before', async () => {
  const { rows, failure } = await run('report(row); throw new Error("no port");');
  expect(rows).toEqual([ROW]);
  expect(failure).toContain('no port');
  expect((await run('process.exit(7);')).failure).toBe('its process ended with exit code 7');
  expect((await run('process.kill(process.pid, "SIGKILL");')).failure).toBe(
    'its process was ended by SIGKILL',
  );
});

it('takes silence, and what is no row, for a failure', async () => {
  expect((await run('')).failure).toBe('it reported nothing');
  const rest = await run('report({ ...row, ratio: row.ours / 0 });');
  expect(rest.failure).toBe('its row "b, c" has no figure `ratio`: null');
  expect(rest.rows).toEqual([]);
  expect((await run('report({ ...row, unit: undefined });')).failure).toContain('`unit`');
});

it('ends a benchmark that does not come to its end', async () => {
  const { failure } = await run('setInterval(() => {}, 1_000); await new Promise(() => {});', 600);
  expect(failure).toBe('it did not end within 0.6 s');
});

it('ends what the benchmark started together with it', async (context) => {
  skipUnless(context, processFiles);
  const pidPath = join(folder, 'pid');
  const starts = `
    const args = ['-e', 'setInterval(() => {}, 1000)'];
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    (await import('node:fs')).writeFileSync(${JSON.stringify(pidPath)}, String(child.pid));`;
  const controller = new AbortController();
  const running = runBench(write(`${starts} report(row); await new Promise(() => {});`), {
    signal: controller.signal,
    onRow: () => controller.abort(),
  });
  await expect(running).rejects.toThrow(Interrupted);
  await gone(Number(readFileSync(pidPath, 'utf8')));
  // Also when it forgets it and ends well.
  await run(`${starts} child.unref(); report(row);`);
  await gone(Number(readFileSync(pidPath, 'utf8')));
});

/** Resolves once the process has gone; the test's time limit is the bound. */
async function gone(pid: number): Promise<void> {
  while (!isGone(pid)) await new Promise((resolve) => setImmediate(resolve));
}
