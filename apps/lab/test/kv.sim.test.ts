/**
 * The store is hunted by both kinds of clients: it holds, and planted bugs are found by what they
 * saw alone. A few of them; `lab hunt kv-contract --bug NAME` hunts each.
 */
import { describe, expect, it } from 'vitest';
import { findBug } from '../src/catalog.ts';
import { hunt } from '../src/hunt.ts';

const SEED_COUNT = 4;

describe('the store as it is', () => {
  it.each(['kv', 'kv-contract'])('holds in the experiment %s', async (experiment) => {
    const figures = await hunt({ experiment, seedCount: SEED_COUNT, isWatched: true });
    expect(figures).toMatchObject({ failures: [], unknownCount: 0 });
    expect(figures.eventCount).toBeGreaterThan(5000 * SEED_COUNT);
    // What members of Raft, and of the store, count of themselves.
    expect(figures.marks['Elections won']).toBeGreaterThan(SEED_COUNT);
    expect(figures.marks['Sessions opened']).toBeGreaterThan(SEED_COUNT);
  });
});

describe('a planted bug', () => {
  it.each([
    ['watch-starts-one-late', /resumable|reliable/],
    ['place-in-session-ignored', /./],
    ['watch-resumes-one-early', /unique|atomic|ordered/],
  ])('%s is found', async (name, anomaly) => {
    const { bug } = findBug(name);
    const { experiment, seedBudget } = bug;
    const figures = await hunt({
      ...{ experiment, bug, seedCount: seedBudget },
      isOver: ({ failureCount }) => failureCount > 0,
    });
    expect(figures.failures[0]?.sentence).toMatch(anomaly);
  });
});
