/**
 * Shows leases as commands: one is granted, a key is put on it, it is looked at, kept alive for
 * longer than it lives by itself, and ended with its key. Then the same in JSON.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../src/main.ts';
import { BIN, start } from './command.ts';

/** Longer than a process takes to start on a busy machine. */
const KEPT_SECONDS = 10;

let root: string;
let data: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mangrove-lease-'));
  data = join(root, 'data');
  expect(await mangrove('up', 'kv', '--nodes', '1', '--data', data)).toMatchObject({ code: 0 });
}, 60_000);

afterAll(async () => {
  await mangrove('down', '--data', data);
  await rm(root, { recursive: true, force: true });
}, 60_000);

async function mangrove(...args: readonly string[]) {
  const [output, complaints]: [string[], string[]] = [[], []];
  const code = await main(args, {
    output: { write: (text) => output.push(text) },
    progress: { write: (text) => complaints.push(text) },
  });
  return { code, output: output.join(''), complaints: complaints.join('') };
}

const kv = (...args: readonly string[]) => mangrove('kv', ...args, '--data', data);

const lease = (...args: readonly string[]) => kv('lease', ...args);

/** What a command says with `--json`, of one line. */
async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, output } = await kv(...args, '--json');
  expect(code).toBe(0);
  return JSON.parse(output);
}

/** Keeps a lease alive for a while in a process of its own; what that came to. */
async function keptFor(durationMs: number, id: string) {
  const keeping = start(process.execPath, [BIN, 'kv', 'lease', 'keep-alive', id, '--data', data]);
  await keeping.saying('kept alive');
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  keeping.child.kill('SIGINT');
  return await keeping.outcome;
}

describe('mangrove kv lease', { timeout: 60_000 }, () => {
  it('grants, shows, keeps alive and ends a lease with its key', async () => {
    const granted = await lease('grant', String(KEPT_SECONDS));
    expect(granted.code).toBe(0);
    const [, id = ''] = /^lease ([0-9a-f]+), 10 s\n$/.exec(granted.output) ?? [];
    expect(granted.output).toContain(id);
    expect(await kv('put', 'leased', 'yes', '--lease', id)).toMatchObject({ code: 0 });
    expect((await lease('list')).output).toBe(`${id}\n`);
    const shown = await lease('show', id);
    expect(shown.output).toMatch(/^\d+\.\d s of 10 s are left; keys: leased\n$/);
    // Longer than it lives by itself.
    const kept = await keptFor((KEPT_SECONDS + 2) * 1000, id);
    // It ends as what a signal has ended.
    expect(kept.code).toBe(130);
    expect(await kv('get', 'leased')).toMatchObject({ code: 0, output: 'yes\n' });
    const revoked = await lease('revoke', id);
    expect(revoked).toMatchObject({ code: 0, output: `lease ${id} has ended\n` });
    expect(await kv('get', 'leased')).toMatchObject({ code: 1, output: '' });
    expect(await lease('list')).toMatchObject({ code: 0, output: '' });
  });

  it('says all of it in JSON', async () => {
    const granted = await json('lease', 'grant', '60');
    expect(granted).toEqual({ lease: expect.stringMatching(/^[0-9a-f]+$/), ttlMs: 60_000 });
    const id = String(granted['lease']);
    await json('put', 'leased', 'yes', '--lease', id);
    const got = await json('get', 'leased');
    expect(got).toMatchObject({ entries: [{ key: 'leased', lease: id }] });
    expect(await json('lease', 'list')).toEqual({ lease: id });
    const shown = await json('lease', 'show', id);
    expect(shown).toEqual({
      ...{ lease: id, grantedMs: 60_000, remainingMs: expect.any(Number), keys: ['leased'] },
    });
    expect(shown['remainingMs']).toBeGreaterThan(30_000);
    expect(shown['remainingMs']).toBeLessThanOrEqual(60_000);
    expect(await json('lease', 'revoke', id)).toEqual({ lease: id });
    expect(await kv('get', 'leased')).toMatchObject({ code: 1 });
  });

  it('ends a lease that nobody keeps, and says of one that ended that it is gone', async () => {
    const id = String((await json('lease', 'grant', '3'))['lease']);
    await json('put', 'left', 'alone', '--lease', id);
    while ((await kv('get', 'left')).code === 0);
    for (const command of [['show'], ['keep-alive'], ['revoke']]) {
      const gone = await lease(...command, id);
      expect(gone).toMatchObject({ code: 3, output: '' });
      expect(gone.complaints).toContain('the lease is not granted, or has ended');
    }
    const put = await kv('put', 'left', 'alone', '--lease', id);
    expect(put).toMatchObject({ code: 3, output: '' });
    expect(put.complaints).toContain('the lease is not granted, or has ended');
  });
});
