/**
 * Shows the judges of banks, long forks and causal reversals by small stories, and the
 * two text formats of registers read.
 */
import { expect, it } from 'vitest';
import {
  checkBank,
  checkIsolation,
  checkLongFork,
  finishTaskInSlices,
  type HistoryEvent,
  HistoryFault,
  isolationTask,
  judgeIsolation,
  judgeWeakIsolation,
  type Progress,
  readAwditText,
  readPolysiText,
  toTransactions,
  type Value,
} from '../../src/index.ts';
import { story } from './stories.ts';

/** Events of operations that follow each other: `[f, argument, result]`. */
function inTurn(...operations: readonly (readonly [string, Value, Value?])[]): HistoryEvent[] {
  return operations.flatMap(([f, argument, result], index): HistoryEvent[] => {
    const head = { process: 'a', f };
    return [
      { ...head, atMs: 2 * index, type: 'invoke', value: argument },
      { ...head, atMs: 2 * index + 1, type: 'ok', value: result ?? argument },
    ];
  });
}

it('I12: a bank keeps its total, overdraws nothing and loses no account', () => {
  const judge = (balances: Value, options = {}) => {
    const verdict = checkBank(
      inTurn(['read', null, { a: 6, b: 4 }], ['read', null, balances]),
      options,
    );
    return verdict.type === 'invalid'
      ? verdict.violations.map(({ anomaly }) => anomaly)
      : verdict.type;
  };
  expect(judge({ a: 3, b: 7 })).toBe('valid');
  expect(judge({ a: 3, b: 6 })).toEqual(['wrong-total']);
  expect(judge({ a: -1, b: 11 })).toEqual(['negative-balance']);
  expect(judge({ a: -1, b: 11 }, { mayBeNegative: true })).toBe('valid');
  expect(judge({ a: null, b: 10 })).toEqual(['unreadable-balance']);
  expect(judge({ a: 10 })).toEqual(['wrong-accounts']);
  expect(judge({ a: 3, b: 7 }, { total: 11 })).toEqual(['wrong-total', 'wrong-total']);
  expect(checkBank([]).type).toBe('unknown');
});

it('I13: a long fork is not decided when a key is written twice, nor without two reads', () => {
  const read = (x: Value, y: Value): [string, Value, Value] => [
    'read',
    null,
    [
      ['r', 'x', x],
      ['r', 'y', y],
    ],
  ];
  const twice = checkLongFork(inTurn(read(1, null), read(2, null)));
  expect(twice).toMatchObject({ type: 'unknown', reason: { code: 'undecided' } });
  const once = checkLongFork(inTurn(read(1, null)));
  expect(once).toMatchObject({ type: 'unknown', reason: { code: 'nothing-tested' } });
});

it('I15: AWDIT text gives sessions of transactions', () => {
  const transactions = readAwditText('w 0 1\nr 1 2\n-----\nw 1 2\n=====\n\nr 0 1\n');
  const brief = transactions.map(({ id, process, operations }) => [id, process, operations.length]);
  expect(brief).toEqual([
    [0, '0', 2],
    [1, '0', 1],
    [2, '1', 1],
  ]);
  expect(() => readAwditText('w 0 1\nx 1 2\n')).toThrow(HistoryFault);
  expect(() => readAwditText('w 0 1\nx 1 2\n')).toThrow('line 2');
});

it('I15: PolySI text gives sessions, and the state before all of them', () => {
  const text = 'w(1,0,0,0)\nw(2,0,0,0)\nr(1,0,1,1)\nw(1,5,1,1)\nr(3,0,2,2)\n';
  const transactions = readPolysiText(text);
  expect(transactions.map(({ process, isInitial }) => [process, isInitial])).toEqual([
    ['0', true],
    ['1', false],
    ['2', false],
  ]);
  expect(transactions[1]?.operations[0]).toEqual({ type: 'read', key: '1', value: 0 });
  expect(transactions[2]?.operations[0]).toEqual({ type: 'read', key: '3', value: null });
  expect(() => readPolysiText('w(1,0,0,0)\nr(1)\n')).toThrow('line 2');
  const mixed = readPolysiText('w(1,1,1,1)\nw(1,2,2,2)\nw(2,9007199254740993,1,1)\n');
  expect(mixed.map(({ operations }) => operations.length)).toEqual([2, 1]);
  expect(mixed[0]?.operations[1]).toMatchObject({ value: '9007199254740993' });
  expect(mixed[0]?.isInitial).toBe(false);
});

it('I11: nothing tested, and values written twice, are unknown and not valid', () => {
  const alone = judgeIsolation(story('a ok: append x 1', 'b ok: append y 1'));
  expect(alone.verdict).toMatchObject({ type: 'unknown', reason: { code: 'nothing-tested' } });
  const unread = judgeWeakIsolation(story('a ok: w x 1', 'b ok: w x 2'), 'causal');
  expect(unread).toMatchObject({ type: 'unknown', reason: { code: 'nothing-tested' } });
  const doubled = story('a ok: w x 1', 'b ok: w x 1', 'c ok: r x 1');
  expect(judgeWeakIsolation(doubled, 'causal')).toMatchObject({
    type: 'unknown',
    reason: { code: 'undecided' },
  });
  const { verdict } = judgeIsolation([
    ...doubled,
    ...story('', '', '', 'c ok: r y nil, w y 1').slice(3),
  ]);
  expect(verdict.coverage.notChecked.join()).toMatch('2 writes gave a key a value');
});

it('I11: what is no history of transactions is refused with its place', () => {
  const event = { atMs: 0, process: 'a', type: 'ok', f: 'txn' } as const;
  expect(() => toTransactions([{ ...event, value: 3 }])).toThrow('event 0');
  expect(() => toTransactions([{ ...event, value: [['frob', 'x', 1]] }])).toThrow('"frob"');
  expect(() => toTransactions([{ ...event, value: [['rp', ['<', 1], null]] }])).toThrow(
    'predicate',
  );
  const begin = { ...event, type: 'invoke', value: [] } as const;
  expect(() => checkIsolation([begin, begin])).toThrow('event 1');
  expect(() => judgeWeakIsolation(story('a ok: append x 1'), 'causal')).toThrow('append');
});

it('I10: a cycle is told step by step, and ends in a contradiction', () => {
  const history = story(
    'p ok: append x 1, append y 1',
    'q ok: r x [1], r y []',
    'r ok: append z 1',
    's ok: r z [1]',
  );
  const { verdict } = judgeIsolation(history, { level: 'serializable' });
  const violations = verdict.type === 'invalid' ? verdict.violations : [];
  const cycle = violations.find(({ anomaly }) => anomaly === 'G-single-item');
  expect(cycle?.sentences).toEqual([
    'T0: append x 1, append y 1',
    'T1: r x [1], r y []',
    "T0 precedes T1, because T1 read T0's append of 1 to x.",
    "Yet T1 precedes T0, because T1 read y as it was before T0's append of 1 to y: " +
      'a contradiction.',
  ]);
  expect(cycle?.operations.length).toBe(2);
  expect(cycle?.drawing.arrows.map(({ label }) => label)).toEqual(['wr', 'rw']);
  const broken = violations.find(({ anomaly }) => anomaly === 'fractured-read');
  expect(broken?.sentences.slice(2)).toEqual([
    'T1 saw what T0 did to x.',
    'It did not see what T0 did to y.',
  ]);
});

it('I18: a judgement in parts tells how far it is, can be aborted, and says the same', async () => {
  const history = story('a ok: append x 1, append y 1', 'b ok: r x [1], r y []');
  const checks = new Set<string>();
  const pause = () => Promise.resolve();
  const onProgress = ({ check, partsDone, partCount }: Progress) => {
    expect(partsDone).toBeLessThan(partCount);
    checks.add(check);
  };
  const report = await finishTaskInSlices(isolationTask(history), { pause, onProgress });
  expect(report).toEqual(judgeIsolation(history));
  expect([...checks]).toEqual(['dependencies', 'cycles of dependencies', 'explanations']);
  const signal = AbortSignal.abort(new Error('enough'));
  const aborted = finishTaskInSlices(isolationTask(history), { pause, signal });
  await expect(aborted).rejects.toThrow('enough');
});
