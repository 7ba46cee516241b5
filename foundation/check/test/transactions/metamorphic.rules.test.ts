/**
 * Shows what must not matter to the judges of isolation, on histories of sound and unsound stores.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  findAnomalies,
  ISOLATION_LEVELS,
  type IsolationLevel,
  judgeIsolation,
  judgeWeakIsolation,
  type MicroOperation,
  type Transaction,
  type Value,
  WEAK_LEVELS,
  weakerLevels,
} from '../../src/index.ts';
import { runStore, type StorePlan, storePlans } from './simulated-store.ts';

const plans = storePlans({
  ...{ processCount: 5, keyCount: 4 },
  transactionCount: { min: 1, max: 30 },
});

/** All that the judges say of a history, without the words. */
function sayings(history: readonly Transaction[], workload: StorePlan['workload']): string[] {
  const { levels, anomalies } = findAnomalies(history, { workload });
  const weak =
    workload === 'rw-register'
      ? WEAK_LEVELS.map((level) => `${level} ${judgeWeakIsolation(history, level).type}`)
      : [];
  return [...levels.refuted, ...[...anomalies].sort(), ...weak];
}

function mapSteps(
  history: readonly Transaction[],
  change: (step: MicroOperation) => MicroOperation,
): Transaction[] {
  return history.map((transaction) => ({
    ...transaction,
    operations: transaction.operations.map(change),
  }));
}

it('I6: other names of processes, keys and values change nothing', () => {
  fc.assert(
    fc.property(plans, fc.nat(100), (plan, salt) => {
      const history = runStore(plan);
      const rename = (value: Value): Value => {
        if (value === null) return null;
        if (Array.isArray(value)) return value.map(rename);
        return salt % 2 === 0 ? `v${Number(value) + salt}` : { item: [Number(value) + salt] };
      };
      const renamed = mapSteps(history, (step) => {
        if (step.type === 'read-predicate') return step;
        const key = `${salt} ${step.key}`;
        return step.type === 'delete'
          ? { ...step, key }
          : { ...step, key, value: rename(step.value) };
      }).map((transaction) => ({ ...transaction, process: `${transaction.process}/${salt}` }));
      expect(sayings(renamed, plan.workload)).toEqual(sayings(history, plan.workload));
    }),
    { numRuns: 200 },
  );
});

/** The positions of all events, with two neighbours exchanged if they are of one kind. */
function swapped(history: readonly Transaction[], place: number): Transaction[] {
  const kinds = new Map<number, string>();
  for (const { invokedAt, completedAt, process } of history) {
    kinds.set(invokedAt, `invoke ${process}`);
    if (Number.isFinite(completedAt)) kinds.set(completedAt, `complete ${process}`);
  }
  const [one, other] = [kinds.get(place), kinds.get(place + 1)];
  if (one === other || one?.split(' ')[0] !== other?.split(' ')[0]) return [...history];
  const move = (at: number) => (at === place ? place + 1 : at === place + 1 ? place : at);
  return history.map((transaction) => ({
    ...transaction,
    invokedAt: move(transaction.invokedAt),
    completedAt: move(transaction.completedAt),
  }));
}

it('I7: exchanging neighbouring invocations, or completions, changes nothing', () => {
  fc.assert(
    fc.property(plans, fc.nat(60), (plan, place) => {
      const history = runStore(plan);
      const other = swapped(history, place);
      expect(sayings(other, plan.workload)).toEqual(sayings(history, plan.workload));
    }),
    { numRuns: 150 },
  );
});

/** The history with an order of one kind taken away for some transactions. */
function loosened(history: readonly Transaction[], which: number): Transaction[] {
  return history.map((transaction) => {
    if ((which >>> (transaction.id % 8)) % 2 === 0) return transaction;
    return { ...transaction, invokedAt: -1, process: `alone ${transaction.id}` };
  });
}

it('I8: taking away the order of time and of processes never refutes a level', () => {
  fc.assert(
    fc.property(plans, fc.nat(255), (plan, which) => {
      const history = runStore(plan);
      const refuted = (one: readonly Transaction[]): readonly IsolationLevel[] =>
        findAnomalies(one, { workload: plan.workload }).levels.refuted;
      const before = new Set(refuted(history));
      for (const level of refuted(loosened(history, which))) expect(before).toContain(level);
      if (plan.workload !== 'rw-register') return;
      for (const level of WEAK_LEVELS) {
        if (judgeWeakIsolation(history, level).type === 'invalid') continue;
        expect(judgeWeakIsolation(loosened(history, which), level).type).not.toBe('invalid');
      }
    }),
    { numRuns: 150 },
  );
});

it('I8: leaving out failed transactions changes nothing where nobody read from them', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const history = runStore(plan);
      const said = sayings(history, plan.workload);
      if (said.some((name) => name === 'G1a' || name === 'dirty-update')) return;
      const rest = history.filter(({ end }) => end !== 'fail').map((one, id) => ({ ...one, id }));
      expect(sayings(rest, plan.workload)).toEqual(said);
    }),
    { numRuns: 200 },
  );
});

it('I9: a refuted level refutes every stronger one', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const { levels } = findAnomalies(runStore(plan), { workload: plan.workload });
      const refuted = new Set(levels.refuted);
      for (const level of ISOLATION_LEVELS) {
        if (weakerLevels(level).some((weaker) => refuted.has(weaker))) {
          expect(refuted).toContain(level);
        }
      }
      for (const level of levels.strongestPossible) expect(refuted).not.toContain(level);
      for (const level of levels.weakestRefuted) {
        for (const weaker of weakerLevels(level)) expect(refuted).not.toContain(weaker);
      }
    }),
    { numRuns: 200 },
  );
});

it('I19: what the exact judges of registers refute, the judge of isolation refutes too', () => {
  const counts = { causal: 0, 'read-atomic': 0 };
  let byCausalityAlone = 0;
  const registerPlans = plans.map((plan) => ({ ...plan, workload: 'rw-register' as const }));
  fc.assert(
    fc.property(registerPlans, fc.boolean(), (plan, isAlone) => {
      const store = runStore(plan);
      const history = isAlone ? loosened(store, 255) : store;
      const { levels, anomalies } = findAnomalies(history, { workload: 'rw-register' });
      for (const level of ['causal', 'read-atomic'] as const) {
        if (judgeWeakIsolation(history, level).type !== 'invalid') continue;
        expect(levels.refuted).toContain('strong-session-snapshot-isolation');
        if (isAlone) expect(levels.refuted).toContain('snapshot-isolation');
        counts[level]++;
      }
      if (anomalies.some((name) => name.startsWith('causality-violation'))) byCausalityAlone++;
    }),
    { numRuns: 600 },
  );
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(50);
  expect(byCausalityAlone).toBeGreaterThan(0);
});

it('I10: the smallest sub-history shows the anomaly by itself, and its reads have writers', () => {
  let shownCount = 0;
  fc.assert(
    fc.property(plans, (plan) => {
      const history = runStore(plan);
      const { verdict, anomalies } = judgeIsolation(history, { workload: plan.workload });
      if (verdict.type !== 'invalid') return;
      for (const { anomaly, operations, sentences, drawing } of verdict.violations) {
        const part = operations.map(({ id }, index) => ({
          ...(history[id] as Transaction),
          id: index,
        }));
        const again = findAnomalies(part, { workload: plan.workload }).anomalies;
        expect(again).toContain(anomaly);
        for (const name of again) expect(anomalies).toContain(name);
        expect(sentences.length).toBeGreaterThan(1);
        expect(drawing.bars.length).toBe(operations.length);
        shownCount++;
      }
    }),
    { numRuns: 60 },
  );
  expect(shownCount).toBeGreaterThan(20);
});
