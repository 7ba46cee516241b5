/**
 * The naive twin of the judge of weak isolation: tries every commit order of a tiny history, and
 * holds the axiom of the level against it word by word.
 */
import type { Transaction, WeakLevel } from '../../src/index.ts';

interface Read {
  readonly key: string;
  /** The id of the writer; -1 for the state before all writes. */
  readonly writer: number;
}

/** Whether some commit order of all committed transactions obeys the axiom. */
export function keepsWeakLevel(transactions: readonly Transaction[], level: WeakLevel): boolean {
  const reads = new Map<number, readonly Read[]>();
  for (const transaction of transactions) {
    const own = readsOf(transaction, transactions);
    if (own === undefined) return false;
    reads.set(transaction.id, own);
  }
  const writes = (id: number, key: string): boolean =>
    id === -1 || (transactions[id] as Transaction).operations.some(isWriteOf(key));
  const visible = (id: number, reader: number, place: number): boolean => {
    const sources = reads.get(reader) ?? [];
    if (level === 'read-committed') return sources.slice(0, place).some((one) => one.writer === id);
    if (sources.some(({ writer }) => writer === id) || comesBefore(id, reader)) return true;
    if (level === 'read-atomic') return false;
    return transactions.some(
      (middle) =>
        middle.id !== reader && isDirect(middle.id, reader) && isCause(id, middle.id, [reader]),
    );
  };
  const comesBefore = (a: number, b: number): boolean =>
    a === -1 ||
    (a === 0 && b > 0 && transactions[0]?.isInitial === true) ||
    (a < b && transactions[a]?.process === transactions[b]?.process);
  const isDirect = (a: number, b: number): boolean =>
    comesBefore(a, b) || (reads.get(b) ?? []).some(({ writer }) => writer === a);
  const isCause = (a: number, b: number, path: readonly number[]): boolean =>
    isDirect(a, b) ||
    transactions.some(
      ({ id }) => !path.includes(id) && id !== b && isDirect(id, b) && isCause(a, id, [...path, b]),
    );
  const obeys = (order: readonly number[]): boolean => {
    const at = (id: number) => order.indexOf(id);
    return [...reads].every(([reader, own]) =>
      own.every(({ key, writer }, place) => {
        if (at(writer) >= at(reader)) return false;
        return order.every(
          (id) =>
            id === writer ||
            id === reader ||
            !writes(id, key) ||
            !visible(id, reader, place) ||
            at(id) < at(writer),
        );
      }),
    );
  };
  return permutations(
    transactions.map(({ id }) => id),
    (a, b) => !comesBefore(b, a),
  ).some((order) => obeys([-1, ...order]));
}

/** The reads of others; undefined when a single read is wrong whatever the order. */
function readsOf(
  { id, operations }: Transaction,
  transactions: readonly Transaction[],
): Read[] | undefined {
  const reads: Read[] = [];
  const own = new Map<string, unknown>();
  for (const operation of operations) {
    if (operation.type === 'write') own.set(operation.key, operation.value);
    if (operation.type !== 'read') continue;
    const { key, value } = operation;
    if (own.has(key)) {
      if (own.get(key) !== value) return undefined;
      continue;
    }
    const writer = transactions.find((other) =>
      other.operations.some((step) => isWriteOf(key)(step) && step.value === value),
    );
    if (writer === undefined && value !== null) return undefined;
    if (writer?.id === id) return undefined;
    const last = writer?.operations.filter(isWriteOf(key)).at(-1);
    if (last !== undefined && last.value !== value) return undefined;
    reads.push({ key, writer: writer?.id ?? -1 });
  }
  return reads;
}

type Step = Transaction['operations'][number];

function isWriteOf(key: string) {
  return (step: Step): step is Extract<Step, { type: 'append' | 'write' }> =>
    step.type === 'write' && step.key === key;
}

function permutations(
  ids: readonly number[],
  mayPrecede: (a: number, b: number) => boolean,
): number[][] {
  if (ids.length === 0) return [[]];
  return ids
    .filter((id) => ids.every((other) => other === id || mayPrecede(id, other)))
    .flatMap((id) =>
      permutations(
        ids.filter((other) => other !== id),
        mayPrecede,
      ).map((rest) => [id, ...rest]),
    );
}
