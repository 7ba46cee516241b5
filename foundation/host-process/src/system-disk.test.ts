/**
 * Shows what the disk of a process does beyond the contract: it stays in its sandbox, leaves no
 * descriptor and no lock behind whenever its life ends, and meets every fault where it was told to.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Disk, MetricRegistry, SeededRandom } from '@mangrove/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DiskOperation, FaultBoard, type HostFault } from './faults.ts';
import { Life } from './life.ts';
import { SystemDisk } from './system-disk.ts';

let directory = '';
let root = '';
let life: Life;
let faults: FaultBoard;
let disk: Disk;

beforeEach(() => {
  directory = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'mangrove-disk-')));
  root = join(directory, 'files');
  fs.mkdirSync(root);
  fs.mkdirSync(join(directory, 'locks'));
  begin();
});

afterEach(async () => {
  life.finish({ type: 'crashed' });
  await life.ended;
  fs.rmSync(directory, { recursive: true });
});

function begin(): void {
  life = new Life();
  faults = new FaultBoard(new SeededRandom(1));
  const metrics = new MetricRegistry();
  disk = new SystemDisk({ life, faults, metrics, root, lockDirectory: join(directory, 'locks') });
}

const text = (words: string) => new TextEncoder().encode(words);

describe('the sandbox', () => {
  const outside = () => join(directory, 'outside');

  beforeEach(() => {
    fs.mkdirSync(outside());
    fs.writeFileSync(join(outside(), 'secret'), 'secret');
    fs.symlinkSync(outside(), join(root, 'way-out'));
    fs.symlinkSync(join(outside(), 'secret'), join(root, 'link'));
    fs.symlinkSync(join(outside(), 'nothing'), join(root, 'dangling'));
  });

  it('follows no symbolic link in the place of a file', async () => {
    for (const mode of ['read', 'write', 'create'] as const) {
      for (const path of ['link', 'dangling']) {
        await expect(disk.open(path, mode)).rejects.toMatchObject({ code: 'not-found', path });
      }
    }
    expect(fs.existsSync(join(outside(), 'nothing'))).toBe(false);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['open', () => disk.open('way-out/secret', 'read')],
    ['open to create', () => disk.open('way-out/new', 'create')],
    ['list', () => disk.list('way-out')],
    ['makeDirectory', () => disk.makeDirectory('way-out/new')],
    ['remove', () => disk.remove('way-out/secret')],
    ['rename from', () => disk.rename('way-out/secret', 'stolen')],
    ['rename to', () => disk.rename('own', 'way-out/own')],
    ['syncDirectory', () => disk.syncDirectory('way-out')],
  ])('follows no symbolic link on the way: %s', async (_name, begin) => {
    fs.writeFileSync(join(root, 'own'), 'own');
    await expect(begin()).rejects.toMatchObject({ code: 'not-found' });
    expect(fs.readdirSync(outside())).toEqual(['secret']);
    expect(fs.readFileSync(join(outside(), 'secret'), 'utf8')).toBe('secret');
    expect(fs.existsSync(join(root, 'own'))).toBe(true);
  });

  it('removes and replaces links themselves', async () => {
    await disk.remove('link');
    fs.writeFileSync(join(root, 'own'), 'own');
    await disk.rename('own', 'dangling');
    expect(fs.readFileSync(join(root, 'dangling'), 'utf8')).toBe('own');
    expect(fs.readdirSync(outside())).toEqual(['secret']);
  });

  it('is not blocked by a pipe, nor by a directory, in the place of a file', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    fs.mkdirSync(join(root, 'directory'));
    for (const mode of ['read', 'write', 'create'] as const) {
      await expect(disk.open('pipe', mode)).rejects.toMatchObject({ code: 'not-found' });
    }
    await expect(disk.open('directory', 'read')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('the end of a life', () => {
  const needProc = (context: { skip(note: string): never }) => {
    if (process.platform !== 'linux') context.skip('needs /proc of Linux');
  };

  /** The descriptors of this process that point into the test's directory. */
  const openPaths = () =>
    fs.readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        const path = fs.readlinkSync(`/proc/self/fd/${fd}`);
        return path.startsWith(directory) ? [path] : [];
      } catch {
        // It was closed in the meantime.
        return [];
      }
    });

  it('H1: leaves no descriptor, whenever it comes amid an open', async (context) => {
    needProc(context);
    for (let round = 0; round < 60; round++) {
      for (let file = 0; file < 8; file++) void disk.open(`file-${file}`, 'create');
      for (let wait = 0; wait < round % 12; wait++) await new Promise(setImmediate);
      life.finish({ type: 'crashed' });
      await life.ended;
      expect(openPaths(), `round ${round}`).toEqual([]);
      begin();
    }
  });

  it('H1: leaves no lock, whenever it comes amid a lock', async () => {
    for (let round = 0; round < 60; round++) {
      void disk.lock('store');
      for (let wait = 0; wait < round; wait++) await Promise.resolve();
      for (let wait = 0; wait < round % 12; wait++) await new Promise(setImmediate);
      life.finish({ type: 'crashed' });
      await life.ended;
      begin();
      const lock = await disk.lock('store');
      await lock.release();
    }
  });

  it('closes every file though a lock cannot be released, and says so', async (context) => {
    needProc(context);
    await disk.open('file', 'create');
    await disk.lock('store');
    const [lockFile] = fs.readdirSync(join(directory, 'locks'));
    fs.rmSync(join(directory, 'locks', lockFile ?? ''));
    fs.mkdirSync(join(directory, 'locks', lockFile ?? ''));
    life.finish({ type: 'closed' });
    await life.ended;
    expect(openPaths()).toEqual([]);
    expect(() => life.rethrow()).toThrow(/EISDIR/);
  });
});

describe('faults of the disk', () => {
  const OPERATIONS: readonly DiskOperation[] = [
    ...(['open', 'read', 'write', 'sync', 'truncate'] as const),
    ...(['rename', 'remove', 'sync-directory'] as const),
  ];

  /** Each operation once, on `log`; resolves to those that failed, with their codes. */
  async function tryAll(): Promise<string[]> {
    const file = await disk.open('kept', 'create');
    await file.append(text('0123456789'));
    fs.writeFileSync(join(root, 'log-1'), '');
    fs.writeFileSync(join(root, 'log-2'), '');
    const log = await disk.open('log', 'create').catch((error: unknown) => error);
    const opened = log instanceof Error ? undefined : (log as typeof file);
    const steps: [DiskOperation, () => Promise<unknown>][] = [
      ['open', () => (opened === undefined ? Promise.reject(log) : Promise.resolve())],
      ['write', async () => opened?.append(text('x'))],
      ['read', async () => opened?.readAt(0, 1)],
      ['sync', async () => opened?.sync()],
      ['truncate', async () => opened?.truncate(0)],
      ['rename', () => disk.rename('log-1', 'log-3')],
      ['remove', () => disk.remove('log-2')],
      ['sync-directory', () => disk.syncDirectory('.')],
    ];
    const failed: string[] = [];
    for (const [name, step] of steps) {
      try {
        await step();
      } catch (error) {
        failed.push(`${name} ${(error as { code: string }).code}`);
      }
    }
    return failed;
  }

  it.each(OPERATIONS)('fail %s, as often as they were told to, and nothing else', async (name) => {
    const path = name === 'sync-directory' ? '' : 'log';
    const fault: HostFault = {
      ...({ type: 'disk-error', path, operation: name, code: 'input-output', count: 1 } as const),
    };
    faults.set(fault);
    expect(await tryAll()).toEqual([`${name} input-output`]);
    expect(faults.list()).toEqual([]);
    expect(await tryAll()).toEqual([]);
  });

  it.each(OPERATIONS)('stall %s until they are healed', async (operation) => {
    const path = operation === 'sync-directory' ? '' : 'log';
    const id = faults.set({ type: 'stall-disk', path, operation });
    let isDone = false;
    const trying = tryAll().then((failed) => {
      isDone = true;
      return failed;
    });
    const watch = await disk.open('watch', 'create');
    for (let round = 0; round < 20; round++) await watch.append(text('time passes'));
    expect(isDone).toBe(false);
    faults.heal(id);
    expect(await trying).toEqual([]);
  });

  it('slow an operation down by what they were told to', async () => {
    const file = await disk.open('log', 'create');
    faults.set({ type: 'slow-disk', path: 'log', operation: 'sync', delayMs: 30 });
    faults.set({ type: 'slow-disk', path: '', operation: '*', delayMs: 20 });
    const start = performance.now();
    await file.sync();
    // The platform's timers may fire a moment early.
    expect(performance.now() - start).toBeGreaterThan(48);
  });

  it('take the room: nothing grows or is made, but what is there may be written', async () => {
    const file = await disk.open('log', 'create');
    await file.append(text('0123456789'));
    faults.set({ type: 'disk-full' });
    const noSpace = { code: 'no-space' };
    await expect(file.append(text('x'))).rejects.toMatchObject(noSpace);
    await expect(file.writeAt(9, text('xy'))).rejects.toMatchObject(noSpace);
    await expect(file.truncate(11)).rejects.toMatchObject(noSpace);
    await expect(disk.open('new', 'create')).rejects.toMatchObject(noSpace);
    await expect(disk.makeDirectory('new')).rejects.toMatchObject(noSpace);
    await file.writeAt(0, text('abc'));
    await disk.open('log', 'create');
    await disk.rename('log', 'other');
    expect(file.size()).toBe(10);
  });

  it('leave no gap when an append fails between two others', async () => {
    const file = await disk.open('log', 'create');
    const appends = ['one,', 'two,', 'three,'].map((words) => file.append(text(words)));
    const error: HostFault = {
      ...({ type: 'disk-error', path: 'log', operation: 'write', code: 'no-space' } as const),
      count: 1,
    };
    faults.set(error);
    const later = [file.append(text('four,')), file.append(text('five,'))];
    const fates = await Promise.allSettled([...appends, ...later]);
    const written = ['one,', 'two,', 'three,', 'four,', 'five,']
      .filter((_, index) => fates[index]?.status === 'fulfilled')
      .join('');
    expect(fates.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(fs.readFileSync(join(root, 'log'), 'utf8')).toBe(written);
  });
});
