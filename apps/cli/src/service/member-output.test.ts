/**
 * Shows that what a member says takes a bounded part of the disk, and that its end is kept.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MemberOutput } from './member-output.ts';

it('keeps the last lines of a member, in two files of bounded size', () => {
  const directory = fs.mkdtempSync(join(tmpdir(), 'mangrove-output-'));
  const path = join(directory, 'n1.txt');
  const descriptor = fs.openSync(path, 'a');
  try {
    const output = new MemberOutput(descriptor, path, 1000);
    for (let nth = 0; nth < 500; nth += 1) output.say(`line ${nth}`);
    const [older, newer] = [`${path}.1`, path].map((each) => fs.readFileSync(each, 'utf8'));
    expect(older?.length).toBeLessThanOrEqual(1000);
    expect(newer?.length).toBeLessThanOrEqual(1000);
    const lines = `${older}${newer}`.trim().split('\n');
    const first = 500 - lines.length;
    expect(lines).toEqual(lines.map((_, nth) => `line ${first + nth}`));
    expect(lines.length).toBeGreaterThan(100);
  } finally {
    fs.closeSync(descriptor);
    fs.rmSync(directory, { recursive: true });
  }
});
