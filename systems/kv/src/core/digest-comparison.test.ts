/**
 * Shows who is named where members that have applied the same differ.
 */
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { suspectsOf } from './digest-comparison.ts';

/** Who is named of so many members, of whom these have told a digest: `a`, `b` and so on. */
function named(memberCount: number, ...digests: readonly number[]): string {
  const told = digests.map((digest, nth) => [toNodeId('abcde'.charAt(nth)), digest] as const);
  return suspectsOf(new Map(told), memberCount).join('');
}

describe('R42: the members that are named', () => {
  it('are those that differ from a majority of all members, not of those that have told', () => {
    expect(named(3, 7, 7, 7)).toBe('');
    expect(named(3, 7, 8, 7)).toBe('b');
    expect(named(5, 7, 8, 7, 9, 7)).toBe('bd');
    expect(named(3, 8, 7)).toBe('');
    expect(named(5, 7, 7, 8)).toBe('');
  });

  it('are all where all have told and no majority agrees', () => {
    expect(named(3, 7, 8, 9)).toBe('abc');
    expect(named(4, 7, 7, 8, 8)).toBe('abcd');
    expect(named(2, 7, 8)).toBe('ab');
  });
});
