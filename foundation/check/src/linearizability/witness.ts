/**
 * Verifies in O(n log n) that an order which the system itself claims is a linearization.
 *
 * A replicated system knows in which order it applied operations: the index in its log, a revision.
 * Where its evidence is right, no search is needed. Where it is wrong or incomplete, it proves
 * nothing, and the search decides.
 *
 * Source: the idea of etcd's robustness tests, which place lost answers by the log of the server.
 */
import type { RecordedOperation } from '../history.ts';
import type { Model } from '../model.ts';

/**
 * Where the system placed an operation: a number that ascends with its order; undefined where that
 * is not known. Reads may have the number of the last write that they saw.
 */
export type Witness = (operation: RecordedOperation) => number | undefined;

/**
 * Whether the claimed order is a linearization of the operations of one object.
 *
 * Operations of the same number are taken with those that change the state first, then in the order
 * of their invocations. Open operations without a number are taken not to have happened.
 */
export function verifiesWitness(
  model: Model,
  operations: readonly RecordedOperation[],
  witness: Witness,
): boolean {
  const placed: { readonly operation: RecordedOperation; readonly at: number }[] = [];
  for (const operation of operations) {
    if (operation.end === 'fail') continue;
    const at = witness(operation);
    if (at === undefined && operation.end === 'ok') return false;
    if (at !== undefined) placed.push({ operation, at });
  }
  const rank = ({ operation }: { readonly operation: RecordedOperation }) =>
    model.isReadOnly(operation) ? 1 : 0;
  placed.sort((a, b) => a.at - b.at || rank(a) - rank(b) || a.operation.id - b.operation.id);
  let state = model.initial;
  let lastInvokedAt = -1;
  for (const { operation } of placed) {
    // One that ended before an earlier one of the order began cannot come after it.
    if (operation.completedAt < lastInvokedAt) return false;
    lastInvokedAt = Math.max(lastInvokedAt, operation.invokedAt);
    const next = model.step(state, operation);
    if (next === undefined) return false;
    state = next;
  }
  return true;
}
