/**
 * Histories of leases and locks, as a person would judge them.
 */
import type { HistoryEvent, Value } from '@mangrove/check';
import { describe, expect, it } from 'vitest';
import { exclusion, fencing, LOCK_TTL_MS, lives } from './lease-promises.ts';
import type { KvPromise } from './promise.ts';

/** An operation that ended well, from one moment to another. */
function done(
  process: string,
  f: string,
  [from, to]: [number, number],
  value: Value,
  key?: string,
) {
  const head = { process, f, ...(key === undefined ? {} : { key }) };
  return [
    { atMs: from, ...head, type: 'invoke', value: null },
    { atMs: to, ...head, type: 'ok', value },
  ] satisfies HistoryEvent[];
}

function judged({ view, judge }: KvPromise, history: readonly HistoryEvent[]) {
  const verdict = judge(history.map(view).filter((event) => event !== undefined));
  return verdict.type === 'invalid'
    ? verdict.violations.map(({ anomaly }) => anomaly)
    : verdict.type;
}

/** A lease for 500 ms, seen with both of its keys, and kept 300 ms after that. */
const KEPT: readonly HistoryEvent[] = [
  ...done('c1', 'grant', [0, 10], { name: 'a', ttlMs: 500, revision: 2 }),
  ...done('c1', 'look', [200, 210], { name: 'a', ttlMs: 500, count: 2 }),
  ...done('c1', 'keep', [300, 310], { name: 'a', ttlMs: 500, isKept: true }),
];

function looked(at: number, count: number): readonly HistoryEvent[] {
  return done('c1', 'look', [at, at + 10], { name: 'a', ttlMs: 500, count });
}

function lookedAtAll(at: number, leaseCount: number, saved: readonly string[] = []) {
  const value = { keyCount: 2 * leaseCount, leaseCount, saved };
  return done('c2', 'look-at-all', [at, at + 10], value);
}

describe('what leases are held to', () => {
  it('one that ends after its time, and leaves nothing, keeps the promise', () => {
    const history = [...KEPT, ...looked(790, 0), ...lookedAtAll(5000, 0)];
    expect(judged(lives, history)).toBe('valid');
  });

  it('one that nobody had tells nothing', () => {
    expect(judged(lives, lookedAtAll(5000, 0))).toBe('unknown');
  });

  it('its end counts from the beginning of the last renewal', () => {
    // 10 ms after 790 are 500 after the renewal was asked for.
    expect(judged(lives, [...KEPT, ...looked(789, 0)])).toEqual(['lease-ends-early']);
  });

  it('it does not come back, and its keys go together', () => {
    const back = [...KEPT, ...looked(790, 0), ...looked(900, 2)];
    expect(judged(lives, back)).toEqual(['lease-comes-back']);
    expect(judged(lives, [...KEPT, ...looked(400, 1)])).toEqual(['lease-in-halves']);
  });

  it('it does not live for ever', () => {
    const history = [...KEPT, ...lookedAtAll(4301, 1)];
    expect(judged(lives, history)).toEqual(['lease-lives-for-ever']);
    // A renewal may be on its way for so long that it may live still.
    expect(judged(lives, [...KEPT, ...lookedAtAll(4200, 1)])).not.toContain('lease-lives-for-ever');
  });

  it('what was taken off it stays', () => {
    const saved = [...KEPT, ...done('c1', 'save', [400, 410], { name: 'a', isSaved: true })];
    const gone = [...saved, ...lookedAtAll(5000, 0)];
    expect(judged(lives, gone)).toEqual(['key-ends-with-old-lease']);
    expect(judged(lives, [...saved, ...lookedAtAll(5000, 0, ['a'])])).toBe('valid');
  });
});

function acquired(process: string, at: number, token: number): readonly HistoryEvent[] {
  return done(process, 'acquire', [at, at + 10], { token }, 'k/0');
}

describe('what locks are held to', () => {
  it('the next holder comes after a release, or when the lease may be over', () => {
    const released = done('c1', 'release', [100, 110], null, 'k/0');
    const history = [...acquired('c1', 0, 2), ...released, ...acquired('c2', 120, 3)];
    expect(judged(exclusion, history)).toBe('valid');
    const late = [...acquired('c1', 0, 2), ...acquired('c2', LOCK_TTL_MS + 20, 3)];
    expect(judged(exclusion, late)).toBe('valid');
  });

  it('nobody else has it before that', () => {
    const history = [...acquired('c1', 0, 2), ...acquired('c2', LOCK_TTL_MS - 100, 3)];
    expect(judged(exclusion, history)).toHaveLength(1);
  });

  it('a holder writes under its token until the next one has written', () => {
    const wrote = (process: string, at: number, token: number, revision: number) =>
      done(process, 'guarded-write', [at, at + 10], { token, revision }, 'k/0');
    const both = [...acquired('c1', 0, 2), ...acquired('c2', 500, 4)];
    const fair = [...both, ...wrote('c1', 600, 2, 5), ...wrote('c2', 620, 4, 6)];
    expect(judged(fencing, fair)).toBe('valid');
    const stale = [...both, ...wrote('c2', 600, 4, 5), ...wrote('c1', 620, 2, 6)];
    expect(judged(fencing, stale)).toEqual(['stale-holder-writes']);
    const same = [...acquired('c1', 0, 2), ...acquired('c2', 500, 2)];
    expect(judged(fencing, same)).toEqual(['token-comes-twice']);
    expect(judged(fencing, [])).toBe('unknown');
  });
});
