/**
 * The names that a person may have meant who typed one that there is not.
 */

/** How many are told at most. */
const NEAREST_MAX = 5;

/** The most edits, as a share of the longer name, that still count as a slip. */
const EDIT_SHARE_MAX = 0.4;

/**
 * Those of `names` that are nearest to `typed`, the nearest first: slips of a few letters, names
 * that go on where it ends, and names that have a word of it. Empty where none comes near.
 */
export function nearestNames(typed: string, names: readonly string[]): readonly string[] {
  return names
    .map((name) => ({ name, distance: distanceOf(typed.toLowerCase(), name) }))
    .filter(({ distance }) => distance <= EDIT_SHARE_MAX)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, NEAREST_MAX)
    .map(({ name }) => name);
}

/** From 0, the same, to 1, nothing in common. */
function distanceOf(typed: string, name: string): number {
  const edits = editCount(typed, name) / Math.max(typed.length, name.length, 1);
  const isPart = typed.length >= 3 && name.includes(typed);
  const words = wordsOf(typed);
  const known = wordsOf(name);
  const shared = words.filter((word) => known.includes(word)).length;
  // As far as a slip may be where half of the words are the same; nearer where more are.
  const byWords = 1 - shared / Math.max(words.length, known.length, 1);
  return Math.min(edits, isPart ? EDIT_SHARE_MAX * edits : 1, byWords * 2 * EDIT_SHARE_MAX);
}

function wordsOf(name: string): readonly string[] {
  return name.split(/[^a-z0-9]+/).filter((word) => word !== '');
}

/** Letters put in, left out, changed, or swapped with their neighbour: optimal string alignment. */
function editCount(a: string, b: string): number {
  let [beforeLast, last]: [readonly number[], readonly number[]] = [[], []];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, place) => place);
  for (let index = 1; index <= a.length; index++) {
    [beforeLast, last] = [last, row];
    const next = [index];
    for (let place = 1; place <= b.length; place++) {
      const isSame = a[index - 1] === b[place - 1];
      const isSwapped = a[index - 1] === b[place - 2] && a[index - 2] === b[place - 1];
      const swapped = isSwapped
        ? (beforeLast[place - 2] ?? b.length) + 1
        : Number.POSITIVE_INFINITY;
      const changed = (last[place - 1] ?? 0) + (isSame ? 0 : 1);
      next.push(Math.min(changed, swapped, (last[place] ?? 0) + 1, (next[place - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
