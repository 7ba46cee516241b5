/**
 * Shows that the judge of list histories says what trying everything says: generated histories of
 * stores that keep their level and of stores that do not, and the same with a read spoiled.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findAnomalies, judgeIsolation, type Transaction, type Value } from '../../src/index.ts';
import { TWIN_LEVELS, twinVerdicts } from './brute-force.ts';
import { runStore, type StoreKind, storePlans } from './simulated-store.ts';

/** The same histories each time, so that how many of a kind there are is no chance. */
const SEED = 5;

function plans(kinds: readonly StoreKind[]) {
  return storePlans({
    ...{ kinds, workloads: ['list-append'], processCount: 3, keyCount: 3 },
    transactionCount: { min: 1, max: 5 },
  });
}

const KINDS: readonly StoreKind[] = ['strict-serializable', 'snapshot', 'read-committed', 'none'];

/** Whether the order of all appends is known: of each key at most one was never read. */
function hasKnownOrder(history: readonly Transaction[]): boolean {
  const read = new Set<string>();
  const unread = new Map<string, Set<number>>();
  const steps = history.flatMap(({ id, operations }) => operations.map((step) => ({ id, step })));
  for (const { step } of steps) {
    if (step.type !== 'read' || !Array.isArray(step.value)) continue;
    for (const element of step.value) read.add(`${step.key} ${element}`);
  }
  for (const { id, step } of steps) {
    if (step.type !== 'append' || read.has(`${step.key} ${step.value}`)) continue;
    unread.set(step.key, (unread.get(step.key) ?? new Set()).add(id));
  }
  return [...unread.values()].every((writers) => writers.size < 2);
}

function expectTwinAgrees(history: readonly Transaction[], counts: Map<string, number>): void {
  const { levels } = findAnomalies(history, { workload: 'list-append' });
  for (const { level, isSerial, isPossible } of twinVerdicts(history)) {
    const name = `${level} ${isPossible}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    const isLeftPossible = !levels.refuted.includes(level);
    // Of appends that nobody read the order is free, and snapshot isolation may have no use for
    // any.
    if (!isSerial && isLeftPossible && !hasKnownOrder(history)) continue;
    expect(`${level} ${isLeftPossible}`).toBe(name);
  }
}

function expectBothSeen(counts: ReadonlyMap<string, number>): void {
  for (const [level] of TWIN_LEVELS) {
    expect(counts.get(`${level} true`) ?? 0).toBeGreaterThan(30);
    expect(counts.get(`${level} false`) ?? 0).toBeGreaterThan(30);
  }
}

it('I1: agrees with trying every execution, on stores that are sound or not', () => {
  const counts = new Map<string, number>();
  fc.assert(
    fc.property(plans(KINDS), (plan) => expectTwinAgrees(runStore(plan), counts)),
    { numRuns: 1000, seed: SEED },
  );
  expectBothSeen(counts);
});

/** The history with the `place`-th read that saw something cut short by its last element. */
function forget(history: readonly Transaction[], place: number): Transaction[] {
  const full = history.flatMap(({ id, operations }) =>
    operations.flatMap((step, index) =>
      step.type === 'read' && Array.isArray(step.value) ? [{ id, index }] : [],
    ),
  );
  const target = full[place % Math.max(1, full.length)];
  return history.map((transaction) => {
    if (transaction.id !== target?.id) return transaction;
    const operations = transaction.operations.map((step, index) => {
      if (index !== target.index || step.type !== 'read') return step;
      return { ...step, value: (step.value as readonly Value[]).slice(0, -1) };
    });
    return { ...transaction, operations };
  });
}

it('I1: agrees with trying every execution, when a read has lost its last element', () => {
  const counts = new Map<string, number>();
  fc.assert(
    fc.property(plans(['strict-serializable', 'snapshot']), fc.nat(20), (plan, place) =>
      expectTwinAgrees(forget(runStore(plan), place), counts),
    ),
    { numRuns: 1000, seed: SEED },
  );
  expectBothSeen(counts);
});

it('I1: never refutes the level of a store that keeps it, in longer runs', () => {
  const long = plans(['strict-serializable', 'snapshot']).map((plan) => ({
    ...plan,
    transactionCount: 120,
    processCount: 6,
    keyCount: 4,
    staleness: 0,
  }));
  let depended = 0;
  fc.assert(
    fc.property(long, (plan) => {
      const level = plan.kind === 'snapshot' ? 'strong-snapshot-isolation' : 'strict-serializable';
      const { verdict } = judgeIsolation(runStore(plan), { level });
      expect(verdict.type).not.toBe('invalid');
      if (verdict.type === 'valid') depended++;
    }),
    { numRuns: 100, seed: SEED },
  );
  expect(depended).toBeGreaterThan(90);
});

it('I1: refutes the levels that a store without isolation breaks, in longer runs', () => {
  const long = plans(['read-committed', 'none']).map((plan) => ({
    ...plan,
    transactionCount: 120,
    processCount: 6,
    keyCount: 4,
  }));
  let refutedCount = 0;
  fc.assert(
    fc.property(long, (plan) => {
      const { levels } = findAnomalies(runStore(plan));
      if (levels.refuted.includes('serializable')) refutedCount++;
    }),
    { numRuns: 30, seed: SEED },
  );
  expect(refutedCount).toBe(30);
});
