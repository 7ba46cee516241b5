/**
 * Shows that the judge of weak isolation says what trying every commit order says, on thousands of
 * tiny histories in which values were read at random.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  judgeWeakIsolation,
  type MicroOperation,
  type Transaction,
  WEAK_ANOMALY_NAMES,
  WEAK_LEVELS,
  type WeakLevel,
} from '../../src/index.ts';
import { keepsWeakLevel } from './commit-order-twin.ts';
import { story } from './stories.ts';

/** The same histories each time, so that how many of a kind there are is no chance. */
const SEED = 5;

/** Steps of a few transactions; a read takes the `pick`-th value that its key ever has, or null. */
const plans = fc.array(
  fc.record({
    session: fc.nat(2),
    steps: fc.array(
      fc.record({ isRead: fc.boolean(), key: fc.constantFrom('x', 'y', 'z'), pick: fc.nat(6) }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  { minLength: 1, maxLength: 6 },
);

type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

function toHistory(plan: Plan): Transaction[] {
  const values = new Map<string, number[]>();
  let value = 0;
  const drafts = plan.map(({ steps }) =>
    steps.map((step) => {
      if (step.isRead) return { ...step, value: 0 };
      value++;
      values.set(step.key, [...(values.get(step.key) ?? []), value]);
      return { ...step, value };
    }),
  );
  const hasInitial = plan[0]?.session === 2;
  return drafts.map((steps, id) => {
    const own = new Map<string, number>();
    const operations = steps.map(({ isRead, key, pick, value }): MicroOperation => {
      if (!isRead) {
        own.set(key, value);
        return { type: 'write', key, value };
      }
      const all: (number | null)[] = [null, ...(values.get(key) ?? [])];
      // Mostly a read sees its own write: else nearly every history would be wrong already by that.
      const seen = pick < 6 ? own.get(key) : undefined;
      return { type: 'read', key, value: seen ?? all[pick % all.length] ?? null };
    });
    return {
      id,
      process: `s${plan[id]?.session}`,
      end: 'ok',
      invokedAt: -1,
      completedAt: Number.POSITIVE_INFINITY,
      isInitial: id === 0 && hasInitial,
      operations,
    };
  });
}

it('I5: agrees with trying every commit order', () => {
  const counts = new Map<string, number>();
  fc.assert(
    fc.property(plans, (plan) => {
      const history = toHistory(plan);
      for (const level of WEAK_LEVELS) {
        const verdict = judgeWeakIsolation(history, level).type;
        const expected = keepsWeakLevel(history, level);
        expect(`${level} ${verdict === 'unknown' ? true : verdict === 'valid'}`).toBe(
          `${level} ${expected}`,
        );
        counts.set(`${level} ${expected}`, (counts.get(`${level} ${expected}`) ?? 0) + 1);
      }
    }),
    { numRuns: 1500, seed: SEED },
  );
  for (const level of WEAK_LEVELS) {
    expect(counts.get(`${level} true`)).toBeGreaterThan(300);
    expect(counts.get(`${level} false`)).toBeGreaterThan(300);
  }
});

/** Each name with a smallest history that shows it, and one beside it that does not. */
const EXAMPLES: readonly {
  readonly name: string;
  readonly level: WeakLevel;
  readonly shown: readonly string[];
  readonly missed: readonly string[];
}[] = [
  {
    name: 'non-monotonic-read',
    level: 'read-committed',
    shown: ['a ok: w y 1', 'a ok: w x 2, w y 2', 'b ok: r x 2, r y 1'],
    missed: ['a ok: w y 1', 'a ok: w x 2, w y 2', 'b ok: r y 1, r x 2'],
  },
  {
    name: 'fractured-read',
    level: 'read-atomic',
    shown: ['a ok: w y 1', 'a ok: w x 2, w y 2', 'b ok: r y 1, r x 2'],
    missed: ['a ok: w y 1', 'a ok: w x 2, w y 2', 'b ok: r y 2, r x 2'],
  },
  {
    name: 'stale-causal-read',
    level: 'causal',
    shown: ['a ok: w x 1', 'a ok: w x 2', 'b ok: r x 2, w y 1', 'c ok: r y 1', 'c ok: r x 1'],
    missed: ['a ok: w x 1', 'a ok: w x 2', 'b ok: r x 1, w y 1', 'c ok: r y 1', 'c ok: r x 1'],
  },
  {
    name: 'causality-cycle',
    level: 'read-committed',
    shown: ['a ok: r y 1, w x 1', 'b ok: r x 1, w y 1'],
    missed: ['a ok: r y 1, w x 1', 'b ok: r x nil, w y 1'],
  },
];

it.each(EXAMPLES)('I4: $name is found where it is, and not in a near miss', (example) => {
  const namesIn = (lines: readonly string[]): string[] => {
    const verdict = judgeWeakIsolation(story(...lines), example.level);
    return verdict.type === 'invalid' ? verdict.violations.map(({ anomaly }) => anomaly) : [];
  };
  expect(namesIn(example.shown)).toEqual([example.name]);
  expect(namesIn(example.missed)).toEqual([]);
});

it('I4: every name that the judge of weak isolation gives has an example', () => {
  expect(EXAMPLES.map(({ name }) => name)).toEqual([...WEAK_ANOMALY_NAMES]);
});

it.each(WEAK_LEVELS)('R13: %s is not tested by reads of keys that nobody has written', (level) => {
  const nothing = { type: 'unknown', reason: { code: 'nothing-tested' } };
  for (const lines of [['a ok: r x nil'], ['a ok: r x nil', 'b fail: w x 1'], ['a ok: w x 1']]) {
    expect(judgeWeakIsolation(story(...lines), level)).toMatchObject(nothing);
  }
  expect(judgeWeakIsolation(story('a ok: r x nil', 'b ok: w x 1'), level).type).toBe('valid');
});
