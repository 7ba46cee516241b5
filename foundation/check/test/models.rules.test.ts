/**
 * Shows that every model is judged as trying every order judges it, on generated histories that are
 * right or broken, and that explanations are small and wrong by themselves.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkLinearizable,
  type HistoryEvent,
  HistoryFault,
  MODEL_NAMES,
  type Model,
  modelNamed,
  pairOperations,
  type RecordedOperation,
  type Value,
  type Violation,
} from '../src/index.ts';
import { isLinearizableByBruteForce } from './brute-force.ts';
import { looseHistories, recordedHistories } from './generated-histories.ts';
import { BAG_WORKLOAD, MODEL_WORKLOADS } from './model-workloads.ts';

/** The same histories each time, so that how many of a kind there are is no chance. */
const SEED = 5;

describe.each(MODEL_WORKLOADS)('$model.name', (workload) => {
  const { model } = workload;

  it('R10: agrees with trying every order', () => {
    const counts = { valid: 0, invalid: 0 };
    fc.assert(
      fc.property(recordedHistories(model, workload), (history) => {
        const verdict = verdictOn(model, history);
        if (verdict === undefined) return;
        const operations = pairOperations(history);
        expect(verdict.type).toBe(
          isLinearizableByBruteForce(model, operations) ? 'valid' : 'invalid',
        );
        counts[verdict.type === 'valid' ? 'valid' : 'invalid']++;
      }),
      { numRuns: 1000, seed: SEED },
    );
    expect(counts.valid).toBeGreaterThan(100);
    if (!model.name.endsWith('mutex')) expect(counts.invalid).toBeGreaterThan(8);
  });

  it('R15: explains with a part that is wrong by itself', () => {
    fc.assert(
      fc.property(recordedHistories(model, workload), (history) => {
        const verdict = verdictOn(model, history);
        if (verdict?.type !== 'invalid') return;
        for (const violation of verdict.violations) expectWrong(model, violation, history);
      }),
      { numRuns: 400, seed: SEED },
    );
  });
});

/** Undefined where a broken history has an answer of a kind that the model does not have. */
function verdictOn(model: Model, history: readonly HistoryEvent[]) {
  try {
    return checkLinearizable(model, history);
  } catch (error) {
    if (error instanceof HistoryFault) return undefined;
    throw error;
  }
}

function expectWrong(model: Model, violation: Violation, history: readonly HistoryEvent[]): void {
  const { operations, sentences, drawing } = violation;
  expect(isLinearizableByBruteForce(model, operations)).toBe(false);
  expect(operations.length).toBeLessThanOrEqual(pairOperations(history).length);
  expect(sentences.length).toBeGreaterThan(1);
  expect(drawing.bars.map(({ id }) => id)).toEqual(operations.map(({ id }) => id));
  expect(drawing.bars.filter(({ marked }) => marked).length).toBe(1);
}

/** Whether some order of the operations of a bag is right; what is open takes any item, or none. */
function canBeBag(left: readonly RecordedOperation[], items: readonly Value[]): boolean {
  if (left.every(({ end }) => end === 'open')) return true;
  const firstEnd = Math.min(...left.map(({ completedAt }) => completedAt));
  return left.some((operation) => {
    if (operation.invokedAt > firstEnd) return false;
    const rest = left.filter((other) => other !== operation);
    if (operation.f === 'enqueue') return canBeBag(rest, [...items, operation.argument ?? null]);
    const { end, result } = operation;
    if (end === 'ok' && (result ?? null) === null)
      return items.length === 0 && canBeBag(rest, items);
    return items.some(
      (item, at) => (end === 'open' || item === result) && canBeBag(rest, items.toSpliced(at, 1)),
    );
  });
}

it('R10: judges a queue without an order, dequeues of unknown outcome included', () => {
  const { model } = BAG_WORKLOAD;
  const counts = { valid: 0, invalid: 0 };
  let openCount = 0;
  const loose = looseHistories({
    requests: fc.oneof(
      fc.nat(2).map((argument) => ({ f: 'enqueue', argument })),
      fc.constant({ f: 'dequeue' }),
    ),
    answers: fc.constantFrom(null, null, 0, 1, 2),
    turnCount: 16,
  });
  fc.assert(
    fc.property(fc.oneof(loose, recordedHistories(model, BAG_WORKLOAD)), (history) => {
      const operations = pairOperations(history).filter(({ end }) => end !== 'fail');
      const type = canBeBag(operations, []) ? 'valid' : 'invalid';
      expect(checkLinearizable(model, history).type).toBe(type);
      counts[type]++;
      if (operations.some(({ f, end }) => f === 'dequeue' && end === 'open')) openCount++;
    }),
    { numRuns: 2000, seed: SEED },
  );
  expect(Math.min(counts.valid, counts.invalid, openCount)).toBeGreaterThan(200);
});

it('R15: explains a queue without an order with a part that is wrong by itself', () => {
  const { model } = BAG_WORKLOAD;
  fc.assert(
    fc.property(recordedHistories(model, BAG_WORKLOAD), (history) => {
      const verdict = checkLinearizable(model, history);
      if (verdict.type !== 'invalid') return;
      for (const violation of verdict.violations) expectWrong(model, violation, history);
    }),
    { numRuns: 300, seed: SEED },
  );
});

it('R15: leaves out the operations that have nothing to do with it', () => {
  const noise = Array.from({ length: 200 }, (_, index): HistoryEvent[] => [
    { atMs: 0, process: 'n', type: 'invoke', f: 'write', value: `n${index % 7}` },
    { atMs: 0, process: 'n', type: 'ok', f: 'write', value: `n${index % 7}` },
    { atMs: 0, process: 'm', type: 'invoke', f: 'read' },
    { atMs: 0, process: 'm', type: 'ok', f: 'read', value: `n${index % 7}` },
  ]).flat();
  const wrong: HistoryEvent[] = [
    { atMs: 0, process: 'a', type: 'invoke', f: 'write', value: 'old' },
    { atMs: 0, process: 'a', type: 'ok', f: 'write', value: 'old' },
    { atMs: 0, process: 'a', type: 'invoke', f: 'write', value: 'new' },
    { atMs: 0, process: 'a', type: 'ok', f: 'write', value: 'new' },
    { atMs: 0, process: 'b', type: 'invoke', f: 'read' },
    { atMs: 0, process: 'b', type: 'ok', f: 'read', value: 'old' },
  ];
  const verdict = checkLinearizable(modelNamed('cas-register'), [...noise, ...wrong, ...noise]);
  if (verdict.type !== 'invalid') throw new Error(`the verdict is ${verdict.type}`);
  const shown = verdict.violations[0]?.operations.map(({ f, argument, result }) => [
    f,
    f === 'write' ? argument : result,
  ]);
  // `new` can go as well: between the writes of `old` and the read, any write will do.
  expect(shown?.length).toBe(3);
  expect(shown).toContainEqual(['write', 'old']);
  expect(shown?.at(-1)).toEqual(['read', 'old']);
});

it('R18: refuses what a model does not have', () => {
  for (const name of MODEL_NAMES) {
    const strange: HistoryEvent[] = [{ atMs: 0, process: 'a', type: 'invoke', f: 'fly' }];
    expect(() => checkLinearizable(modelNamed(name), strange)).toThrow(HistoryFault);
  }
  expect(() => modelNamed('no-such-model')).toThrow(/one of register, cas-register/);
  expect(() => modelNamed('mutex', 3)).toThrow(/begins in its own state/);
});
