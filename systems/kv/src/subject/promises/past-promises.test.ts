/**
 * Histories of reads of the past and of leases beside what really happened, as a person would judge
 * them.
 */
import type { HistoryEvent, Value } from '@mangrove/check';
import { describe, expect, it } from 'vitest';
import { past, transactions } from './past-promises.ts';
import type { KvPromise } from './promise.ts';

function put(revision: number, key: string, value: Value): Value {
  return { revision, type: 'put', key, value };
}

function deleted(revision: number, key: string): Value {
  return { revision, type: 'delete', key };
}

function done(f: string, value: Value): readonly HistoryEvent[] {
  return [
    { atMs: 0, process: 'c1', type: 'invoke', f, value: null },
    { atMs: 10, process: 'c1', type: 'ok', f, value },
  ];
}

/** What happens beside what the scribe wrote down of it. */
function judged({ view, judge }: KvPromise, log: readonly Value[], f: string, value: Value) {
  const history = [...done(f, value), ...done('log', { upTo: 6, changes: log })];
  const verdict = judge(history.map(view).filter((event) => event !== undefined));
  return verdict.type === 'invalid'
    ? verdict.violations.map(({ anomaly }) => anomaly)
    : verdict.type;
}

describe('what reads of the past, and backups, are held to', () => {
  const log = [put(2, 'a', 1), put(3, 'b', 2), put(4, 'a', 3), deleted(5, 'b')];

  it.each(['read-past', 'back-up'])('%s: all keys as they were, and no other', (f) => {
    expect(judged(past, log, f, { revision: 3, state: { a: 1, b: 2 } })).toBe('valid');
    expect(judged(past, log, f, { revision: 5, state: { a: 3 } })).toBe('valid');
    expect(judged(past, log, f, { revision: 3, state: { a: 3, b: 2 } })).toEqual(['other-past']);
    expect(judged(past, log, f, { revision: 5, state: { a: 3, b: 2 } })).toEqual(['other-past']);
    expect(judged(past, log, f, { revision: 4, state: { a: 3 } })).toEqual(['other-past']);
  });

  it('what the scribe has not written down tells nothing', () => {
    expect(judged(past, log, 'read-past', { revision: 7, state: {} })).toBe('unknown');
  });
});

describe('what transactions are held to', () => {
  const granted = { name: 'n', ttlMs: 500, revision: 2 };

  it('both keys of a lease come in its revision, and go in one', () => {
    const log = [put(2, 'e/n/a', 1), put(2, 'e/n/b', 1)];
    expect(judged(transactions, log, 'grant', granted)).toBe('valid');
    const ended = [...log, deleted(4, 'e/n/a'), deleted(4, 'e/n/b')];
    expect(judged(transactions, ended, 'grant', granted)).toBe('valid');
    const inParts = [...log, deleted(4, 'e/n/a'), deleted(5, 'e/n/b')];
    expect(judged(transactions, inParts, 'grant', granted)).toEqual(['end-in-parts']);
    const apart = [put(2, 'e/n/a', 1), put(3, 'e/n/b', 1)];
    expect(judged(transactions, apart, 'grant', granted)).toEqual(['transaction-in-parts']);
  });

  it('a lease that was granted after the last of the truth tells nothing', () => {
    expect(judged(transactions, [], 'grant', { ...granted, revision: 7 })).toBe('unknown');
  });
});
