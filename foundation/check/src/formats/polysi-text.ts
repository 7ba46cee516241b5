/**
 * Histories in the text form that PolySI, dbcop and IsoVista share: registers, sessions, no times.
 *
 * `w(9,1,2,7)` writes 1 to key 9, in transaction 7 of session 2; `r(9,1,2,7)` reads it. A first
 * transaction of session 0 that only writes zeros is the state that the history begins with.
 * Elsewhere a 0 that nobody wrote is what was there before, as a read of null.
 */
import { HistoryFault, type Value } from '../history.ts';
import { finishTask, Pace, type Task } from '../task.ts';
import type { MicroOperation, Transaction } from '../transactions/transaction.ts';
import { toInteger } from './awdit-text.ts';
import { READING, unitsOf } from './json-history.ts';
import { type HistoryText, linesOf } from './text-lines.ts';

/** The transactions of a text. @throws HistoryFault naming the line */
export function readPolysiText(text: string): Transaction[] {
  return finishTask(polysiTextTask(text));
}

/** The same reading in slices. */
export function* polysiTextTask(text: HistoryText): Task<Transaction[]> {
  const pace = new Pace(READING);
  const groups = new Map<string, { session: string; operations: MicroOperation[] }>();
  const initialised = new Set<string>();
  for (const { line, place } of linesOf(text)) {
    if (pace.isOver(unitsOf(line))) yield pace.progress;
    const [, f, key = '', value = '', session = '', transaction] =
      /^([rw])\((-?\d+),(-?\d+),(-?\d+),(-?\d+)\)$/.exec(line.replaceAll(' ', '')) ?? [];
    if (f === undefined) {
      throw new HistoryFault(place, 'is neither "r(KEY,VALUE,SESSION,TRANSACTION)" nor such a "w"');
    }
    const name = `${session} ${transaction}`;
    const group = groups.get(name) ?? { session, operations: [] };
    groups.set(name, group);
    if (f === 'w' && value === '0') initialised.add(key);
    group.operations.push({ type: f === 'r' ? 'read' : 'write', key, value: toInteger(value) });
  }
  return [...groups.values()].map(({ session, operations }, id) => ({
    id,
    process: session,
    end: 'ok',
    invokedAt: -1,
    completedAt: Number.POSITIVE_INFINITY,
    isInitial: id === 0 && session === '0' && operations.every(isWriteOfZero),
    operations: operations.map((operation) => withoutInitialZero(operation, initialised)),
  }));
}

function isWriteOfZero(operation: MicroOperation): boolean {
  return operation.type === 'write' && operation.value === 0;
}

/** A read of the zero that nobody wrote is a read of nothing. */
function withoutInitialZero(
  operation: MicroOperation,
  initialised: ReadonlySet<string>,
): MicroOperation {
  if (operation.type !== 'read' || operation.value !== 0) return operation;
  const value: Value = initialised.has(operation.key) ? 0 : null;
  return { ...operation, value };
}
