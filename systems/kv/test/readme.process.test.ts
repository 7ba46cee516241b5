/**
 * What the README shows, taken from it as it is: its program compiles and prints what it says, with
 * a thread of its own as well, and its commands answer what stands under them.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const ROOM = fileURLToPath(new URL('..', import.meta.url));
const ROOT = join(ROOM, '../..');
const MANGROVE = join(ROOT, 'apps/cli/bin/mangrove.js');
const README = readFileSync(join(ROOM, 'README.md'), 'utf8');
const [PROGRAM = ''] = blocks('ts');
/** What the program prints before it waits for more. */
const [, ...PRINTED] = /It prints `(.*)` and `(.*)`/.exec(README) ?? [];

/** What it says of an entry that it has read. */
const REMARK = /\/\/ entry\.value '(\w+)', entry\.version (\d+)/;

const folder = mkdtempSync(join(tmpdir(), 'mangrove-readme-'));
const run = promisify(execFile);
let child: ChildProcess | undefined;

symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
writeFileSync(join(folder, 'package.json'), '{"type":"module"}');

afterAll(async () => {
  await end();
  rmSync(folder, { recursive: true, force: true });
});

function blocks(language: string): readonly string[] {
  const fences = README.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm);
  return [...fences].flatMap(([, name, text = '']) => (name === language ? [text] : []));
}

async function end(): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child?.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** Runs a program until it has printed so many lines, or ended; gives all that it said. */
async function linesOf(name: string, count: number): Promise<readonly string[]> {
  const started = spawn(execPath, [name], { cwd: folder });
  child = started;
  let said = '';
  await new Promise<void>((resolve) => {
    const take = (data: Buffer) => {
      said += String(data);
      if (said.split('\n').length > count) resolve();
    };
    started.stdout.on('data', take);
    started.stderr.on('data', take);
    started.once('exit', () => resolve());
  });
  return said.trim().split('\n');
}

describe('the program of the README', () => {
  it('compiles under the strictest settings, but for what it leaves unused', {
    timeout: 60_000,
  }, async () => {
    writeFileSync(join(folder, 'first.ts'), PROGRAM);
    const config = {
      extends: join(ROOT, 'tsconfig.base.json'),
      compilerOptions: {
        ...{ noEmit: true, composite: false, incremental: false, types: ['node'] },
        ...{ noUnusedLocals: false, declaration: false, declarationMap: false, rootDir: '/' },
        typeRoots: [join(ROOT, 'node_modules/@types')],
      },
      include: ['first.ts', join(ROOT, 'foundation/host/src/globals.d.ts')],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const compiler = join(ROOT, 'node_modules/.bin/tsc');
    const { stdout } = await run(compiler, ['-p', folder]).catch((error) => error);
    expect(stdout).toBe('');
  });

  it.each([
    ['as it is', 'startKv()'],
    ['with a thread for the members', 'startKv({ worker: true })'],
  ])('prints what the README says, and waits: %s', { timeout: 60_000 }, async (_how, start) => {
    expect(README).toContain(start);
    const checked = PROGRAM.replace(REMARK, (_, value, version) => {
      return `if (entry?.value !== '${value}' || entry.version !== ${version}) throw entry;`;
    });
    expect(checked).not.toBe(PROGRAM);
    writeFileSync(join(folder, 'run.ts'), checked.replace('startKv()', start));
    expect(await linesOf('run.ts', PRINTED.length)).toEqual(PRINTED);
    expect(PRINTED).toHaveLength(2);
    expect([child?.exitCode, child?.signalCode]).toEqual([null, null]);
    await end();
  });
});

describe('the commands of the README', () => {
  it('answer what stands under them', { timeout: 120_000 }, async () => {
    const shown = blocks('').find((text) => text.startsWith('$ npx mangrove up kv')) ?? '';
    const commands = shown.split(/^\$ npx mangrove /m).slice(1);
    expect(commands).toHaveLength(4);
    try {
      for (const each of commands) {
        const [line = '', ...due] = each.trim().split('\n');
        const { stdout } = await run(execPath, [MANGROVE, ...line.split(' ')], { cwd: folder });
        expect(plain(stdout), line).toEqual(plain(due.join('\n')));
      }
    } finally {
      await run(execPath, [MANGROVE, 'down', '--data', 'data'], { cwd: folder }).catch(() => {});
    }
  });
});

/** The lines of a text without what differs from run to run: ports. */
function plain(text: string): readonly string[] {
  return text.trim().replace(/:\d+/g, ':PORT').split('\n');
}
