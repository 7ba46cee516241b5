/**
 * The version that members tell is that of the package.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { KV_VERSION } from '../src/shell/member-report.ts';

it('R38: members tell the version of the package', () => {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  expect(KV_VERSION).toBe(JSON.parse(manifest).version);
});
