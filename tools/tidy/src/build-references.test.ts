/**
 * Shows that the build must know every package, and its dependencies as the manifest has them.
 */
import { expect, it } from 'vitest';
import { faultsWith, manifest, source, tsconfig } from '../test/planted-house.ts';

it('catches a package that the build does not name, or that has no tsconfig', async () => {
  const faults = await faultsWith({
    'systems/cache/package.json': manifest('cache', []),
    'systems/cache/src/index.ts': source('export const x = 1;'),
    'systems/broker/package.json': manifest('broker', []),
    'systems/broker/tsconfig.json': tsconfig([]),
    'systems/broker/src/index.ts': source('export const x = 1;'),
  });
  expect(faults).toEqual([
    'tsconfig.build.json: does not name systems/broker',
    'systems/cache/tsconfig.json: is missing: tsc -b needs it',
  ]);
});

it('catches references that differ from the dependencies', async () => {
  const faults = await faultsWith({ 'systems/kv/tsconfig.json': tsconfig(['foundation/host']) });
  expect(faults).toEqual([
    'systems/kv/tsconfig.json: does not reference systems/raft, on which its package depends',
    'systems/kv/tsconfig.json: references foundation/host, on which its package does not depend',
  ]);
});
