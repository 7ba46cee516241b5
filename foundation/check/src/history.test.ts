/**
 * Shows how events become operations, and which histories are refused.
 */
import { expect, it } from 'vitest';
import { type HistoryEvent, HistoryFault, pairOperations } from './history.ts';

const event = (process: string, type: HistoryEvent['type'], value?: number): HistoryEvent => ({
  atMs: 0,
  process,
  type,
  f: 'write',
  ...(value === undefined ? {} : { value }),
});

it('R1: an operation is an invocation and its end, in the order of invocations', () => {
  const operations = pairOperations([
    event('a', 'invoke', 1),
    event('b', 'invoke', 2),
    event('b', 'ok', 2),
    event('a', 'fail'),
  ]);
  expect(operations.map(({ id, process, end }) => [id, process, end])).toEqual([
    [0, 'a', 'fail'],
    [1, 'b', 'ok'],
  ]);
  expect(operations.map(({ invokedAt, completedAt }) => [invokedAt, completedAt])).toEqual([
    [0, 3],
    [1, 2],
  ]);
});

it('R1: what ends in info, and what does not end, is open for ever', () => {
  const operations = pairOperations([
    event('a', 'invoke', 1),
    event('b', 'invoke', 2),
    event('a', 'info'),
  ]);
  expect(operations.map(({ end, completedAt }) => [end, completedAt])).toEqual([
    ['open', Number.POSITIVE_INFINITY],
    ['open', Number.POSITIVE_INFINITY],
  ]);
});

it.each([
  ['two at once', [event('a', 'invoke'), event('a', 'invoke')], /event 1: a begins write/],
  ['an end without a beginning', [event('a', 'ok')], /event 0: a ends write, but has nothing/],
  [
    'work after an unknown outcome',
    [event('a', 'invoke'), event('a', 'info'), event('a', 'invoke')],
    /goes on under another name/,
  ],
  [
    'a second end after an unknown outcome',
    [event('a', 'invoke'), event('a', 'info'), event('a', 'ok')],
    /nothing under way/,
  ],
  [
    'the end of another operation',
    [event('a', 'invoke'), { ...event('a', 'ok'), f: 'read' }],
    /a ends read, but has write under way/,
  ],
])('R2: refuses %s', (_, events, message) => {
  expect(() => pairOperations(events)).toThrow(HistoryFault);
  expect(() => pairOperations(events)).toThrow(message);
});
