/**
 * Shows that the chain of instants joins exactly the transactions that real time orders.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { finishSlices, Pace } from '../task.ts';
import { EdgeList } from './dependency-graph.ts';
import { realtimeOrderSlices } from './order-edges.ts';
import { PathFinder } from './shortest-path.ts';
import type { Transaction } from './transaction.ts';

function transaction(id: number, invokedAt: number, completedAt: number): Transaction {
  return {
    id,
    process: `p${id}`,
    end: 'ok',
    invokedAt,
    completedAt,
    isInitial: false,
    operations: [],
  };
}

const intervals = fc.array(
  fc.tuple(fc.integer({ min: -1, max: 30 }), fc.integer({ min: 1, max: 12 }), fc.boolean()),
  { maxLength: 12 },
);

it('joins two transactions exactly when one completed before the other was invoked', () => {
  fc.assert(
    fc.property(intervals, (drawn) => {
      const transactions = drawn.map(([invokedAt, length, isOpen], id) =>
        transaction(
          id,
          invokedAt,
          isOpen ? Number.POSITIVE_INFINITY : Math.max(0, invokedAt) + length,
        ),
      );
      const edges = new EdgeList(transactions.length);
      finishSlices(realtimeOrderSlices(edges, transactions, () => true, new Pace('order')));
      expect(edges.edgeCount).toBeLessThanOrEqual(3 * transactions.length);
      const graph = edges.toGraph(transactions.length);
      const finder = new PathFinder({
        ...graph,
        isFree: (node) => node >= transactions.length,
        isAllowed: () => true,
      });
      for (const a of transactions) {
        for (const b of transactions) {
          if (a === b) continue;
          const isOrdered = b.invokedAt >= 0 && a.completedAt < b.invokedAt;
          expect(finder.find(a.id, b.id) !== undefined).toBe(isOrdered);
        }
      }
    }),
    { numRuns: 800 },
  );
});
