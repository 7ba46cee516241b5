/**
 * Shows that the histories which stand in the package are judged as their table says.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkTextTask, finishTask } from '../src/index.ts';

const FOLDER = new URL('../histories/', import.meta.url);

it('R24: every history of the package has the verdict that its table says', () => {
  const table = readFileSync(new URL('README.md', FOLDER), 'utf8');
  const rows = [...table.matchAll(/^\| `([^`]+\.jsonl)` \| `([^`]+)` \| (\w+) \|/gm)];
  const found = rows.map(([, file = '', check = '']) => {
    const text = readFileSync(new URL(file, FOLDER), 'utf8');
    return [file, check, finishTask(checkTextTask(text, { check })).verdict.type];
  });
  expect(found).toEqual(rows.map(([, file, check, verdict]) => [file, check, verdict]));
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.jsonl'));
  expect(new Set(rows.map(([, file]) => file))).toEqual(new Set(files));
});
