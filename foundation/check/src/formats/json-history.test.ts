/**
 * Shows that our own history format is read back as it was written, and what is refused.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type HistoryEvent, HistoryFault, type Value } from '../history.ts';
import { formatJsonLines, readJsonLines } from './json-history.ts';

const anyEvent = fc.record(
  {
    atMs: fc.integer({ min: 0 }),
    process: fc.string(),
    type: fc.constantFrom('invoke', 'ok', 'fail', 'info'),
    f: fc.string(),
    key: fc.string(),
    value: fc.jsonValue() as fc.Arbitrary<Value>,
    error: fc.string(),
  },
  { requiredKeys: ['atMs', 'process', 'type', 'f'] },
) as fc.Arbitrary<HistoryEvent>;

it('R4: reads back what was written', () => {
  fc.assert(
    fc.property(fc.array(anyEvent), (events) => {
      const text = formatJsonLines(events);
      expect(readJsonLines(text)).toEqual(JSON.parse(JSON.stringify(events)));
    }),
  );
});

it('R4: skips blank lines and unknown fields', () => {
  const line = '{"atMs":1,"process":"a","type":"ok","f":"read","mood":"good"}';
  expect(readJsonLines(`\n${line}\r\n\n`)).toEqual([
    { atMs: 1, process: 'a', type: 'ok', f: 'read' },
  ]);
});

it.each([
  ['{', /line 1: is not JSON/],
  ['\n[1]', /line 2: is no object/],
  ['{"process":"a","type":"ok","f":"read"}', /has no atMs/],
  ['{"atMs":1,"process":3,"type":"ok","f":"read"}', /has no process/],
  ['{"atMs":1,"process":"a","type":"done","f":"read"}', /has a type that is none of/],
  ['{"atMs":1,"process":"a","type":"ok"}', /has no f/],
  ['{"atMs":1,"process":"a","type":"ok","f":"read","key":1}', /has a key that is no string/],
])('R2: refuses %s', (text, message) => {
  expect(() => readJsonLines(text)).toThrow(HistoryFault);
  expect(() => readJsonLines(text)).toThrow(message);
});
