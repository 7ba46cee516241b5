/**
 * A predicate that a transaction selects rows by.
 *
 * The same three that Elle's closed-predicate histories use: `true` matches every row, `["=", v]`
 * the rows with that value, `["mod", m, r]` the rows whose value leaves `r` when divided by `m`.
 */
import type { Value } from '../history.ts';

/** A condition on the value of a row. */
export interface Predicate {
  /** As it is written in a history. */
  readonly text: Value;
  matches(value: Value): boolean;
}

/** The predicate that `text` writes; undefined when it is none of the known ones. */
export function parsePredicate(text: Value): Predicate | undefined {
  if (text === true || text === 'true') return { text, matches: () => true };
  if (!Array.isArray(text)) return undefined;
  const [name, first, second] = text as readonly Value[];
  if (name === '=' && text.length === 2) {
    const goal = JSON.stringify(first);
    return { text, matches: (value) => JSON.stringify(value) === goal };
  }
  if (name === 'mod' && typeof first === 'number' && first > 0 && typeof second === 'number') {
    // The remainder of a negative number is taken to be positive, as mathematics does.
    const matches = (value: Value) =>
      typeof value === 'number' && ((value % first) + first) % first === second;
    return { text, matches };
  }
  return undefined;
}
