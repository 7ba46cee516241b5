/**
 * A number that is added to and read.
 */
import type { RecordedOperation, Value } from '../history.ts';
import { isAnswerKnown, type Model } from '../model.ts';

/** A counter with `add` (of any integer; 1 where none is given), `decrement` and `read`. */
export function counter(initial = 0): Model {
  return {
    name: 'counter',
    initial,
    perKey: true,
    usesProcess: false,
    step: (state, operation) => step(state as number, operation),
    isReadOnly: (operation) => operation.f === 'read' || amountOf(operation) === 0,
    faultOf: (operation) => {
      const { f, argument } = operation;
      if (f !== 'read' && amountOf(operation) === undefined) {
        return `has add, increment, decrement and read, not ${f} of ${JSON.stringify(argument)}`;
      }
      return undefined;
    },
    growth: {
      grows: (operation) => (amountOf(operation) ?? 0) >= 0,
      reaches: (state, { f, result }) =>
        f !== 'read' || typeof result !== 'number' || (state as number) <= result,
    },
  };
}

function step(state: number, operation: RecordedOperation): Value | undefined {
  const amount = amountOf(operation);
  if (amount !== undefined) return state + amount;
  return !isAnswerKnown(operation) || operation.result === state ? state : undefined;
}

/** What an operation adds; undefined where it adds nothing that is known. */
function amountOf({ f, argument }: RecordedOperation): number | undefined {
  const amount = argument ?? 1;
  if (typeof amount !== 'number') return undefined;
  if (f === 'add' || f === 'increment' || f === 'inc') return amount;
  return f === 'decrement' || f === 'dec' ? -amount : undefined;
}
