/**
 * Shows that each event is in the file as soon as it was added: what a process that is killed then
 * has told the kernel is kept, what it has kept to itself is not.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJsonLines } from '@mangrove/check';
import type { HistoryEvent } from '@mangrove/experiment';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HistoryFile } from './history-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mangrove-history-'));
  path = join(folder, 'history.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const EVENTS: readonly HistoryEvent[] = [
  { process: 'c1', type: 'invoke', f: 'write', value: 1, atMs: 1 },
  { process: 'c2', type: 'invoke', f: 'read', atMs: 2 },
  { process: 'c1', type: 'info', f: 'write', value: 1, error: 'no answer in time', atMs: 3 },
  { process: 'c2', type: 'ok', f: 'read', value: 'größer', atMs: 4 },
];

it('each event can be read before the next one comes, and before the file is closed', () => {
  const file = new HistoryFile(path);
  try {
    for (const [index, event] of EVENTS.entries()) {
      file.add(event);
      const text = readFileSync(path, 'utf8');
      expect(text.endsWith('\n')).toBe(true);
      expect(readJsonLines(text)).toEqual(EVENTS.slice(0, index + 1));
    }
  } finally {
    file.close();
  }
});

it('begins anew where there was a file, and takes nothing in once it is closed', () => {
  writeFileSync(path, 'of another run\n');
  const file = new HistoryFile(path);
  expect(readFileSync(path, 'utf8')).toBe('');
  for (const event of EVENTS) file.add(event);
  file.close();
  file.close();
  for (const event of EVENTS) file.add(event);
  expect(readJsonLines(readFileSync(path, 'utf8'))).toEqual(EVENTS);
});
