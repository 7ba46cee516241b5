/**
 * Shows what the reporter prints and when it fails a run: small projects are run by the real
 * Vitest.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';

const HOUSE = resolve(import.meta.dirname, '../../..');
const NEEDS = resolve(import.meta.dirname, '../src/needs.ts');
const BUDGETS =
  '{ suiteSeconds: 60, usualSeconds: 2, roomSeconds: { "systems/a": 30, "systems/b": 30 } }';

/** What a run printed, line by line, and its exit code. */
interface Run {
  readonly lines: readonly string[];
  readonly code: number | null;
}

async function runVitest(
  files: Readonly<Record<string, string>>,
  { ci = '', budgets = BUDGETS, pace = 1, args = [] as readonly string[] } = {},
): Promise<Run> {
  const root = mkdtempSync(join(tmpdir(), 'mangrove-reporter-'));
  try {
    const node = resolve(import.meta.dirname, '../src/node.ts');
    const config = [
      `import { HouseReporter } from ${JSON.stringify(node)};`,
      `const options = { budgets: ${budgets}, pace: () => ${pace} };`,
      "const reporters = ['default', new HouseReporter(options)];",
      "export default { test: { include: ['**/*.test.ts'], reporters } };",
    ].join('\n');
    for (const [path, text] of Object.entries({ ...files, 'vitest.config.ts': config })) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    symlinkSync(join(HOUSE, 'node_modules'), join(root, 'node_modules'));
    return await collect(root, ci, args);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function collect(root: string, ci: string, args: readonly string[]): Promise<Run> {
  const vitest = join(HOUSE, 'node_modules/vitest/vitest.mjs');
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(CI|VITEST.*|NODE_ENV)$/.test(name),
  );
  const child = spawn(process.execPath, [vitest, 'run', '--root', root, ...args], {
    cwd: root,
    env: { ...Object.fromEntries(inherited), CI: ci, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.on('data', (bytes) => {
    printed += bytes;
  });
  child.stderr.on('data', (bytes) => {
    printed += bytes;
  });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code) => done({ code, lines: printed.trimEnd().split('\n') }));
  });
}

const PASSES = "import { it } from 'vitest';\nit('holds', () => {});\n";
const FAILS = "import { expect, it } from 'vitest';\nit('breaks', () => { expect(1).toBe(2); });\n";
const NEEDY = `
import { it } from 'vitest';
import { skipUnless } from ${JSON.stringify(NEEDS)};
const absent = (name: string) => ({ name, debianPackage: name, look: () => undefined });
it('renders', (context) => { skipUnless(context, absent('chromium')); });
it('renders twice', (context) => { skipUnless(context, absent('chromium')); });
const wings = { name: 'wings', remedy: 'be a bird', look: () => undefined };
it('flies', (context) => { skipUnless(context, wings); });
`;

it('says at the start what it does, and closes with the counts', { timeout: 20_000 }, async () => {
  const { lines, code } = await runVitest({
    'systems/a/x.test.ts': PASSES,
    'systems/b/y.test.ts': PASSES,
  });
  expect(code).toBe(0);
  expect(lines.at(-1)).toBe('2 passed, 0 failed, 0 skipped');
  expect(lines.find((line) => line.startsWith('Runs 2 test files of 2 packages'))).toBeDefined();
  expect(lines.find((line) => line.startsWith('All of them usually take about 2 s'))).toBeDefined();
  expect(lines.some((line) => /^systems\/a +\d+\.\d s of 30 s$/.test(line))).toBe(true);
  expect(lines.some((line) => /^systems\/b +\d+\.\d s of 30 s$/.test(line))).toBe(true);
  expect(lines.some((line) => /^everything, by the clock +\d+\.\d s of 60 s$/.test(line))).toBe(
    true,
  );
});

it('counts failed tests, and files that cannot be loaded', { timeout: 20_000 }, async () => {
  const { lines, code } = await runVitest({
    'systems/a/x.test.ts':
      PASSES +
      FAILS.split('\n')[1]?.replace('expect(1).toBe(2)', 'throw new Error("of two lines\\nhere")'),
    'systems/b/y.test.ts':
      "import { it } from 'vitest';\nit('a', () => {});\nthrow new Error('no');\n",
  });
  expect(code).toBe(1);
  expect(lines.slice(-3)).toEqual([
    'failed: systems/a/x.test.ts > breaks: of two lines',
    'failed: systems/b/y.test.ts: no',
    '1 passed, 2 failed, 0 skipped',
  ]);
});

it('prints each skip with its reason, and passes outside of CI', { timeout: 20_000 }, async () => {
  const { lines, code } = await runVitest({ 'systems/a/x.test.ts': NEEDY });
  expect(code).toBe(0);
  expect(lines).toContain('skipped: needs chromium (Debian package chromium) (2)');
  expect(lines).toContain('skipped: needs wings (be a bird) (1)');
  expect(lines.at(-1)).toBe('0 passed, 0 failed, 3 skipped');
});

it('fails in CI for a skip that could have been prevented, not for others', {
  timeout: 20_000,
}, async () => {
  const { lines, code } = await runVitest(
    { 'systems/a/x.test.ts': PASSES + NEEDY.replace("import { it } from 'vitest';", '') },
    { ci: 'true' },
  );
  expect(code).toBe(1);
  expect(lines).toContain(
    'FAILED: 2 skipped, although CI can install it: needs chromium (Debian package chromium)',
  );
  expect(lines.filter((line) => line.startsWith('FAILED'))).toHaveLength(1);
  expect(lines.at(-1)).toBe('1 passed, 0 failed, 3 skipped');
  const flies = await runVitest(
    { 'systems/a/x.test.ts': NEEDY },
    { ci: 'true', args: ['-t', 'flies'] },
  );
  expect(flies.code).toBe(0);
});

it('fails in CI for a skip without a reason', { timeout: 20_000 }, async () => {
  const { lines, code } = await runVitest(
    { 'systems/a/x.test.ts': `${PASSES}it.skip('later', () => {});\n` },
    { ci: 'true' },
  );
  expect(code).toBe(1);
  expect(lines).toContain('skipped: no reason given (1)');
  expect(lines).toContain('FAILED: 1 skipped without a reason');
});

it('warns of a broken budget, and fails in CI', { timeout: 20_000 }, async () => {
  const budgets = '{ suiteSeconds: 60, usualSeconds: 2, roomSeconds: { "systems/a": 0 } }';
  const files = { 'systems/a/x.test.ts': PASSES, 'systems/b/y.test.ts': PASSES };
  const { lines, code } = await runVitest(files, { budgets });
  expect(code).toBe(0);
  expect(lines.some((line) => /^beware: systems\/a took \d+\.\d s of its 0 s$/.test(line))).toBe(
    true,
  );
  expect(lines).toContain('beware: systems/b has no budget: give it one in budgets.ts');
  const inCi = await runVitest(files, { budgets, ci: '1' });
  expect(inCi.code).toBe(1);
  expect(inCi.lines).toContain('FAILED: systems/b has no budget: give it one in budgets.ts');
  expect(inCi.lines.at(-1)).toBe('2 passed, 0 failed, 0 skipped');
});

it('stretches the budgets of packages on a slow machine', { timeout: 20_000 }, async () => {
  const { lines } = await runVitest({ 'systems/a/x.test.ts': PASSES }, { pace: 2 });
  expect(lines).toContain(
    'starting a process takes 2.0 times what the budgets count with: those of packages stretch',
  );
  expect(lines.some((line) => /^systems\/a +\d+\.\d s of 60 s$/.test(line))).toBe(true);
  expect(lines.some((line) => /^everything, by the clock +\d+\.\d s of 60 s$/.test(line))).toBe(
    true,
  );
});
