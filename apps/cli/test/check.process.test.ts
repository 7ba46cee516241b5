/**
 * Shows `mangrove check` as a shell sees it: verdicts, explanations, formats, standard input, and
 * what is no history.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BIN, mangrove, start } from './command.ts';

/** `[process, type, f, value]`, an event each. */
type Line = readonly [process: string, type: string, f: string, value?: unknown];

const VALID: readonly Line[] = [
  ['c1', 'invoke', 'write', 1],
  ['c2', 'invoke', 'read'],
  ['c1', 'ok', 'write', 1],
  ['c2', 'ok', 'read', 0],
];

/** The read begins after the write has ended, and does not see it. */
const STALE: readonly Line[] = [
  ['c1', 'invoke', 'write', 1],
  ['c1', 'ok', 'write', 1],
  ['c2', 'invoke', 'read'],
  ['c2', 'ok', 'read', 0],
];

function jsonLines(lines: readonly Line[]): string {
  return lines
    .map(([process, type, f, value], atMs) => JSON.stringify({ atMs, process, type, f, value }))
    .join('\n');
}

function edn(lines: readonly Line[]): string {
  return lines
    .map(
      ([process, type, f, value]) =>
        `{:process ${process.slice(1)}, :type :${type}, :f :${f}, :value ${value ?? 'nil'}}`,
    )
    .join('\n');
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mangrove-check-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function check(text: string, ...options: readonly string[]) {
  const file = join(folder, 'history');
  writeFileSync(file, text);
  return mangrove('check', file, ...options);
}

it('says valid and what was looked at', async () => {
  const { code, output } = await check(jsonLines(VALID), '--initial', '0');
  expect(code).toBe(0);
  expect(output.split('\n').slice(0, 2)).toEqual([
    'linearizable (cas-register): valid',
    expect.stringContaining('2 operations on 1 key (2 ok, 0 failed, 0 not known), read as json'),
  ]);
});

it('says invalid, why, and draws it', async () => {
  const { code, output } = await check(jsonLines(STALE), '--model', 'register');
  expect(code).toBe(1);
  expect(output).toContain('linearizable (register): INVALID');
  expect(output).toMatch(/c1 {2}\|-+ write 1 -+\|/);
  expect(output).toMatch(/c2 +\|=+ read -> 0 =+\|/);
});

it('finds the format by itself, on standard input too', async () => {
  const bars = [edn(STALE), `; a comment\n[${edn(STALE)}]`];
  for (const text of bars) {
    const { code, output } = await check(text);
    expect(output).toContain('read as edn');
    expect(code).toBe(1);
  }
  const piped = start(process.execPath, [BIN, 'check', '-'], { input: jsonLines(STALE) });
  expect((await piped.outcome).code).toBe(1);
});

it('gives the whole verdict to a machine', async () => {
  const { code, output, complaints } = await check(jsonLines(STALE), '--json');
  expect({ code, complaints }).toEqual({ code: 1, complaints: '' });
  const verdict = JSON.parse(output);
  expect(verdict).toMatchObject({ format: 'json-lines', type: 'invalid' });
  expect(verdict.violations[0].operations.length).toBeGreaterThan(0);
});

it('does not call it valid when it could not be decided in time', async () => {
  // Every walk through all pairs of eight values is a way to try.
  const values = Array.from({ length: 8 }, (_, value) => value);
  const pairs = values.flatMap((from) => values.map((to) => [from, to]));
  const open = pairs
    .filter(([from, to]) => from !== to)
    .map((pair, index): Line => [`c${index}`, 'invoke', 'cas', pair]);
  const read: readonly Line[] = [
    ['c90', 'invoke', 'read'],
    ['c90', 'ok', 'read', 8],
  ];
  const { code, output } = await check(
    jsonLines([...open, ...read]),
    ...['--initial', '0', '--timeout', '0.000001'],
  );
  expect(output).toContain('It is not known: the time was up before it was decided.');
  expect(code).toBe(2);
});

it('cannot run on what is no history, and says where it is broken', async () => {
  const broken = await check(`${jsonLines(VALID)}\n{"atMs":`);
  expect(broken.code).toBe(3);
  expect(broken.complaints).toContain(
    'is no history in the format json-lines: line 5: is not JSON',
  );
  const strange = await check(
    jsonLines([
      ['c1', 'invoke', 'pop'],
      ['c1', 'ok', 'pop', 1],
    ]),
  );
  expect(strange.code).toBe(3);
  expect(strange.complaints).toContain('the history cannot be judged');
  const missing = await mangrove('check', join(folder, 'missing'));
  expect(missing.code).toBe(3);
  expect(missing.complaints).toContain('missing cannot be read: ENOENT');
  for (const { complaints } of [broken, strange, missing]) {
    expect(complaints.trim().split('\n')).toHaveLength(1);
  }
});

it('takes a wrong model or timeout for wrong usage', async () => {
  const model = await check(jsonLines(VALID), '--model', 'stack');
  expect(model.code).toBe(64);
  expect(model.complaints).toContain('there is no model "stack": give --model one of ');
  const initial = await check(jsonLines(VALID), '--initial', '{');
  expect(initial.code).toBe(64);
  expect(initial.complaints).toContain('It is to be JSON');
  const timeout = await check(jsonLines(VALID), '--timeout', 'soon');
  expect(timeout.code).toBe(64);
  expect(timeout.complaints).toContain("'soon'");
});
