/**
 * Edges that do not come from data: what one process did in turn, and what real time says.
 *
 * Real time orders two transactions when one completed before the other was invoked. That order has
 * quadratically many pairs, and even its transitive reduction has in the worst case (half of the
 * transactions complete, then the other half begins). So it is kept as a chain of instants instead:
 *
 * ```
 *    T1 ──┐       T2 ──┐
 *         v            v          a completion leads to the next instant,
 *     instant 0 ──> instant 1     an instant to the transactions that begin right after it
 *         │            │          and to the next instant
 *         v            v
 *        T2           T3, T4
 * ```
 *
 * Two transactions are joined by a path of instants exactly when real time orders them, and edges
 * are at most three a transaction, whatever the concurrency.
 */
import type { Pace, Slices } from '../task.ts';
import { EdgeKind, type EdgeList } from './dependency-graph.ts';
import type { Transaction } from './transaction.ts';

/**
 * Adds an edge from each transaction to the next one of its process, and from the initial
 * transactions to the first of each process. `isCommitted` says which transactions happened.
 */
export function* processOrderSlices(
  edges: EdgeList,
  transactions: readonly Transaction[],
  isCommitted: (id: number) => boolean,
  pace: Pace,
): Slices<void> {
  const initial = transactions.filter(({ isInitial, id }) => isInitial && isCommitted(id));
  const last = new Map<string, number>();
  for (const { id, process, isInitial } of transactions) {
    if (pace.isOver()) yield;
    // Without a name it is not known who did what.
    if (isInitial || process === '' || !isCommitted(id)) continue;
    const before = last.get(process);
    if (before !== undefined) edges.add(before, id, EdgeKind.process);
    else for (const start of initial) edges.add(start.id, id, EdgeKind.process);
    last.set(process, id);
  }
}

/** Adds the chain of instants. Transactions whose times are not known are left out. */
export function* realtimeOrderSlices(
  edges: EdgeList,
  transactions: readonly Transaction[],
  isCommitted: (id: number) => boolean,
  pace: Pace,
): Slices<void> {
  const committed = transactions.filter(({ id }) => isCommitted(id));
  const completed = committed
    .filter(({ completedAt }) => Number.isFinite(completedAt))
    .sort((a, b) => a.completedAt - b.completedAt);
  const invoked = committed
    .filter(({ invokedAt }) => invokedAt >= 0)
    .sort((a, b) => a.invokedAt - b.invokedAt);
  let next = 0;
  let instant: number | undefined;
  yield;
  for (const { id, invokedAt } of invoked) {
    if (pace.isOver(2)) yield;
    const joining: number[] = [];
    for (; next < completed.length; next++) {
      const before = completed[next] as Transaction;
      if (before.completedAt >= invokedAt) break;
      joining.push(before.id);
    }
    if (joining.length > 0) {
      const following = edges.addJunction();
      if (instant !== undefined) edges.add(instant, following, EdgeKind.realtime);
      for (const before of joining) edges.add(before, following, EdgeKind.realtime);
      instant = following;
    }
    if (instant !== undefined) edges.add(instant, id, EdgeKind.realtime);
  }
}
