/**
 * Finds the check that a history was recorded for, by what its operations look like.
 */
import type { ReadHistory } from '../formats/history-text.ts';
import type { HistoryEvent, Value } from '../history.ts';

/**
 * The name of the check. What no check knows is taken for a register, so that its judge says which
 * operation it cannot have.
 */
export function guessCheck(history: ReadHistory): string {
  if ('transactions' in history) return 'causal';
  const { events } = history;
  const names = new Set(events.map(({ f }) => f));
  const hasAny = (...list: readonly string[]) => list.some((name) => names.has(name));
  if (events.some(({ value }) => isMicroOperations(value))) return 'strict-serializable';
  if (hasAny('watch', 'next')) return 'watch';
  if (hasAny('acquire', 'release')) return 'mutex';
  if (hasAny('drain')) return 'total-queue';
  if (hasAny('enqueue', 'dequeue')) return 'queue';
  if (hasAny('generate')) return 'unique-ids';
  if (hasAny('get', 'put', 'append')) return 'kv';
  if (hasAny('add', 'increment', 'decrement', 'transfer') || !hasAny('write', 'cas')) {
    return guessByReads(events, names);
  }
  return hasAny('cas') ? 'cas-register' : 'register';
}

function guessByReads(events: readonly HistoryEvent[], names: ReadonlySet<string>): string {
  const read = events.find(
    ({ f, type, value }) => f === 'read' && type === 'ok' && value !== null && value !== undefined,
  );
  if (names.has('transfer')) return 'bank';
  if (Array.isArray(read?.value)) return 'set-full';
  if (typeof read?.value === 'object') return 'bank';
  return names.has('add') || names.has('increment') ? 'counter-bounds' : 'register';
}

function isMicroOperations(value: Value | undefined): boolean {
  const isOne = (item: Value) =>
    Array.isArray(item) && typeof item[0] === 'string' && /^(?:r|w|append)$/.test(item[0]);
  return Array.isArray(value) && value.length > 0 && value.every(isOne);
}
