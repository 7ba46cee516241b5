/**
 * The naive twin of the search: tries every order of every subset. For tests, and for tiny
 * histories.
 *
 * It shares no idea with the search: no memo, no eager reads, no slots. Cost: factorial.
 */
import type { Model, RecordedOperation, Value } from '../src/index.ts';

/** Whether some order of the operations of one object is lawful. */
export function isLinearizableByBruteForce(
  model: Model,
  operations: readonly RecordedOperation[],
): boolean {
  const happened = operations.filter(({ end }) => end !== 'fail');
  return search(model, model.initial, happened);
}

function search(model: Model, state: Value, left: readonly RecordedOperation[]): boolean {
  if (left.every(({ end }) => end === 'open')) return true;
  const firstEnd = Math.min(...left.map(({ completedAt }) => completedAt));
  return left.some((operation) => {
    if (operation.invokedAt > firstEnd) return false;
    const next = model.step(state, operation);
    return (
      next !== undefined &&
      search(
        model,
        next,
        left.filter((other) => other !== operation),
      )
    );
  });
}
