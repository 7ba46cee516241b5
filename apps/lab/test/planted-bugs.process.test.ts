/**
 * Proves a planted bug of every system, one that shows within seconds: each is found within
 * its budget of seeds by what clients saw, shows as what it breaks, and the code as it is passes
 * the same seeds. `lab bugs hunt` proves all of them.
 */
import { describe, expect, it } from 'vitest';
import { proveBug } from '../src/bugs/prove-bug.ts';
import { findBug } from '../src/catalog.ts';

describe('a planted bug is found, and only it', () => {
  it.each([
    ['register-rename-before-sync', /SyntaxError|was in the register/],
    ['journal-answers-before-sync', /saw no success|was in the register/],
    ['session-applies-again', /was in the register/],
    ['watch-starts-one-late', /resumable|reliable/],
  ])('%s', async (name, sentence) => {
    const { entry, bug } = findBug(name);
    const { planted, clean, isProven } = await proveBug(entry, bug, { isWatched: false });
    expect(planted.failures[0]?.sentence).toMatch(sentence);
    expect(clean).toMatchObject({ failures: [], unknownCount: 0 });
    expect(isProven).toBe(true);
  });
});
