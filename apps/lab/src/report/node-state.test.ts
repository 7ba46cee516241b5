/**
 * Shows that the checkpointed states are those that a naive twin finds by going through everything,
 * for any changes and any moment.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from './lifeline.ts';
import { CHECKPOINT_INTERVAL, StateIndex } from './node-state.ts';

const NODES = ['n1', 'n2', 'n3'];

const anyChange = fc.record({
  node: fc.constantFrom(...NODES),
  stepMs: fc.constantFrom(0, 0.5, 3),
  type: fc.constantFrom('state', 'start', 'down', 'pause', 'resume'),
  term: fc.nat(9),
});

function toChanges(
  drafts: readonly { node: string; stepMs: number; type: string; term: number }[],
) {
  let atMs = 0;
  return drafts.map(({ node, stepMs, type, term }): Change => {
    atMs += stepMs;
    return { node, atMs, type: type as Change['type'], fields: { term }, note: String(term) };
  });
}

/** The state of one node, from the first change on. */
function naive(changes: readonly Change[], node: string, atMs: number) {
  let state = { status: 'up', life: '', fields: {}, sinceMs: -1 };
  for (const change of changes) {
    if (change.node !== node || change.atMs > atMs) continue;
    if (change.type === 'state') state = { ...state, fields: change.fields!, sinceMs: change.atMs };
    if (change.type === 'down') state = { ...state, status: 'down' };
    if (change.type === 'pause') state = { ...state, status: 'paused' };
    if (change.type === 'resume') state = { ...state, status: 'up' };
    if (change.type === 'start')
      state = { status: 'up', life: change.note!, fields: {}, sinceMs: -1 };
  }
  return state;
}

describe('the state at a moment', () => {
  it('is what going through all changes gives', () => {
    const drafts = fc.array(anyChange, { maxLength: 2 * CHECKPOINT_INTERVAL + 50, size: 'max' });
    fc.assert(
      fc.property(drafts, fc.double({ min: -1, max: 1400, noNaN: true }), (list, atMs) => {
        const changes = toChanges(list);
        const states = new StateIndex(NODES, changes).at(atMs);
        for (const node of NODES) expect(states.get(node)).toEqual(naive(changes, node, atMs));
      }),
      { numRuns: 60 },
    );
  });

  it('is right on both sides of every checkpoint', () => {
    const changes = toChanges(
      Array.from({ length: 2 * CHECKPOINT_INTERVAL + 3 }, (_, term) => ({
        ...{ node: 'n1', stepMs: 1, type: 'state', term },
      })),
    );
    const index = new StateIndex(['n1'], changes);
    for (let atMs = 0; atMs <= changes.length; atMs += 1) {
      expect(index.at(atMs).get('n1')).toEqual(naive(changes, 'n1', atMs));
    }
  });
});
