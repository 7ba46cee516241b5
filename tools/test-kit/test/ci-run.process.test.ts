/**
 * Shows that `.ci/run` notices every failure and ends with the closing line of the tests: the
 * script runs in a folder of its own, with an `npm` that does as it is told.
 */
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import process from 'node:process';
import { beforeEach, expect, it } from 'vitest';
import { skipUnless, timeout } from '../src/needs.ts';

const SCRIPT = resolve(import.meta.dirname, '../../../.ci/run');

const REPLAY = 'exec --silent -- mangrove replay results/demo.html';

/** What `npm` does where nothing else is said: the main job leaves a page, which replays. */
const ALL_WELL = {
  start: 'mkdir -p results; echo page >results/demo.html; echo the main job',
  [REPLAY]: 'echo the same run as in the file: hash 1; exit 1',
};

/** Runs the script. What `npm` does for each command is in `steps`; for others it succeeds. */
async function runCi(steps: Readonly<Record<string, string>>): Promise<{
  readonly lines: readonly string[];
  readonly code: number | null;
}> {
  const root = mkdtempSync(join(tmpdir(), 'mangrove-ci-'));
  try {
    for (const folder of ['.ci', 'bin']) mkdirSync(join(root, folder));
    copyFileSync(SCRIPT, join(root, '.ci/run'));
    const cases = Object.entries({ ...ALL_WELL, ...steps }).map(
      ([step, does]) => `'${step}') ${does} ;;`,
    );
    const npm = ['#!/bin/sh', 'case "$*" in', ...cases, 'esac'].join('\n');
    writeFileSync(join(root, 'bin/npm'), `${npm}\n`);
    for (const program of ['.ci/run', 'bin/npm']) chmodSync(join(root, program), 0o755);
    return await collect(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function collect(root: string): Promise<{ lines: readonly string[]; code: number | null }> {
  const child = spawn(join(root, '.ci/run'), [], {
    cwd: tmpdir(),
    env: { ...process.env, PATH: `${join(root, 'bin')}${delimiter}${process.env['PATH'] ?? ''}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.on('data', (bytes) => {
    printed += bytes;
  });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code) => done({ code, lines: printed.trimEnd().split('\n') }));
  });
}

const TESTS_PASS = "printf '1 passed\\n\\033[32m3 passed, 0 failed, 1 skipped\\033[39m\\n'";

beforeEach((context) => {
  skipUnless(context, timeout);
});

it('runs every step in its order and ends with the closing line of the tests', async () => {
  const { lines, code } = await runCi({ test: TESTS_PASS });
  expect(code).toBe(0);
  expect(lines.at(-1)).toBe('3 passed, 0 failed, 1 skipped');
  const steps = lines.flatMap((line) => /^== (\w+): /.exec(line)?.[1] ?? []);
  expect(steps).toEqual([
    ...[
      'install',
      'packages',
      'lint',
      'types',
      'purity',
      'tidy',
      'build',
      'test',
      'main',
      'replay',
    ],
  ]);
  expect(lines.indexOf('the main job')).toBeGreaterThan(lines.indexOf('1 passed'));
  expect(lines.some((line) => /^total +\d+ s of 1200 s$/.test(line))).toBe(true);
});

it('goes on after a failed step, and fails at the end', async () => {
  for (const step of ['run --silent lint', 'run --silent tidy', 'run --silent needs', 'start']) {
    const { lines, code } = await runCi({ [step]: 'exit 3', test: TESTS_PASS });
    expect(code, step).toBe(1);
    expect(lines.filter((line) => line.startsWith('FAILED: '))).toHaveLength(1);
    expect(lines.at(-1)).toBe('3 passed, 0 failed, 1 skipped');
  }
});

it('fails when the main job leaves no page, or one that replays to another run', async () => {
  const other = { [REPLAY]: 'echo ANOTHER RUN than the one in the file: hash 1, then 2' };
  for (const steps of [{ start: 'echo the main job' }, { [REPLAY]: 'exit 3' }, other]) {
    const { lines, code } = await runCi({ test: TESTS_PASS, ...steps });
    expect(code).toBe(1);
    expect(lines.filter((line) => line.startsWith('FAILED: '))).toEqual([
      'FAILED: replay (exit code 1)',
    ]);
  }
});

it('fails when tests fail, or end without their closing line', async () => {
  const told = "echo 'failed: a.test.ts > breaks: no'; echo '2 passed, 1 failed, 0 skipped'";
  const failing = await runCi({ test: `${told}; exit 1` });
  expect(failing.code).toBe(1);
  // Said again at the end, where one who sees only that looks for it.
  expect(failing.lines.slice(-3, -1)).toEqual([
    'FAILED: test (exit code 1)',
    '  failed: a.test.ts > breaks: no',
  ]);
  expect(failing.lines.at(-1)).toBe('2 passed, 1 failed, 0 skipped');
  const silent = await runCi({ test: 'echo 2 passed' });
  expect(silent.code).toBe(1);
  expect(silent.lines).toContain('FAILED: the tests did not come to their closing line');
});

it('does nothing more when the installation fails', async () => {
  const { lines, code } = await runCi({ ci: 'exit 1', test: TESTS_PASS });
  expect(code).toBe(1);
  expect(lines).toContain('FAILED: install (exit code 1)');
  expect(lines.some((line) => line.startsWith('== test'))).toBe(false);
});
