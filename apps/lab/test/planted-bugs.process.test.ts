/**
 * Proves planted bugs of every system, those that show within a second or two: each is found within
 * its budget of seeds by what clients saw, shows as what it breaks, and the code as it is passes
 * the same seeds. `lab bugs hunt` proves all of them.
 */
import { describe, expect, it } from 'vitest';
import { proveBug } from '../src/bugs/prove-bug.ts';
import { findBug } from '../src/catalog.ts';

// One thread each and several at once: most of the time goes into starting threads.
describe.concurrent('a planted bug is found, and only it', { timeout: 120_000 }, () => {
  it.each([
    ['register-rename-before-sync', /SyntaxError|was in the register/],
    ['journal-answers-before-sync', /saw no success|was in the register/],
    ['message-without-checksum', /was told that|was in the register/],
    ['journal-appends-behind-a-torn-tail', /saw no success|was in the register/],
    ['heartbeat-commits-all', /has lost entries/],
    ['session-applies-again', /was in the register/],
    ['read-before-first-commit', /was in the register/],
    ['wiped-disk-is-let-in', /was in the register/],
    ['vote-for-a-shorter-log', /was in the register/],
    ['append-always-cuts', /has lost entries/],
    ['probe-waits-for-ever', /saw no success/],
    ['joint-asks-the-new-alone', /leads term|was in the register/],
    ['timers-of-one-moment-are-one', /saw no success/],
    ['watch-resumes-one-late', /resumable|reliable/],
    ['watch-starts-one-late', /resumable|reliable/],
    ['lock-without-fencing', /stale-holder-writes/],
    ['unknown-is-said-to-have-failed', /was told that|was in the register/],
    ['snapshot-begins-late', /members-differ/],
    ['place-in-session-ignored', /duplicate-elements|lost-write/],
    ['session-token-ignored', /read-your-writes|monotonic/],
    ['renewal-not-told', /lease-ends-early/],
  ])('%s', async (name, sentence) => {
    const { entry, bug } = findBug(name);
    const options = { isWatched: false, workerCount: 1 };
    const { planted, clean, isProven } = await proveBug(entry, bug, options);
    expect(planted.failures[0]?.sentence).toMatch(sentence);
    expect(clean).toMatchObject({ failures: [], unknownCount: 0 });
    expect(isProven).toBe(true);
  });
});
