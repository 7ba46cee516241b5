/**
 * The programs of the README, taken from it as they are: they compile, and do what it says; and the
 * hunt that it shows.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePorts } from '@mangrove/host-process/node';
import { afterAll, describe, expect, it } from 'vitest';

const ROOM = fileURLToPath(new URL('..', import.meta.url));
const ROOT = join(ROOM, '../..');
const folder = mkdtempSync(join(tmpdir(), 'mangrove-readme-'));
const processes: ChildProcess[] = [];
const run = promisify(execFile);

/** The programs, by the file that stands behind the fence. */
const programs = new Map(
  [...readFileSync(join(ROOM, 'README.md'), 'utf8').matchAll(/^```ts (\S+)\n([\s\S]*?)^```/gm)].map(
    ([, name = '', text = '']) => [name, text],
  ),
);

/** Writes the programs where they find the packages; gives the folder. */
function writePrograms(change: (text: string) => string = (text) => text): void {
  for (const [name, text] of programs) writeFileSync(join(folder, name), change(text));
}

symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
writeFileSync(join(folder, 'package.json'), '{"type":"module"}');

afterAll(async () => {
  for (const each of processes) {
    if (each.exitCode === null && each.signalCode === null) {
      const gone = new Promise((resolve) => each.once('exit', resolve));
      each.kill('SIGKILL');
      await gone;
    }
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('what the README shows of the lab', () => {
  it('is what the lab finds, but for how long it goes on', { timeout: 60_000 }, async () => {
    const text = readFileSync(join(ROOM, 'README.md'), 'utf8');
    const shown = /^\$ npx mangrove (lab hunt .*)\n.*\n {2}\.\.\.\n([\s\S]*?)```/m.exec(text);
    const [, words = '', found = ''] = shown ?? [];
    const mangrove = join(ROOT, 'apps/cli/bin/mangrove.js');
    // It exits with 1, since it finds a failure.
    const { stdout } = await run(execPath, [mangrove, ...words.split(' ')]).catch((error) => error);
    expect(found).toMatch(/^seed \d+: linearizability: /);
    expect(inOneLine(stdout)).toContain(inOneLine(found));
  });
});

function inOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

describe('the programs of the README', () => {
  it('are two: ten lines of code are a whole group, thirteen a node of three processes', () => {
    const lineCounts = [...programs].map(([name, text]) => {
      return [name, text.split('\n').filter((line) => line !== '').length];
    });
    expect(lineCounts).toEqual([
      ['one-process.ts', expect.toSatisfy((count: number) => count <= 10)],
      ['counter-node.ts', expect.toSatisfy((count: number) => count <= 13)],
    ]);
  });

  it('compile under the strictest settings', { timeout: 60_000 }, async () => {
    writePrograms();
    const config = {
      extends: join(ROOT, 'tsconfig.base.json'),
      compilerOptions: {
        ...{ noEmit: true, composite: false, incremental: false, types: ['node'] },
        ...{
          declaration: false,
          declarationMap: false,
          rootDir: '/',
          typeRoots: [join(ROOT, 'node_modules/@types')],
        },
      },
      include: ['*.ts', join(ROOT, 'foundation/host/src/globals.d.ts')],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const compiler = join(ROOT, 'node_modules/.bin/tsc');
    const { stdout } = await run(compiler, ['-p', folder]).catch((error) => error);
    expect(stdout).toBe('');
  });

  it('one process: the group counts, and a follower reads it', { timeout: 60_000 }, async () => {
    writePrograms();
    const { stdout } = await run(execPath, ['one-process.ts'], { cwd: folder });
    expect(stdout).toBe('2\n2\n');
  });

  it('three processes: one leads, counts and reads, and when it is killed another goes on', {
    timeout: 60_000,
  }, async () => {
    const ports = await freePorts(3);
    rmSync(join(folder, 'data'), { recursive: true, force: true });
    writePrograms((text) => text.replace(/710([123])/g, (_, n) => String(ports[Number(n) - 1])));
    const said: string[] = [];
    const heard = new Map<number, () => void>();
    const started = ['n1', 'n2', 'n3'].map((node) => {
      const child = spawn(execPath, ['counter-node.ts', node], { cwd: folder });
      processes.push(child);
      child.stdout.on('data', (data) => {
        said.push(...String(data).trim().split('\n'));
        heard.get(said.length)?.();
      });
      child.stderr.on('data', (data) => said.push(`error: ${String(data)}`));
      return child;
    });
    const until = (count: number) =>
      said.length >= count
        ? Promise.resolve()
        : new Promise<void>((resolve) => heard.set(count, resolve));
    await until(2);
    const first = said[0]?.slice(0, 2);
    expect(first).toMatch(/^n[123]$/);
    expect(said).toEqual([`${first} leads, and counts to 1`, `${first} reads 1`]);
    started[Number(first?.[1]) - 1]?.kill('SIGKILL');
    await until(4);
    const second = said[2]?.slice(0, 2);
    expect(second).toMatch(/^n[123]$/);
    expect(second).not.toBe(first);
    expect(said.slice(2)).toEqual([`${second} leads, and counts to 2`, `${second} reads 2`]);
  });
});
