/**
 * Shows `mangrove journal inspect` as a shell sees it, on copies of a journal that is kept as a
 * golden file: whole, torn, damaged, missing.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { mangrove, ROOT } from './command.ts';

// Each test starts processes, which takes long on a busy machine.
vi.setConfig({ testTimeout: 40_000 });
afterAll(() => vi.resetConfig());

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mangrove-journal-'));
  cpSync(join(ROOT, 'foundation/journal/test/golden/format-1'), folder, { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Changes the bytes of a segment: the first, or the last. */
function changeSegment(which: 0 | -1, change: (bytes: Buffer) => Buffer): void {
  const names = readdirSync(folder).filter((each) => each.startsWith('segment-'));
  const path = join(folder, names.sort().at(which) ?? '');
  writeFileSync(path, change(readFileSync(path)));
}

it('prints what is there and says that it is sound', async () => {
  const { code, output } = await mangrove('journal', 'inspect', folder);
  expect(code).toBe(0);
  expect(output).toContain('segment-0000000001: ');
  expect(output.trim().split('\n').at(-1)).toMatch(/^sound/);
  const batches = await mangrove('journal', 'inspect', folder, '--batches');
  expect(batches.output.split('\n').length).toBeGreaterThan(output.split('\n').length);
  const machine = await mangrove('journal', 'inspect', folder, '--json');
  expect(JSON.parse(machine.output)).toEqual({ directory: folder, type: 'sound' });
});

it('tells a torn tail, which the next opening cuts off', async () => {
  changeSegment(-1, (bytes) => bytes.subarray(0, bytes.length - 10));
  const { code, output } = await mangrove('journal', 'inspect', folder);
  expect({ code, isTorn: output.includes('torn tail: ') }).toEqual({ code: 0, isTorn: true });
});

it('is invalid where synced bytes are damaged', async () => {
  changeSegment(0, (bytes) => {
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    return bytes;
  });
  const { code, output } = await mangrove('journal', 'inspect', folder);
  expect({ code, isCorrupt: output.includes('corrupt: ') }).toEqual({ code: 1, isCorrupt: true });
});

it('cannot run where there is no journal', async () => {
  const none = await mangrove('journal', 'inspect', join(folder, 'none'));
  expect(none.code).toBe(3);
  expect(none.complaints).toMatch(/^mangrove: .*none /);
  expect(none.complaints.trim().split('\n')).toHaveLength(1);
});
