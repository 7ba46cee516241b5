/**
 * A set of values.
 */
import type { RecordedOperation, Value } from '../history.ts';
import { canonical, isAnswerKnown, type Model } from '../model.ts';

/**
 * A set with `add`, `remove`, `contains` (whose result is true or false) and `read`, whose result
 * is the list of all elements in any order.
 *
 * For long histories of a set that is only added to, `checkSetFull` is the better judge: its cost
 * does not depend on how many operations are under way.
 */
export function set(): Model {
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
    dropGroup: (operation, all) => {
      const element = canonical(operation.argument ?? null);
      const isSeen = all.some(({ f, argument, result }) => {
        if (f === 'contains') return canonical(argument ?? null) === element;
        return f === 'read' && elementsOf(result ?? []).has(element);
      });
      if (isSeen) return undefined;
      return all.filter(
        ({ f, argument }) => f !== 'read' && canonical(argument ?? null) === element,
      );
    },
    growth: {
      grows: ({ f }) => f === 'add',
      reaches: (state, { f, argument, result }) => {
        const elements = elementsOf(state);
        if (f === 'contains') {
          return result !== false || !elements.has(canonical(argument ?? null));
        }
        const seen = elementsOf(result ?? []);
        return [...elements].every((element) => seen.has(element));
      },
    },
  };
}

function step(state: readonly Value[], operation: RecordedOperation): Value | undefined {
  const { f, argument, result } = operation;
  const element = canonical(argument ?? null);
  switch (f) {
    case 'add':
      return elementsOf(state).has(element) ? state : sorted([...state, argument ?? null]);
    case 'remove':
      return state.filter((other) => canonical(other) !== element);
    case 'contains':
      return !isAnswerKnown(operation) || result === elementsOf(state).has(element)
        ? state
        : undefined;
    default:
      return !isAnswerKnown(operation) || canonical(state) === canonical(sorted(listOf(result)))
        ? state
        : undefined;
  }
}

function listOf(result: Value | undefined): readonly Value[] {
  return Array.isArray(result) ? result : [];
}

function elementsOf(state: Value): ReadonlySet<string> {
  return new Set(Array.isArray(state) ? state.map(canonical) : []);
}

/** In one order, so that equal sets are equal states. */
function sorted(elements: readonly Value[]): readonly Value[] {
  const texts = elements.map((element) => ({ element, text: canonical(element) }));
  return texts.sort((a, b) => (a.text < b.text ? -1 : 1)).map(({ element }) => element);
}
