/**
 * Histories of one watch beside what really happened, as a person would judge them.
 */
import type { HistoryEvent, Value } from '@mangrove/check';
import { describe, expect, it } from 'vitest';
import { watches } from './watch-promises.ts';

const PUTS = [2, 3, 4].map((revision) => {
  return { revision, type: 'put', key: 'r/a', value: revision, isCreate: revision === 2 };
});

const LOG: readonly HistoryEvent[] = [
  { atMs: 900, process: 'c9', type: 'invoke', f: 'log', value: 'all' },
  { atMs: 910, process: 'c9', type: 'ok', f: 'log', value: { upTo: 4, changes: PUTS } },
];

/** What a watch from revision 2 on noted, call by call. */
function noted(...calls: readonly (readonly Value[])[]): readonly HistoryEvent[] {
  const begin = { type: 'begin', segment: 1, prefix: 'r/', from: 2 };
  const all = [[begin, { type: 'created', segment: 1, revision: 1 }], ...calls];
  return all.flatMap((value, nth): HistoryEvent[] => [
    { atMs: 20 * nth, process: 'c1', type: 'invoke', f: 'next', value: null },
    { atMs: 20 * nth + 10, process: 'c1', type: 'ok', f: 'next', value },
  ]);
}

function got(progressRevision: number, ...revisions: readonly number[]): Value {
  const changes = PUTS.filter(({ revision }) => revisions.includes(revision));
  return { type: 'response', segment: 1, changes, progressRevision };
}

function judged(history: readonly HistoryEvent[]) {
  const events = [...history, ...LOG].map(watches.view).filter((event) => event !== undefined);
  const verdict = watches.judge(events);
  return verdict.type === 'invalid'
    ? verdict.violations.map(({ anomaly }) => anomaly)
    : verdict.type;
}

describe('what watches are held to', () => {
  it('one that sees every change once keeps the promise', () => {
    expect(judged(noted([got(2, 2)], [got(4, 3, 4)]))).toBe('valid');
  });

  it('one that sees nothing tells nothing', () => {
    expect(judged([])).toBe('unknown');
  });

  it('what is left out, comes again or comes late is a fault', () => {
    expect(judged(noted([got(2, 2)], [got(4, 4)]))).toContain('reliable');
    expect(judged(noted([got(3, 2, 3)], [got(4, 3, 4)]))).toContain('unique');
    expect(judged(noted([got(4, 2)], [got(4, 3, 4)]))).toContain('bookmarkable');
  });

  it('what is not what happened is a fault', () => {
    const changes = [{ ...PUTS[0], value: 7 }];
    const other = { type: 'response', segment: 1, changes, progressRevision: 2 } as Value;
    expect(judged(noted([other]))).toHaveLength(1);
  });

  it('it ends unasked only where compaction passed what it still had to see', () => {
    const ended = (reason: string, compactRevision: number): Value => {
      return { type: 'end', segment: 1, reason, compactRevision };
    };
    expect(judged(noted([got(2, 2)], [ended('compacted', 4)]))).toBe('valid');
    expect(judged(noted([got(2, 2)], [ended('compacted', 3)]))).toEqual(['ended']);
    expect(judged(noted([got(2, 2)], [ended('revision-too-large', 0)]))).toEqual(['ended']);
    expect(judged(noted([got(2, 2)], [ended('no-leader', 0)]))).toBe('valid');
  });
});
