/**
 * Queues: what is put in comes out once, in order or in any order.
 */
import type { RecordedOperation, Value } from '../history.ts';
import { canonical, isAnswerKnown, type Model, sameValue } from '../model.ts';

/**
 * A queue with `enqueue` and `dequeue`, first in, first out. A `dequeue` with the result `null`
 * found it empty.
 */
export function fifoQueue(): Model {
  return {
    name: 'fifo-queue',
    initial: [],
    perKey: true,
    usesProcess: false,
    step: (state, operation) => {
      const items = state as readonly Value[];
      if (operation.f === 'enqueue') return [...items, operation.argument ?? null];
      const [head, ...rest] = items;
      if (head === undefined) return foundEmpty(operation) ? items : undefined;
      return !isAnswerKnown(operation) || sameValue(head, operation.result) ? rest : undefined;
    },
    isReadOnly: foundNothing,
    dropGroup,
    faultOf,
  };
}

/** A queue that may give its items in any order: a bag. */
export function unorderedQueue(): Model {
  return {
    name: 'unordered-queue',
    initial: [],
    perKey: true,
    usesProcess: false,
    step: (state, operation) => {
      const items = state as readonly Value[];
      if (operation.f === 'enqueue') {
        const item = operation.argument ?? null;
        const text = canonical(item);
        const at = items.findIndex((other) => canonical(other) > text);
        return at < 0 ? [...items, item] : items.toSpliced(at, 0, item);
      }
      if (foundEmpty(operation) && items.length === 0) return items;
      const at = items.findIndex((item) => sameValue(item, operation.result));
      return at < 0 ? undefined : items.toSpliced(at, 1);
    },
    isReadOnly: foundNothing,
    dropGroup,
    faultOf: (operation) => {
      if (operation.f === 'dequeue' && operation.end === 'open') {
        return 'cannot tell what a dequeue took whose outcome is not known';
      }
      return faultOf(operation);
    },
  };
}

/** An item goes with all that put it in or took it out. */
function dropGroup(
  operation: RecordedOperation,
  all: readonly RecordedOperation[],
): readonly RecordedOperation[] | undefined {
  const item = itemOf(operation);
  if (item === undefined || item === null) return undefined;
  return all.filter((other) => sameValue(itemOf(other), item));
}

function itemOf({ f, argument, result }: RecordedOperation): Value | undefined {
  return f === 'enqueue' ? argument : result;
}

function foundEmpty({ result }: RecordedOperation): boolean {
  return result === null || result === undefined;
}

function foundNothing(operation: RecordedOperation): boolean {
  return operation.f === 'dequeue' && isAnswerKnown(operation) && foundEmpty(operation);
}

function faultOf({ f, argument }: RecordedOperation): string | undefined {
  if (f !== 'enqueue' && f !== 'dequeue') return `has enqueue and dequeue, not ${f}`;
  const nothing = argument === undefined || argument === null;
  return f === 'enqueue' && nothing ? 'needs a value to enqueue, other than null' : undefined;
}
