/**
 * Follows the page on one's own system: its file is less than 50 lines, its command finds what it
 * says, by the path of the file, and the same runs as a real process and has its report. A bug of
 * one's own is planted by its name.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { BIN, ROOT, start } from './command.ts';

const page = readFileSync(join(ROOT, 'docs/your-own-system.md'), 'utf8');

function blockOf(info: string): string {
  const begin = page.indexOf(`\`\`\`${info}\n`) + info.length + 4;
  expect(begin).toBeGreaterThan(info.length + 3);
  return page.slice(begin, page.indexOf('```', begin));
}

/** A command that the page names in its text, as arguments. */
function namedCommand(words: string): readonly string[] {
  expect(page).toContain(`\`${words}\``);
  return words.split(' ');
}

it('a file of less than 50 lines becomes a subject, and its bug is found', {
  timeout: 180_000,
}, async () => {
  const source = blockOf('ts my-register.ts');
  const lines = source.split('\n').filter((line) => line.trim() !== '');
  expect(lines.length).toBeLessThan(50);
  const [command = '', ...told] = blockOf('console').trim().split('\n');
  // Where the packages of the house are found, and nothing is kept.
  mkdirSync(join(ROOT, 'results'), { recursive: true });
  const cwd = mkdtempSync(join(ROOT, 'results/own-'));
  try {
    writeFileSync(join(cwd, 'my-register.ts'), source);
    const args = command.replace('$ npx mangrove ', '').split(' ');
    const hunt = await start(process.execPath, [BIN, ...args], { cwd }).outcome;
    expect({ code: hunt.code, complaints: hunt.complaints.includes('mangrove:') }).toEqual({
      ...{ code: 1, complaints: false },
    });
    for (const line of told) expect(hunt.output).toContain(line);
    await expectBugOfOnesOwn(cwd);
    const replay = ['replay', 'bug.json', '--experiment', './my-register.ts'];
    const again = await start(process.execPath, [BIN, ...replay], { cwd }).outcome;
    expect(again.output).toContain('INVALID (linearizability)');
    const local = namedCommand('lab run ./my-register.ts --world local --seed 10');
    const reported = [...local, '--report', 'run.html'];
    // The process forgets what it has confirmed. Where somebody writes before anybody reads, it is
    // not seen; and on a machine so busy that it is not back in time clients are stuck instead.
    // It shows in a third of the runs.
    const verdicts: string[] = [];
    for (let run = 0; run < 15 && !verdicts.includes('INVALID (linearizability)'); run += 1) {
      const real = await start(process.execPath, [BIN, ...reported], { cwd }).outcome;
      expect(real.complaints).toContain('1 process serves');
      expect(real.complaints).toContain('n1 is killed');
      expect(real.output).toMatch(/: \d+ operations, [1-9]\d* of them ok/);
      const [verdict = ''] = real.output.split(':');
      expect(real.code === 0).toBe(verdict === 'valid');
      verdicts.push(verdict);
    }
    expect(verdicts).toContain('INVALID (linearizability)');
    expect(readFileSync(join(cwd, 'run.html'), 'utf8')).toContain('real processes and time');
    const refused = await start(process.execPath, [BIN, 'replay', 'bug.json'], { cwd }).outcome;
    expect(refused.complaints).toContain('my-register');
    expect(refused.output).toBe('');
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
});

/** In the file that the page shows, as the page says. */
async function expectBugOfOnesOwn(cwd: string): Promise<void> {
  writeFileSync(join(cwd, 'my-bugs.ts'), blockOf('ts my-bugs.ts'));
  const lab = (...args: readonly string[]) => start(process.execPath, [BIN, ...args], { cwd });
  const planted = ['--bug', 'my-register-keeps-the-first'];
  const hunt = ['lab', 'hunt', './my-bugs.ts', '--seeds', '1', ...planted, '--plan', 'mine.json'];
  const found = await lab(...hunt).outcome;
  expect(found.output).toContain('seed 1: linearizability');
  expect(found.code).toBe(1);
  const replay = ['replay', 'mine.json', '--experiment', './my-bugs.ts'];
  const again = await lab(...replay, ...planted, '--report', 'mine.html').outcome;
  expect(again.output).toContain('INVALID (linearizability)');
  expect(readFileSync(join(cwd, 'mine.md'), 'utf8')).toContain('value ??= write');
  expect((await lab(...replay, '--clean').outcome).code).toBe(0);
  const typo = await lab('lab', 'run', './my-bugs.ts', '--bug', 'my-register-keeps').outcome;
  expect(typo.complaints).toContain('such as my-register-keeps-the-first');
}
