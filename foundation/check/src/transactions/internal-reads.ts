/**
 * Whether each transaction sees its own work: what it wrote, and what it read before.
 *
 * Source: the axiom INT of Cerone, Bernardi and Gotsman, CONCUR 2015.
 */
import type { Value } from '../history.ts';
import { sameValue } from '../model.ts';
import type { AnomalyList } from './inference.ts';
import { nameOf, show, type Transaction } from './transaction.ts';

/** Reports reads of lists that contradict what their transaction read or appended before. */
export function checkInternalLists(
  transactions: readonly Transaction[],
  anomalies: AnomalyList,
): void {
  for (const transaction of transactions) {
    if (transaction.end !== 'ok' || transaction.operations.length < 2) continue;
    checkLists(transaction, anomalies);
  }
}

function checkLists({ id, operations }: Transaction, anomalies: AnomalyList): void {
  const known = new Map<string, KnownList>();
  for (const operation of operations) {
    if (operation.type === 'append') {
      const before = known.get(operation.key) ?? { isWhole: false, list: [] };
      const list = [...before.list, operation.value];
      known.set(operation.key, { isWhole: before.isWhole, list });
    } else if (operation.type === 'read') {
      const list = (Array.isArray(operation.value) ? operation.value : []) as readonly Value[];
      const expected = known.get(operation.key);
      if (expected !== undefined && !agrees(expected, list)) {
        const shown = `${expected.isWhole ? '' : 'a list that ends in '}${show(expected.list)}`;
        reportInternal(anomalies, id, operation.key, show(list), shown);
      }
      known.set(operation.key, { isWhole: true, list });
    }
  }
}

/** What a transaction knows of a list: all of it, or only how it ends. */
interface KnownList {
  readonly isWhole: boolean;
  readonly list: readonly Value[];
}

function agrees({ isWhole, list: expected }: KnownList, list: readonly Value[]): boolean {
  const skipped = list.length - expected.length;
  if (skipped < 0 || (isWhole && skipped !== 0)) return false;
  return expected.every((element, index) => sameValue(element, list[skipped + index]));
}

/** Reports reads of registers that contradict what their transaction read or wrote before. */
export function checkInternalRegisters(
  transactions: readonly Transaction[],
  anomalies: AnomalyList,
): void {
  for (const { id, end, operations } of transactions) {
    if (end !== 'ok' || operations.length < 2) continue;
    const known = new Map<string, Value>();
    for (const operation of operations) {
      if (operation.type === 'delete') known.set(operation.key, null);
      if (operation.type === 'write') known.set(operation.key, operation.value);
      if (operation.type !== 'read') continue;
      const { key, value } = operation;
      const expected = known.get(key);
      if (expected !== undefined && !sameValue(expected, value)) {
        reportInternal(anomalies, id, key, show(value), show(expected));
      }
      known.set(key, value);
    }
  }
}

function reportInternal(
  anomalies: AnomalyList,
  id: number,
  key: string,
  read: string,
  expected: string,
): void {
  anomalies.add({
    name: 'internal',
    key,
    transactions: [id],
    sentences: [
      `${nameOf(id)} read ${key} as ${read}`,
      `by its own earlier steps it should have been ${expected}`,
    ],
  });
}
