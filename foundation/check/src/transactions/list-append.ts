/**
 * What histories of lists tell: a transaction appends unique elements to lists and reads them
 * whole.
 *
 * A list is its own history. Of a key, the longest read is the order of its versions, and every
 * other read must be a prefix of it. So:
 *
 * - ww: the writer of an element precedes the writer of the next one.
 * - wr: the writer of a read's last element precedes the reader.
 * - rw: the reader of a prefix precedes the writer of the element that comes next.
 * - A committed append that no read has seen comes after the longest read, whoever else is between:
 *   its writer follows the last writer that was read, and all who read the whole order.
 *
 * An open transaction happened when a committed one read an element of it. Nothing else is assumed:
 * a history without anomalies and cycles has an execution that the order of the graph gives.
 *
 * Source: Kingsbury and Alvaro, Elle, VLDB 2020, 4.1 to 4.3. Linear in the size of all reads.
 */
import type { Value } from '../history.ts';
import { finishSlices, Pace, type Slices } from '../task.ts';
import { addOverwrites, EdgeKind, EdgeList, NO_VERSION } from './dependency-graph.ts';
import { fracturedReadSlices, type SeenWrite } from './fractured-reads.ts';
import {
  AnomalyList,
  acknowledged,
  ambiguityNotes,
  type Inference,
  orderSlices,
} from './inference.ts';
import { checkInternalLists } from './internal-reads.ts';
import { reportListAnomalies } from './list-anomalies.ts';
import { ListOrder, type ListRead } from './list-order.ts';
import { nameOf, show, type Transaction } from './transaction.ts';
import { VersionTable } from './versions.ts';

/** Dependencies and anomalies of a history of lists. */
export function inferListAppend(transactions: readonly Transaction[]): Inference {
  return finishSlices(listAppendSlices(transactions, new Pace('lists')));
}

/** The same in slices: what is done at once is the work of one transaction, or of one key. */
export function* listAppendSlices(
  transactions: readonly Transaction[],
  pace: Pace,
): Slices<Inference> {
  const versions = new VersionTable();
  const anomalies = new AnomalyList();
  const committed = acknowledged(transactions);
  const reads: ListRead[][] = [];
  for (const transaction of transactions) {
    versions.addWrites(transaction);
    checkInternalLists([transaction], anomalies);
    if (pace.isOver(2 + sizeOf(transaction))) yield;
  }
  for (const transaction of transactions) {
    collectReads(transaction, versions, anomalies, reads);
    if (pace.isOver(2 + transaction.operations.length)) yield;
  }
  const orders: ListOrder[] = [];
  for (const key of versions.keyNames.keys()) {
    const order = new ListOrder(key, reads[key] ?? [], versions, transactions, anomalies);
    markObserved(order, versions, transactions, committed);
    orders.push(order);
    if (pace.isOver(1 + sizeOfReads(reads[key] ?? []))) yield;
  }
  const edges = new EdgeList(transactions.length);
  const witnesses = new Map<number, number>();
  const seen: SeenWrite[] = [];
  for (const order of orders) {
    addListEdges(order, versions, committed, edges);
    reportListAnomalies(order, versions, transactions, committed, anomalies);
    if (order.witness !== undefined) witnesses.set(order.key, order.witness);
    for (const write of seenWrites(order, versions, committed)) seen.push(write);
    if (pace.isOver(1 + 4 * (order.prefixes.length + order.elements.length))) yield;
  }
  yield* fracturedReadSlices(seen, versions, anomalies, pace);
  const dependencyCount = edges.edgeCount;
  yield* orderSlices(edges, transactions, committed, pace);
  return {
    transactions,
    versions,
    committed,
    edges,
    dependencyCount,
    anomalies: anomalies.found,
    notChecked: ambiguityNotes(versions),
    witnesses,
    verb: 'append',
  };
}

/** The work that the lists of a transaction make. */
function sizeOf({ operations }: Transaction): number {
  return operations.reduce((sum, operation) => sum + sizeOfValue(operation), operations.length);
}

function sizeOfValue(operation: Transaction['operations'][number]): number {
  const isList = operation.type === 'read' && Array.isArray(operation.value);
  return isList ? operation.value.length >>> 2 : 0;
}

function sizeOfReads(reads: readonly ListRead[]): number {
  return reads.reduce((sum, { list }) => sum + 4 + list.length, 0);
}

/**
 * Adds the reads of a committed transaction to those of their keys. A read of what is no list is a
 * garbage read.
 */
function collectReads(
  { id, end, operations }: Transaction,
  versions: VersionTable,
  anomalies: AnomalyList,
  reads: ListRead[][],
): void {
  if (end !== 'ok') return;
  const touched = new Set<number>();
  for (const operation of operations) {
    if (operation.type === 'read-predicate') continue;
    const key = versions.keyOf(operation.key);
    const isExternal = !touched.has(key);
    touched.add(key);
    if (operation.type !== 'read') continue;
    const list = toList(operation.value);
    if (list !== undefined) {
      reads[key] ??= [];
      reads[key].push({ reader: id, list, isExternal });
      continue;
    }
    anomalies.add({
      name: 'garbage-read',
      key: operation.key,
      transactions: [id],
      sentences: [`${nameOf(id)} read ${show(operation.value)} from ${operation.key}: no list`],
    });
  }
}

function toList(value: Value): readonly Value[] | undefined {
  if (value === null) return [];
  return Array.isArray(value) ? value : undefined;
}

/** Marks open transactions as committed whose elements somebody read. */
function markObserved(
  order: ListOrder,
  versions: VersionTable,
  transactions: readonly Transaction[],
  committed: Uint8Array,
): void {
  for (const version of order.observed) {
    const writer = versions.writers[version] as number;
    if (versions.isAmbiguous(version)) continue;
    if (transactions[writer]?.end === 'open') committed[writer] = 1;
  }
}

/** What each external read of a list saw, and which appends it is known to have missed. */
function seenWrites(
  order: ListOrder,
  versions: VersionTable,
  committed: Uint8Array,
): readonly SeenWrite[] {
  if (order.forks.length > 0) return [];
  const places = new Map(order.elements.map((version, place) => [version, place]));
  /** By committed transaction, the last version that it appended to the key. */
  const installed = new Map<number, number>();
  for (const version of versions.versionsOf[order.key] as number[]) {
    const writer = versions.writers[version] as number;
    if (committed[writer] === 1 && !versions.isAmbiguous(version)) installed.set(writer, version);
  }
  return order.prefixes.map(({ reader, length }) => {
    const last = order.elements[length - 1];
    const writer = last === undefined || last === NO_VERSION ? undefined : versions.writers[last];
    const missedOf = (transaction: number) => {
      const version = installed.get(transaction);
      if (version === undefined) return undefined;
      return (places.get(version) ?? length) >= length ? version : undefined;
    };
    const isSure = writer !== undefined && committed[writer] === 1;
    return { reader, key: order.key, writer: isSure ? writer : undefined, missedOf };
  });
}

function addListEdges(
  order: ListOrder,
  versions: VersionTable,
  committed: Uint8Array,
  edges: EdgeList,
): void {
  const writerOf = (version: number) => versions.writers[version] as number;
  const isUsable = (version: number) =>
    version !== NO_VERSION && committed[writerOf(version)] === 1 && !versions.isAmbiguous(version);
  const chain = linkChain(order.elements, isUsable);
  for (const [before, after] of chain.pairs) {
    edges.add(writerOf(before), writerOf(after), EdgeKind.ww, before, after);
  }
  const unseen =
    order.forks.length > 0 ? new Map<number, number>() : unseenWriters(order, versions, committed);
  if (chain.last !== NO_VERSION) {
    for (const [writer, version] of unseen) {
      edges.add(writerOf(chain.last), writer, EdgeKind.ww, chain.last, version);
    }
  }
  const full = new Map<number, Set<number>>();
  for (const { reader, length } of order.prefixes) {
    const before = chain.lastBefore[length] as number;
    if (before !== NO_VERSION) edges.add(writerOf(before), reader, EdgeKind.wr, before, before);
    const next = chain.firstFrom[length] as number;
    if (next !== NO_VERSION) edges.add(reader, writerOf(next), EdgeKind.rw, before, next);
    else full.set(before, (full.get(before) ?? new Set()).add(reader));
  }
  for (const [version, readers] of full) {
    addOverwrites(edges, EdgeKind.rw, version, [...readers], unseen);
  }
}

/** The usable versions of an order, and which of them stands nearest to each position. */
function linkChain(
  elements: readonly number[],
  isUsable: (version: number) => boolean,
): {
  readonly pairs: readonly (readonly [number, number])[];
  readonly last: number;
  readonly lastBefore: Int32Array;
  readonly firstFrom: Int32Array;
} {
  const count = elements.length;
  const pairs: [number, number][] = [];
  const lastBefore = new Int32Array(count + 1).fill(NO_VERSION);
  const firstFrom = new Int32Array(count + 1).fill(NO_VERSION);
  for (const [position, version] of elements.entries()) {
    const before = lastBefore[position] as number;
    lastBefore[position + 1] = isUsable(version) ? version : before;
    if (isUsable(version) && before !== NO_VERSION) pairs.push([before, version]);
  }
  for (let position = count - 1; position >= 0; position--) {
    const version = elements[position] as number;
    firstFrom[position] = isUsable(version) ? version : (firstFrom[position + 1] as number);
  }
  return { pairs, last: lastBefore[count] as number, lastBefore, firstFrom };
}

/** Committed transactions with an append that no read saw, and that append. */
function unseenWriters(
  order: ListOrder,
  versions: VersionTable,
  committed: Uint8Array,
): Map<number, number> {
  const unseen = new Map<number, number>();
  const observed = new Set(order.observed);
  for (const version of versions.versionsOf[order.key] as number[]) {
    const writer = versions.writers[version] as number;
    if (observed.has(version) || committed[writer] !== 1) continue;
    if (versions.isAmbiguous(version) || unseen.has(writer)) continue;
    unseen.set(writer, version);
  }
  return unseen;
}
