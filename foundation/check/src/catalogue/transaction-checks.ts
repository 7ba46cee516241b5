/**
 * The checks of transactions: levels of isolation, banks, long forks, causal reversals.
 */
import type { ReadHistory } from '../formats/history-text.ts';
import { type Task, told } from '../task.ts';
import { bankSlices } from '../transactions/bank.ts';
import { causalReverseSlices } from '../transactions/causal-reverse.ts';
import { isolationTask } from '../transactions/isolation.ts';
import { ISOLATION_LEVELS, type IsolationLevel } from '../transactions/levels.ts';
import { longForkSlices } from '../transactions/long-fork.ts';
import { type Transaction, transactionSlices } from '../transactions/transaction.ts';
import { WEAK_LEVELS, type WeakLevel, weakIsolationTask } from '../transactions/weak-isolation.ts';
import { type Check, eventsOf, inSlices, type Judged, plainCheck } from './check.ts';

const STEPS = 'txn [["append" or "w" or "r", key, value], ...]';

/** By level: what a transaction never sees or does there. */
const LEVELS: Readonly<Record<string, string>> = {
  'read-uncommitted': 'writes of two transactions do not interleave',
  'read-committed': 'no reads of what did not happen, or only half, or in a circle',
  'read-atomic': 'who sees one write of a transaction sees all of them',
  causal: 'who sees a write sees all that led to it',
  'cursor-stability': 'as read-committed, and no update of one key is lost',
  'update-atomic': 'as read-atomic, and no update is lost',
  'consistent-view': 'each transaction reads the state of one moment',
  'repeatable-read': 'what was read of a key stays as it was until the end',
  'snapshot-isolation': 'each transaction reads one moment, and no two write one key at once',
  serializable: 'as if one transaction came after the other',
  'strict-serializable': 'as if one came after the other, in the order of real time',
};

/** Every level of isolation. */
export const LEVEL_CHECKS: readonly Check[] = [
  ...new Set<string>([...WEAK_LEVELS, ...ISOLATION_LEVELS]),
].map((level) => ({
  name: level,
  family: 'isolation',
  sentence: sentenceOf(level),
  operations: level === 'causal' ? 'txn [["w" or "r", key, value], ...]' : STEPS,
  settings: [],
  takesInitial: false,
  judge: ({ history }) => judgeLevel(level, history),
}));

function sentenceOf(level: string): string {
  const [, strength, base = level] = /^(strong-session|strong)-(.+)$/.exec(level) ?? [];
  if (strength === undefined) return LEVELS[level] ?? level;
  const order = strength === 'strong' ? 'real time' : 'each process';
  return `${base}, in the order of ${order}`;
}

/** The checks of invariants that transactions are to keep. */
export const INVARIANT_CHECKS: readonly Check[] = [
  {
    name: 'bank',
    family: 'promise',
    sentence: 'every read of all accounts has the same total, and none is overdrawn',
    operations: 'transfer, read (answers {account: balance})',
    settings: [
      {
        name: 'total',
        sentence: 'what all accounts hold together; that of the first read where it is absent',
        kind: 'number',
      },
      {
        name: 'mayBeNegative',
        sentence: 'whether an account may be overdrawn; false',
        kind: 'boolean',
      },
    ],
    takesInitial: false,
    judge: inSlices('bank', function* ({ history, settings }) {
      const total = settings.number('total');
      const mayBeNegative = settings.isTrue('mayBeNegative');
      const options = { mayBeNegative, ...(total === undefined ? {} : { total }) };
      return { verdict: yield* bankSlices(eventsOf(history), options) };
    }),
  },
  plainCheck(
    {
      name: 'long-fork',
      family: 'promise',
      sentence: 'of two reads of the same keys one saw all that the other saw',
      operations: 'txn of writes that write each key once, and txn of reads',
    },
    longForkSlices,
  ),
  plainCheck(
    {
      name: 'causal-reverse',
      family: 'promise',
      sentence: 'who sees a write sees every write that was complete before it began',
      operations: 'write, read (answers a list)',
    },
    causalReverseSlices,
  ),
];

function* transactionsOf(history: ReadHistory): Task<readonly Transaction[]> {
  if (!('events' in history)) return history.transactions;
  const pace = { check: 'transactions', partsDone: 0, partCount: 1, stepCount: 0 };
  return yield* told(transactionSlices(history.events), () => pace);
}

/** Registers are given to the judge of weak levels where it has the level: it is complete. */
function* judgeLevel(level: string, history: ReadHistory): Task<Judged> {
  const transactions = yield* transactionsOf(history);
  if ((WEAK_LEVELS as readonly string[]).includes(level) && isRegisters(transactions)) {
    return { verdict: yield* weakIsolationTask(transactions, level as WeakLevel) };
  }
  const report = yield* isolationTask(transactions, { level: level as IsolationLevel });
  const { verdict, levels, anomalies } = report;
  const { strongestPossible, weakestRefuted } = levels;
  const notes = [`The strongest levels that stay possible: ${listOf(strongestPossible)}.`];
  if (weakestRefuted.length > 0) {
    notes.push(`The weakest that are refuted: ${listOf(weakestRefuted)}.`);
    notes.push(`The anomalies of all levels: ${listOf(anomalies)}.`);
  }
  return { verdict, notes, details: { anomalies, strongestPossible, weakestRefuted } };
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

function isRegisters(transactions: readonly Transaction[]): boolean {
  return transactions.every(({ operations }) =>
    operations.every(({ type }) => type === 'read' || type === 'write'),
  );
}
