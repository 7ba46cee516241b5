/**
 * What histories of registers tell: transactions write values, unique for each key, and read them.
 *
 * A register forgets, so the order of its versions is known only in part:
 *
 * - Nothing (null) comes before every version; what an initial transaction wrote, before all
 *   others.
 * - A version that a transaction wrote over the one it had read comes later than that one.
 * - With `sequentialKeys`: each process sees a key's versions in order.
 * - With `linearizableKeys`: so does real time.
 *
 * The last two are assumptions about the store, off unless asked for. From them come the edges:
 *
 * - wr: the writer of a value precedes who read it.
 * - rw: who read a version precedes the writer of any later one.
 * - ww: where an assumption orders two versions, their writers. (Where a transaction wrote over
 *   what it read, wr orders them already, and ww would claim more than read-uncommitted promises.)
 *
 * So a history that is not refuted may still have no lawful execution; `order-saturation.ts` finds
 * more of those. A closed universe with predicates is `closed-predicate.ts`.
 *
 * Source: Kingsbury and Alvaro, Elle, VLDB 2020, 4.4. Linear in the history, but for the edges that
 * the assumptions add.
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
import { checkInternalRegisters } from './internal-reads.ts';
import {
  reportCyclicVersions,
  reportGarbage,
  reportLostUpdates,
  reportUnsoundRead,
} from './register-anomalies.ts';
import { type RegisterRead, RegisterUses } from './register-uses.ts';
import type { Transaction } from './transaction.ts';
import {
  assumedOrders,
  readBeforeWrite,
  type VersionOrderOptions,
  type VersionPair,
} from './version-order.ts';
import { NOBODY, VersionTable } from './versions.ts';

/** What is inferred, with what it was inferred from. */
export interface RegisterInference {
  readonly inference: Inference;
  readonly reads: readonly RegisterRead[];
  readonly uses: RegisterUses;
}

/** Dependencies and anomalies of a history of registers. */
export function inferRegisters(
  transactions: readonly Transaction[],
  options: VersionOrderOptions = {},
): RegisterInference {
  return finishSlices(registerSlices(transactions, options, new Pace('registers')));
}

/**
 * The same in slices; what an assumption says of the order of versions is worked out at once.
 */
export function* registerSlices(
  transactions: readonly Transaction[],
  options: VersionOrderOptions,
  pace: Pace,
): Slices<RegisterInference> {
  const versions = new VersionTable();
  const anomalies = new AnomalyList();
  const committed = acknowledged(transactions);
  const reads: RegisterRead[] = [];
  for (const transaction of transactions) {
    versions.addWrites(transaction);
    checkInternalRegisters([transaction], anomalies);
    if (pace.isOver(2 + 2 * transaction.operations.length)) yield;
  }
  for (const transaction of transactions) {
    externalReads(transaction, versions, reads);
    if (pace.isOver(2 + transaction.operations.length)) yield;
  }
  for (const { reader, version } of reads) {
    if (pace.isOver()) yield;
    if (version === NO_VERSION) continue;
    if (versions.writers[version] === NOBODY) {
      if (options.foreignWrites !== true) reportGarbage(reader, version, versions, anomalies);
      continue;
    }
    reportUnsoundRead(reader, version, transactions, versions, anomalies);
    const writer = versions.writers[version] as number;
    if (transactions[writer]?.end === 'open' && !versions.isAmbiguous(version)) {
      committed[writer] = 1;
    }
  }
  const edges = new EdgeList(transactions.length);
  const uses = new RegisterUses(versions, transactions, committed);
  yield;
  const known = { transactions, versions, reads, uses, edges, anomalies };
  yield* registerEdgeSlices(known, options, pace);
  yield* fracturedReadSlices(seenWrites(reads, versions, uses), versions, anomalies, pace);
  const dependencyCount = edges.edgeCount;
  yield* orderSlices(edges, transactions, committed, pace);
  const inference: Inference = {
    transactions,
    versions,
    committed,
    edges,
    dependencyCount,
    anomalies: anomalies.found,
    notChecked: ambiguityNotes(versions),
    witnesses: new Map(),
    verb: 'write',
  };
  return { inference, reads, uses };
}

/** Adds the external reads of a committed transaction. */
function externalReads(
  { id, end, operations }: Transaction,
  versions: VersionTable,
  reads: RegisterRead[],
): void {
  if (end !== 'ok') return;
  const touched = new Set<string>();
  for (const operation of operations) {
    if (operation.type === 'read-predicate' || touched.has(operation.key)) continue;
    touched.add(operation.key);
    if (operation.type !== 'read') continue;
    const key = versions.keyOf(operation.key);
    const version = versionRead(versions, key, operation.value);
    if (version !== undefined) reads.push({ reader: id, key, version });
  }
}

/** The version that a value is; undefined when it can be several. */
function versionRead(versions: VersionTable, key: number, value: Value): number | undefined {
  if (value !== null) return versions.findOrAddForeign(key, value);
  const written = versions.find(key, null);
  if (written !== undefined) return written;
  // Nothing may be what was there at first, or what a deletion left.
  return versions.isDeleted(key) ? undefined : NO_VERSION;
}

/** What is known when edges are made. */
interface KnownRegisters {
  readonly transactions: readonly Transaction[];
  readonly versions: VersionTable;
  readonly reads: readonly RegisterRead[];
  readonly uses: RegisterUses;
  readonly edges: EdgeList;
  readonly anomalies: AnomalyList;
}

function* registerEdgeSlices(
  { transactions, versions, reads, uses, edges, anomalies }: KnownRegisters,
  options: VersionOrderOptions,
  pace: Pace,
): Slices<void> {
  const orders = [
    ...readBeforeWrite(reads, uses, options),
    ...assumedOrders(transactions, reads, uses, options),
  ];
  yield;
  const cyclicKeys = reportCyclicVersions(orders, versions, anomalies);
  yield;
  for (const read of reads) {
    addRead(read, versions, uses, edges);
    if (pace.isOver()) yield;
  }
  for (const order of orders) {
    if (pace.isOver()) yield;
    if (order.isAssumed && cyclicKeys.has(order.key)) continue;
    addOrderedVersions(order, versions, uses, edges);
  }
  addInitialVersions(versions, uses, edges);
  yield;
  for (const { version, readers, overwriters } of uses.all()) {
    addOverwrites(edges, EdgeKind.rw, version, readers, overwriters);
    if (pace.isOver(1 + readers.length + overwriters.size)) yield;
  }
  reportLostUpdates(reads, uses, versions, anomalies);
}

/** What each read saw, and which versions are known to come later. */
function seenWrites(
  reads: readonly RegisterRead[],
  versions: VersionTable,
  uses: RegisterUses,
): readonly SeenWrite[] {
  return reads
    .filter(({ version }) => uses.isUsable(version))
    .map(({ reader, key, version }) => {
      const writer = version === NO_VERSION ? NOBODY : (versions.writers[version] as number);
      return {
        reader,
        key,
        writer: writer === NOBODY ? undefined : writer,
        missedOf: (transaction) => uses.of(key, version).overwriters.get(transaction),
      };
    });
}

function addRead(
  { reader, key, version }: RegisterRead,
  versions: VersionTable,
  uses: RegisterUses,
  edges: EdgeList,
): void {
  if (!uses.isUsable(version)) return;
  uses.of(key, version).readers.push(reader);
  if (version === NO_VERSION || versions.writers[version] === NOBODY) return;
  edges.add(versions.writers[version] as number, reader, EdgeKind.wr, version, version);
}

function addOrderedVersions(
  { key, before, after, isAssumed }: VersionPair,
  versions: VersionTable,
  uses: RegisterUses,
  edges: EdgeList,
): void {
  if (after === NO_VERSION || versions.writers[after] === NOBODY) return;
  const writer = versions.writers[after] as number;
  uses.of(key, before).overwriters.set(writer, after);
  if (!isAssumed || before === NO_VERSION || versions.writers[before] === NOBODY) return;
  edges.add(versions.writers[before] as number, writer, EdgeKind.ww, before, after);
}

/** What an initial transaction wrote comes before all other versions. */
function addInitialVersions(versions: VersionTable, uses: RegisterUses, edges: EdgeList): void {
  for (let key = 0; key < uses.keyCount; key++) {
    const initial = uses.initialOf(key);
    if (initial === undefined) continue;
    for (const [writer, after] of uses.installedIn(key)) {
      edges.add(versions.writers[initial] as number, writer, EdgeKind.ww, initial, after);
    }
  }
}
