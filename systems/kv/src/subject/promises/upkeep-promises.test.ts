/**
 * Histories of a store that is full, as a person would judge them.
 */
import type { HistoryEvent, Value } from '@mangrove/check';
import { describe, expect, it } from 'vitest';
import { quota } from './upkeep-promises.ts';

/** An operation that ended well, from one moment to another. */
function done(process: string, f: string, [from, to]: [number, number], value: Value) {
  return [
    { atMs: from, process, f, type: 'invoke', value: null },
    { atMs: to, process, f, type: 'ok', value },
  ] satisfies HistoryEvent[];
}

/** What ended by then, in the order of time. */
function judged(...operations: readonly (readonly HistoryEvent[])[]) {
  const history = operations.flat().toSorted((a, b) => a.atMs - b.atMs);
  const verdict = quota.judge(history.map(quota.view).filter((event) => event !== undefined));
  return verdict.type === 'invalid'
    ? verdict.violations.map(({ anomaly }) => anomaly)
    : verdict.type;
}

const FULL = done('c1', 'alarms', [0, 10], { isFull: true });

describe('what a full store is held to', () => {
  it.each(['fill', 'write'])('a %s that begins after the alarm is known does not get in', (f) => {
    expect(judged(FULL, done('c2', f, [20, 30], { revision: 5 }))).toEqual([
      'write-into-a-full-store',
    ]);
    // It was under way before anybody knew.
    expect(judged(FULL, done('c2', f, [5, 30], { revision: 5 }))).toBe('valid');
  });

  it('it gets in where somebody may have made room', () => {
    const fill = done('c2', 'fill', [60, 70], { revision: 5 });
    const room = (from: number, to: number) => done('c3', 'make-room', [from, to], {});
    expect(judged(FULL, room(20, 50), fill)).toBe('valid');
    expect(judged(FULL, room(65, 80), fill)).toBe('valid');
    expect(judged(FULL, room(75, 80), fill)).toEqual(['write-into-a-full-store']);
  });

  it('who makes room is not told that there is none', () => {
    const refused = done('c3', 'make-room', [20, 50], { refusedFor: 'no-space' });
    expect(judged(FULL, refused)).toEqual(['no-room-to-make-room']);
  });

  it('one that was never full tells nothing', () => {
    expect(judged(done('c1', 'alarms', [0, 10], { isFull: false }))).toBe('unknown');
  });
});
