/**
 * Shows the key-value store as people start and use it: a cluster of three real processes, its
 * commands, what each one says and exits with, and that nothing is left running.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../src/main.ts';
import { mangrove as asProcess, BIN, start } from './command.ts';
import { isGone } from './processes.ts';

let root: string;
let data: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mangrove-up-'));
  data = join(root, 'data');
  const up = await mangrove('up', 'kv', '--data', data);
  expect(up).toMatchObject({ code: 0 });
}, 60_000);

afterAll(async () => {
  await mangrove('down', '--data', data);
  await rm(root, { recursive: true, force: true });
}, 60_000);

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly complaints: string;
}

/** The command in this process: what it starts are processes all the same. */
async function mangrove(...args: readonly string[]): Promise<Outcome> {
  const [output, complaints]: [string[], string[]] = [[], []];
  const code = await main(args, {
    output: { write: (text) => output.push(text) },
    progress: { write: (text) => complaints.push(text) },
  });
  return { code, output: output.join(''), complaints: complaints.join('') };
}

function kv(...args: readonly string[]): Promise<Outcome> {
  return mangrove('kv', ...args, '--data', data);
}

describe('mangrove kv', { timeout: 60_000 }, () => {
  it('puts, gets and deletes, and exits with 1 where there is no such key', async () => {
    expect(await kv('put', 'greeting', 'hello')).toMatchObject({ code: 0 });
    expect(await kv('get', 'greeting')).toMatchObject({ code: 0, output: 'hello\n' });
    const json = await kv('get', 'greeting', '--json');
    expect(JSON.parse(json.output)).toMatchObject({ entries: [{ value: 'hello', version: 1 }] });
    expect((await kv('del', 'greeting')).output).toMatch(/^deleted 1, revision \d+\n$/);
    expect(await kv('get', 'greeting')).toMatchObject({ code: 1, output: '' });
  });

  it('does transactions whose branch is its exit code', async () => {
    const txn = ['txn', '--if', 'missing(t)', '--then', 'put t 1', '--else', 'get t'];
    expect(await kv(...txn)).toMatchObject({ code: 0 });
    const second = await kv(...txn);
    expect(second).toMatchObject({ code: 1 });
    expect(second.output).toContain('t  1');
    const wrong = await kv('txn', '--if', 'nonsense');
    expect(wrong).toMatchObject({ code: 64 });
    expect(wrong.complaints).toContain('"nonsense" is no condition');
  });

  it('watches, and holds a lock while a program runs', async () => {
    const { revision } = JSON.parse((await kv('put', 'w', '1', '--json')).output);
    const watched = await kv('watch', 'w', '--from', String(revision), '--count', '1');
    expect(watched).toMatchObject({ code: 0, output: 'put     w  1\n' });
    const program = ['sh', '-c', 'echo token $MANGROVE_LOCK_TOKEN; exit 3'];
    const locked = await asProcess('kv', 'lock', 'l', '--data', data, '--', ...program);
    expect(locked.output).toMatch(/^token \d+\n$/);
    expect(locked.code).toBe(1);
  });

  it('says what is wrong: no members named, none reached', async () => {
    expect(await mangrove('kv', 'get', 'a')).toMatchObject({ code: 64 });
    const nobody = ['kv', 'get', 'a', '--endpoints', '127.0.0.1:1', '--timeout', '0.3'];
    const lost = await mangrove(...nobody);
    expect(lost.code).toBe(3);
    expect(lost.complaints).toContain('no member can be reached');
  });
});

describe('a cluster of processes', { timeout: 90_000 }, () => {
  it('is not started twice, and not in a directory of other things', async () => {
    const twice = await mangrove('up', 'kv', '--data', data);
    expect(twice.code).toBe(3);
    expect(twice.complaints).toContain('runs already');
    await writeFile(join(root, 'other'), 'x');
    const wrong = await mangrove('up', 'kv', '--data', root);
    expect(wrong.code).toBe(3);
    expect(wrong.complaints).toContain('holds other things');
    expect(await mangrove('status', '--data', join(root, 'none'))).toMatchObject({ code: 3 });
  });

  it('serves on when a member was killed, says so, and has it back', async () => {
    const before = await views();
    const leader = before.find(({ status }) => status.role === 'leader');
    process.kill(leader?.pid ?? 0, 'SIGKILL');
    expect(await kv('put', 'after', 'kill', '--timeout', '20')).toMatchObject({ code: 0 });
    const status = await mangrove('status', '--data', data);
    expect(status.code).toBe(1);
    expect(status.output).toContain('down');
    expect(await mangrove('up', 'kv', '--data', data)).toMatchObject({ code: 0 });
    expect((await views()).map(({ node }) => node)).toEqual(['n1', 'n2', 'n3']);
    expect((await mangrove('logs', '--data', data, '--node', 'n1')).output).toContain('n1 serves');
  });

  it('says which port is taken', async () => {
    const { members } = JSON.parse(await readFile(join(data, 'cluster.json'), 'utf8'));
    const port = String(members[0].clientPort);
    const other = join(root, 'second');
    const taken = await mangrove('up', 'kv', '--nodes', '1', '--port', port, '--data', other);
    expect(taken.code).toBe(3);
    expect(taken.complaints).toContain(port);
  });

  it('ends with the command where it runs in the foreground', async () => {
    const other = join(root, 'foreground');
    const args = ['up', 'kv', '--nodes', '1', '--data', other, '--foreground'];
    const up = start(process.execPath, [BIN, ...args]);
    await up.saying('try it');
    const [view] = await views(other);
    up.child.kill('SIGINT');
    await up.outcome;
    expect(isGone(view?.pid ?? 0)).toBe(true);
  });

  it('is founded anew with a backup that was verified', async () => {
    const file = join(root, 'backup');
    await kv('put', 'kept', 'yes');
    const saved = await kv('snapshot', 'save', file);
    expect(saved).toMatchObject({ code: 0 });
    expect((await mangrove('kv', 'snapshot', 'show', file)).output).toBe(saved.output);
    expect(await kv('snapshot', 'save', file)).toMatchObject({ code: 3 });
    const other = join(root, 'restored');
    const up = await mangrove('up', 'kv', '--nodes', '1', '--from', file, '--data', other);
    expect(up).toMatchObject({ code: 0 });
    const got = await mangrove('kv', 'get', 'kept', '--data', other);
    expect(got).toMatchObject({ code: 0, output: 'yes\n' });
    expect(await mangrove('down', '--data', other)).toMatchObject({ code: 0 });
    await writeFile(file, (await readFile(file)).subarray(0, -1));
    const damaged = await mangrove('kv', 'snapshot', 'show', file);
    expect(damaged.code).toBe(3);
    expect(damaged.complaints).toContain('is no backup');
  });

  it('is down after down, and keeps what it had', async () => {
    const pids = (await views()).map(({ pid }) => pid);
    expect(await mangrove('down', '--data', data)).toMatchObject({ code: 0 });
    expect(pids.map(isGone)).toEqual([true, true, true]);
    expect(await mangrove('up', 'kv', '--data', data)).toMatchObject({ code: 0 });
    expect((await kv('get', 'after')).output).toBe('kill\n');
  });
});

interface View {
  readonly node: string;
  readonly pid: number;
  readonly status: { readonly role: string };
}

async function views(directory = data): Promise<readonly View[]> {
  const { code, output } = await mangrove('status', '--data', directory, '--json');
  expect(code).toBe(0);
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as View);
}
