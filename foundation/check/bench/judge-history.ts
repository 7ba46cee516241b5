/**
 * Judges one long history in a process of its own, and prints what was measured as JSON.
 *
 * `node judge-history.ts N`: the N-th case of `transactions.ts`.
 */
import process from 'node:process';
import { judgeIsolation, judgeWeakIsolation, type Transaction } from '../src/index.ts';
import { printMeasured } from './apart.ts';
import { type Load, recordLists, recordRegisters } from './recorded-stores.ts';

const SEED = 4;
const LISTS: Load = {
  transactionCount: 100_000,
  processCount: 50,
  stepCountMax: 5,
  keyCount: 20,
  writesPerKey: 100,
};
const REGISTERS: Load = { ...LISTS, keyCount: 1000, writesPerKey: 1000 };
/** About three steps a transaction: a hundred thousand in all. */
const SESSIONS: Load = { ...REGISTERS, transactionCount: 33_334 };

const level = 'strict-serializable';
const cases: readonly (readonly [() => Transaction[], (history: Transaction[]) => string])[] = [
  [
    () => recordLists(LISTS, 'serializable', SEED),
    (one) => judgeIsolation(one, { level }).verdict.type,
  ],
  [
    () => recordLists(LISTS, 'snapshot', SEED),
    (one) => judgeIsolation(one, { level }).verdict.type,
  ],
  [
    () => recordRegisters(REGISTERS, 'serializable', SEED),
    (one) => judgeIsolation(one).verdict.type,
  ],
  [
    () => recordRegisters(SESSIONS, 'serializable', SEED),
    (one) => judgeWeakIsolation(one, 'causal').type,
  ],
  [
    () => recordRegisters(SESSIONS, 'serializable', SEED),
    (one) => judgeWeakIsolation(one, 'read-atomic').type,
  ],
  [
    () => recordRegisters(SESSIONS, 'serializable', SEED),
    (one) => judgeWeakIsolation(one, 'read-committed').type,
  ],
];

const [record, judge] = cases[Number(process.argv[2])] ?? [];
if (record === undefined || judge === undefined) throw new Error('needs the number of a case');
// Out of its text, as from a file: nothing is shared between values, and the rest is free.
const text = JSON.stringify(record().map(({ completedAt, ...rest }) => ({ ...rest, completedAt })));
printMeasured(JSON.parse(text) as Transaction[], judge, () => JSON.parse(text));
