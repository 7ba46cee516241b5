/**
 * Shows who gets the lock of a directory: one holder in this process and others, nobody behind a
 * pid that was given out again, and the next one once the holder is gone, however it went.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDirectory } from './directory-lock.ts';

let directory = '';
let locks = '';

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'mangrove-lock-'));
  locks = join(directory, 'locks');
  fs.mkdirSync(locks);
});

afterEach(() => fs.rmSync(directory, { recursive: true }));

const take = () => lockDirectory(directory, 'store', locks);
const LOCKED = { code: 'locked', path: 'store' };

/** Writes the pid file that another holder would have left. */
async function leave(holder: unknown): Promise<void> {
  const lock = await take();
  const [name] = fs.readdirSync(locks);
  await lock.release();
  const text = typeof holder === 'string' ? holder : JSON.stringify(holder);
  fs.writeFileSync(join(locks, name ?? ''), text);
}

/** The start of a process, as its holder would have written it. */
async function startOf(pid: number): Promise<string> {
  const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
}

/** Uses the pid of a process that lives, and ends it. */
async function withLiving<Value>(use: (pid: number) => Promise<Value>): Promise<Value> {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']);
  await new Promise((resolve) => child.once('spawn', resolve));
  try {
    return await use(child.pid ?? 0);
  } finally {
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  }
}

describe('the lock of a directory', () => {
  it('has one holder at a time, and leaves nothing behind', async () => {
    const lock = await take();
    await expect(take()).rejects.toMatchObject(LOCKED);
    const other = await lockDirectory(directory, 'other', locks);
    await lock.release();
    await (await take()).release();
    await other.release();
    expect(fs.readdirSync(locks)).toEqual([]);
  });

  it('has one holder among many that try at once', async () => {
    const fates = await Promise.allSettled(Array.from({ length: 20 }, take));
    const held = fates.flatMap((fate) => (fate.status === 'fulfilled' ? [fate.value] : []));
    expect(held).toHaveLength(1);
    for (const fate of fates)
      if (fate.status === 'rejected') expect(fate.reason).toMatchObject(LOCKED);
    await held[0]?.release();
  });

  it('releases once, whoever holds it by then', async () => {
    const lock = await take();
    await lock.release();
    const next = await take();
    await lock.release();
    await expect(take()).rejects.toMatchObject(LOCKED);
    await next.release();
  });

  it('is the same one whatever way leads to the directory', async () => {
    const way = join(directory, 'way');
    fs.symlinkSync(directory, way);
    const lock = await take();
    await expect(lockDirectory(way, 'store', locks)).rejects.toMatchObject(LOCKED);
    await lock.release();
  });

  it('is held by another process that lives, without its socket too', async (context) => {
    if (process.platform !== 'linux') context.skip('needs /proc of Linux');
    await withLiving(async (pid) => {
      await leave({ pid, start: await startOf(pid), token: 'other' });
      await expect(take()).rejects.toMatchObject(LOCKED);
      await expect(take()).rejects.toThrow(String(pid));
    });
    // It is gone now, and its file with it.
    await (await take()).release();
    expect(fs.readdirSync(locks)).toEqual([]);
  });

  it('is free where the pid of its holder was given to another process', async (context) => {
    if (process.platform !== 'linux') context.skip('needs /proc of Linux');
    await withLiving(async (pid) => {
      const start = await startOf(pid);
      for (const other of [
        `${start}0`,
        start.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
      ]) {
        await leave({ pid, start: other, token: 'former' });
        await (await take()).release();
      }
    });
  });

  it.each([
    ['a process that is gone', { pid: 2 ** 22 - 1, start: 'x', token: 't' }],
    ['this process in a former life', { pid: process.pid, start: 'x', token: 't' }],
    ['nobody', { pid: 0, start: '', token: '' }],
    ['no number', { pid: 'x', start: '', token: '' }],
    ['a file without fields', {}],
    ['a file of another kind', 'null'],
    ['a torn file', '{"pid":'],
    ['an empty file', ''],
  ])('is free where the file names %s', async (_what, holder) => {
    await leave(holder);
    const lock = await take();
    await expect(take()).rejects.toMatchObject(LOCKED);
    await lock.release();
    expect(fs.readdirSync(locks)).toEqual([]);
  });
});
