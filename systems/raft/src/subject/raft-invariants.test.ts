/**
 * Shows that the list of invariants is what the watch asks: each of its complaints begins with the
 * name of one, and each name is one of a complaint.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { raftInvariants } from './raft-invariants.ts';

it('names what the watch complains of, and nothing else', () => {
  const text = readFileSync(new URL('./raft-watch.ts', import.meta.url), 'utf8');
  const complaints = [...text.matchAll(/`([a-z][a-z -]*): \$/g)].map(([, name]) => name ?? '');
  expect(complaints.length).toBeGreaterThan(15);
  const names = raftInvariants.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect([...new Set(complaints)].sort()).toEqual(names.toSorted());
});
