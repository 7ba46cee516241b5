/**
 * The judge of a bank: transfers move money between accounts, reads see all of them at one moment.
 *
 * Whatever the order of transfers, each read must show the same total; a read that does not has
 * seen half of a transfer, or money was made or lost. Linear in the history.
 *
 * Source: the bank test of Jepsen (jepsen.tests.bank), itself from the paper on snapshot isolation.
 */
import { type HistoryEvent, pairSlices, type RecordedOperation, type Value } from '../history.ts';
import { canonical } from '../model.ts';
import { finishSlices, Pace, type Slices } from '../task.ts';
import {
  coverageSlices,
  nothingTested,
  type Verdict,
  type Violation,
  violationOf,
} from '../verdict.ts';

/** How to judge. */
export interface BankOptions {
  /** What all accounts hold together; the total of the first read when it is absent. */
  readonly total?: number;
  /** Whether an account may be overdrawn; false. */
  readonly mayBeNegative?: boolean;
  /** How many violations are explained, at least one; 8. */
  readonly maxViolations?: number;
}

/**
 * The verdict on reads (`f: "read"`, a map of accounts to balances) among transfers.
 *
 * Anomalies: `wrong-total`, `negative-balance`, `unreadable-balance` (no number), `wrong-accounts`.
 * `unknown` when nothing was read.
 *
 * @throws HistoryFault when it is no history
 */
export function checkBank(history: readonly HistoryEvent[], options: BankOptions = {}): Verdict {
  return finishSlices(bankSlices(history, options));
}

/** The same in slices. */
export function* bankSlices(
  history: readonly HistoryEvent[],
  options: BankOptions = {},
): Slices<Verdict> {
  const operations = yield* pairSlices(history);
  const pace = new Pace('bank');
  const reads = operations.filter(({ f, end }) => f === 'read' && end === 'ok');
  const coverage = yield* coverageSlices('bank', operations);
  const [first] = reads;
  if (first === undefined) return nothingTested(coverage, 'no read completed');
  const violations: Violation[] = [];
  const most = Math.max(1, options.maxViolations ?? 8);
  const accounts = Object.keys(balancesOf(first)).sort();
  const total = options.total ?? totalOf(first);
  for (const read of reads) {
    if (violations.length >= most) break;
    if (pace.isOver(2 * accounts.length)) yield;
    const wrong = faultOf(read, accounts, total, options);
    if (wrong !== undefined) violations.push(toBankViolation(wrong, read, first, operations));
  }
  const decidedBy = `the total of ${accounts.length} accounts, ${total}`;
  if (violations.length > 0) return { type: 'invalid', coverage, decidedBy, violations };
  return { type: 'valid', coverage, decidedBy };
}

interface BankFault {
  readonly anomaly: string;
  readonly sentences: readonly string[];
}

function faultOf(
  read: RecordedOperation,
  accounts: readonly string[],
  total: number,
  options: BankOptions,
): BankFault | undefined {
  const balances = balancesOf(read);
  const names = Object.keys(balances).sort();
  const who = `process ${read.process} read`;
  if (canonical(names) !== canonical(accounts)) {
    const sentences = [
      `${who} the accounts ${names.join(', ')}.`,
      `There are ${accounts.join(', ')}.`,
    ];
    return { anomaly: 'wrong-accounts', sentences };
  }
  const odd = names.find((name) => typeof balances[name] !== 'number');
  if (odd !== undefined) {
    const sentences = [`${who} ${JSON.stringify(balances[odd])} from account ${odd}: no number.`];
    return { anomaly: 'unreadable-balance', sentences };
  }
  const sum = totalOf(read);
  if (sum !== total) {
    const sentences = [`${who} balances that sum up to ${sum}.`, `The total is ${total}.`];
    return { anomaly: 'wrong-total', sentences };
  }
  const negative = names.find((name) => (balances[name] as number) < 0);
  if (negative === undefined || options.mayBeNegative === true) return undefined;
  const sentences = [`${who} ${balances[negative]} from account ${negative}, which is overdrawn.`];
  return { anomaly: 'negative-balance', sentences };
}

function balancesOf({ result }: RecordedOperation): { readonly [account: string]: Value } {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return {};
  return result as { readonly [account: string]: Value };
}

function totalOf(read: RecordedOperation): number {
  return Object.values(balancesOf(read)).reduce<number>(
    (sum, balance) => sum + (typeof balance === 'number' ? balance : Number.NaN),
    0,
  );
}

/** The read, the one that it is held against, and every transfer that they may have seen. */
function toBankViolation(
  { anomaly, sentences }: BankFault,
  read: RecordedOperation,
  first: RecordedOperation,
  operations: readonly RecordedOperation[],
): Violation {
  const until = Math.max(read.completedAt, first.completedAt);
  const shown = operations.filter(
    (it) =>
      it === read ||
      it === first ||
      (it.f === 'transfer' && it.end !== 'fail' && it.invokedAt < until),
  );
  return violationOf(anomaly, sentences.map(capital), shown, read);
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
