/**
 * Histories of a write and one read after it, as a person would judge them: a read is held to what
 * it allowed, and to what its answer says of itself.
 */
import type { HistoryEvent, Value } from '@mangrove/check';
import { describe, expect, it } from 'vitest';
import type { KvPromise } from './promise.ts';
import { claims, stalenessPromises, within } from './staleness-promises.ts';

/** A read of `b/300` that misses a write, which had ended 400 ms before. */
function missed(bound: Value, stalenessMs: number): readonly HistoryEvent[] {
  const read = { process: 'c2', f: 'read-bounded', key: 'b/300' } as const;
  const answer = { value: null, revision: 1, stalenessMs };
  return [
    { atMs: 90, process: 'c1', type: 'invoke', f: 'write', key: 'b/300', value: 7 },
    { atMs: 100, process: 'c1', type: 'ok', f: 'write', key: 'b/300', value: { revision: 2 } },
    { atMs: 500, ...read, type: 'invoke', value: bound },
    { atMs: 502, ...read, type: 'ok', value: answer },
  ];
}

function judged({ view, judge }: KvPromise, history: readonly HistoryEvent[]): string {
  return judge(history.map(view).filter((event) => event !== undefined)).type;
}

describe('what a bounded read is held to', () => {
  it('a read that allows 300 ms misses nothing that is older', () => {
    expect(judged(within(300), missed({ ms: 300 }, 300))).toBe('invalid');
  });

  it('a read that bounds both is held to both', () => {
    expect(judged(within(300), missed({ ms: 300, lag: 4 }, 300))).toBe('invalid');
  });

  it('a read that bounds revisions alone may be of any age', () => {
    const history = missed({ lag: 4 }, 410);
    // It is no test of the other bound either.
    expect(judged(within(300), history)).toBe('unknown');
    const broken = stalenessPromises.filter((each) => judged(each, history) === 'invalid');
    expect(broken).toEqual([]);
  });

  it('it lags no more revisions behind than it allows', () => {
    const broken = stalenessPromises.filter((each) => {
      return judged(each, missed({ lag: 0 }, 410)) === 'invalid';
    });
    expect(broken.map(({ check }) => check)).toEqual([
      'no read lags more revisions behind than it allowed',
    ]);
  });

  it('it is never older than its answer says', () => {
    expect(judged(claims, missed({ lag: 4 }, 390))).toBe('invalid');
    expect(judged(claims, missed({ lag: 4 }, 410))).toBe('valid');
  });
});
