/**
 * The store is hunted by both kinds of clients, and holds. What is planted in it is found:
 * `planted-bugs.process.test.ts`.
 */
import { describe, expect, it } from 'vitest';
import { hunt } from '../src/hunt.ts';

const SEED_COUNT = 4;

/** That watches were served, resumed and cut off, and were told how far they are. */
const WATCH_MARKS: readonly string[] = [
  ...['Watches begun', 'Watches begun at a past revision', 'Events sent to watches'],
  ...['Watches of puts or deletes alone'],
  ...['Progress told to watches', 'Watches ended or refused by a member that is cut off'],
];

describe('the store as it is', () => {
  it.each(['kv', 'kv-contract'])(
    'holds in the experiment %s',
    { timeout: 120_000 },
    async (experiment) => {
      const figures = await hunt({ experiment, seedCount: SEED_COUNT, isWatched: true });
      expect(figures).toMatchObject({ failures: [], unknownCount: 0 });
      expect(figures.eventCount).toBeGreaterThan(5000 * SEED_COUNT);
      // What members of Raft, and of the store, count of themselves.
      expect(figures.marks['Elections won']).toBeGreaterThan(SEED_COUNT);
      expect(figures.marks['Sessions opened']).toBeGreaterThan(SEED_COUNT);
      for (const mark of WATCH_MARKS) expect(figures.marks[mark], mark).toBeGreaterThan(0);
    },
  );
});
