/**
 * Judges of tiny transaction histories that try everything: the naive twins of the fast ones.
 *
 * They share nothing with the product code but the type of a transaction. A history is serializable
 * when some order of its committed transactions, and of any of its open ones, gives every read; it
 * is snapshot isolated when some interleaving of begins and commits does, in which no two
 * transactions that overlap write the same key.
 */
import type { IsolationLevel, Transaction, Value } from '../../src/index.ts';

/** What must hold besides the data. */
export type OrderKind = 'none' | 'process' | 'realtime';

/** The levels that a twin decides. */
export const TWIN_LEVELS: readonly (readonly [
  IsolationLevel,
  family: 'serial' | 'snapshot',
  OrderKind,
])[] = [
  ['serializable', 'serial', 'none'],
  ['strong-session-serializable', 'serial', 'process'],
  ['strict-serializable', 'serial', 'realtime'],
  ['snapshot-isolation', 'snapshot', 'none'],
  ['strong-session-snapshot-isolation', 'snapshot', 'process'],
  ['strong-snapshot-isolation', 'snapshot', 'realtime'],
];

/** Of each of these levels whether some execution of the history keeps it. */
export function twinVerdicts(transactions: readonly Transaction[]): readonly {
  readonly level: IsolationLevel;
  readonly isSerial: boolean;
  readonly isPossible: boolean;
}[] {
  return TWIN_LEVELS.map(([level, family, order]) => {
    const isSerial = family === 'serial';
    const isPossible = isSerial
      ? isSerializable(transactions, order)
      : isSnapshotIsolated(transactions, order);
    return { level, isSerial, isPossible };
  });
}

type State = ReadonlyMap<string, Value>;

/** Whether some serial order gives every read. */
function isSerializable(transactions: readonly Transaction[], order: OrderKind): boolean {
  return subsets(transactions).some((chosen) => serialize(chosen, [], new Map(), order));
}

function serialize(
  rest: readonly Transaction[],
  done: readonly Transaction[],
  state: State,
  order: OrderKind,
): boolean {
  if (rest.length === 0) return true;
  return rest.some((next) => {
    if (rest.some((other) => other !== next && mustPrecede(other, next, order))) return false;
    const after = run(next, state);
    if (after === undefined) return false;
    const others = rest.filter((other) => other !== next);
    return serialize(others, [...done, next], after, order);
  });
}

/** Whether some interleaving of begins and commits gives every read from its snapshot. */
function isSnapshotIsolated(transactions: readonly Transaction[], order: OrderKind): boolean {
  return subsets(transactions).some((chosen) =>
    interleave({ waiting: chosen, running: [], committed: [] }, order),
  );
}

interface Interleaving {
  readonly waiting: readonly Transaction[];
  readonly running: readonly { readonly transaction: Transaction; readonly begin: number }[];
  readonly committed: readonly Transaction[];
}

function interleave(at: Interleaving, order: OrderKind): boolean {
  const { waiting, running, committed } = at;
  if (waiting.length === 0 && running.length === 0) return true;
  const open = [...waiting, ...running.map(({ transaction }) => transaction)];
  const begins = waiting.some((next) => {
    if (open.some((other) => other !== next && mustPrecede(other, next, order))) return false;
    // Its reads are settled by now: a snapshot that does not give them leads nowhere.
    const snapshot = committed.reduce(apply, new Map() as State);
    if (run(next, snapshot) === undefined) return false;
    const others = waiting.filter((other) => other !== next);
    const began = { transaction: next, begin: committed.length };
    return interleave({ waiting: others, running: [...running, began], committed }, order);
  });
  if (begins) return true;
  return running.some((next) => {
    const since = committed.slice(next.begin);
    const written = new Set(keysWritten(next.transaction));
    if (since.some((other) => keysWritten(other).some((key) => written.has(key)))) return false;
    const others = running.filter((other) => other !== next);
    const after = [...committed, next.transaction];
    return interleave({ waiting, running: others, committed: after }, order);
  });
}

/** Committed transactions with each choice of the open ones. */
function subsets(transactions: readonly Transaction[]): Transaction[][] {
  const open = transactions.filter(({ end }) => end === 'open');
  const sure = transactions.filter(({ end }) => end === 'ok');
  return Array.from({ length: 1 << open.length }, (_, mask) =>
    [...sure, ...open.filter((_, bit) => (mask & (1 << bit)) !== 0)].sort((a, b) => a.id - b.id),
  );
}

function mustPrecede(a: Transaction, b: Transaction, order: OrderKind): boolean {
  if (a.isInitial !== b.isInitial) return a.isInitial;
  if (order === 'process') return a.process === b.process && a.id < b.id;
  return order === 'realtime' && a.completedAt < b.invokedAt;
}

/** The state after a transaction; undefined when it reads something else than it recorded. */
function run(transaction: Transaction, before: State): State | undefined {
  const state = new Map(before);
  for (const operation of transaction.operations) {
    switch (operation.type) {
      case 'append': {
        const list = (state.get(operation.key) ?? []) as readonly Value[];
        state.set(operation.key, [...list, operation.value]);
        break;
      }
      case 'write':
        state.set(operation.key, operation.value);
        break;
      case 'delete':
        state.delete(operation.key);
        break;
      case 'read': {
        const value = state.get(operation.key) ?? null;
        if (textOf(value) !== textOf(operation.value)) return undefined;
        break;
      }
      case 'read-predicate': {
        const rows = [...state].filter(([, value]) => operation.predicate.matches(value)).sort();
        if (JSON.stringify(rows) !== JSON.stringify([...operation.rows].sort())) return undefined;
        break;
      }
      default:
        return operation satisfies never;
    }
  }
  return state;
}

/** An empty list is nothing. */
function textOf(value: Value): string {
  return Array.isArray(value) && value.length === 0 ? 'null' : JSON.stringify(value);
}

function apply(state: State, transaction: Transaction): State {
  const writes = transaction.operations.filter(({ type }) => !type.startsWith('read'));
  return run({ ...transaction, operations: writes }, state) ?? state;
}

function keysWritten(transaction: Transaction): string[] {
  return transaction.operations.flatMap((operation) =>
    operation.type === 'append' || operation.type === 'write' || operation.type === 'delete'
      ? [operation.key]
      : [],
  );
}
