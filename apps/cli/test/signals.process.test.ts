/**
 * Shows that a signal to `mangrove`, to `npx mangrove` or to the group of a terminal ends all that
 * runs: the processes are listed before, and all of them are gone after.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { processFiles, script, skipUnless } from '@mangrove/test-kit/node';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BIN, ROOT, type RunningCommand, start } from './command.ts';
import { commandLine, isGone, listProcesses, treeOf, until, waitsIn } from './processes.ts';

// Each test starts many processes, which takes long on a busy machine.
vi.setConfig({ testTimeout: 40_000 });
afterAll(() => vi.resetConfig());

const LONG = ['bench', 'host-process/messages'];

/** Starts a command that works for long; resolves once its working processes are there. */
async function startLong(program: string, args: readonly string[]): Promise<RunningCommand> {
  const command = start(program, args);
  running = command;
  await command.saying('host-process/messages');
  await until(() =>
    treeOf(command.child.pid ?? -1).some((id) => commandLine(id).includes('message-peer.ts')),
  );
  return command;
}

/** A program and its arguments. */
type CommandLine = readonly [string, readonly string[]];

const DIRECT: CommandLine = [process.execPath, [BIN, ...LONG]];
const NPX: CommandLine = ['npx', ['--no-install', 'mangrove', ...LONG]];
const NPM: CommandLine = ['npm', ['run', 'bench', '--', 'host-process/messages']];

beforeEach((context) => {
  skipUnless(context, processFiles);
});

let running: RunningCommand | undefined;

afterEach(() => {
  const pid = running?.child.pid;
  running = undefined;
  // What a failed test left; a test that passed left nothing to end.
  if (pid !== undefined && listProcesses().some(({ group }) => group === pid)) {
    process.kill(-pid, 'SIGKILL');
  }
});

it('SIGTERM and SIGINT end it and all below it', async () => {
  for (const [signal, expected] of [['SIGTERM', 143] as const, ['SIGINT', 130] as const]) {
    const command = await startLong(...DIRECT);
    const below = treeOf(command.child.pid ?? -1);
    command.child.kill(signal);
    expect((await command.outcome).code).toBe(expected);
    await until(() => below.every(isGone));
  }
});

it('SIGTERM to npx or npm run reaches it', async () => {
  for (const how of [NPX, NPM]) {
    const command = await startLong(...how);
    const below = treeOf(command.child.pid ?? -1);
    expect(below.length).toBeGreaterThan(3);
    command.child.kill('SIGTERM');
    await until(() => below.every(isGone));
    await command.outcome;
  }
});

it('Ctrl-C in a terminal reaches it behind npx', async () => {
  const command = await startLong(...NPX);
  const below = treeOf(command.child.pid ?? -1);
  process.kill(-(command.child.pid ?? 0), 'SIGINT');
  await until(() => below.every(isGone));
  expect((await command.outcome).code).not.toBe(0);
});

it.for(['npm start', 'npx --no-install mangrove lab run kv/leader-isolated --world local'])(
  'the key Ctrl-C ends the cluster of processes of `%s`, and its files',
  async (line, context) => {
    const program = skipUnless(context, script);
    const folder = mkdtempSync(join(tmpdir(), 'mt-'));
    // It gives the command a terminal, whose driver makes a signal to the whole group of the key.
    const terminal = spawn(program, ['-qec', line, '/dev/null'], {
      ...{ cwd: ROOT, env: { ...process.env, TMPDIR: folder }, detached: true },
    });
    const ended = once(terminal, 'exit');
    try {
      let shown = '';
      terminal.stdout.on('data', (bytes) => {
        shown += String(bytes);
      });
      await until(() => shown.includes('processes serve') && shown.includes('does not reach'));
      const below = treeOf(terminal.pid ?? -1);
      const replicas = below.filter((id) => commandLine(id).includes('replica-process.ts'));
      expect(replicas.length).toBeGreaterThanOrEqual(3);
      expect(readdirSync(folder).filter((name) => name.startsWith('mangrove-'))).toHaveLength(1);
      terminal.stdin.write('\x03');
      await until(() => below.every(isGone));
      const [code] = await ended;
      expect(code).not.toBe(0);
      expect(readdirSync(folder).filter((name) => name.startsWith('mangrove-'))).toEqual([]);
    } finally {
      if (terminal.exitCode === null && terminal.pid !== undefined) {
        process.kill(-terminal.pid, 'SIGKILL');
      }
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

it('SIGKILL leaves nothing behind either', async () => {
  const command = await startLong(...DIRECT);
  const below = treeOf(command.child.pid ?? -1);
  command.child.kill('SIGKILL');
  await until(() => below.every(isGone));
  await command.outcome;
});

it('a second signal ends what blocks in the kernel', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mangrove-cli-'));
  try {
    const pipe = join(folder, 'pipe');
    spawnSync('mkfifo', [pipe]);
    const command = start(process.execPath, [BIN, 'check', pipe]);
    running = command;
    const pid = command.child.pid ?? -1;
    await until(() => waitsIn(pid, 'wait_for_partner'));
    await until(() => isGone(pid) || !command.child.kill('SIGTERM'));
    expect((await command.outcome).by).toBe('SIGTERM');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
