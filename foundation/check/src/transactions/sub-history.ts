/**
 * Makes a history small that still shows an anomaly, and keeps the writes that its reads observed.
 *
 * It begins with the transactions that show the anomaly, those whose writes they read or overwrote,
 * and those whose reads show the order; then it leaves out what it can, half by half, then one by
 * one. What remains shows the same anomaly and no other that the whole history does not.
 */
import type { Transaction } from './transaction.ts';

/** The names of the anomalies of a history. */
export type Judge = (transactions: readonly Transaction[]) => ReadonlySet<string>;

/** Larger beginnings are not made smaller: judging them again and again would take too long. */
const MAX_BEGINNING = 300;
const MAX_JUDGEMENTS = 100;

/**
 * The ids of a small sub-history that shows `name`; just `kept` when none was found in the bounds.
 *
 * @param kept the transactions that show the anomaly: they always stay
 * @param around others that may be needed for it, by id
 * @param known the names that the whole history shows
 */
export function shrinkHistory(
  transactions: readonly Transaction[],
  name: string,
  kept: readonly number[],
  around: Iterable<number>,
  known: ReadonlySet<string>,
  judge: Judge,
): readonly number[] {
  const fixed = new Set(kept);
  const sorted = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b);
  let judgements = 0;
  const shows = (ids: ReadonlySet<number>): boolean => {
    judgements++;
    const names = judge(renumbered(transactions, sorted(ids)));
    return names.has(name) && [...names].every((other) => known.has(other));
  };
  if (shows(fixed)) return sorted(fixed);
  let current = new Set([...fixed, ...around]);
  if (current.size > MAX_BEGINNING || !shows(current)) {
    const all = new Set(transactions.keys());
    if (all.size > MAX_BEGINNING || !shows(all)) return sorted(fixed);
    current = all;
  }
  for (let size = current.size >> 1; size >= 1; size = size === 1 ? 0 : size >> 1) {
    const removable = sorted(current).filter((id) => !fixed.has(id));
    // From the end: later transactions are more often not needed for what earlier ones observed.
    for (let end = removable.length; end > 0; end -= size) {
      if (judgements >= MAX_JUDGEMENTS) return sorted(current);
      const without = new Set(current);
      for (const id of removable.slice(Math.max(0, end - size), end)) without.delete(id);
      if (shows(without)) current = without;
    }
  }
  return sorted(current);
}

/** Some transactions as a history of their own. */
function renumbered(transactions: readonly Transaction[], ids: readonly number[]): Transaction[] {
  return ids.map((id, index) => ({ ...(transactions[id] as Transaction), id: index }));
}
