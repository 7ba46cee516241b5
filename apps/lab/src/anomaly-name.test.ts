/**
 * Anomalies get the names of the field: by what the wrong read returned, and by whether anybody saw
 * later what it missed.
 */
import { register } from '@mangrove/check';
import type { HistoryEvent } from '@mangrove/experiment';
import { expect, it } from 'vitest';
import { failureOf } from './failure.ts';
import { judge, linearizable } from './judge.ts';

/** A client does one thing after the other, each in 10 ms. */
function historyOf(...steps: readonly (readonly [f: string, value: number | null])[]) {
  return steps.flatMap(([f, value], index): readonly HistoryEvent[] => {
    const head = { process: 'c1', f };
    const argument = f === 'write' ? { value } : {};
    return [
      { ...head, type: 'invoke', atMs: 20 * index, ...argument },
      { ...head, type: 'ok', atMs: 20 * index + 10, value },
    ];
  });
}

const JUDGES = [linearizable(register())];
const QUIET = { stuck: [], activeMs: 1000, quietMs: 1000, endMs: 2000, slos: [], strikes: [] };

function nameOf(history: readonly HistoryEvent[]) {
  return failureOf(judge(JUDGES, { history, ends: [], ...QUIET }))?.name;
}

it('nothing wrong has no name', () => {
  expect(nameOf(historyOf(['write', 1], ['read', 1]))).toBeUndefined();
});

it('a value that is never seen again is a lost write', () => {
  expect(nameOf(historyOf(['write', 1], ['read', null], ['read', null]))).toBe('lost-write');
  expect(nameOf(historyOf(['write', 1], ['write', 2], ['read', 1]))).toBe('lost-write');
});

it('a value that was missed and is seen later makes a stale read', () => {
  expect(nameOf(historyOf(['write', 1], ['read', null], ['read', 1]))).toBe('stale-read');
});

it('a value that nobody wrote is a garbage read', () => {
  expect(nameOf(historyOf(['write', 1], ['read', 7]))).toBe('garbage-read');
});

it('what is no matter of a history is called by its class', () => {
  const ends = [
    { node: 'n1' as never, incarnation: 1, atMs: 5, type: 'broken' as const, cause: '' },
  ];
  const history = historyOf(['write', 1]);
  const verdict = judge(JUDGES, { history, ends, ...QUIET });
  expect(failureOf(verdict)?.name).toBe('broken-node');
});
