/**
 * Shows `mangrove lab` and `mangrove replay` as a shell sees them: verdicts, plans that replay,
 * wrong names and files, and that a signal ends processes and threads.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { checkTextTask, finishTask } from '@mangrove/check';
import { CATALOG } from '@mangrove/lab/node';
import { processFiles, script, skipUnless } from '@mangrove/test-kit/node';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BIN, mangrove, ROOT, start } from './command.ts';
import { commandLine, isGone, treeOf, until } from './processes.ts';

// Each test starts many processes, which takes long on a busy machine.
vi.setConfig({ testTimeout: 120_000 });
afterAll(() => vi.resetConfig());

const BUG = 'register-read-without-write-back';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mangrove-lab-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function linesOf(output: string): readonly string[] {
  return output.trimEnd().split('\n');
}

function json(output: string): Record<string, unknown> {
  return JSON.parse(output);
}

it('lists experiments and bugs, for people and for machines', async () => {
  const { output: list } = await mangrove('lab', 'list');
  const names = list
    .trimEnd()
    .split('\n')
    .map((line) => /^(\S+): \S/.exec(line)?.[1]);
  expect(names).toEqual(CATALOG.map(({ experiment }) => experiment.name));
  const whole = (await mangrove('lab', 'list', 'kv/disk-full', 'raft/swizzle')).output;
  expect(whole).toMatch(/^kv\/disk-full: the store: .*\n {2}3 replicas, 4 clients\n/);
  expect(whole).toContain('  expected: every client is served within 1500 ms after the faults\n');
  expect(whole).toMatch(/\n {2}always: cut n5 > n1,n2,n3,n4 1500-3833.3 ms\n/);
  expect((await mangrove('lab', 'bugs')).output).toContain(`${BUG} (register-readers, within `);
  const [first = ''] = (await mangrove('lab', 'bugs', '--json')).output.split('\n');
  expect(json(first)).toMatchObject({ experiment: 'register', name: expect.any(String) });
});

it('runs a seed: the same one gives the same run in every process', async () => {
  const history = join(folder, 'history.jsonl');
  const [once, again] = await Promise.all([
    mangrove('lab', 'run', 'register', '--seed', '3', '--json', '--history', history),
    mangrove('lab', 'run', 'register', '--seed', '3', '--json'),
  ]);
  expect({ code: once.code, complaints: once.complaints }).toEqual({ code: 0, complaints: '' });
  const run = json(once.output);
  expect(run).toMatchObject({ seed: 3, world: 'sim', verdict: { answer: 'valid' } });
  expect(run['hash']).toBe(json(again.output)['hash']);
  const report = finishTask(checkTextTask(readFileSync(history, 'utf8'), { check: 'register' }));
  expect(report).toMatchObject({ format: 'json-lines', verdict: { type: 'valid' } });
});

it('finds a planted bug, makes it smaller, and replays its plan with and without it', async () => {
  const plan = join(folder, 'deep/plan.json');
  const seeds = ['--seeds', '400', '--json'];
  const hunt = await mangrove('lab', 'hunt', 'register', '--bug', BUG, ...seeds, '--plan', plan);
  expect({ code: hunt.code, complaints: hunt.complaints }).toEqual({ code: 1, complaints: '' });
  const [figures = '', shrunk = ''] = hunt.output.split('\n');
  expect(json(figures)).toMatchObject({ bug: BUG, failures: [{ anomaly: 'linearizability' }] });
  // On all cores, where nobody says on how many threads.
  expect(json(figures)['workerCount']).toBe(os.availableParallelism());
  expect(json(shrunk)).toMatchObject({ anomaly: 'linearizability', plan });
  expect(json(shrunk)['steps']).toContainEqual(expect.objectContaining({ isWrong: true }));
  const broken = await mangrove('replay', plan, '--bug', BUG, '--steps');
  expect(broken.code).toBe(1);
  expect(broken.output).toContain('INVALID (linearizability)');
  expect(broken.output).toMatch(/ ms {2}n1 +starts its life 1/);
  expect(broken.output).toMatch(/^the same run as in the file: hash [0-9a-f]+$/m);
  expect(broken.output).toMatch(/^made at commit [0-9a-f]{40}(?: and changes)?; this code is at /m);
  const edited = readFileSync(plan, 'utf8').replace(/"hash": "\w+"/, '"hash": "another"');
  writeFileSync(join(folder, 'edited.json'), edited);
  const other = await mangrove('replay', join(folder, 'edited.json'), '--bug', BUG);
  expect(other.output).toMatch(/^ANOTHER RUN than the one in the file: hash \w+, then another$/m);
  const clean = await mangrove('replay', plan, '--json');
  expect(clean.code).toBe(0);
  expect(json(clean.output)).toMatchObject({ verdict: { answer: 'valid' } });
});

it('makes the first failure smaller, and its report replays what is left of it', async () => {
  const report = join(folder, 'smaller.html');
  const seeds = ['--bug', 'register-rename-before-sync', '--seeds', '20'] as const;
  const wanted = ['--report', report, '--when'] as const;
  const told = await mangrove('lab', 'hunt', 'register', ...seeds, ...wanted);
  expect(told.code).toBe(1);
  const [, story = ''] = told.output.split('shrunk to 1 replica, 1 client, 1 fault, ');
  expect(story).toMatch(/\n {2}n\d broke at \d+ ms: /);
  expect(story).toMatch(/\n {2}1\. +[\d.]+ ms {2}n\d goes down: crash \(unsynced-lost\)\.\n/);
  const end = /\nx \d\. +[\d.]+ ms {2}n\d broke at .*\n/;
  const when = /^inevitable: from [\d.]+ ms on$/m;
  expect(story).toMatch(end);
  expect(story).toMatch(when);
  const { code, output } = await mangrove('replay', report, '--when');
  expect(code).toBe(1);
  expect(output).toMatch(/^register, with register-rename-before-sync\nINVALID \(broken-node\): /);
  expect(output).toMatch(/^the same run as in the file: hash [0-9a-f]+$/m);
  // The smaller run, and not the one that was found.
  expect(end.exec(output)?.[0]).toBe(end.exec(story)?.[0]);
  expect(output).toMatch(when);
});

it('makes a failure no smaller where that is not wanted, or for as long as it may', async () => {
  const seeds = ['--bug', 'register-rename-before-sync', '--seeds', '20'] as const;
  const whole = await mangrove('lab', 'hunt', 'register', ...seeds, '--no-shrink');
  expect(whole.code).toBe(1);
  expect(whole.output).not.toContain('shrunk to');
  const short = await mangrove('lab', 'hunt', 'register', ...seeds, '--shrink-seconds', '0.001');
  expect(short.complaints).toContain('shrinking was ended after 0.0 s: --shrink-seconds gives it');
  expect(short.output).toContain('shrunk to 3 replicas');
});

it('prints an object a line where a machine asks for what there is, or for facts', async () => {
  const list = await mangrove('lab', 'list', '--json');
  const listed = linesOf(list.output).map((line) => json(line)['name']);
  expect(listed).toEqual(CATALOG.map(({ experiment }) => experiment.name));
  const facts = await mangrove('lab', 'facts', 'raft/leader-isolated', '--sim', '--json');
  expect(facts.code).toBe(0);
  expect(linesOf(facts.output).map(json)).toMatchObject([
    { experiment: 'raft/leader-isolated', seed: 1, world: 'sim', verdict: { answer: 'valid' } },
  ]);
});

it('prints each step of a replay as an object where a machine asks', async () => {
  const report = join(folder, 'report.html');
  await mangrove('lab', 'run', 'register', '--seed', '5', '--report', report);
  const [head = {}, ...steps] = linesOf(
    (await mangrove('replay', report, '--steps', '--json')).output,
  ).map(json);
  expect(head).toMatchObject({ experiment: 'register', isSame: true });
  expect(steps.length).toBeGreaterThan(100);
  expect(steps.map(({ index }) => index)).toEqual(steps.map((_, place) => place));
  expect(steps[0]).toMatchObject({ atMs: expect.any(Number), node: expect.any(String) });
});

it('proves that a bug is found within its budget, and only with it', async () => {
  const name = 'register-rename-before-sync';
  const proof = await mangrove('lab', 'bugs', 'hunt', name, '--json');
  expect({ code: proof.code, complaints: proof.complaints }).toEqual({ code: 0, complaints: '' });
  expect(json(proof.output)).toMatchObject({ bug: name, isProven: true });
  const { planted } = json(proof.output) as {
    readonly planted: { readonly failures: readonly { readonly seed: number }[] };
  };
  const seed = String(planted.failures[0]?.seed);
  const run = await mangrove('lab', 'bugs', 'run', name, '--seed', seed, '--json');
  expect(run.code).toBe(1);
  expect(json(run.output)).toMatchObject({
    planted: { verdict: { answer: 'invalid' } },
    clean: { verdict: { answer: 'valid' } },
  });
});

it('measures bugs into a page, and does not measure again what it has', async () => {
  const [ledger, page] = [join(folder, 'ledger.jsonl'), join(folder, 'page.md')];
  const table = (...rest: readonly string[]) =>
    mangrove(
      ...['lab', 'bugs', 'table', 'register-rename-before-sync', '--clean', '0', '--json'],
      ...['--shrinks', '0', '--ledger', ledger, '--page', page, ...rest],
    );
  expect((await table('--bases', '1')).code).toBe(0);
  const first = readFileSync(ledger, 'utf8');
  await table('--bases', '2');
  const second = readFileSync(ledger, 'utf8');
  expect(second.startsWith(first)).toBe(true);
  expect(second.split('\n').length).toBe(first.split('\n').length + 1);
  expect(readFileSync(page, 'utf8')).toMatch(/`register-rename-before-sync` .* broken-node/);
});

it('finds nothing in the code as it is', async () => {
  const report = join(folder, 'clean.html');
  const seeds = ['--seeds', '40', '--report', join(folder, 'clean')];
  const { code, output, complaints } = await mangrove('lab', 'hunt', 'register', ...seeds);
  expect(code).toBe(0);
  expect(output).toMatch(/^40 seeds in .*, 0 failures\n$/);
  expect(complaints).toMatch(/^tested: \d+ faults of \d+ kinds, \d+ operations during one, /m);
  expect(complaints).toMatch(/, \d+ events in the shortest run\n/);
  expect(readFileSync(report, 'utf8')).toContain('VALID: register, seed 40');
  const twin = readFileSync(join(folder, 'clean.md'), 'utf8');
  expect(twin).toContain('\n## How it was found\n');
});

it('looks into the nodes after every event where invariants are asked for', async () => {
  const hunt = ['lab', 'hunt', 'raft', '--seeds', '3'] as const;
  const { code, output, complaints } = await mangrove(...hunt, '--watched');
  expect(code).toBe(0);
  expect(output).toMatch(/^3 seeds in .*, 0 failures\n$/);
  expect(complaints).toContain('invariants on');
});

it('tells of each failure at once where it goes on', async () => {
  const seeds = ['--bug', BUG, '--seeds', '100', '--all'] as const;
  const { code, output, complaints } = await mangrove('lab', 'hunt', 'register', ...seeds);
  expect(code).toBe(1);
  const [figures = '', ...rest] = output.trimEnd().split('\n');
  const said = rest.filter((line) => line.startsWith('seed '));
  expect(figures).toContain(`, ${said.length} failure`);
  expect(output).not.toContain('shrunk to');
  const before = complaints.split('\n').filter((line) => line.startsWith('seed '));
  expect(before.toSorted()).toEqual(said.toSorted());
});

it('hunts through the same seeds of several experiments, on so many threads', async () => {
  const seeds = ['--first', '5', '--seeds', '3', '--threads', '1', '--json'] as const;
  const { code, output } = await mangrove('lab', 'hunt', 'register', 'raft', ...seeds);
  expect(code).toBe(0);
  const figures = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const same = { firstSeed: 5, seedCount: 3, workerCount: 1, failures: [], unknowns: [] };
  expect(figures).toMatchObject([
    { experiment: 'register', ...same },
    { experiment: 'raft', ...same },
  ]);
  for (const { eventCountMin, eventCount } of figures) {
    expect(eventCountMin).toBeGreaterThan(0);
    expect(3 * eventCountMin).toBeLessThanOrEqual(eventCount);
  }
});

it('writes a report as page and text, and the page replays to the same run', async () => {
  const [report, twin] = [join(folder, 'report.html'), join(folder, 'report.md')];
  const ran = await mangrove('lab', 'run', 'register', '--seed', '5', '--report', report);
  expect(ran.code).toBe(0);
  expect(ran.complaints).toContain(`report: ${report}, and as text ${twin}\n`);
  expect(readFileSync(report, 'utf8')).toContain('<!doctype html>');
  const hash = /hash (\w+)/.exec(ran.output)?.[1] ?? expect.fail('no hash');
  const markdown = readFileSync(twin, 'utf8');
  expect(markdown).toMatch(/^# VALID: register\n\n\*\*Every check held: /);
  expect(markdown).toContain(`trace \`${hash}\``);
  const again = await mangrove('replay', report);
  expect(again.output).toContain('the same run as in the file');
});

it('writes a report of what it replays, and never over what it reads', async () => {
  const [report, other] = [join(folder, 'report.html'), join(folder, 'other.md')];
  const seed = ['--seed', '5', '--bug', BUG];
  await mangrove('lab', 'run', 'register', ...seed, '--report', report);
  const over = await mangrove('replay', report, '--report', join(folder, 'report'));
  expect({ code: over.code, output: over.output }).toEqual({ code: 64, output: '' });
  const clean = await mangrove('replay', report, '--clean', '--report', other);
  expect(clean.code).toBe(0);
  expect(readFileSync(other, 'utf8')).toContain(`\nnpx mangrove replay ${report} --clean\n`);
  expect(readFileSync(other, 'utf8')).not.toContain('planted bug');
  const page = readFileSync(join(folder, 'other.html'), 'utf8');
  expect(page).toContain('VALID: register, seed 5');
});

it('steps through a replay in a terminal, forward and back, by its keys', async (context) => {
  const program = skipUnless(context, script);
  const report = join(folder, 'report.html');
  await mangrove('lab', 'run', 'register', '--seed', '5', '--report', report);
  const replay = `'${process.execPath}' '${BIN}' replay '${report}'`;
  const session = start(program, ['-qec', replay, join(folder, 'typescript')], {
    input: 'nnnbGq',
  });
  const { output } = await session.outcome;
  expect(output).toContain('right, n: next   left, b: back');
  expect(output).toMatch(/event 1 of \d+, /);
  expect(output).toMatch(/n1 +up/);
  // All keys came at once: it is drawn when all have been taken in.
  const last = /event (\d+) of \1, /;
  expect(output).toMatch(last);
  expect(output).toContain('the same run as in the file');
});

it('answers wrong names and files in one sentence', async () => {
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, '{"format":"mangrove-plan/0"}');
  const wrong: readonly (readonly [readonly string[], number, string])[] = [
    [['lab', 'list', 'nothing'], 64, ' names; `mangrove lab list` shows them all.'],
    [['lab', 'hunt', 'nothing'], 64, ' names; `mangrove lab list` shows them all.'],
    [
      ['lab', 'hunt', 'registr'],
      64,
      ' names, such as register; `mangrove lab list` shows them all.',
    ],
    [['lab', 'hunt', 'register', '--watched'], 64, 'register has no invariants'],
    [['lab', 'hunt', 'register', 'raft', '--when'], 64, 'are for one experiment'],
    [['lab', 'hunt', 'register', '--when', '--no-shrink'], 64, 'need what --no-shrink leaves out'],
    [['lab', 'run', 'register', '--bug', 'moth'], 64, ' names; `mangrove lab bugs` shows them'],
    [['lab', 'run', 'register', '--seed', '-1'], 64, 'It is to be a whole number from 0'],
    [['lab', 'run', 'register', '--world', 'moon'], 64, 'Allowed choices are sim, local'],
    [['lab', 'run', 'register', '--repeat', '2'], 64, 'a simulated run is the same'],
    [['replay', join(folder, 'missing')], 3, 'cannot be replayed: ENOENT'],
    [['replay', broken], 3, 'plan.format is "mangrove-plan/0", but must be'],
  ];
  for (const [args, code, sentence] of wrong) {
    const outcome = await mangrove(...args);
    expect(outcome.complaints).toContain(sentence);
    expect(outcome.complaints.trim().split('\n').at(-1)).toMatch(/^mangrove: /);
    expect(outcome.code).toBe(code);
  }
});

it('Ctrl-C leaves nothing behind but the history that was asked for', async (context) => {
  skipUnless(context, processFiles);
  const history = join(folder, 'deep/history.jsonl');
  const former = process.env['TMPDIR'];
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  process.env['TMPDIR'] = temporary;
  const run = ['lab', 'run', 'raft/leader-isolated', '--world', 'local', '--history', history];
  const command = start(process.execPath, [BIN, ...run]);
  if (former === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = former;
  await command.saying('5 processes serve');
  await command.saying('does not reach');
  const below = treeOf(command.child.pid ?? -1);
  // A terminal signals the whole group: the lab and its processes at once.
  process.kill(-(command.child.pid ?? 0), 'SIGINT');
  await until(() => below.every(isGone));
  const { code, by, output } = await command.outcome;
  expect({ isEnded: code === 130 || by === 'SIGINT', output }).toEqual({
    isEnded: true,
    output: '',
  });
  expect(readdirSync(temporary)).toEqual([]);
  const report = finishTask(checkTextTask(readFileSync(history, 'utf8'), { check: 'register' }));
  expect(report).toMatchObject({ format: 'json-lines', verdict: { type: 'valid' } });
});

it('tells of a hunt that is interrupted what it has seen', async (context) => {
  skipUnless(context, processFiles);
  const command = start(process.execPath, [BIN, 'lab', 'hunt', 'register', '--seeds', '1000000']);
  await command.saying(' seeds in ');
  const below = treeOf(command.child.pid ?? -1);
  command.child.kill('SIGINT');
  await until(() => below.every(isGone));
  const { code, by, output } = await command.outcome;
  expect(code === 130 || by === 'SIGINT').toBe(true);
  expect(output).toMatch(/^\d+ seeds? in .*, 0 failures\n$/);
});

it('ends processes and threads with a signal, behind npm too', async (context) => {
  skipUnless(context, processFiles);
  const local = (experiment: string) => ['lab', 'run', experiment, '--world', 'local'];
  for (const [program, args] of [
    [process.execPath, [BIN, ...local('kv/disk-full')]],
    ['npx', ['--no-install', 'mangrove', ...local('register')]],
  ] as const) {
    const command = start(program, args);
    await command.saying('3 processes serve');
    const below = treeOf(command.child.pid ?? -1);
    expect(below.filter((id) => commandLine(id).includes('replica')).length).toBe(3);
    command.child.kill('SIGTERM');
    await until(() => below.every(isGone));
    await command.outcome;
  }
  const main = start('npm', ['start']);
  await main.saying('3 processes serve');
  const below = treeOf(main.child.pid ?? -1);
  main.child.kill('SIGTERM');
  await until(() => below.every(isGone));
  await main.outcome;
});

it('prints what the README of the lab shows of a hunt', async () => {
  const page = readFileSync(join(ROOT, 'apps/lab/README.md'), 'utf8');
  const sample = /^\$ npx mangrove (lab hunt .*)\n([\s\S]*?)```/m.exec(page);
  const [command = '', told = ''] = sample?.slice(1) ?? [];
  const args = [BIN, ...command.split(' ')];
  const { code, output } = await start(process.execPath, args, { cwd: folder }).outcome;
  expect(code).toBe(1);
  // Figures of this machine; what else a line says is the same everywhere.
  const isVarying = (line: string) => /^\d+ seeds? in |^\.\.\.$/.test(line);
  const shown = linesOf(told).filter((line) => !isVarying(line));
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.filter((line) => !linesOf(output).includes(line))).toEqual([]);
});

it('says how many runs of one seed are invalid, where processes run it', async (context) => {
  skipUnless(context, processFiles);
  const report = join(folder, 'twice');
  const local = ['lab', 'run', 'register', '--world', 'local', '--repeat', '2'];
  const { code, output } = await mangrove(...local, '--json', '--report', report);
  const [first, second, last, ...more] = linesOf(output).map(json);
  expect(more).toEqual([]);
  for (const each of [first, second]) expect(each).toMatchObject({ world: 'local', seed: 1 });
  expect(last).toMatchObject({ repetition: { runCount: 2, invalidCount: 0, anomalies: {} } });
  expect([0, 2]).toContain(code);
  const text = readFileSync(`${report}.md`, 'utf8');
  expect(text).toContain('Of the same seed 0 of 2 runs are invalid');
  expect(text).toContain('npx mangrove lab run register --world local --seed 1 --repeat 2');
});
