/**
 * Shows that EDN becomes JSON, and that what is not EDN is refused where it goes wrong.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HistoryFault } from '../history.ts';
import { readEdn } from './edn.ts';
import { readJepsenEdn } from './jepsen-edn.ts';

it.each([
  ['nil true false', [null, true, false]],
  [':a :a/b sym', ['a', 'a/b', 'sym']],
  ['1 -2 +3 4N 2.5 1e3 2.0M', [1, -2, 3, 4, 2.5, 1000, 2]],
  ['9007199254740993', ['9007199254740993']],
  ['"a\\n\\u0041\\"" \\a \\newline \\u0042', ['a\nA"', 'a', '\n', 'B']],
  ['[1, [2 ()] #{3}]', [[1, [2, []], [3]]]],
  ['{:a 1, "b" [2], 0 10}', [{ a: 1, b: [2], 0: 10 }]],
  ['; a comment\n1 #_ {:gone 1} 2 #_#_ 3 4 5', [1, 2, 5]],
  ['#inst "2026-01-01" #my.Op{:a 1}', ['2026-01-01', { a: 1 }]],
  ['##NaN', ['NaN']],
  ['', []],
])('R3: reads %s', (text, forms) => {
  expect(readEdn(text)).toEqual(forms);
});

it.each([
  ['[1 2', /line 1, column 5: the text ends inside a form/],
  ['{:a}', /the key a has no value/],
  ['{:a 1\n :a 2}', /line 2, column 5: the key a comes twice/],
  [']', /] closes nothing/],
  ['"abc', /ends inside a string/],
  ['"\\q"', /is no escape/],
  ['\\unknown', /is no character/],
  ['['.repeat(1000), /nested deeper than 100/],
  ['#_', /ends inside a form/],
])('R3: refuses %s', (text, message) => {
  expect(() => readEdn(text)).toThrow(HistoryFault);
  expect(() => readEdn(text)).toThrow(message);
});

it('R3: reads or refuses whatever it is given, and never hangs or dies of it', () => {
  const unit = fc.constantFrom(...'[]{}()#:"\\;, \n01aN_u/'.split(''));
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
      try {
        readEdn(text);
      } catch (error) {
        expect(error).toBeInstanceOf(HistoryFault);
      }
    }),
    { numRuns: 3000 },
  );
});

it('R3: takes one vector of maps and a map a line for the same history', () => {
  const maps = [
    '{:process 0, :type :invoke, :f :read, :value nil, :time 2000000}',
    '{:process :nemesis, :type :info, :f :start}',
    '{:process 0, :type :ok, :f :read, :value 3, :time 3500000}',
  ];
  const events = readJepsenEdn(maps.join('\n'));
  expect(events).toEqual([
    { atMs: 2, process: '0', type: 'invoke', f: 'read', value: null },
    { atMs: 3.5, process: '0', type: 'ok', f: 'read', value: 3 },
  ]);
  expect(readJepsenEdn(`[${maps.join(' ')}]`)).toEqual(events);
  expect(readJepsenEdn(`(${maps.join(' ')})`)).toEqual(events);
});
