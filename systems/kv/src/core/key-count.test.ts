/**
 * The count of keys beside a count of all of them, while keys come, change, go and are forgotten,
 * over many leaves of the index.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countSome } from './key-count.ts';
import type { KeyRange } from './key-range.ts';
import { NO_LEASE } from './key-value.ts';
import type { Revision } from './revision.ts';
import { KvStore } from './store.ts';
import { finish } from './work.ts';

const KEY_COUNT = 3000;
const keyOf = (nth: number): Uint8Array => new TextEncoder().encode(`k/${10_000 + nth}`);
const ALL: KeyRange = { from: new Uint8Array(0), to: undefined };

/** A store beside the numbers of the keys that were there at each of its revisions. */
class Twins {
  readonly store = new KvStore();
  readonly states: ReadonlySet<number>[] = [new Set(), new Set()];

  put(from: number, to: number): void {
    this.store.beginRevision();
    for (let nth = from; nth < to; nth += 1) this.store.put(keyOf(nth), keyOf(nth), NO_LEASE);
    this.store.endRevision();
    this.note(from, to, true);
  }

  delete(from: number, to: number): void {
    const range = { from: keyOf(from), to: keyOf(to) };
    finish(this.store.inRevision(this.store.delete(range)));
    this.note(from, to, false);
  }

  /** Forgets all but the last `kept` revisions. */
  compact(kept: number): void {
    this.store.compact(Math.max(0, this.store.revision - kept) as Revision);
    while (this.store.sweep(1000));
  }

  private note(from: number, to: number, isThere: boolean): void {
    if (this.states.length > this.store.revision) return;
    const state = new Set(this.states.at(-1));
    for (let nth = from; nth < to; nth += 1) {
      if (isThere) state.add(nth);
      else state.delete(nth);
    }
    this.states.push(state);
  }
}

/** The count, and in how many steps it came about. */
function counted(
  store: KvStore,
  range: KeyRange,
  revision: Revision,
  keysMax: number,
): { readonly count: number; readonly stepCount: number } {
  let total = 0;
  let stepCount = 0;
  for (let left: KeyRange | undefined = range; left !== undefined; stepCount += 1) {
    const { count, rest } = countSome(store, left, revision, keysMax);
    total += count;
    left = rest;
  }
  return { count: total, stepCount };
}

const place = fc.integer({ min: 0, max: KEY_COUNT });
const length = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: KEY_COUNT }));
const change = fc.oneof(
  fc.record({ type: fc.constant('put' as const), place, length }),
  fc.record({ type: fc.constant('delete' as const), place, length }),
  fc.record({ type: fc.constant('compact' as const), kept: fc.integer({ min: 0, max: 5 }) }),
);

describe('the count of keys', () => {
  it('R5: is that of all keys at the asked revision, whatever changed since the last count', () => {
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 2000 }),
        place,
        place,
        (changes, keysMax, from, to) => {
          const twins = new Twins();
          const { store, states } = twins;
          for (const each of changes) {
            if (each.type === 'compact') twins.compact(each.kept);
            else twins[each.type](each.place, Math.min(KEY_COUNT, each.place + each.length));
            for (let age = 0; age < 4; age += 1) {
              const revision = (store.revision - age) as Revision;
              if (revision < 1 || revision < store.compactRevision) break;
              const state = states[revision] ?? new Set();
              expect(counted(store, ALL, revision, keysMax).count).toBe(state.size);
              const part = { from: keyOf(from), to: keyOf(to) };
              const inPart = [...state].filter((nth) => nth >= from && nth < to).length;
              expect(counted(store, part, revision, keysMax).count).toBe(inPart);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it('R5: of keys that were counted before takes a look at each leaf, not at each key', () => {
    const twins = new Twins();
    const { store } = twins;
    twins.put(0, KEY_COUNT);
    const first = counted(store, ALL, store.revision, 1);
    expect(first.count).toBe(KEY_COUNT);
    // A step of one look is one leaf; leaves in order are nearly full with 512.
    expect(first.stepCount).toBeLessThan(10);
    const again = counted(store, ALL, store.revision, 4);
    expect(again).toEqual({ count: KEY_COUNT, stepCount: Math.ceil(first.stepCount / 4) });
    // A change has its own leaf looked through again, which fills a step, and no other.
    twins.put(0, 1);
    expect(counted(store, ALL, store.revision, first.stepCount).stepCount).toBe(2);
  });
});
