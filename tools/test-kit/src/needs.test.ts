/**
 * Shows that needs are looked for, and that a test which lacks one is skipped and says why.
 */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { missingPackages, NEEDS, type Need, noteOf, skipUnless } from './needs.ts';

const present: Need = { name: 'air', debianPackage: 'air', look: () => '/usr/bin/air' };
const absent: Need = { name: 'phlogiston', debianPackage: 'phlogiston', look: () => undefined };
const forbidden: Need = { name: 'wings', remedy: 'be a bird', look: () => undefined };

/** Stands for the context of a test: what Vitest's own does is to throw. */
const context = {
  skip(note?: string): never {
    throw new Error(`skipped: ${note}`);
  },
};

describe('skipUnless', () => {
  it('gives what it found', () => {
    expect(skipUnless(context, present)).toBe('/usr/bin/air');
  });

  it('skips with the name of what is missing and how to get it', () => {
    expect(() => skipUnless(context, absent)).toThrow(
      'skipped: needs phlogiston (Debian package phlogiston)',
    );
    expect(() => skipUnless(context, forbidden)).toThrow('skipped: needs wings (be a bird)');
  });
});

describe('the needs of the house', () => {
  it('have names and notes of their own', () => {
    const notes = NEEDS.map((need) => noteOf(need));
    expect(new Set(notes).size).toBe(NEEDS.length);
    expect(notes).toContain('needs chromium (Debian package chromium)');
    expect(notes).toContain('needs root (run as root)');
  });

  it('find programs that exist, or nothing', () => {
    for (const need of NEEDS.filter((each) => each.debianPackage !== undefined)) {
      const found = need.look();
      expect(found === undefined || existsSync(found), need.name).toBe(true);
    }
  });

  it('name each missing package once, and none that is there', () => {
    expect(missingPackages([present, absent, forbidden, { ...absent, name: 'again' }])).toEqual([
      'phlogiston',
    ]);
  });
});
