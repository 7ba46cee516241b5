/**
 * What is known, or assumed, of the order of a register's versions.
 */
import type { RegisterRead, RegisterUses } from './register-uses.ts';
import type { Transaction } from './transaction.ts';

/** What may be assumed of registers. */
export interface VersionOrderOptions {
  /**
   * Who reads a version and writes the key in one transaction installs a later version; true.
   * Every level from read-committed on promises it.
   */
  readonly writesFollowReads?: boolean;
  /** Each key is sequentially consistent: a process never goes back; false. */
  readonly sequentialKeys?: boolean;
  /** Each key is linearizable: real time never goes back; false. */
  readonly linearizableKeys?: boolean;
  /** Others than the recorded transactions write too, so a value of nobody is no anomaly; false. */
  readonly foreignWrites?: boolean;
}

/** One version of a key comes before another. */
export interface VersionPair {
  readonly key: number;
  /** `NO_VERSION` for the state before all writes. */
  readonly before: number;
  readonly after: number;
  /** Whether it is an assumption about the store that says so. */
  readonly isAssumed: boolean;
}

/** The pairs that follow from writing over what was read. */
export function readBeforeWrite(
  reads: readonly RegisterRead[],
  uses: RegisterUses,
  options: VersionOrderOptions,
): VersionPair[] {
  if (options.writesFollowReads === false) return [];
  const pairs: VersionPair[] = [];
  for (const { reader, key, version: before } of reads) {
    const after = uses.installedBy(reader, key);
    if (after === undefined || after === before || !uses.isUsable(before)) continue;
    pairs.push({ key, before, after, isAssumed: false });
  }
  return pairs;
}

/** What one transaction did to one key: the first version that it had to do with, and the last. */
interface Visit {
  readonly transaction: Transaction;
  readonly key: number;
  first: number;
  last: number;
}

/** The pairs that the assumptions give. */
export function assumedOrders(
  transactions: readonly Transaction[],
  reads: readonly RegisterRead[],
  uses: RegisterUses,
  options: VersionOrderOptions,
): VersionPair[] {
  if (options.sequentialKeys !== true && options.linearizableKeys !== true) return [];
  const pairs: VersionPair[] = [];
  const add = (before: Visit, after: Visit): void => {
    if (before.last === after.first) return;
    pairs.push({ key: before.key, before: before.last, after: after.first, isAssumed: true });
  };
  const visits = findVisits(transactions, reads, uses);
  if (options.sequentialKeys === true) addByProcess(visits, add);
  if (options.linearizableKeys === true) for (const ofKey of visits) addByTime(ofKey, add);
  return pairs;
}

/** By key, the visits in the order of the transactions. */
function findVisits(
  transactions: readonly Transaction[],
  reads: readonly RegisterRead[],
  uses: RegisterUses,
): Visit[][] {
  const visits: Map<number, Visit>[] = [];
  const visit = (id: number, key: number, version: number): void => {
    visits[key] ??= new Map();
    const known = visits[key].get(id);
    const transaction = transactions[id] as Transaction;
    if (known === undefined) {
      visits[key].set(id, { transaction, key, first: version, last: version });
    } else known.last = version;
  };
  for (const { reader, key, version } of reads) {
    if (uses.isUsable(version)) visit(reader, key, version);
  }
  for (let key = 0; key < uses.keyCount; key++) {
    for (const [writer, version] of uses.installedIn(key)) visit(writer, key, version);
  }
  return Array.from({ length: uses.keyCount }, (_, key) =>
    [...(visits[key]?.values() ?? [])].sort((a, b) => a.transaction.id - b.transaction.id),
  );
}

function addByProcess(
  visits: readonly (readonly Visit[])[],
  add: (before: Visit, after: Visit) => void,
): void {
  for (const ofKey of visits) {
    const last = new Map<string, Visit>();
    for (const visit of ofKey) {
      const { process } = visit.transaction;
      const before = last.get(process);
      if (before !== undefined) add(before, visit);
      last.set(process, visit);
    }
  }
}

/**
 * Of a crowd of visits that completed before another began, the latest so many are ordered with it;
 * the rest is left open, which loses inferences but never makes a false one.
 */
const MAX_CROWD = 64;

function addByTime(visits: readonly Visit[], add: (before: Visit, after: Visit) => void): void {
  const invoked = visits
    .filter(({ transaction }) => transaction.invokedAt >= 0)
    .sort((a, b) => a.transaction.invokedAt - b.transaction.invokedAt);
  const completed = visits
    .filter(({ transaction }) => Number.isFinite(transaction.completedAt))
    .sort((a, b) => a.transaction.completedAt - b.transaction.completedAt);
  let next = 0;
  /** Completed visits that no other completed visit is known to follow. */
  let crowd: Visit[] = [];
  for (const visit of invoked) {
    for (; next < completed.length; next++) {
      const done = completed[next] as Visit;
      if (done.transaction.completedAt >= visit.transaction.invokedAt) break;
      crowd = crowd.filter((other) => other.transaction.completedAt >= done.transaction.invokedAt);
      crowd.push(done);
      if (crowd.length > MAX_CROWD) crowd.shift();
    }
    for (const before of crowd) add(before, visit);
  }
}
