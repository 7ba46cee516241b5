/**
 * Shows what the judges of sets, counters, queues and ids decide: by small stories, by the cases
 * that others wrote down, and by twins that recount naively.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acceptableTotals,
  checkCounterBounds,
  checkFinalCounter,
  checkFinalSet,
  checkLinearizable,
  checkQueue,
  checkSetFull,
  checkTotalQueue,
  checkUniqueIds,
  counter,
  type HistoryEvent,
  pairOperations,
  type Value,
  type Verdict,
} from '../src/index.ts';
import { recordedHistories } from './generated-histories.ts';
import { story } from './history-story.ts';
import { absentHistories, recordedVectors } from './recorded-histories.ts';

/** The same histories each time, so that how many of a kind there are is no chance. */
const SEED = 5;

const added: readonly string[] = ['a! add 1', 'a= add 1'];

function numbers(length: number, of: (index: number) => number): number[] {
  return Array.from({ length }, (_, index) => of(index));
}

describe('set-full', () => {
  it('R30: an element is lost when a read misses it after another had it', () => {
    const history = story(...added, 'b! read', 'b= read [1]', 'b! read', 'b= read []');
    const { verdict, lost, lostLatencies } = checkSetFull(history);
    expect([verdict.type, lost, lostLatencies]).toEqual(['invalid', [1], [{ element: 1, ms: 1 }]]);
    if (verdict.type !== 'invalid') return;
    expect(verdict.violations[0]?.sentences).toEqual([
      '1 was known to be in the set by event 1.',
      'The last read to have it began at event 2.',
      'A read of b began after that, at event 4, and has it not.',
    ]);
  });

  it('R30: an element that comes late is stale, and wrong only where that is promised', () => {
    const history = story(...added, 'b! read', 'b= read []', 'b! read', 'b= read [1]');
    expect(checkSetFull(history)).toMatchObject({
      verdict: { type: 'valid' },
      stable: [1],
      stale: [{ element: 1, ms: 1 }],
    });
    expect(checkSetFull(history, { linearizable: true }).verdict.type).toBe('invalid');
  });

  it('R30: what nobody added, or comes twice in a read, is wrong', () => {
    const strange = story('a! add 1', 'a= add 1', 'b! read', 'b= read [1,1,2]');
    const { verdict, duplicated, unexpected } = checkSetFull(strange);
    expect([verdict.type, duplicated, unexpected]).toEqual(['invalid', [1], [2]]);
  });
});

describe('counter', () => {
  it('R31: a read lies between what was acknowledged and what was attempted', () => {
    const history = story('a! add 5', 'b! read', 'b= read 3', 'a= add 5', 'b! read', 'b= read 0');
    const { verdict, reads } = checkCounterBounds(history);
    expect(reads.map(({ low, value, high }) => [low, value, high])).toEqual([
      [0, 3, 5],
      [5, 0, 5],
    ]);
    expect(verdict).toMatchObject({ type: 'invalid', violations: [{ anomaly: 'lost-increment' }] });
  });

  it('R31: never refutes a counter that is linearizable', () => {
    const histories = recordedHistories(counter(), {
      requests: fc.oneof(
        fc.constant({ f: 'read' }),
        fc.integer({ min: -2, max: 3 }).map((argument) => ({ f: 'add', argument })),
      ),
      answer: (state, { f }) => (f === 'read' ? state : undefined),
      wrongAnswer: fc.integer({ min: -3, max: 6 }),
      maxOperations: 10,
    });
    let refuted = 0;
    fc.assert(
      fc.property(histories, (history) => {
        if (checkCounterBounds(history).verdict.type === 'valid') return;
        refuted++;
        expect(checkLinearizable(counter(), history).type).toBe('invalid');
      }),
      { numRuns: 2000, seed: SEED },
    );
    expect(refuted).toBeGreaterThan(50);
  });

  it('R31: the totals in the end are the sums of every choice of the unknown', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 8 }), (uncertain) => {
        const sums = new Set<number>();
        for (let choice = 0; choice < 1 << uncertain.length; choice++) {
          sums.add(uncertain.reduce((sum, it, at) => sum + ((choice >>> at) & 1) * it, 10));
        }
        const intervals = acceptableTotals(10, uncertain) ?? [];
        for (let total = -40; total < 60; total++) {
          const isIn = intervals.some(([from, to]) => total >= from && total <= to);
          if (isIn !== sums.has(total)) throw new Error(`${total} is ${isIn ? '' : 'not '}in`);
        }
      }),
      { numRuns: 100, seed: SEED },
    );
    expect(
      acceptableTotals(
        0,
        numbers(1_000_000, () => 1),
      ),
    ).toEqual([[0, 1_000_000]]);
    expect(
      acceptableTotals(
        0,
        numbers(26, (at) => 4 ** at),
      ),
    ).toBeUndefined();
    expect(acceptableTotals(0, [0.5, 2])).toEqual([
      [0, 0],
      [0.5, 0.5],
      [2, 2],
      [2.5, 2.5],
    ]);
  });

  it('R31: replicas that end with different totals have diverged', () => {
    const ends = ['b! read', 'b= read 1', 'c! read', 'c= read 0'];
    const operations = pairOperations(story('a! add 1', 'a? add', ...ends));
    expect(checkFinalCounter(operations, () => true)).toMatchObject({
      type: 'invalid',
      violations: [{ anomaly: 'divergence' }],
    });
  });
});

describe('queues and ids', () => {
  it('R32: what was acknowledged comes out once, and nothing else does', () => {
    const history = story(
      ...[
        'a! enqueue 1',
        'a= enqueue 1',
        'a! enqueue 2',
        'a= enqueue 2',
        'a! enqueue 3',
        'a? enqueue',
      ],
      ...['b! dequeue', 'b= dequeue 1', 'b! dequeue', 'b= dequeue 1', 'b! drain', 'b= drain [3,4]'],
    );
    expect(checkTotalQueue(history)).toMatchObject({
      verdict: { type: 'invalid' },
      lost: [2],
      duplicated: [1],
      recovered: [3],
      unexpected: [4],
    });
    const twice = story(
      ...[
        'a! enqueue 1',
        'a= enqueue 1',
        'b! dequeue',
        'b= dequeue 1',
        'b! dequeue',
        'b= dequeue 1',
      ],
    );
    expect(checkTotalQueue(twice).verdict.type).toBe('invalid');
    expect(checkTotalQueue(twice, { allowDuplicates: true }).verdict.type).toBe('valid');
  });

  it('R32: nothing comes out before it began to go in', () => {
    const early = story('b! dequeue', 'b= dequeue 1', 'a! enqueue 1', 'a= enqueue 1');
    expect(checkQueue(early).type).toBe('invalid');
    const just = story('b! dequeue', 'a! enqueue 1', 'b= dequeue 1', 'a= enqueue 1');
    expect(checkQueue(just).type).toBe('valid');
  });

  it('R33: no id is given twice', () => {
    const ids = (second: number) =>
      story('a! generate', 'a= generate 7', 'b! generate', `b= generate ${second}`);
    expect(checkUniqueIds(ids(8)).type).toBe('valid');
    expect(checkUniqueIds(ids(7))).toMatchObject({
      type: 'invalid',
      violations: [{ sentences: ['a and b both got 7.'] }],
    });
  });
});

interface JepsenCase {
  readonly name: string;
  readonly ops: readonly {
    readonly process?: number;
    readonly type: HistoryEvent['type'];
    readonly f: string;
    readonly value: Value;
    readonly final?: boolean;
  }[];
  readonly expect: { readonly checker: string; readonly [name: string]: unknown };
}

const FIELDS: readonly string[] = [
  ...['ok', 'lost', 'recovered', 'unexpected', 'duplicated', 'stable', 'never-read', 'reads'],
];

/** What a judge says, and the lists that a case may name. */
interface CaseReport {
  readonly verdict: { readonly type: Verdict['type'] };
  readonly [name: string]: unknown;
}

it('R19: agrees on the small cases of sets, counters and queues of others', (context) => {
  const absent = absentHistories();
  if (absent !== undefined) context.skip(absent);
  let count = 0;
  const cases = recordedVectors('jepsen-checkers.json') as readonly JepsenCase[];
  for (const { name, ops, expect: expected } of cases) {
    const report = reportOn(expected.checker, ops);
    if (report === undefined) continue;
    count++;
    const valid = { valid: true, invalid: false, unknown: 'unknown' }[report.verdict.type];
    expect([name, valid]).toEqual([name, expected['valid']]);
    for (const field of FIELDS.filter((it) => it in expected)) {
      expect([name, field, report[field]]).toEqual([name, field, expected[field]]);
    }
  }
  expect(count).toBe(15);
  context.annotate(`${count} recorded cases agree`, 'count');
});

function reportOn(checker: string, ops: JepsenCase['ops']): CaseReport | undefined {
  const events = eventsOf(ops);
  switch (checker) {
    case 'queue(unordered)':
      return { verdict: checkQueue(events) };
    case 'set':
      return { ...checkFinalSet(events) };
    case 'set-full': {
      const report = checkSetFull(events);
      return { ...report, 'never-read': report.neverRead };
    }
    case 'total-queue':
      return { ...checkTotalQueue(events) };
    case 'counter': {
      const { verdict, reads } = checkCounterBounds(events);
      return { verdict, reads: reads.map(({ low, value, high }) => [low, value, high]) };
    }
    case 'pn-counter': {
      // The case has ends alone: each gets a beginning, by a process of its own.
      const paired = ops.flatMap(({ type, f, value }, atMs): HistoryEvent[] => {
        const base = { atMs, process: `p${atMs}`, f, value };
        return [
          { ...base, type: 'invoke' },
          { ...base, type },
        ];
      });
      return { verdict: checkFinalCounter(pairOperations(paired), () => true) };
    }
    default:
      return undefined;
  }
}

/**
 * In these cases a process goes on after an unknown outcome: here it does so under another name.
 */
function eventsOf(ops: JepsenCase['ops']): HistoryEvent[] {
  const lives = new Map<number | undefined, number>();
  return ops.map(({ process, type, f, value }, atMs) => {
    const life = lives.get(process) ?? 0;
    if (type === 'info') lives.set(process, life + 1);
    return { atMs, process: `${process}.${life}`, type, f, value };
  });
}
