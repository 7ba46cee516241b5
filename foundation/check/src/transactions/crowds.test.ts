/**
 * Shows that crowds do not make the judges quadratic: a hundred thousand transactions at one time,
 * one key with ten thousand concurrent writes, and as many readers of nothing.
 */
import { expect, it } from 'vitest';
import { judgeIsolation } from './isolation.ts';
import { inferListAppend } from './list-append.ts';
import { inferRegisters } from './rw-register.ts';
import type { MicroOperation, Transaction } from './transaction.ts';
import { judgeWeakIsolation } from './weak-isolation.ts';

function crowd(count: number, step: (id: number) => readonly MicroOperation[]): Transaction[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    process: `p${id}`,
    end: 'ok',
    invokedAt: id,
    completedAt: count + id,
    isInitial: false,
    operations: step(id),
  }));
}

/** Half of them append blindly, half read nothing. */
const readersAndWriters = (type: 'append' | 'write') => (id: number) =>
  id % 2 === 0
    ? [{ type, key: 'x', value: id }]
    : [{ type: 'read' as const, key: 'x', value: null }];

it('I17: ten thousand writes of one key and as many reads of nothing make few edges', () => {
  const lists = inferListAppend(crowd(20_000, readersAndWriters('append')));
  expect(lists.edges.edgeCount).toBeLessThan(5 * 20_000);
  const registers = inferRegisters(crowd(20_000, readersAndWriters('write')));
  expect(registers.inference.edges.edgeCount).toBeLessThan(5 * 20_000);
});

it('I17: a hundred thousand transactions behind as many others are judged', () => {
  const half = 50_000;
  const first = crowd(half, (id) => [{ type: 'append', key: `k${id % 1000}`, value: id }]);
  const second = crowd(half, (id) => [{ type: 'append', key: `k${id % 1000}`, value: half + id }]);
  const later = second.map((transaction) => ({
    ...transaction,
    id: half + transaction.id,
    invokedAt: 2 * half + transaction.invokedAt,
    completedAt: 2 * half + transaction.completedAt,
  }));
  const report = judgeIsolation([...first, ...later], { workload: 'list-append' });
  // Blind appends: nothing depends on anything, and real time alone is acyclic.
  expect(report.verdict.type).toBe('unknown');
});

it('I17: more sessions than there is memory for clocks is unknown', () => {
  const history = crowd(10_500, (id) => [
    { type: 'read', key: `own ${id + 1}`, value: null },
    { type: 'write', key: `own ${id}`, value: id },
  ]);
  expect(judgeWeakIsolation(history, 'causal')).toMatchObject({
    type: 'unknown',
    reason: { code: 'memory' },
  });
  expect(judgeWeakIsolation(history, 'read-atomic').type).toBe('valid');
});

it('I17: a cycle of thousands of transactions is found, and told in short', () => {
  const count = 3_000;
  // Each read sees the append of the transaction before, and the first one that of the last.
  const history = crowd(count, (id) => [
    { type: 'append', key: `k${id}`, value: id },
    { type: 'read', key: `k${(id + count - 1) % count}`, value: [(id + count - 1) % count] },
  ]);
  const { verdict } = judgeIsolation(history, { level: 'read-committed' });
  const [violation] = verdict.type === 'invalid' ? verdict.violations : [];
  expect(violation?.anomaly).toBe('G1c');
  expect(violation?.operations.length).toBe(count);
  expect(violation?.sentences.length).toBeLessThan(100);
  expect(violation?.sentences).toContain('And so on, over 2960 more steps.');
});

it('I17: a thousand writers and readers of one key are ordered as far as it is known', () => {
  const count = 1_000;
  const history = crowd(count, (id) =>
    id % 2 === 0
      ? [{ type: 'write', key: 'x', value: id }]
      : [
          { type: 'read', key: 'x', value: id - 1 },
          { type: 'write', key: `own ${id}`, value: id },
        ],
  ).map((transaction) => ({ ...transaction, process: `p${transaction.id % 7}` }));
  const { verdict } = judgeIsolation(history, { workload: 'rw-register', level: 'serializable' });
  expect(verdict.type).toBe('valid');
});
