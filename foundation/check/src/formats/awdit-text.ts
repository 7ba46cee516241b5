/**
 * Histories in the text form that AWDIT's test cases have: registers, sessions, no times.
 *
 * ```
 * w 0 1          writes 1 to key 0
 * r 1 2          reads 2 from key 1
 * -----          the next transaction of the session
 * =====          the next session
 * ```
 */
import { HistoryFault } from '../history.ts';
import { finishTask, Pace, type Task } from '../task.ts';
import type { MicroOperation, Transaction } from '../transactions/transaction.ts';
import { READING, unitsOf } from './json-history.ts';
import { type HistoryText, linesOf } from './text-lines.ts';

/** The transactions of a text. @throws HistoryFault naming the line */
export function readAwditText(text: string): Transaction[] {
  return finishTask(awditTextTask(text));
}

/** The same reading in slices. */
export function* awditTextTask(text: HistoryText): Task<Transaction[]> {
  const pace = new Pace(READING);
  const transactions: Transaction[] = [];
  let session = 0;
  let operations: MicroOperation[] = [];
  const close = (): void => {
    if (operations.length === 0) return;
    transactions.push({
      id: transactions.length,
      process: String(session),
      end: 'ok',
      invokedAt: -1,
      completedAt: Number.POSITIVE_INFINITY,
      isInitial: false,
      operations,
    });
    operations = [];
  };
  for (const { line, place } of linesOf(text)) {
    if (pace.isOver(unitsOf(line))) yield pace.progress;
    if (/^-{3,}$/.test(line)) close();
    else if (/^={3,}$/.test(line)) {
      close();
      session++;
    } else operations.push(toStep(line, place));
  }
  close();
  return transactions;
}

function toStep(line: string, place: string): MicroOperation {
  const [, f, key = '', value = ''] = /^([rw]) (\S+) (-?\d+)$/.exec(line) ?? [];
  if (f === undefined) {
    throw new HistoryFault(place, 'is none of "r KEY VALUE", "w KEY VALUE", "-----" and "====="');
  }
  return { type: f === 'r' ? 'read' : 'write', key, value: toInteger(value) };
}

/** An integer as a number, or as the string of its digits where a number cannot hold it. */
export function toInteger(digits: string): number | string {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : digits;
}
