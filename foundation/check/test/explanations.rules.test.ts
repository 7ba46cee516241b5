/**
 * Shows that the part of a history which an explanation shows is wrong by itself, keeps the writes
 * that its reads saw, and has nothing that could be left out.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  casRegister,
  checkLinearizable,
  checkSequential,
  type HistoryEvent,
  kv,
  type Model,
  pairOperations,
  type RecordedOperation,
  sameValue,
  type Value,
  type Verdict,
} from '../src/index.ts';
import { recordedHistories } from './generated-histories.ts';
import { story } from './history-story.ts';

/** The same histories each time, so that how many of a kind there are is no chance. */
const SEED = 5;

/** The events of some operations up to a position, in their order. */
function eventsOf(
  operations: readonly RecordedOperation[],
  until = Number.POSITIVE_INFINITY,
): HistoryEvent[] {
  const placed = operations.flatMap((operation) => {
    const { process, f, key, argument, result, end, invokedAt, completedAt } = operation;
    const base = { atMs: 0, process, f, ...(key === undefined ? {} : { key }) };
    const valued = (value: Value | undefined) => (value === undefined ? {} : { value });
    const begin = { ...base, type: 'invoke', ...valued(argument) } as const;
    const done = { ...base, type: 'ok', ...valued(result) } as const;
    const all = [{ at: invokedAt, event: begin as HistoryEvent }];
    return end === 'ok' ? [...all, { at: completedAt, event: done as HistoryEvent }] : all;
  });
  return placed
    .filter(({ at }) => at <= until)
    .sort((a, b) => a.at - b.at)
    .map(({ event }) => event);
}

const small = fc.integer({ min: 0, max: 2 });

const histories = recordedHistories(casRegister(), {
  requests: fc.oneof(
    fc.constant({ f: 'read' }),
    small.map((argument) => ({ f: 'write', argument })),
    fc.tuple(small, small).map(([from, to]) => ({ f: 'cas', argument: [from, to] })),
  ),
  answer: (state, { f, argument }) => {
    if (f === 'read') return state;
    return f === 'cas' ? Array.isArray(argument) && argument[0] === state : undefined;
  },
  wrongAnswer: fc.oneof(small, fc.boolean()),
  maxOperations: 10,
});

type Judge = (model: Model, history: readonly HistoryEvent[]) => Verdict;

const searched: Model = casRegister();
// Without it, the search decides what unique values would decide faster.
const { register: _, ...plain } = searched;

it.each<readonly [string, Judge]>([
  ['linearizability', checkLinearizable],
  ['sequential consistency', checkSequential],
])('R15: the part that explains a fault of %s is wrong and the smallest', (_name, judge) => {
  let invalidCount = 0;
  fc.assert(
    fc.property(histories, (history) => {
      const verdict = judge(plain, history);
      if (verdict.type !== 'invalid') return;
      invalidCount++;
      const whole = pairOperations(history).filter(({ end }) => end !== 'fail');
      for (const { operations, drawing } of verdict.violations) {
        expect(judge(plain, eventsOf(operations)).type).toBe('invalid');
        // Where time counts it is wrong by the end of what cannot be placed, whatever comes later.
        const marked = drawing.bars.find((bar) => bar.marked);
        const until = operations.find(({ id }) => id === marked?.id)?.completedAt;
        const cut = judge === checkLinearizable ? until : undefined;
        expect(judge(plain, eventsOf(operations, cut)).type).toBe('invalid');
        for (const { f, result, key, completedAt } of operations) {
          if (f !== 'read') continue;
          // A write that began after the read had ended is not one that the read saw.
          const wrote = (it: RecordedOperation) =>
            it.f === 'write' &&
            it.key === key &&
            it.invokedAt < completedAt &&
            sameValue(it.argument ?? null, result ?? null);
          expect(operations.filter(wrote).length).toBe(whole.filter(wrote).length);
        }
        for (const read of operations.filter((it) => plain.isReadOnly(it))) {
          const rest = operations.filter((it) => it !== read);
          expect(judge(plain, eventsOf(rest, cut)).type).not.toBe('invalid');
        }
      }
    }),
    { numRuns: 600, seed: SEED },
  );
  expect(invalidCount).toBeGreaterThan(100);
});

it('R15: a long history of one text is drawn where it goes wrong, and says how long it is', () => {
  const appends = Array.from({ length: 60 }, (_, at) => [
    `p${at % 4}! append@k "${at},"`,
    `p${at % 4}= append@k "${at},"`,
  ]).flat();
  const all = Array.from({ length: 60 }, (_, at) => `${at},`);
  const text = all.join('').replace('31,', '');
  const verdict = checkLinearizable(kv(), story(...appends, 'r! get@k', `r= get@k "${text}"`));
  if (verdict.type !== 'invalid') throw new Error(verdict.type);
  const [violation] = verdict.violations;
  expect(violation?.operations.length).toBe(61);
  expect(violation?.drawing.bars.length).toBeLessThan(45);
  expect(violation?.sentences.at(-1)).toBe(
    'It takes 61 operations, those that the reads saw among them; 40 are drawn.',
  );
});

it('R40: says the order that was tried, what is held then, and what cannot follow', () => {
  const history = story(
    ...['a! write@x 1', 'a= write@x 1', 'a! read@y', 'a= read@y null'],
    ...['b! write@y 1', 'b= write@y 1', 'b! read@x', 'b= read@x null'],
    ...['c! read@z', 'c= read@z null', 'c! write@z 4', 'c= write@z 4'],
  );
  const verdict = checkSequential(casRegister(), history);
  if (verdict.type !== 'invalid') throw new Error(verdict.type);
  const [violation] = verdict.violations;
  expect(violation?.operations.map(({ process }) => process)).toEqual(['a', 'a', 'b', 'b']);
  expect(violation?.sentences).toEqual([
    'The longest order that cas-register accepts, and that keeps the order of each process, ' +
      'has 3 operations: write x 1 of a; read y -> null of a; write y 1 of b.',
    'Then x is 1, y is 1. None of these, the next of their processes, can follow: ' +
      'read x -> null of b.',
  ]);
  expect(violation?.drawing.arrows.map(({ label }) => label)).toEqual(['then', 'then']);
});
