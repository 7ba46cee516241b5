/**
 * Shows `mangrove check` as a shell sees it: verdicts, explanations, formats, standard input, and
 * what is no history.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BIN, mangrove, start } from './command.ts';
import { catches, until } from './processes.ts';

// Each test starts many processes, which takes long on a busy machine.
vi.setConfig({ testTimeout: 40_000 });
afterAll(() => vi.resetConfig());

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
    'linearizable (register): valid',
    expect.stringContaining('2 operations on 1 key (2 ok, 0 failed, 0 not known), read as json'),
  ]);
});

it('says invalid, why, and draws it', async () => {
  const { code, output } = await check(jsonLines(STALE), '--model', 'register', '--initial', '0');
  expect(code).toBe(1);
  expect(output).toContain('linearizable (register): INVALID');
  expect(output).toMatch(/c1 {2}\|[-=]+ write 1 [-=]+\|/);
  expect(output).toMatch(/c2 +\|[-=]+ read -> 0 [-=]+\|/);
});

it('finds the format by itself, on standard input too', async () => {
  const bars = [edn(STALE), `; a comment\n[${edn(STALE)}]`];
  for (const text of bars) {
    const { code, output } = await check(text);
    expect(output).toContain('read as jepsen-edn');
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

/** Every walk through all pairs of eight values is a way to try; none leads to the read. */
function hopeless(): string {
  const values = Array.from({ length: 8 }, (_, value) => value);
  const pairs = values.flatMap((from) => values.map((to) => [from, to]));
  const open = pairs
    .filter(([from, to]) => from !== to)
    .map((pair, index): Line => [`c${index}`, 'invoke', 'cas', pair]);
  return jsonLines([...open, ['c90', 'invoke', 'read'], ['c90', 'ok', 'read', 8]]);
}

it('does not call it valid when it could not be decided in time', async () => {
  const { code, output } = await check(hopeless(), '--initial', '0', '--timeout', '0.000001');
  expect(output).toContain('It is not known: the time was up before it was decided.');
  expect(code).toBe(2);
});

it('says unknown when its memory does not hold the history', async () => {
  const file = join(folder, 'history');
  const pair = (at: number): readonly Line[] => [
    ['c1', 'invoke', 'write', at],
    ['c1', 'ok', 'write', at],
  ];
  writeFileSync(file, jsonLines(Array.from({ length: 120_000 }, (_, at) => pair(at)).flat()));
  const args = ['--max-old-space-size=30', BIN, 'check', file, '--model', 'register'];
  const { code, output } = await start(process.execPath, args).outcome;
  expect(output).toContain('It is not known: the memory did not hold the history and the search.');
  expect(code).toBe(2);
});

it('is ended by a signal while it judges', async () => {
  const file = join(folder, 'history');
  writeFileSync(file, hopeless());
  const { child, outcome } = start(process.execPath, [BIN, 'check', file, '--initial', '0']);
  await until(() => catches(child.pid ?? -1, constants.signals.SIGHUP));
  child.kill('SIGINT');
  expect(await outcome).toEqual({ code: 130, by: null, output: '', complaints: '' });
});

it('judges transactions by the level that is asked for', async () => {
  // Each of two transactions misses what the other one appended: write skew.
  const transaction = (name: string, own: string, other: string): readonly Line[] => [
    [
      name,
      'invoke',
      'txn',
      [
        ['r', other, null],
        ['append', own, 1],
      ],
    ],
    [
      name,
      'ok',
      'txn',
      [
        ['r', other, []],
        ['append', own, 1],
      ],
    ],
  ];
  const [first = [], second = []] = [transaction('c1', 'x', 'y'), transaction('c2', 'y', 'x')];
  const reads: readonly Line[] = ['x', 'y'].flatMap((key): readonly Line[] => [
    ['c3', 'invoke', 'txn', [['r', key, null]]],
    ['c3', 'ok', 'txn', [['r', key, [1]]]],
  ]);
  const begins = [first, second].map((lines) => lines[0] as Line);
  const ends = [first, second].map((lines) => lines[1] as Line);
  const text = jsonLines([...begins, ...ends, ...reads]);
  const skewed = await check(text, '--model', 'serializable');
  expect(skewed.output).toContain('serializable (list-append): INVALID');
  expect(skewed.output).toContain('The anomalies of all levels: G2-item.');
  expect(skewed.code).toBe(1);
  expect((await check(text, '--model', 'snapshot-isolation')).code).toBe(0);
  const found = await check(text);
  expect(found.output).toContain('strict-serializable (list-append): INVALID');
});

it('reads the texts of others', async () => {
  const awdit = await check(
    'w 0 1\n-----\nw 0 2\n=====\nr 0 2\n-----\nr 0 1\n',
    '--model',
    'causal',
  );
  expect(awdit.output).toContain('read as awdit');
  expect(awdit.code).toBe(1);
  const polysi = await check('w(1,1,0,0)\nr(1,1,1,1)\n');
  expect(polysi.output).toContain('read as polysi');
  const log = [
    'INFO  jepsen.util - 0\t:invoke\t:write\t3',
    'INFO  jepsen.util - 0\t:ok\t:write\t3',
    'INFO  jepsen.util - 1\t:invoke\t:read\tnil',
    'INFO  jepsen.util - 1\t:ok\t:read\t3',
  ];
  const jepsen = await check(`${log.join('\n')}\n`);
  expect(jepsen.output).toContain('read as jepsen-log');
  expect(jepsen.code).toBe(0);
});

it('cannot run on what is no history, and says where it is broken', async () => {
  const broken = await check(`${jsonLines(VALID)}\n{"atMs":`);
  expect(broken.code).toBe(3);
  expect(broken.complaints).toContain('history cannot be judged: line 5: is not JSON');
  const strange = await check(
    jsonLines([
      ['c1', 'invoke', 'pop'],
      ['c1', 'ok', 'pop', 1],
    ]),
  );
  expect(strange.code).toBe(3);
  expect(strange.complaints).toContain('cannot be judged: line 1: the model register');
  const missing = await mangrove('check', join(folder, 'missing'));
  expect(missing.code).toBe(3);
  expect(missing.complaints).toContain('missing cannot be read: ENOENT');
  for (const { complaints } of [broken, strange, missing]) {
    expect(complaints.trim().split('\n')).toHaveLength(1);
  }
});

it('lists every check, for people and for machines', async () => {
  const { code, output } = await mangrove('check', '--list');
  expect(code).toBe(0);
  const listed = JSON.parse((await mangrove('check', '--list', '--json')).output);
  expect(listed.length).toBeGreaterThan(50);
  for (const { name, sentence } of listed) {
    expect(output).toMatch(new RegExp(`^  ${name} +${sentence.slice(0, 20)}`, 'm'));
  }
});

it('hands settings to the check', async () => {
  const takes = jsonLines(
    [1, 2, 3].flatMap((client): readonly Line[] => [
      [`c${client}`, 'invoke', 'take'],
      [`c${client}`, 'ok', 'take', true],
    ]),
  );
  const options = ['--model', 'rate-bound', '--set', 'windowMs=1000'];
  const three = await check(takes, ...options, '--set', 'limit=2');
  expect(three.code).toBe(1);
  expect(three.output).toContain('over-limit');
  expect((await check(takes, ...options, '--set', 'limit=3')).code).toBe(0);
});

it('takes a wrong model or timeout for wrong usage', async () => {
  const model = await check(jsonLines(VALID), '--model', 'stack');
  expect(model.code).toBe(64);
  expect(model.complaints).toContain('there is no model or check "stack": `mangrove check --list`');
  const setting = await check(jsonLines(VALID), '--model', 'rate-bound', '--set', 'limit=1');
  expect(setting.code).toBe(64);
  expect(setting.complaints).toContain('windowMs is undefined, but must be a positive number');
  const absent = await mangrove('check');
  expect(absent.code).toBe(64);
  expect(absent.complaints).toContain('there is no file to judge');
  const initial = await check(jsonLines(VALID), '--initial', '{');
  expect(initial.code).toBe(64);
  expect(initial.complaints).toContain('It is to be JSON');
  const timeout = await check(jsonLines(VALID), '--timeout', 'soon');
  expect(timeout.code).toBe(64);
  expect(timeout.complaints).toContain("'soon'");
});
