/**
 * Shows the command as a shell sees it: help, version, wrong usage, an old Node.js, and that it
 * runs from every folder, through npx too.
 */
import { join } from 'node:path';
import process from 'node:process';
import { olderNode, skipUnless } from '@mangrove/test-kit/node';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { BIN, mangrove, ROOT, start } from './command.ts';

// Each test starts many processes, which takes long on a busy machine.
vi.setConfig({ testTimeout: 40_000 });
afterAll(() => vi.resetConfig());

describe('mangrove', () => {
  it('shows help with examples and exit codes', async () => {
    const { code, output, complaints } = await mangrove('--help');
    expect(code).toBe(0);
    expect(complaints).toBe('');
    for (const part of ['Usage: mangrove', 'Commands:', 'Examples:', 'Exit codes:', '--json']) {
      expect(output).toContain(part);
    }
  });

  it('shows the help of every command, with examples', async () => {
    const { output } = await mangrove('--help');
    const list = output.slice(output.indexOf('Commands:'), output.indexOf('Examples:'));
    const names = [...list.matchAll(/^ {2}(\w+) /gm)].flatMap(([, name]) => name ?? []);
    expect(names).toContain('bench');
    for (const name of names.filter((each) => each !== 'help')) {
      const help = await mangrove(name, '--help');
      expect(help.code, name).toBe(0);
      expect(help.output, name).toContain('Examples:');
    }
  });

  it('loads nothing for its help but the parser', async () => {
    const hook = `import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) {
        if (url.startsWith('file:')) console.error(url);
        return next(url, context);
      } });`;
    const url = `data:text/javascript,${encodeURIComponent(hook)}`;
    const { complaints } = await start(process.execPath, ['--import', url, BIN, '--help']).outcome;
    const loaded = complaints.trim().split('\n');
    expect(loaded.filter((each) => each.endsWith('/apps/cli/src/program.ts'))).toHaveLength(1);
    const strange = loaded.filter(
      (each) => !/\/apps\/cli\/(?:bin|src)\/(?:\w+\/declare-)?[\w-]+\.\w+$/.test(each),
    );
    expect(strange.filter((each) => !each.includes('/node_modules/commander/'))).toEqual([]);
  });

  it('prints its version', async () => {
    const { code, output } = await mangrove('--version');
    expect(code).toBe(0);
    expect(output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('answers wrong usage with one sentence and 64', async () => {
    const wrong: readonly (readonly [readonly string[], string])[] = [
      [['benhc'], "unknown command 'benhc', did you mean bench: `mangrove --help` shows how"],
      [['bench', '--jsn'], "unknown option '--jsn', did you mean --json: `mangrove bench --help`"],
      [['kv', 'put', 'a'], "missing required argument 'value': `mangrove kv put --help` shows how"],
      [['--json', 'kv', 'gte'], "unknown command 'gte', did you mean get: `mangrove kv --help`"],
      [['kv', 'lease', 'grant'], "'seconds': `mangrove kv lease grant --help` shows"],
      [['bench', 'a', 'b'], "too many arguments for 'bench'"],
      [['bench', 'nothing'], 'no benchmark is called "nothing": `mangrove bench --list` prints'],
    ];
    for (const [args, sentence] of wrong) {
      const { code, output, complaints } = await mangrove(...args);
      expect(complaints).toMatch(/^mangrove: /);
      expect(complaints).toContain(sentence);
      expect(complaints.trim().split('\n')).toHaveLength(1);
      expect({ code, output }).toEqual({ code: 64, output: '' });
    }
  });

  it('shows its help as a complaint when it is told nothing to do', async () => {
    const { code, output, complaints } = await mangrove();
    expect({ code, output }).toEqual({ code: 64, output: '' });
    expect(complaints).toContain('Usage: mangrove');
  });

  it('lists benchmarks for people and for machines', async () => {
    const people = await mangrove('bench', '--list');
    expect(people.output.split('\n')).toContain('cli/help');
    const machines = await mangrove('bench', 'cli', '--list', '--json');
    expect(
      machines.output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([{ id: 'cli/help', bench: 'help', room: 'apps/cli' }]);
  });

  it.each(['bench --list', 'bench --help'])(
    '%s ends quietly when its reader has gone',
    async (line) => {
      const shell = `"${process.execPath}" "${BIN}" ${line} | true`;
      const { code, complaints } = await start('bash', ['-o', 'pipefail', '-c', shell]).outcome;
      expect({ code, complaints }).toEqual({ code: 141, complaints: '' });
    },
  );

  it('measures, one JSON object a line, and says nothing else', async () => {
    const { code, output, complaints } = await mangrove('bench', 'cli/help', '--json');
    expect(complaints).toBe('');
    const rows = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.map(({ bench }) => bench)).toEqual(['help']);
    expect(code).toBe(rows.every(({ met }) => met) ? 0 : 1);
    const fields = ['bench', 'case', 'ours', 'reference', 'unit', 'ratio', 'goal', 'met'];
    for (const row of rows) expect(Object.keys(row)).toEqual(fields);
  });
});

describe('npx mangrove', () => {
  it('runs from any folder of the house', async () => {
    for (const folder of ['.', 'foundation/host/src', 'apps/cli']) {
      const { code, output } = await start('npx', ['--no-install', 'mangrove', '--version'], {
        cwd: join(ROOT, folder),
      }).outcome;
      expect({ folder, code, output: output.trim() }).toEqual({ folder, code: 0, output: '0.1.0' });
    }
  });

  it('runs TypeScript of the house in worker threads too', async () => {
    const worker = join(ROOT, 'foundation/experiment/src/index.ts');
    const script = `const { Worker } = require('node:worker_threads');
      new Worker(${JSON.stringify(worker)}).on('exit', (code) => process.exit(code));`;
    const { code, complaints } = await start('npx', ['--no-install', 'node', '-e', script]).outcome;
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
  });
});

describe('on another Node.js', () => {
  const pretending = (version: string) =>
    start(process.execPath, [
      '--import',
      `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'${version}'})`,
      ...[BIN, '--version'],
    ]).outcome;

  it('says in one sentence what to do and exits with 64 when it is too old', async () => {
    for (const version of ['18.20.8', '20.19.0', '23.11.1']) {
      const { code, output, complaints } = await pretending(version);
      expect({ code, output }).toEqual({ code: 64, output: '' });
      expect(complaints).toContain(`needs Node.js 24 or newer and this is ${version}: run it as`);
      expect(complaints.trim().split('\n')).toHaveLength(1);
    }
    expect((await pretending('26.0.0')).code).toBe(0);
  });

  it('does so on a real one', async (context) => {
    const { code, complaints } = await start(skipUnless(context, olderNode), [BIN, '--help'])
      .outcome;
    expect(code).toBe(64);
    expect(complaints).toMatch(/^mangrove needs Node\.js 24 or newer and this is \S+: .*\n$/);
  });
});
