/**
 * Histories of one object: for judges that count what one set, queue or counter was given.
 */
import { type HistoryEvent, HistoryFault, pairSlices, type RecordedOperation } from '../history.ts';
import type { Slices } from '../task.ts';

/**
 * The operations of a history that has one object.
 *
 * Two objects that are counted together would hide each other's losses, and accuse each other of
 * what is not theirs; so a history with several keys is refused, and the caller splits it.
 *
 * @throws HistoryFault when the history is malformed, or names two keys
 */
export function* operationsOfOne(
  history: readonly HistoryEvent[],
  check: string,
): Slices<readonly RecordedOperation[]> {
  const operations = yield* pairSlices(history);
  const [first] = operations;
  const other = operations.find(({ key }) => key !== first?.key);
  if (other === undefined) return operations;
  const keys = `${first?.key ?? 'no key'} and ${other.key ?? 'no key'}`;
  throw new HistoryFault(
    `event ${other.invokedAt}`,
    `${check} looks at one object, but the history is of ${keys}`,
  );
}
