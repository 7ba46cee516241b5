/**
 * Shows that watches are read out of a history, each fault at its response, and what is refused.
 */
import { expect, it } from 'vitest';
import { type HistoryEvent, HistoryFault, type Value } from '../history.ts';
import { checkWatchHistory } from './watch-history.ts';

/** An operation that ended at once. */
function did(process: string, f: string, argument: Value, result: Value): HistoryEvent[] {
  const base = { atMs: 0, process, f };
  return [
    { ...base, type: 'invoke', value: argument },
    { ...base, type: 'ok', value: result },
  ];
}

const put = (revision: number, key: string, value: Value = revision) => ({
  ...{ revision, type: 'put', key, value },
});
const next = (process: string, ...changes: readonly Value[]) =>
  did(process, 'next', null, { changes });

function faultsOf(...events: readonly (readonly HistoryEvent[])[]): readonly string[] {
  return checkWatchHistory(events.flat()).faults.map(
    ({ guarantee, watch }) => `${watch} ${guarantee}`,
  );
}

it('R27: a watch asks for a key, a prefix, a range, or all', () => {
  const log = did('store', 'log', null, [put(1, 'a'), put(2, 'ab'), put(3, 'b'), put(4, 'c')]);
  for (const [asked, due] of [
    [{ key: 'a' }, [1]],
    [{ prefix: 'a' }, [1, 2]],
    [{ from: 'ab', to: 'c' }, [2, 3]],
    [{}, [1, 2, 3, 4]],
    [{ startRevision: 3 }, [3, 4]],
  ] as const) {
    const all = [put(1, 'a'), put(2, 'ab'), put(3, 'b'), put(4, 'c')];
    const come = all.filter(({ revision }) => (due as readonly number[]).includes(revision));
    const right = [did('w', 'watch', asked, {}), ...come.map((it) => next('w', it)), log];
    expect(faultsOf(...right)).toEqual([]);
    const strange = all.find((it) => !come.includes(it));
    if (strange === undefined) continue;
    const wrong = [did('w', 'watch', asked, {}), next('w', strange)];
    expect(faultsOf(...wrong)).toEqual(['w filtered']);
  }
});

it('R27: another watch of a process is a watch of its own', () => {
  const first = [did('w', 'watch', {}, {}), next('w', put(5, 'x')), next('w', put(6, 'x'))];
  const again = [did('w', 'watch', { startRevision: 5 }, {}), next('w', put(5, 'x'))];
  expect(faultsOf(...first, ...again)).toEqual([]);
  expect(faultsOf(...first, ...again, next('w', put(5, 'x')))).toEqual([
    'w (2) atomic',
    'w (2) unique',
  ]);
});

it('R27: a fault shows the response at which it is seen, and what it is held against', () => {
  const { verdict } = checkWatchHistory(
    [
      did('w', 'watch', null, {}),
      next('w', put(1, 'x')),
      next('w', put(7, 'x')),
      next('w', put(4, 'x')),
      next('w', put(8, 'x')),
    ].flat(),
  );
  if (verdict.type !== 'invalid') throw new Error(verdict.type);
  const [violation] = verdict.violations;
  expect(violation?.anomaly).toBe('ordered');
  expect(violation?.drawing.bars.map(({ label, marked }) => [label, marked])).toEqual([
    ['watch {}', false],
    ['7 x', false],
    ['4 x', true],
  ]);
});

it('R27: without a log it says what was not judged, and without a change that nothing was', () => {
  const watch = did('w', 'watch', {}, {});
  const { verdict } = checkWatchHistory([...watch, ...next('w', put(1, 'x'))]);
  expect(verdict.type).toBe('valid');
  expect(verdict.coverage.notChecked).toEqual([
    'reliable, resumable, true: the history has no log',
  ]);
  expect(checkWatchHistory(watch).verdict.type).toBe('unknown');
});

it.each([
  ['next without a watch', next('w', put(1, 'x')), /event 1: w has no watch under way/],
  ['a request that is no object', did('w', 'watch', 3, {}), /event 0: 3 is no object/],
  ['a prefix that is no text', did('w', 'watch', { prefix: 3 }, {}), /prefix is 3, but must be a/],
  ['a log that is no list', did('s', 'log', null, 3), /event 1: 3 is no list of changes/],
  [
    'a change without a revision',
    did('s', 'log', null, [{ type: 'put', key: 'x' }]),
    /lacks a rev/,
  ],
  ['a change of another type', did('s', 'log', null, [{ ...put(1, 'x'), type: 'set' }]), /lacks a/],
])('R27: refuses %s', (_, events, message) => {
  expect(() => checkWatchHistory(events)).toThrow(HistoryFault);
  expect(() => checkWatchHistory(events)).toThrow(message);
});
