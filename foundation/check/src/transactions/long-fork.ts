/**
 * The judge of long forks: each key is written once, and reads of a group of keys must agree on an
 * order of the writes.
 *
 * If one read saw the write of `x` and not that of `y`, and another saw `y` and not `x`, then time
 * has forked: parallel snapshot isolation allows it, snapshot isolation does not. The sets of
 * writes that the reads of a group saw must form a chain, so sorted by size each must contain the
 * one before it: O(reads log reads), where comparing each pair would be quadratic.
 *
 * Source: Sovran et al., Transactional storage for geo-replicated systems, SOSP 2011; the test is
 * jepsen.tests.long-fork.
 */
import type { HistoryEvent, Value } from '../history.ts';
import { canonical, sameValue } from '../model.ts';
import { finishSlices, Pace, type Slices } from '../task.ts';
import {
  type Coverage,
  concluded,
  coverageSlices,
  MAX_VIOLATIONS,
  type Verdict,
  type Violation,
} from '../verdict.ts';
import { toViolation } from './explanation.ts';
import {
  describeTransaction,
  nameOf,
  type Transaction,
  toRecordedOperation,
  transactionSlices,
} from './transaction.ts';

/** A read of a whole group. */
interface GroupRead {
  readonly transaction: Transaction;
  /** The keys whose writes it saw. */
  readonly seen: ReadonlySet<string>;
}

/**
 * The verdict on transactions that only read several keys, grouped by the set of keys.
 *
 * `unknown` when no group was read twice (`nothing-tested`), and when a key had two values
 * (`undecided`): the rule needs one write a key.
 *
 * @throws HistoryFault when it is no history of transactions
 */
export function checkLongFork(history: readonly HistoryEvent[]): Verdict {
  return finishSlices(longForkSlices(history));
}

/** The same in slices; only the sorting is done at once. */
export function* longForkSlices(history: readonly HistoryEvent[]): Slices<Verdict> {
  const transactions = yield* transactionSlices(history);
  const pace = new Pace('long-fork');
  const coverage = yield* coverageSlices('long-fork', transactions.map(toRecordedOperation));
  const groups = new Map<string, GroupRead[]>();
  const values = new Map<string, Value>();
  for (const transaction of transactions) {
    if (pace.isOver(1 + transaction.operations.length)) yield;
    const read = toGroupRead(transaction);
    if (read === undefined) continue;
    const twice = findSecondValue(transaction, values);
    if (twice !== undefined) return undecided(coverage, twice);
    const group = canonical(keysOf(transaction).sort());
    const reads = groups.get(group);
    if (reads === undefined) groups.set(group, [read]);
    else reads.push(read);
  }
  const violations: Violation[] = [];
  for (const reads of groups.values()) {
    const fork = yield* findFork(reads, pace);
    if (fork === undefined || violations.length === MAX_VIOLATIONS) continue;
    violations.push(explainFork(fork, transactions));
  }
  const testedCount = [...groups.values()].filter((reads) => reads.length > 1).length;
  const nothing = 'no group of keys was read twice';
  return concluded({
    ...{ coverage, decidedBy: 'chains of reads', violations, testedCount, nothing },
  });
}

function undecided(coverage: Coverage, key: string): Verdict {
  const sentence = `${key} had two values, but the rule needs one write a key`;
  return { type: 'unknown', coverage, reason: { code: 'undecided', sentence } };
}

function keysOf({ operations }: Transaction): string[] {
  return operations.flatMap((operation) => ('key' in operation ? [operation.key] : []));
}

function toGroupRead(transaction: Transaction): GroupRead | undefined {
  const { operations, end } = transaction;
  if (end !== 'ok' || operations.length < 2) return undefined;
  const seen = new Set<string>();
  for (const operation of operations) {
    if (operation.type !== 'read') return undefined;
    if (operation.value !== null) seen.add(operation.key);
  }
  return { transaction, seen };
}

/** A key that was read with another value before. */
function findSecondValue(
  { operations }: Transaction,
  values: Map<string, Value>,
): string | undefined {
  for (const operation of operations) {
    if (operation.type !== 'read' || operation.value === null) continue;
    const before = values.get(operation.key) ?? operation.value;
    if (!sameValue(before, operation.value)) return operation.key;
    values.set(operation.key, before);
  }
  return undefined;
}

/** Two reads of which neither saw all that the other saw. */
function* findFork(
  reads: readonly GroupRead[],
  pace: Pace,
): Slices<readonly [GroupRead, GroupRead] | undefined> {
  const sorted = [...reads].sort((a, b) => a.seen.size - b.seen.size);
  for (const [index, larger] of sorted.entries()) {
    const smaller = sorted[index - 1];
    if (smaller === undefined) continue;
    if (pace.isOver(1 + smaller.seen.size)) yield;
    if (![...smaller.seen].every((key) => larger.seen.has(key))) return [smaller, larger];
  }
  return undefined;
}

function explainFork(
  [one, other]: readonly [GroupRead, GroupRead],
  transactions: readonly Transaction[],
): Violation {
  const [a, b] = [nameOf(one.transaction), nameOf(other.transaction)];
  const x = [...one.seen].find((key) => !other.seen.has(key));
  const y = [...other.seen].find((key) => !one.seen.has(key));
  const ids = [one.transaction.id, other.transaction.id].sort((p, q) => p - q);
  // Each key is written once, so who writes a key that a read saw is whom it saw.
  const writers = transactions.filter(({ operations, end }) =>
    operations.some(
      (step) =>
        step.type === 'write' &&
        end !== 'fail' &&
        (one.seen.has(step.key) || other.seen.has(step.key)),
    ),
  );
  const finding = {
    name: 'long-fork',
    transactions: ids,
    sentences: [
      ...ids.map((id) => `${nameOf(id)}: ${describeTransaction(transactions[id] as Transaction)}`),
      `${a} saw the write of ${x} without that of ${y}, so ${x} was written first.`,
      `${b} saw the write of ${y} without that of ${x}: a contradiction.`,
    ],
    arrows: [],
  };
  const shown = [...new Set([...ids, ...writers.map(({ id }) => id)])].sort((p, q) => p - q);
  return toViolation(finding, transactions, shown);
}
