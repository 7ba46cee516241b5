/**
 * Shows that a text is read in the format that it has, judged by what its operations look like, and
 * that what is no history, or too much of one, ends in a clear error or a verdict within the
 * bounds.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CHECKS,
  type CheckTextOptions,
  checkLinearizable,
  checkTextTask,
  finishTask,
  formatJsonLines,
  formatOf,
  type HistoryEvent,
  HistoryFault,
  kv,
  register,
} from '../src/index.ts';
import { story } from './history-story.ts';

const check = (text: string, options?: CheckTextOptions) =>
  finishTask(checkTextTask(text, options));

describe('formats', () => {
  it.each([
    ['json-lines', '{"atMs":1,"process":"a","type":"invoke","f":"read"}'],
    ['jepsen-json', '[{"type":"invoke","f":"read","process":1}]'],
    ['jepsen-json', '[\n {"type":"invoke","f":"read","process":1}\n]'],
    ['jepsen-json', '{"type":"invoke","f":"read","process":1}'],
    ['jepsen-edn', '{:type :invoke, :f :read, :process 1}'],
    ['jepsen-edn', '; a comment\n[{:type :invoke, :f :read, :process 1}]'],
    ['jepsen-log', 'INFO  jepsen.core - starting\nINFO  jepsen.util - 4\t:invoke\t:read\tnil'],
    ['awdit', 'w 0 1\nr 0 1\n-----\nr 1 2'],
    ['polysi', 'w(0,1,2,3)'],
    ['json-lines', ''],
    [undefined, 'once upon a time'],
  ])('R20: finds %s', (format, text) => {
    expect(formatOf(text)).toBe(format);
  });

  it('R20: a mark of the byte order, blank lines and carriage returns change nothing', () => {
    const events = story('a! write 1', 'a= write 1', 'b! read', 'b= read 1');
    const text = formatJsonLines(events);
    const verdict = { verdict: { type: 'valid' }, check: 'register', format: 'json-lines' };
    expect(check(`\uFEFF\r\n${text.replaceAll('\n', '\r\n\r\n')}`)).toMatchObject(verdict);
  });
});

it('R20: tells what is wrong with the history that stands beside the README', () => {
  const file = new URL('../histories/stale-read.jsonl', import.meta.url);
  const { verdict } = check(readFileSync(file, 'utf8'));
  if (verdict.type !== 'invalid') throw new Error(`the verdict is ${verdict.type}`);
  const [violation] = verdict.violations;
  expect(violation?.sentences.at(-1)).toBe(
    'Both were in the register between event 4 and event 5, and it holds one value at a time.',
  );
  expect(violation?.drawing.bars.filter(({ marked }) => marked)).toMatchObject([
    { label: 'read x -> 1' },
  ]);
});

describe('checks', () => {
  it.each([
    ['cas-register', ['a! cas [1,2]', 'a? cas']],
    ['register', ['a! write 1', 'a= write 1', 'a! read', 'a= read 1']],
    ['kv', ['a! append@k "x"', 'a= append@k "x"']],
    ['mutex', ['a! acquire', 'a= acquire']],
    ['queue', ['a! enqueue 1', 'a= enqueue 1']],
    ['total-queue', ['a! drain', 'a= drain []']],
    ['unique-ids', ['a! generate', 'a= generate 1']],
    ['set-full', ['a! add 1', 'a= add 1', 'b! read', 'b= read [1]']],
    ['counter-bounds', ['a! add 1', 'a= add 1', 'b! read', 'b= read 1']],
    ['bank', ['b! read', 'b= read {"0":10,"1":-1}']],
    ['strict-serializable', ['a! txn [["append",1,1]]', 'a= txn [["append",1,1]]']],
  ])('R20: takes operations for %s', (name, lines) => {
    const report = check(formatJsonLines(story(...lines)));
    expect([report.check, report.isGuessed]).toEqual([name, true]);
  });

  it('R20: every check can be asked for, and knows what it cannot judge', () => {
    const text = formatJsonLines(story('a! write 1', 'a= write 1', 'a! read', 'a= read 1'));
    for (const { name, settings: declared } of CHECKS) {
      const needed = declared.filter(({ isRequired }) => isRequired === true);
      const settings = Object.fromEntries(needed.map((setting) => [setting.name, 1]));
      try {
        expect(check(text, { check: name, settings })).toMatchObject({
          check: name,
          isGuessed: false,
        });
      } catch (error) {
        expect([name, error]).toEqual([name, expect.any(HistoryFault)]);
      }
    }
    expect(() => check(text, { check: 'no-such-check' })).toThrow(/check is "no-such-check"/);
  });

  it('R20: reads that answered nil say nothing in Jepsen, unless null is the initial value', () => {
    const line = (type: string, f: string, value: string) =>
      `{:process 1, :type :${type}, :f :${f}, :value ${value}}\n`;
    const write = line('invoke', 'write', '1') + line('ok', 'write', '1');
    const text = write + line('invoke', 'read', 'nil') + line('ok', 'read', 'nil');
    const lenient = check(text, { check: 'cas-register' });
    expect([lenient.verdict.type, lenient.notes.length]).toEqual(['valid', 1]);
    expect(check(text, { check: 'cas-register', initial: null }).verdict.type).toBe('invalid');
  });
});

describe('hostile input', () => {
  it('R22: any text is read or refused', () => {
    const unit = fc.constantFrom(...'{}[]():"\t\n ,rwinvokeadTypcsf01'.split(''));
    const texts = fc.oneof(fc.string({ unit, maxLength: 60 }), fc.string({ maxLength: 60 }));
    fc.assert(
      fc.property(texts, (text) => {
        try {
          check(text);
        } catch (error) {
          expect(error).toBeInstanceOf(HistoryFault);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('R22: names that objects have of themselves are names like any other', () => {
    const strange = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const lines = strange.flatMap((name) => [
      `a! write@${name} {"${name}":1}`,
      `a= write@${name} {"${name}":1}`,
      `b! read@${name}`,
      `b= read@${name} {"${name}":2}`,
    ]);
    const verdict = checkLinearizable(register(), story(...lines));
    expect(verdict).toMatchObject({ type: 'invalid', coverage: { keyCount: 4 } });
    expect(verdict.type === 'invalid' && verdict.violations.length).toBe(4);
  });

  it('R22: a hundred thousand open operations end within the bounds', () => {
    const opens = Array.from({ length: 100_000 }, (_, index): HistoryEvent => {
      return { atMs: index, process: `p${index}`, type: 'invoke', f: 'append', value: `x${index}` };
    });
    const read = story('r! get', 'r= get "y"');
    const verdict = checkLinearizable(kv(), [...opens, ...read], { maxSteps: 500_000 });
    expect(['invalid', 'unknown']).toContain(verdict.type);
    const unique = opens.map((event) => ({ ...event, f: 'write' }));
    const seen = story('r! read', 'r= read "x7"', 'r! read', 'r= read "x9"');
    expect(checkLinearizable(register(), [...unique, ...seen]).type).toBe('valid');
  });

  it('R22: ten thousand concurrent writes of one key end within the bounds', () => {
    const write = (type: 'invoke' | 'ok') =>
      Array.from({ length: 10_000 }, (_, index): HistoryEvent => {
        return { atMs: 0, process: `p${index}`, type, f: 'write', value: index % 5000 };
      });
    const history = (value: number) => [
      ...write('invoke'),
      ...write('ok'),
      ...story('r! read', `r= read ${value}`),
    ];
    const bounds = { maxSteps: 300_000 };
    expect(checkLinearizable(register(), history(7), bounds).type).not.toBe('invalid');
    expect(checkLinearizable(register(), history(-1), bounds).type).not.toBe('valid');
  });
});
