/**
 * Shows that hostile input ends in a clear error, or in a verdict within the bounds: texts of every
 * format that somebody damaged, crowds of operations on one object for every check, and operations
 * that never end. The same crowds at their whole size are a benchmark: `npx mangrove bench check`.
 */
import { InvalidArgument } from '@mangrove/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crowdHistory, judgeHostile, openHistory } from '../bench/hostile-histories.ts';
import {
  CHECK_NAMES,
  checkTextTask,
  finishTask,
  formatJsonLines,
  formatOf,
  HistoryFault,
  MODEL_NAMES,
} from '../src/index.ts';
import { story } from './history-story.ts';

const EVENTS = story('a! write@x 1', 'b! read@x', 'a= write@x 1', 'b= read@x 1', 'c! cas@x [1,2]');

/** A history in each format. */
const TEXTS: readonly (readonly [string, string])[] = [
  ['json-lines', formatJsonLines(EVENTS)],
  [
    'jepsen-json',
    '[{"type":"invoke","f":"txn","process":0,"value":[["append","x",1],["r","x",null]]},' +
      '{"type":"ok","f":"txn","process":0,"value":[["append","x",1],["r","x",[1]]]}]',
  ],
  [
    'jepsen-edn',
    '{:type :invoke, :f :txn, :process 0, :value [[:append :x 1] [:r :x nil]]}\n' +
      '{:type :ok, :f :txn, :process 0, :value [[:append :x 1] [:r :x [1]]]}\n',
  ],
  [
    'jepsen-log',
    'INFO  jepsen.util - 4\t:invoke\t:read\tnil\nINFO  jepsen.util - 4\t:ok\t:read\t3\n' +
      'INFO  jepsen.util - 1\t:invoke\t:cas\t[0 4]\nINFO  jepsen.util - 1\t:fail\t:cas\t[0 4]\n',
  ],
  ['awdit', 'w 0 1\nr 1 2\n-----\nw 1 2\n=====\nr 0 1\n'],
  ['polysi', 'w(1,0,0,0)\nr(1,0,1,1)\nw(1,5,1,1)\nr(1,5,2,2)\n'],
];

const HOSTILE_PARTS = [
  ...[
    '',
    '\u0000',
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '"',
    ':',
    ',',
    '#',
    '\\',
    '\n',
    '-',
    '=====',
    '-----',
  ],
  ...[
    '9'.repeat(400),
    '1e999',
    'NaN',
    'nil',
    'null',
    '__proto__',
    ':info',
    '"ok"',
    '\uD800',
    '\uFEFF',
  ],
  ...['[[', '{{', '[{"', '#{', '[["r",1,null]]'],
];

/** Parts of a text are replaced, left out, or repeated. */
const damages = fc.array(
  fc.record({
    at: fc.nat(400),
    length: fc.nat(12),
    part: fc.constantFrom(...HOSTILE_PARTS),
    isRepeated: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

describe('texts', () => {
  it.each(TEXTS)('R22: a damaged text of %s is judged or refused', (format, text) => {
    expect(formatOf(text)).toBe(format);
    const counts = { judged: 0, refused: 0 };
    fc.assert(
      fc.property(damages, (list) => {
        const damaged = list.reduce((before, { at, length, part, isRepeated }) => {
          const place = at % (before.length + 1);
          const cut = before.slice(place, place + length);
          return (
            before.slice(0, place) + (isRepeated ? cut + cut : part) + before.slice(place + length)
          );
        }, text);
        counts[isJudged(damaged) ? 'judged' : 'refused']++;
      }),
      { numRuns: 750 },
    );
    // Of some formats few damaged texts are whole, so that many are tried.
    expect(Math.min(counts.judged, counts.refused)).toBeGreaterThan(5);
  });

  it('R22: a text of brackets alone is refused at its depth, not at the end of the stack', () => {
    for (const bracket of ['[', '{', '(', '[[', '{"a":', '#{']) {
      expect(isJudged(bracket.repeat(200_000))).toBe(false);
      expect(isJudged(`{:type :invoke, :value ${bracket.repeat(200_000)}`)).toBe(false);
    }
  });
});

/** Whether a text got a verdict. What it may throw else says what is wrong with it. */
function isJudged(text: string): boolean {
  try {
    const { verdict } = finishTask(checkTextTask(text, { maxSteps: 20_000 }));
    return ['valid', 'invalid', 'unknown'].includes(verdict.type);
  } catch (error) {
    if (!(error instanceof HistoryFault) && !(error instanceof InvalidArgument)) throw error;
    expect(error.message.length).toBeGreaterThan(5);
    return false;
  }
}

/** What a crowd of this size takes at most in CI, however busy the machine is. */
const CROWD = 200;
const MOST_MS = 10_000;

describe('crowds', () => {
  it.each(CHECK_NAMES)('R22: %s ends with a crowd on one object', (name) => {
    const events = crowdHistory(name, CROWD);
    const start = performance.now();
    const { type } = judgeHostile(name, events, { maxSteps: 100_000 });
    expect(['valid', 'invalid', 'unknown']).toContain(type);
    expect(performance.now() - start).toBeLessThan(MOST_MS);
  });

  it('R22: a crowd of which each did what it could is never called invalid', () => {
    for (const name of [
      'register',
      'counter',
      'set',
      'fifo-queue',
      'queue',
      'set-full',
      'causal',
    ]) {
      expect([
        name,
        judgeHostile(name, crowdHistory(name, 100), { maxSteps: 300_000 }).type,
      ]).not.toEqual([...[name, 'invalid']]);
    }
  });
});

describe('operations that never end', () => {
  it.each(MODEL_NAMES)('R22: %s is judged in the presence of 20,000 of them', (name) => {
    const verdict = judgeHostile(name, openHistory(name, 20_000), { maxSteps: 300_000 });
    expect(verdict.coverage.openCount).toBe(20_000);
    // A lock is released by somebody who may have taken it, or by somebody who never did.
    const types = name === 'mutex' ? ['valid'] : ['invalid', 'unknown'];
    expect(types).toContain(verdict.type);
  });
});
