/**
 * Shows that the fast ways to a verdict, unique values and witnesses, come to the verdict of the
 * search.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  checkLinearizable,
  type HistoryEvent,
  type Model,
  pairOperations,
  type RecordedOperation,
  register,
} from '../src/index.ts';
import { isLinearizableByBruteForce } from './brute-force.ts';
import { recordedHistories } from './generated-histories.ts';
import { story } from './history-story.ts';

/** The same histories each time, so that how many of a kind there are is no chance. */
const SEED = 5;

/**
 * Histories of a register in which each write has a value of its own, and reads answer anything.
 */
const uniqueHistories = recordedHistories(register(), {
  requests: fc.oneof(fc.constant({ f: 'read' }), fc.constant({ f: 'write', argument: 0 })),
  answer: (state, { f }) => (f === 'read' ? state : undefined),
  wrongAnswer: fc.option(fc.integer({ min: 1, max: 4 })),
  maxOperations: 8,
}).map((history) => {
  let writeCount = 0;
  const written = new Map<string, number>();
  return history.map((event): HistoryEvent => {
    if (event.f !== 'write') return event;
    if (event.type === 'invoke') written.set(event.process, ++writeCount);
    return event.type === 'info' ? event : { ...event, value: written.get(event.process) ?? 0 };
  });
});

it('R16: unique values are judged as trying every order judges them', () => {
  const counts = { valid: 0, invalid: 0 };
  fc.assert(
    fc.property(uniqueHistories, fc.nat(4), (history, shift) => {
      const moved = history.map((event) =>
        event.f === 'read' && event.type === 'ok' && event.value === 0
          ? { ...event, value: shift === 0 ? null : shift }
          : event,
      );
      const verdict = checkLinearizable(register(), moved);
      const expected = isLinearizableByBruteForce(register(), pairOperations(moved));
      expect(verdict.type).toBe(expected ? 'valid' : 'invalid');
      if (verdict.coverage.okCount > 0 && verdict.type !== 'unknown') {
        expect(verdict.decidedBy).toBe('unique values');
        counts[verdict.type]++;
      }
    }),
    { numRuns: 4000, seed: SEED },
  );
  expect(counts.valid).toBeGreaterThan(500);
  expect(counts.invalid).toBeGreaterThan(500);
});

it.each([
  ['garbage', ['a! read', 'a= read 7'], /Nobody wrote that value/],
  ['a failed write', ['a! write 7', 'ax write', 'b! read', 'b= read 7'], /did not happen/],
  ['the future', ['b! read', 'b= read 7', 'a! write 7', 'a= write 7'], /which began at event 2/],
  [
    'a value that is gone',
    ['a! write 1', 'a= write 1', 'a! write 2', 'a= write 2', 'b! read', 'b= read 1'],
    /holds one value at a time/,
  ],
])('R15: says why a read of %s cannot be', (_, lines, message) => {
  const verdict = checkLinearizable(register(), story(...lines));
  if (verdict.type !== 'invalid') throw new Error(`the verdict is ${verdict.type}`);
  expect(verdict.violations[0]?.sentences.join(' ')).toMatch(message);
});

it('R17: an order that the system claims is verified, and its errors change no verdict', () => {
  const ways = new Set<string>();
  const claims = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 8, maxLength: 8 });
  const histories = recordedHistories(searchedRegister, {
    requests: fc.oneof(
      fc.constant({ f: 'read' }),
      fc.integer({ min: 0, max: 1 }).map((argument) => ({ f: 'write', argument })),
    ),
    answer: (state, { f }) => (f === 'read' ? state : undefined),
    wrongAnswer: fc.integer({ min: 0, max: 2 }),
    maxOperations: 5,
  });
  fc.assert(
    fc.property(histories, claims, (history, claim) => {
      const witness = ({ id }: RecordedOperation) => claim[id];
      const verdict = checkLinearizable(searchedRegister, history, { witness });
      expect(verdict.type).toBe(checkLinearizable(searchedRegister, history).type);
      if (verdict.type !== 'unknown') ways.add(verdict.decidedBy);
    }),
    { numRuns: 3000, seed: SEED },
  );
  expect([...ways].sort()).toEqual(['nothing to test', 'search', 'witness']);
});

/** A register that the rule of unique values does not know as one. */
const searchedRegister: Model = { ...plainRegister() };

function plainRegister(): Model {
  const { register: _, ...model } = register();
  return model;
}

it('R17: the order of the log is enough where the search would give up', () => {
  const write = (type: 'invoke' | 'ok') =>
    Array.from({ length: 40 }, (_, index): HistoryEvent => {
      return { atMs: 0, process: `p${index}`, type, f: 'write', value: index % 20 };
    });
  const history: HistoryEvent[] = [
    ...write('invoke'),
    ...write('ok'),
    { atMs: 2, process: 'r', type: 'invoke', f: 'read' },
    { atMs: 3, process: 'r', type: 'ok', f: 'read', value: 19 },
  ];
  const verdict = checkLinearizable(searchedRegister, history, { witness: ({ id }) => id });
  expect(verdict).toMatchObject({ type: 'valid', decidedBy: 'witness' });
});
