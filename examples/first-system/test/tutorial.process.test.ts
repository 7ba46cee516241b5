/**
 * Follows the tutorial: its files are the files, there are less than 100 lines of them, and its
 * commands give what it says.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOM = fileURLToPath(new URL('..', import.meta.url));
const CLI = join(ROOM, '../../apps/cli/bin/mangrove.js');
const textOf = (path: string) => readFileSync(join(ROOM, path), 'utf8');

interface Block {
  /** What stands behind the fence: a language and, for code, the file. */
  readonly info: string;
  readonly text: string;
}

const blocks: readonly Block[] = textOf('README.md')
  .split(/^```/m)
  .flatMap((part, index) => {
    if (index % 2 === 0) return [];
    const end = part.indexOf('\n');
    return [{ info: part.slice(0, end), text: part.slice(end + 1) }];
  });

/** Lines that hold code: not blank, and no comment. */
function codeLines(source: string): readonly string[] {
  const code = source.replaceAll(/\/\*\*[\s\S]*?\*\//g, '');
  return code.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//'));
}

describe('the files of the tutorial', () => {
  it.each(['src/message.ts', 'src/replica.ts', 'src/client.ts'])('%s is told whole', (path) => {
    const told = blocks.filter(({ info }) => info === `ts ${path}`).map(({ text }) => text);
    expect(told).toEqual([textOf(path)]);
  });

  it('the subject is told as it is', () => {
    const told = blocks.filter(({ info }) => info === 'ts src/experiment.ts');
    expect(told).toHaveLength(1);
    expect(textOf('src/experiment.ts')).toContain(told[0]?.text);
  });

  it('what is taken out is there to be taken out, and is what the planted bug takes', () => {
    const diff = blocks.find(({ info }) => info === 'diff')?.text ?? '';
    const lines = diff.split('\n').map((line) => [line.slice(0, 1), line.slice(1)] as const);
    const before = lines.map(([, line]) => line).join('\n');
    expect(textOf('src/replica.ts')).toContain(before.trimEnd());
    const [taken] = lines.filter(([sign]) => sign === '-').map(([, line]) => line.trim());
    const bugs = textOf('src/experiment.ts');
    expect(taken).toBe('await file.sync();');
    expect(bugs).toContain(`await file.append(encode(stored));\\n  ${taken}\\n`);
  });

  it('are less than 100 lines of code', () => {
    const files = ['src/message.ts', 'src/replica.ts', 'src/client.ts'];
    const count = files.reduce((sum, path) => sum + codeLines(textOf(path)).length, 0);
    expect(count).toBeLessThan(100);
    expect(textOf('README.md')).toContain(`three files and ${count} lines`);
  });
});

/** Figures of this machine and this moment; what else a line says is the same everywhere. */
const VARYING = /^\d+ seeds? in |^\.\.\.$|^(valid|n\d (stopped|refused)).* ok, in 4\.\d s$/;

describe('the commands of the tutorial', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mangrove-tutorial-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const commands = blocks
    .filter(({ info }) => info === 'console')
    .map(({ text }) => {
      const [command = '', ...output] = text.trimEnd().split('\n');
      return { command: command.replace(/^\$ npx mangrove /, ''), output };
    });

  it('are the whole way: hunt, hunt with the bug, replay, replay mended, real processes', () => {
    const verbs = commands.map(({ command }) => command.split(' ').slice(0, 2).join(' '));
    const file = 'results/first-bug.json';
    expect(verbs).toEqual(['lab hunt', 'lab hunt', `replay ${file}`, `replay ${file}`, 'lab run']);
  });

  // They build on each other: the second one writes the plan that the next ones read.
  it.each(commands)('$command', { timeout: 60_000 }, ({ command, output }) => {
    const run = spawnSync(process.execPath, [CLI, ...command.split(' ')], {
      cwd: folder,
      encoding: 'utf8',
    });
    const printed = new Set([...run.stdout.split('\n'), ...run.stderr.split('\n')]);
    const missing = output.filter((line) => !VARYING.test(line) && !printed.has(line));
    expect(missing).toEqual([]);
    const isBroken = command.includes('--bug');
    expect({ status: run.status, isBroken }).toEqual({ status: isBroken ? 1 : 0, isBroken });
  });
});
