/**
 * Shows that what the judge of registers and predicates refutes has no execution: trying everything
 * finds none either. It cannot refute all that has none, so the test counts how much it misses.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  findAnomalies,
  type MicroOperation,
  parsePredicate,
  type Transaction,
  type Value,
} from '../../src/index.ts';
import { twinVerdicts } from './brute-force.ts';
import { runStore, storePlans } from './simulated-store.ts';

/** The same histories each time, so that how many of a kind there are is no chance. */
const SEED = 5;

const plans = storePlans({
  ...{ workloads: ['rw-register'], processCount: 3, keyCount: 3 },
  transactionCount: { min: 1, max: 5 },
});

it('I2: refutes only what trying every execution refutes, and most of it', () => {
  const [refuted, missed] = [new Map<string, number>(), new Map<string, number>()];
  const count = (counts: Map<string, number>, level: string) =>
    counts.set(level, (counts.get(level) ?? 0) + 1);
  fc.assert(
    fc.property(plans, (plan) => {
      const history = runStore(plan);
      const { levels } = findAnomalies(history, { workload: 'rw-register' });
      for (const { level, isPossible } of twinVerdicts(history)) {
        const isRefuted = levels.refuted.includes(level);
        if (isRefuted) expect(`${level} ${isPossible}`).toBe(`${level} false`);
        if (!isPossible) count(isRefuted ? refuted : missed, level);
      }
    }),
    { numRuns: 1500, seed: SEED },
  );
  for (const level of ['serializable', 'strict-serializable']) {
    const found = refuted.get(level) ?? 0;
    expect(found).toBeGreaterThan(40);
    // Orders derived from orders refute all but a few of the small histories without an execution.
    expect((missed.get(level) ?? 0) / found).toBeLessThan(0.02);
  }
});

const steps = fc.array(
  fc.record({
    type: fc.constantFrom('write', 'delete', 'read', 'read-predicate', 'read-predicate'),
    key: fc.constantFrom('x', 'y'),
    predicate: fc.constantFrom(true, ['=', 0], ['=', 1], ['mod', 2, 0]),
  }),
  { minLength: 1, maxLength: 3 },
);
const predicatePlans = fc.array(fc.record({ steps, staleness: fc.nat(2), process: fc.nat(2) }), {
  minLength: 1,
  maxLength: 5,
});

type PredicatePlan = typeof predicatePlans extends fc.Arbitrary<infer T> ? T : never;

/** Runs transactions one after the other, each on the state of `staleness` commits ago. */
function runPredicates(plan: PredicatePlan): Transaction[] {
  const initial = new Map<string, Value>([
    ['x', 0],
    ['y', 0],
  ]);
  const states = [initial];
  let value = 0;
  const transactions = plan.map(({ steps, staleness, process }, index): Transaction => {
    const seen = new Map(states[Math.max(0, states.length - 1 - staleness)]);
    const next = new Map(states.at(-1));
    const operations = steps.map((step): MicroOperation => {
      const { type, key } = step;
      switch (type) {
        case 'write':
          value++;
          seen.set(key, value);
          next.set(key, value);
          return { type: 'write', key, value };
        case 'delete':
          seen.delete(key);
          next.delete(key);
          return { type: 'delete', key };
        case 'read':
          return { type: 'read', key, value: seen.get(key) ?? null };
        default: {
          const predicate = parsePredicate(step.predicate as Value)!;
          const rows = new Map([...seen].filter(([, value]) => predicate.matches(value)));
          return { type: 'read-predicate', predicate, rows };
        }
      }
    });
    states.push(next);
    return transactionOf(index + 1, `p${process}`, operations);
  });
  const writes = [...initial].map(([key, value]) => ({ type: 'write' as const, key, value }));
  return [{ ...transactionOf(0, 'init', writes), isInitial: true }, ...transactions];
}

function transactionOf(id: number, process: string, operations: MicroOperation[]): Transaction {
  return {
    id,
    process,
    end: 'ok',
    invokedAt: 2 * id,
    completedAt: 2 * id + 1,
    isInitial: false,
    operations,
  };
}

it('I3: what predicate reads refute has no serial execution', () => {
  const counts = { refuted: 0, missed: 0, possible: 0 };
  fc.assert(
    fc.property(predicatePlans, (plan) => {
      const history = runPredicates(plan);
      const { levels } = findAnomalies(history, { workload: 'predicate' });
      for (const { level, isPossible } of twinVerdicts(history)) {
        const isRefuted = levels.refuted.includes(level);
        if (isRefuted) expect(`${level} ${isPossible}`).toBe(`${level} false`);
        counts[isPossible ? 'possible' : isRefuted ? 'refuted' : 'missed']++;
      }
    }),
    { numRuns: 1200, seed: SEED },
  );
  expect(counts.refuted).toBeGreaterThan(500);
  expect(counts.possible).toBeGreaterThan(500);
  expect(counts.missed).toBeLessThan(counts.refuted);
});
