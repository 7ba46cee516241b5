/**
 * Shows that paths of one machine and download addresses are caught, in every file of text.
 */
import { expect, it } from 'vitest';
import { faultsWith, source } from '../test/planted-house.ts';

/** Put together here, so that this file itself holds none. */
const homePath = ['', 'home', 'ann'].join('/');

it('catches a path below a home, in code and in documents', async () => {
  const faults = await faultsWith({
    'README.md': `# House\n\nRun it in ${homePath}/x.\n`,
    'foundation/sim/src/planted.ts': source(`export const path = '${homePath}';`),
  });
  expect(faults).toEqual([
    `README.md:3: names a path of one machine: ${homePath}`,
    `foundation/sim/src/planted.ts:4: names a path of one machine: ${homePath}`,
  ]);
});

it('lets relative paths, URLs and the temporary folder pass', async () => {
  expect(
    await faultsWith({
      'README.md': `See docs${homePath}, https://example.org${homePath}, /tmp/x, /home and ~/work/x.\n`,
    }),
  ).toEqual([]);
});

it('lets the file pass by which git finds a linked worktree', async () => {
  expect(await faultsWith({ '.git': `gitdir: ${homePath}/house/.git/worktrees/x\n` })).toEqual([]);
});

it('catches a download address in a lock file only', async () => {
  const resolved = `  ${JSON.stringify('resolved')}: "https://registry.example.org/a.tgz"\n`;
  expect(await faultsWith({ 'package-lock.json': `{\n${resolved}}\n` })).toEqual([
    'package-lock.json:2: keeps a download address: see .npmrc',
  ]);
  expect(
    await faultsWith({ 'package-lock.json': '{\n  "resolved": "foundation/host"\n}\n' }),
  ).toEqual([]);
  expect(await faultsWith({ 'other.json': `{\n${resolved}}\n` })).toEqual([]);
});
