/**
 * A transaction: what one process did in one go, how it ended, and between which events.
 *
 * The judges of this folder look at lists of transactions. `toTransactions` makes them of the
 * events of a history whose values are lists of micro-operations, as Jepsen writes them:
 * `["append", "x", 1]`, `["w", "x", 1]`, `["r", "x", [1]]`, `["insert", "x", 1]`, `["delete",
 * "x"]`,
 * `["rp", ["=", 1], {"x": 1}]`. An event with `f: "init"` and a map is the state before all others.
 */
import {
  type HistoryEvent,
  HistoryFault,
  MAX_EVENTS,
  type RecordedOperation,
  type Value,
} from '../history.ts';
import { finishSlices, Pace, type Slices } from '../task.ts';
import { type Predicate, parsePredicate } from './predicate.ts';

/** One step of a transaction. */
export type MicroOperation =
  | { readonly type: 'append' | 'write'; readonly key: string; readonly value: Value }
  | { readonly type: 'delete'; readonly key: string }
  /** `value` is what was read; null where there was nothing. Only of committed transactions. */
  | { readonly type: 'read'; readonly key: string; readonly value: Value }
  | {
      readonly type: 'read-predicate';
      readonly predicate: Predicate;
      readonly rows: ReadonlyMap<string, Value>;
    };

/** What one process did in one go. */
export interface Transaction {
  /** Its index in the list of transactions, from 0. */
  readonly id: number;
  readonly process: string;
  /** `open`: it may have happened, or may yet. */
  readonly end: 'ok' | 'fail' | 'open';
  /** The position of the invocation in the history; -1 when it is not known. */
  readonly invokedAt: number;
  /** The position of the completion; Infinity when it is not known. */
  readonly completedAt: number;
  /** Whether it is the state before all others, so that it precedes each of them. */
  readonly isInitial: boolean;
  readonly operations: readonly MicroOperation[];
}

/** How a transaction is called in sentences: `T3`. */
export function nameOf(transaction: number | Transaction): string {
  return `T${typeof transaction === 'number' ? transaction : transaction.id}`;
}

/**
 * The transactions of a history, in the order of their first events.
 *
 * A completion without an invocation is lawful here, since recorded histories often leave
 * invocations out: nothing is then known to precede it in real time. What ended in `info`, or did
 * not end, is open.
 *
 * @throws HistoryFault naming the event whose value is no list of micro-operations
 */
export function toTransactions(events: readonly HistoryEvent[]): Transaction[] {
  return finishSlices(transactionSlices(events));
}

/** The same in slices. */
export function* transactionSlices(events: readonly HistoryEvent[]): Slices<Transaction[]> {
  if (events.length > MAX_EVENTS) {
    throw new HistoryFault('history', `has ${events.length} events, the most is ${MAX_EVENTS}`);
  }
  const pairing = new TransactionPairing();
  const pace = new Pace('transactions');
  for (const [position, event] of events.entries()) {
    if (event.type === 'invoke') pairing.begin(event, position);
    else pairing.end(event, position);
    if (pace.isOver(8)) yield;
  }
  return pairing.transactions;
}

/** Transactions that are being put together. */
class TransactionPairing {
  readonly transactions: Transaction[] = [];
  readonly #underWay = new Map<string, number>();

  begin(event: HistoryEvent, position: number): void {
    const id = this.#underWay.get(event.process);
    if (id !== undefined) {
      throw new HistoryFault(
        `event ${position}`,
        `${event.process} begins a transaction while ${nameOf(id)} is not known to have ended`,
      );
    }
    this.#underWay.set(event.process, this.transactions.length);
    this.transactions.push(toTransaction(event, this.transactions.length, position, 'open'));
  }

  end(event: HistoryEvent, position: number): void {
    const id = this.#underWay.get(event.process);
    const begun = id === undefined ? undefined : this.transactions[id];
    const end = event.type === 'info' || event.type === 'invoke' ? 'open' : event.type;
    // Who has no name cannot go on under another one.
    if (event.type !== 'info' || event.process === '') this.#underWay.delete(event.process);
    if (begun === undefined) {
      this.transactions.push(toTransaction(event, this.transactions.length, position, end));
    } else if (end !== 'open') {
      this.transactions[begun.id] = {
        ...(end === 'ok' ? toTransaction(event, begun.id, position, end) : begun),
        end,
        invokedAt: begun.invokedAt,
        completedAt: position,
      };
    }
  }
}

function toTransaction(
  event: HistoryEvent,
  id: number,
  position: number,
  end: Transaction['end'],
): Transaction {
  const isInitial = event.f === 'init';
  const operations = isInitial
    ? toInitialWrites(event.value, position)
    : toMicroOperations(event.value ?? null, `event ${position}`, end === 'ok');
  return {
    id,
    process: event.process,
    end,
    invokedAt: event.type === 'invoke' ? position : -1,
    completedAt: end === 'open' ? Number.POSITIVE_INFINITY : position,
    isInitial,
    operations,
  };
}

function toInitialWrites(value: Value | undefined, position: number): MicroOperation[] {
  if (!isMap(value)) throw new HistoryFault(`event ${position}`, 'is an init without a map');
  return Object.entries(value).map(([key, value]) => ({ type: 'write', key, value }));
}

/**
 * Micro-operations out of their recorded form. Reads are left out unless `isCommitted`: what an
 * invocation or an unknown outcome says of a read is not what was read.
 *
 * @throws HistoryFault naming `place`
 */
export function toMicroOperations(
  value: Value,
  place: string,
  isCommitted: boolean,
): MicroOperation[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw new HistoryFault(place, 'has no list of micro-operations');
  const operations: MicroOperation[] = [];
  for (const step of value as readonly Value[]) {
    if (!Array.isArray(step))
      throw new HistoryFault(place, 'has a micro-operation that is no list');
    const operation = toMicroOperation(step, place);
    const isRead = operation.type === 'read' || operation.type === 'read-predicate';
    if (!isRead || isCommitted) operations.push(operation);
  }
  return operations;
}

function toMicroOperation(step: readonly Value[], place: string): MicroOperation {
  const [f, subject = null, value = null] = step;
  switch (f) {
    case 'append':
      return { type: 'append', key: toKey(subject), value };
    case 'w':
    case 'write':
    case 'insert':
      return { type: 'write', key: toKey(subject), value };
    case 'delete':
      return { type: 'delete', key: toKey(subject) };
    case 'r':
    case 'read':
      return { type: 'read', key: toKey(subject), value };
    case 'rp': {
      const predicate = parsePredicate(subject);
      if (predicate === undefined) {
        throw new HistoryFault(
          place,
          `has the predicate ${JSON.stringify(subject)}, not known here`,
        );
      }
      const rows = isMap(value) ? Object.entries(value) : [];
      return { type: 'read-predicate', predicate, rows: new Map(rows) };
    }
    default: {
      const shown = JSON.stringify(f ?? null);
      throw new HistoryFault(place, `has the micro-operation ${shown}, not known here`);
    }
  }
}

/** A key as a string; the number 1 and the string "1" are one key, as they are in a JSON object. */
function toKey(value: Value): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isMap(value: Value | undefined): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A transaction in the words of a history, for verdicts and for recording it again. */
export function toRecordedOperation(transaction: Transaction): RecordedOperation {
  const value = transaction.operations.map(toRecordedStep);
  return {
    id: transaction.id,
    process: transaction.process,
    f: transaction.isInitial ? 'init' : 'txn',
    key: undefined,
    argument: value,
    result: transaction.end === 'ok' ? value : undefined,
    end: transaction.end,
    error: undefined,
    invokedAt: transaction.invokedAt,
    completedAt: transaction.completedAt,
    invokedAtMs: transaction.invokedAt,
    completedAtMs: transaction.completedAt,
  };
}

function toRecordedStep(operation: MicroOperation): Value {
  switch (operation.type) {
    case 'append':
      return ['append', operation.key, operation.value];
    case 'write':
      return ['w', operation.key, operation.value];
    case 'delete':
      return ['delete', operation.key];
    case 'read':
      return ['r', operation.key, operation.value];
    case 'read-predicate':
      return ['rp', operation.predicate.text, Object.fromEntries(operation.rows)];
    default:
      return operation satisfies never;
  }
}

/** A transaction as people read it: `append x 1, r y [2 3]`. */
export function describeTransaction(transaction: Transaction): string {
  const skippedCount = transaction.operations.length - MAX_STEPS_SHOWN;
  const steps = transaction.operations.slice(0, MAX_STEPS_SHOWN).map((operation) => {
    const [f, ...rest] = toRecordedStep(operation) as readonly Value[];
    return [String(f), ...rest.map(show)].join(' ');
  });
  if (skippedCount > 0) steps.push(`and ${skippedCount} more steps`);
  return steps.length === 0 ? 'nothing' : steps.join(', ');
}

/** A value as people read it: strings bare, lists as `[1 2 3]`, nothing as `nil`. */
export function show(value: Value | undefined): string {
  if (value === null || value === undefined) return 'nil';
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return String(value);
  if (!Array.isArray(value)) {
    const fields = Object.entries(value).map(([name, field]) => `${name} ${show(field)}`);
    return `{${fields.join(', ')}}`;
  }
  const items: readonly Value[] = value;
  if (items.length <= MAX_SHOWN) return `[${items.map(show).join(' ')}]`;
  return `[... ${items.slice(-MAX_SHOWN).map(show).join(' ')}]`;
}

/** How many steps of a transaction are shown. */
const MAX_STEPS_SHOWN = 40;

/** How many items of a list are shown; of longer ones the last. */
const MAX_SHOWN = 12;
