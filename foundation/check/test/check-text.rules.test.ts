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

/** A register with concurrent operations, right or wrong, some without effect. */
const histories = fc
  .array(fc.tuple(fc.nat(3), fc.nat(9), fc.nat(2)), { minLength: 4, maxLength: 24 })
  .map((turns) => {
    const events: HistoryEvent[] = [];
    const underWay = new Map<number, { f: string; value?: number }>();
    const lives = new Map<number, number>();
    for (const [process, fate, value] of turns) {
      const current = underWay.get(process);
      const life = lives.get(process) ?? 0;
      const base = { atMs: 0, process: `p${process}.${life}`, key: `k${process % 2}` };
      if (current === undefined) {
        const next = fate < 5 ? { f: 'write', value } : { f: 'read' };
        underWay.set(process, next);
        events.push({ ...base, type: 'invoke', ...next });
        continue;
      }
      underWay.delete(process);
      const type = fate === 0 ? 'fail' : fate === 1 ? 'info' : 'ok';
      if (type === 'info') lives.set(process, life + 1);
      const answer = current.value ?? value;
      events.push({ ...base, type, f: current.f, ...(type === 'ok' ? { value: answer } : {}) });
    }
    return events;
  });

describe('what must change nothing', () => {
  const verdictOn = (history: readonly HistoryEvent[]) =>
    checkLinearizable({ ...register() }, history).type;

  it('R21: other names of processes, keys and values', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const renamed = history.map((event) => ({
          ...event,
          process: `other ${event.process}`,
          key: `other ${event.key}`,
          ...(typeof event.value === 'number' ? { value: [event.value, 'x'] } : {}),
        }));
        expect(verdictOn(renamed)).toBe(verdictOn(history));
      }),
      { numRuns: 500 },
    );
  });

  it('R21: neighbouring invocations, or completions, of two processes exchanged', () => {
    fc.assert(
      fc.property(histories, fc.nat(30), (history, at) => {
        const [a, b] = [history[at], history[at + 1]];
        if (a === undefined || b === undefined || a.process === b.process) return;
        if ((a.type === 'invoke') !== (b.type === 'invoke')) return;
        const exchanged = history.with(at, b).with(at + 1, a);
        expect(verdictOn(exchanged)).toBe(verdictOn(history));
      }),
      { numRuns: 1500 },
    );
  });

  it('R21: what failed left out', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const gone = new Set<HistoryEvent>();
        const begun = new Map<string, HistoryEvent>();
        for (const event of history) {
          if (event.type === 'invoke') begun.set(event.process, event);
          const first = begun.get(event.process);
          if (event.type === 'fail' && first !== undefined) gone.add(event).add(first);
        }
        expect(verdictOn(history.filter((event) => !gone.has(event)))).toBe(verdictOn(history));
      }),
      { numRuns: 500 },
    );
  });

  it('R21: an order of time taken away never refutes', () => {
    let taken = 0;
    fc.assert(
      fc.property(histories, fc.nat(30), (history, at) => {
        const [end, begin] = [history[at], history[at + 1]];
        if (end === undefined || begin?.type !== 'invoke' || end.type === 'invoke') return;
        if (end.process === begin.process || verdictOn(history) !== 'valid') return;
        taken++;
        expect(verdictOn(history.with(at, begin).with(at + 1, end))).toBe('valid');
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(15);
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
    const verdict = checkLinearizable(kv(), [...opens, ...read], { maxSteps: 2_000_000 });
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
    const bounds = { maxSteps: 3_000_000 };
    expect(checkLinearizable(register(), history(7), bounds).type).not.toBe('invalid');
    expect(checkLinearizable(register(), history(-1), bounds).type).not.toBe('valid');
  });
});
