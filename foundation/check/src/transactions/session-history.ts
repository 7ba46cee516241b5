/**
 * A history of registers as sessions: what the judges of weak isolation look at.
 *
 * Transactions of one process are a session, in order. Only committed ones count; an open one
 * counts when somebody read from it. Before all of them stands one more that wrote nothing to every
 * key, so that a read of nothing has a writer too; an initial transaction of the history stands
 * right behind it, before every session.
 *
 * Source: Biswas and Enea, OOPSLA 2019, 2.1 (histories); the axioms of read consistency are those
 * that AWDIT (PLDI 2025) checks before anything else.
 */
import { finishTask, Pace, type Task } from '../task.ts';
import type { DirectAnomaly } from './inference.ts';
import { AnomalyList } from './inference.ts';
import { checkInternalRegisters } from './internal-reads.ts';
import { reportGarbage, reportUnsoundRead } from './register-anomalies.ts';
import type { Transaction } from './transaction.ts';
import { NOBODY, VersionTable } from './versions.ts';

/** The transaction before all others, that wrote nothing to every key. */
export const GENESIS = 0;

/** One read of another transaction's write. */
export interface SessionRead {
  readonly key: number;
  /** The node that wrote what was read. */
  readonly writer: number;
}

/** The committed transactions as nodes: 0 is the genesis, the others in the history's order. */
export interface SessionHistory {
  readonly nodeCount: number;
  /** By node, the id of its transaction; -1 for the genesis. */
  readonly ids: Int32Array;
  /** By node, its reads of others in their order, repeated ones too. */
  readonly reads: readonly (readonly SessionRead[])[];
  /** By node, the keys that it writes, each once. */
  readonly writes: readonly ReadonlySet<number>[];
  /**
   * By session, its nodes in order; the genesis is in none. Initial transactions are one session.
   */
  readonly sessions: readonly (readonly number[])[];
  /** By node: the node before it in its session, or the genesis. */
  readonly before: Int32Array;
  readonly keyNames: readonly string[];
  /** What is wrong with single reads: if anything, no level holds. */
  readonly anomalies: readonly DirectAnomaly[];
  /** Values that were written twice: reads of them tell nothing. */
  readonly ambiguousCount: number;
  /** How many reads might have been wrong: those of keys that a node writes. */
  readonly testedReadCount: number;
}

/** The sessions of a history. */
export function toSessionHistory(transactions: readonly Transaction[]): SessionHistory {
  return finishTask(sessionHistoryTask(transactions, new Pace('sessions')));
}

/** The same in slices: a step is a micro-operation looked at. */
export function* sessionHistoryTask(
  transactions: readonly Transaction[],
  pace: Pace,
): Task<SessionHistory> {
  const versions = new VersionTable();
  for (const transaction of transactions) {
    versions.addWrites(transaction);
    if (pace.isOver(1 + transaction.operations.length)) yield pace.progress;
  }
  const anomalies = new AnomalyList();
  const sources: SessionRead[][] = [];
  for (const transaction of transactions) {
    checkOwnReads(transaction, anomalies);
    if (pace.isOver(1 + transaction.operations.length)) yield pace.progress;
  }
  for (const transaction of transactions) {
    sources.push(
      transaction.end === 'ok' ? readsOf(transaction, transactions, versions, anomalies) : [],
    );
    if (pace.isOver(1 + transaction.operations.length)) yield pace.progress;
  }
  const observed = new Set(sources.flat().map(({ writer }) => writer));
  const chosen = transactions
    .filter(({ id, end }) => end === 'ok' || (end === 'open' && observed.has(id)))
    .sort((a, b) => Number(b.isInitial) - Number(a.isInitial) || a.id - b.id);
  const nodes = new Map(chosen.map(({ id }, index) => [id, index + 1]));
  const toNode = (id: number) => (id < 0 ? GENESIS : (nodes.get(id) ?? GENESIS));
  const reads = chosen.map(({ id }) =>
    (sources[id] ?? []).map(({ key, writer }) => ({ key, writer: toNode(writer) })),
  );
  const writes: Set<number>[] = [new Set()];
  const written = new Set<number>();
  for (const transaction of chosen) {
    const keys = keysWritten(transaction, versions);
    writes.push(keys);
    for (const key of keys) written.add(key);
    if (pace.isOver(1 + transaction.operations.length)) yield pace.progress;
  }
  const isTested = ({ key }: SessionRead) => written.has(key);
  return {
    nodeCount: chosen.length + 1,
    ids: Int32Array.from([-1, ...chosen.map(({ id }) => id)]),
    reads: [[], ...reads],
    writes,
    ...toSessions(chosen),
    keyNames: versions.keyNames,
    anomalies: anomalies.found,
    ambiguousCount: versions.ambiguousCount,
    testedReadCount: reads.reduce((sum, list) => sum + list.filter(isTested).length, 0),
  };
}

function toSessions(chosen: readonly Transaction[]): {
  readonly sessions: number[][];
  readonly before: Int32Array;
} {
  const initial: number[] = [];
  const sessions = new Map<string, number[]>();
  const before = new Int32Array(chosen.length + 1);
  for (const [index, { process, isInitial }] of chosen.entries()) {
    const session = isInitial ? initial : (sessions.get(process) ?? []);
    if (!isInitial) sessions.set(process, session);
    before[index + 1] = session.at(-1) ?? initial.at(-1) ?? GENESIS;
    session.push(index + 1);
  }
  return { sessions: [initial, ...sessions.values()], before };
}

function keysWritten({ operations }: Transaction, versions: VersionTable): Set<number> {
  const keys = new Set<number>();
  for (const operation of operations) {
    if (operation.type === 'write') keys.add(versions.keyOf(operation.key));
  }
  return keys;
}

/** The reads of what others wrote; reports those that no level allows. */
function readsOf(
  transaction: Transaction,
  transactions: readonly Transaction[],
  versions: VersionTable,
  anomalies: AnomalyList,
): SessionRead[] {
  const reads: SessionRead[] = [];
  const written = new Set<string>();
  for (const operation of transaction.operations) {
    if (operation.type === 'write') written.add(operation.key);
    if (operation.type !== 'read' || written.has(operation.key)) continue;
    const key = versions.keyOf(operation.key);
    const version = versions.find(key, operation.value);
    if (version === undefined) {
      if (operation.value === null) reads.push({ key, writer: -1 });
      else {
        const foreign = versions.findOrAddForeign(key, operation.value);
        reportGarbage(transaction.id, foreign, versions, anomalies);
      }
      continue;
    }
    if (versions.writers[version] === NOBODY) {
      reportGarbage(transaction.id, version, versions, anomalies);
      continue;
    }
    reportUnsoundRead(transaction.id, version, transactions, versions, anomalies);
    const writer = versions.writers[version] as number;
    if (writer !== transaction.id) reads.push({ key, writer });
  }
  return reads;
}

/** Reads behind an own write must see it; reads without one may differ at the weakest level. */
function checkOwnReads(transaction: Transaction, anomalies: AnomalyList): void {
  const written = new Set<string>();
  const operations = transaction.operations.filter((operation) => {
    if (operation.type === 'write') written.add(operation.key);
    return operation.type === 'write' || (operation.type === 'read' && written.has(operation.key));
  });
  checkInternalRegisters([{ ...transaction, operations }], anomalies);
}
