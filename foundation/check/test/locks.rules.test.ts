/**
 * Shows that the models of locks say what their words say: a naive twin tries every order and knows
 * neither a model nor a search, and each promise has a smallest history that breaks it beside one
 * that only nearly does.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkLinearizable,
  modelNamed,
  pairOperations,
  type RecordedOperation,
} from '../src/index.ts';
import { looseHistories } from './generated-histories.ts';
import { story } from './history-story.ts';

/** The same histories each time, so that how many of a kind there are is no chance. */
const SEED = 5;

/** What a lock promises besides that one holds it at a time. */
interface Promises {
  /** Only who holds it releases it. */
  readonly isOwned: boolean;
  /** Each acquire is given a number greater than all before. */
  readonly isFenced: boolean;
}

const LOCKS: Readonly<Record<string, Promises>> = {
  mutex: { isOwned: false, isFenced: false },
  'owned-mutex': { isOwned: true, isFenced: false },
  'fenced-lock': { isOwned: true, isFenced: true },
};

/** Whether what is left can come in some order, when `holder` holds and `token` was given last. */
function hasOrder(
  left: readonly RecordedOperation[],
  holder: string | undefined,
  token: number,
  promises: Promises,
): boolean {
  // What has no known end need not happen.
  if (left.every(({ end }) => end === 'open')) return true;
  return left.some((next) => {
    if (left.some((other) => other.completedAt < next.invokedAt)) return false;
    const rest = left.filter((other) => other !== next);
    if (next.f === 'release') {
      const mayRelease = promises.isOwned ? holder === next.process : holder !== undefined;
      return mayRelease && hasOrder(rest, undefined, token, promises);
    }
    if (holder !== undefined) return false;
    const isTold = promises.isFenced && next.end === 'ok';
    const given = isTold ? Number(next.result) : token;
    if (isTold && given <= token) return false;
    return hasOrder(rest, next.process, given, promises);
  });
}

describe.each(Object.entries(LOCKS))('%s', (name, promises) => {
  it('R10: agrees with a twin that tries every order of what was asked for', () => {
    const counts = { valid: 0, invalid: 0 };
    const histories = looseHistories({
      requests: fc.constantFrom({ f: 'acquire' }, { f: 'acquire' }, { f: 'release' }),
      answers: fc.integer({ min: 1, max: 5 }),
      turnCount: 13,
    });
    fc.assert(
      fc.property(histories, (history) => {
        const happened = pairOperations(history).filter(({ end }) => end !== 'fail');
        const type = hasOrder(happened, undefined, 0, promises) ? 'valid' : 'invalid';
        expect(checkLinearizable(modelNamed(name), history).type).toBe(type);
        counts[type]++;
      }),
      { numRuns: 3000, seed: SEED },
    );
    expect(Math.min(counts.valid, counts.invalid)).toBeGreaterThan(300);
  });
});

const HELD = ['a! acquire', 'a= acquire 4'];
const FREE = [...HELD, 'a! release', 'a= release'];

/** Of each promise a history that breaks it, and one that does not. */
const PAIRS: readonly (readonly [string, broken: readonly string[], near: readonly string[]])[] = [
  [
    'tokens ascend: the same one is not given twice',
    [...FREE, 'b! acquire', 'b= acquire 4'],
    [...FREE, 'b! acquire', 'b= acquire 5'],
  ],
  [
    'tokens ascend: an older one is not given later, but who asked first may be given the later',
    [...FREE, 'b! acquire', 'b= acquire 3'],
    ['a! acquire', 'b! acquire', 'b= acquire 3', 'b! release', 'b= release', 'a= acquire 4'],
  ],
  [
    'tokens ascend past an acquire of which nobody knows',
    ['c! acquire', 'c? acquire', ...HELD, 'b! acquire', 'b= acquire 9'],
    ['c! acquire', 'c? acquire', ...FREE, 'b! acquire', 'b= acquire 9'],
  ],
  [
    'only the holder releases',
    [...HELD, 'b! release', 'b= release'],
    [...HELD, 'b! release', 'a! release', 'a= release'],
  ],
  [
    'one holds at a time',
    [...HELD, 'b! acquire', 'b= acquire 5'],
    [...HELD, 'b! acquire', 'a! release', 'b= acquire 5', 'a= release'],
  ],
];

it.each(PAIRS)('R10: of a fenced lock %s', (_, broken, near) => {
  const verdictOn = (lines: readonly string[]) =>
    checkLinearizable(modelNamed('fenced-lock'), story(...lines)).type;
  expect([verdictOn(broken), verdictOn(near)]).toEqual(['invalid', 'valid']);
});
