/**
 * Shows that incarnations grow whatever the clock says, and that a damaged one is left as it is.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nextIncarnation } from './incarnation.ts';

let directory = '';

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'mangrove-incarnation-'));
});

afterEach(() => fs.rmSync(directory, { recursive: true }));

describe('the incarnation', () => {
  it('grows with every draw, also when the wall clock goes back', async () => {
    const drawn: number[] = [];
    for (const wallMs of [1000.7, 999, 5000, -1, 5000, 5001, 5002]) {
      drawn.push(await nextIncarnation(directory, wallMs));
    }
    expect(drawn).toEqual([1000, 1001, 5000, 5001, 5002, 5003, 5004]);
    expect(fs.readdirSync(directory)).toEqual(['incarnation']);
  });

  it('begins at one where the clock shows nothing better', async () => {
    expect(await nextIncarnation(directory, -5)).toBe(1);
  });

  it('is not drawn over a damaged one, which is not changed', async () => {
    const path = join(directory, 'incarnation');
    const damaged = ['', 'x\n', '-1\n', '0\n', '12', ' 12\n', '1e3\n', '9'.repeat(400)];
    for (const text of [...damaged, `${Number.MAX_SAFE_INTEGER}\n`]) {
      fs.writeFileSync(path, text);
      const drawing = nextIncarnation(directory, 1000);
      await expect(drawing, text).rejects.toMatchObject({ code: 'damaged-data' });
      expect(fs.readFileSync(path, 'utf8')).toBe(text);
    }
    fs.writeFileSync(path, `${Number.MAX_SAFE_INTEGER - 1}\n`);
    expect(await nextIncarnation(directory, 1000)).toBe(Number.MAX_SAFE_INTEGER);
  });
});
