/**
 * Queues: what is put in comes out once, in order or in any order.
 */
import type { RecordedOperation, Value } from '../history.ts';
import { canonical, type DropGroups, isAnswerKnown, type Model, sameValue } from '../model.ts';

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
    dropGroups,
    faultOf,
  };
}

/**
 * A queue that may give its items in any order: a bag.
 *
 * A `dequeue` whose outcome is not known may have taken any item. Which one it was makes a
 * difference only where the queue is found empty later: more items never stand in the way of
 * another take. So it is put off until then: the state counts such takes, and an empty answer uses
 * as many of them as there are items. It is as if each had taken its item at that moment, which is
 * lawful, since they have no end.
 */
export function unorderedQueue(): Model {
  return {
    name: 'unordered-queue',
    initial: [],
    perKey: true,
    usesProcess: false,
    step: (state, operation) => {
      const { items, takes } = bagOf(state);
      if (operation.f === 'enqueue') {
        return toState(withItem(items, operation.argument ?? null), takes);
      }
      if (!isAnswerKnown(operation)) return toState(items, takes + 1);
      if (foundEmpty(operation)) {
        return items.length <= takes ? toState([], takes - items.length) : undefined;
      }
      const at = items.findIndex((item) => sameValue(item, operation.result));
      return at < 0 ? undefined : toState(items.toSpliced(at, 1), takes);
    },
    // What finds the queue empty may use up takes.
    isReadOnly: () => false,
    dropGroups: (all) => {
      const groups = dropGroups(all);
      return (operation) => (foundNothing(operation) ? [operation] : groups(operation));
    },
    faultOf,
  };
}

/** What is in the bag, and how many takes of unknown items are put off. */
interface Bag {
  readonly items: readonly Value[];
  readonly takes: number;
}

function bagOf(state: Value): Bag {
  return Array.isArray(state) ? { items: state, takes: 0 } : (state as unknown as Bag);
}

function toState(items: readonly Value[], takes: number): Value {
  return takes === 0 ? items : { items, takes };
}

/** The items in one order, so that equal bags are equal. */
function withItem(items: readonly Value[], item: Value): readonly Value[] {
  const text = canonical(item);
  const at = items.findIndex((other) => canonical(other) > text);
  return at < 0 ? [...items, item] : items.toSpliced(at, 0, item);
}

/** An item goes with all that put it in or took it out. */
function dropGroups(all: readonly RecordedOperation[]): DropGroups {
  const groups = new Map<string, RecordedOperation[]>();
  for (const operation of all) {
    const name = canonical(itemOf(operation) ?? null);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [operation]);
    else group.push(operation);
  }
  return (operation) => {
    const item = itemOf(operation) ?? null;
    return item === null ? undefined : groups.get(canonical(item));
  };
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
