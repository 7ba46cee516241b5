/**
 * A set of values.
 */
import type { RecordedOperation, Value } from '../history.ts';
import { canonical, type DropGroups, isAnswerKnown, type Model } from '../model.ts';

/**
 * A set with `add`, `remove`, `contains` (whose result is true or false) and `read`, whose result
 * is the list of all elements in any order.
 *
 * For long histories of a set that is only added to, `checkSetFull` is the better judge: its cost
 * does not depend on how many operations are under way.
 */
export function set(): Model {
  // The same read is asked about again and again, and may have seen a million elements.
  let lastSeen: Seen = { by: undefined, elements: new Set() };
  return {
    name: 'set',
    initial: [],
    perKey: true,
    usesProcess: false,
    step: (state, operation) => step(state as readonly Value[], operation),
    isReadOnly: ({ f }) => f === 'read' || f === 'contains',
    faultOf: ({ f, result }) => {
      if (!['add', 'remove', 'read', 'contains'].includes(f)) {
        return `has no operation ${f}, only add, remove, read, contains`;
      }
      const isList = result === undefined || result === null || Array.isArray(result);
      return f === 'read' && !isList ? 'needs a list as the result of a read' : undefined;
    },
    dropGroups,
    growth: {
      grows: ({ f }) => f === 'add',
      reaches: (state, operation) => {
        const elements = listOf(state);
        if (operation.f === 'contains') {
          return (
            operation.result !== false || !has(elements, canonical(operation.argument ?? null))
          );
        }
        if (operation !== lastSeen.by) {
          lastSeen = { by: operation, elements: new Set(listOf(operation.result).map(canonical)) };
        }
        return elements.every((element) => lastSeen.elements.has(canonical(element)));
      },
    },
  };
}

/** What a read saw. */
interface Seen {
  readonly by: RecordedOperation | undefined;
  readonly elements: ReadonlySet<string>;
}

/** An element that nobody looked for or saw goes with all that added or removed it. */
function dropGroups(all: readonly RecordedOperation[]): DropGroups {
  const seen = new Set<string>();
  const groups = new Map<string, RecordedOperation[]>();
  for (const operation of all) {
    const { f, argument, result } = operation;
    const element = canonical(argument ?? null);
    if (f === 'contains') seen.add(element);
    if (f === 'read') for (const item of listOf(result)) seen.add(canonical(item));
    if (f !== 'add' && f !== 'remove') continue;
    const group = groups.get(element);
    if (group === undefined) groups.set(element, [operation]);
    else group.push(operation);
  }
  return ({ argument }) => {
    const element = canonical(argument ?? null);
    return seen.has(element) ? undefined : groups.get(element);
  };
}

function step(state: readonly Value[], operation: RecordedOperation): Value | undefined {
  const { f, argument, result } = operation;
  const element = canonical(argument ?? null);
  switch (f) {
    case 'add':
      if (has(state, element)) return state;
      return state.toSpliced(placeOf(state, element), 0, argument ?? null);
    case 'remove':
      return has(state, element) ? state.toSpliced(placeOf(state, element), 1) : state;
    case 'contains':
      return !isAnswerKnown(operation) || result === has(state, element) ? state : undefined;
    default:
      return !isAnswerKnown(operation) || isSame(state, listOf(result)) ? state : undefined;
  }
}

/** Whether a list, in any order, has the elements of a state, each once. */
function isSame(state: readonly Value[], list: readonly Value[]): boolean {
  if (state.length !== list.length) return false;
  const elements = new Set(list.map(canonical));
  return elements.size === list.length && state.every((item) => elements.has(canonical(item)));
}

/** Where an element of a state is, or would be: they are in the order of their texts. */
function placeOf(state: readonly Value[], element: string): number {
  let [from, to] = [0, state.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (canonical(state[middle] ?? null) < element) from = middle + 1;
    else to = middle;
  }
  return from;
}

function has(state: readonly Value[], element: string): boolean {
  const found = state[placeOf(state, element)];
  return found !== undefined && canonical(found) === element;
}

function listOf(result: Value | undefined): readonly Value[] {
  return Array.isArray(result) ? result : [];
}
