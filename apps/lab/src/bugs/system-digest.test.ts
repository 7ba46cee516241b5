/**
 * A clean run knows which code it was of: its system, all that it stands on, and nothing else.
 */
import { expect, it } from 'vitest';
import { CATALOG } from '../catalog.ts';
import { digestSystem, packagesOf } from './system-digest.ts';

it('knows the packages of every experiment of the catalog', () => {
  for (const { experiment } of CATALOG) {
    expect(packagesOf(experiment.name)).toEqual(expect.arrayContaining(['host', 'sim', 'check']));
  }
  expect(packagesOf('register')).not.toContain('raft');
  expect(packagesOf('kv/disk-full')).toEqual(
    expect.arrayContaining(['kv', 'raft', 'journal', 'wire']),
  );
  expect(packagesOf('kv')).not.toContain('host-process');
  expect(() => packagesOf('cache-eviction')).toThrow('one of a system among register, journal');
});

it('is the same for the experiments of one system, and another for each system', () => {
  const digests = ['register', 'journal', 'raft', 'kv'].map(digestSystem);
  for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{12}$/);
  expect(new Set(digests).size).toBe(4);
  expect(digestSystem('raft-even')).toBe(digestSystem('raft/leader-isolated'));
});
