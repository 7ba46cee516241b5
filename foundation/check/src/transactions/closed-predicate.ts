/**
 * What histories with predicate reads tell, when every object that can exist is known.
 *
 * A predicate read returns the rows that match; of all other keys it says that they did not. In a
 * closed universe (an initial transaction says what there is at first, the history says what was
 * written since) that often leaves one version that can have been seen:
 *
 * - A row that is returned: the version with its value. It is an item read like any other.
 * - A key that is not: of its versions (the first one, or unborn; written ones; dead ones) those
 *   that do not match. If it is one, that one was seen. If it is none, the read missed a row. If
 *   there are several, nothing follows.
 *
 * Who selected without a later version precedes its writer: an anti-dependency by predicate. That
 * the first state is the earliest version is known; beyond it, and beyond what a transaction wrote
 * over its own read, the order of versions is not.
 *
 * Source: Adya's thesis, 4.3 and 4.4 (version sets, predicate dependencies); the closed universe is
 * that of Elle. Time: predicate reads times keys; past `MAX_LOOKUPS` of them the rest is not looked
 * at, and the verdict says so.
 */
import type { Value } from '../history.ts';
import type { Pace, Slices } from '../task.ts';
import { EdgeKind, NO_VERSION } from './dependency-graph.ts';
import { AnomalyList, type DirectAnomaly, type Inference } from './inference.ts';
import type { Predicate } from './predicate.ts';
import type { RegisterUses } from './register-uses.ts';
import { registerSlices } from './rw-register.ts';
import { nameOf, show, type Transaction } from './transaction.ts';
import type { VersionOrderOptions } from './version-order.ts';
import { DEAD, type VersionTable } from './versions.ts';

/** The most pairs of a predicate read and a key that are looked at. */
export const MAX_LOOKUPS = 20_000_000;

/** Dependencies and anomalies of a history of rows that predicates select. */
export function* predicateSlices(
  transactions: readonly Transaction[],
  options: VersionOrderOptions,
  pace: Pace,
): Slices<Inference> {
  const withRows = transactions.map(addRowsAsReads);
  const { inference, uses } = yield* registerSlices(withRows, options, pace);
  const selection = new Selections(inference, uses, transactions);
  const notes = yield* selection.addAll(pace);
  return {
    ...inference,
    transactions,
    dependencyCount: inference.dependencyCount + selection.edgeCount,
    anomalies: [...inference.anomalies, ...selection.anomalies],
    notChecked: [...inference.notChecked, ...notes],
  };
}

/** The rows that a predicate read returned are read like items. */
function addRowsAsReads(transaction: Transaction): Transaction {
  const operations = transaction.operations.flatMap((operation) =>
    operation.type === 'read-predicate'
      ? [...operation.rows].map(([key, value]) => ({ type: 'read' as const, key, value }))
      : [operation],
  );
  return { ...transaction, operations };
}

class Selections {
  readonly #inference: Inference;
  readonly #versions: VersionTable;
  readonly #uses: RegisterUses;
  readonly #transactions: readonly Transaction[];
  readonly #found = new AnomalyList();
  #lookupCount = 0;
  edgeCount = 0;

  constructor(inference: Inference, uses: RegisterUses, transactions: readonly Transaction[]) {
    this.#inference = inference;
    this.#versions = inference.versions;
    this.#uses = uses;
    this.#transactions = transactions;
  }

  get anomalies(): readonly DirectAnomaly[] {
    return this.#found.found;
  }

  /** Adds the dependencies of all predicate reads; returns sentences on what was left out. */
  *addAll(pace: Pace): Slices<string[]> {
    for (const transaction of this.#transactions) {
      const before = this.#lookupCount;
      if (transaction.end === 'ok') this.#addTransaction(transaction);
      if (pace.isOver(1 + this.#lookupCount - before)) yield;
      if (this.#lookupCount <= MAX_LOOKUPS) continue;
      return [
        `predicate reads after ${nameOf(transaction)} were not looked at: there are too many`,
      ];
    }
    return [];
  }

  #addTransaction({ id, operations }: Transaction): void {
    /** What the transaction itself last did to each key. */
    const own = new Map<string, Value | typeof DEAD>();
    for (const operation of operations) {
      if (operation.type === 'write') own.set(operation.key, operation.value);
      if (operation.type === 'delete') own.set(operation.key, DEAD);
      if (operation.type === 'read-predicate') this.#addSelection(id, operation, own);
    }
  }

  #addSelection(
    id: number,
    {
      predicate,
      rows,
    }: { readonly predicate: Predicate; readonly rows: ReadonlyMap<string, Value> },
    own: ReadonlyMap<string, Value | typeof DEAD>,
  ): void {
    this.#lookupCount += this.#versions.keyNames.length;
    this.#checkRows(id, predicate, rows);
    for (const [key, name] of this.#versions.keyNames.entries()) {
      if (rows.has(name)) continue;
      const mine = own.get(name);
      if (mine === undefined) this.#addUnseen(id, predicate, key);
      else if (mine !== DEAD && predicate.matches(mine)) {
        this.#report(id, name, `it had itself written ${show(mine)}, which matches`);
      }
    }
  }

  #checkRows(id: number, predicate: Predicate, rows: ReadonlyMap<string, Value>): void {
    for (const [key, value] of rows) {
      if (predicate.matches(value)) continue;
      const text = show(predicate.text);
      this.#found.add({
        name: 'predicate-read-miss',
        key,
        transactions: [id],
        sentences: [`${nameOf(id)} selected by ${text} and got ${key} with ${show(value)}`],
      });
    }
  }

  #report(id: number, key: string, why: string): void {
    this.#found.add({
      name: 'predicate-read-miss',
      key,
      transactions: [id],
      sentences: [`${nameOf(id)}'s predicate read does not return ${key}`, why],
    });
  }

  /** What follows from the fact that a predicate read did not return a key. */
  #addUnseen(id: number, predicate: Predicate, key: number): void {
    const first = this.#uses.initialOf(key);
    const candidates: number[] = [];
    if (first === undefined || !this.#matches(predicate, first))
      candidates.push(first ?? NO_VERSION);
    const written = (this.#versions.versionsOf[key] ?? []).filter(
      (version) => version !== first && this.#mayBeSeen(id, version),
    );
    candidates.push(...written.filter((version) => !this.#matches(predicate, version)));
    if (candidates.length === 0) {
      const name = this.#versions.keyNames[key] as string;
      this.#report(id, name, 'every version that it ever had matches');
    }
    const [seen] = candidates;
    if (candidates.length !== 1 || seen === undefined) return;
    const isFirst = seen === NO_VERSION || seen === first;
    if (!isFirst) this.#add(this.#versions.writers[seen] as number, id, EdgeKind.wr, seen, seen);
    const later = isFirst ? this.#uses.installedIn(key) : this.#uses.of(key, seen).overwriters;
    for (const [writer, version] of later) {
      if (version !== seen) this.#add(id, writer, EdgeKind.predicateRw, seen, version);
    }
  }

  #add(source: number, target: number, kind: number, before: number, after: number): void {
    const count = this.#inference.edges.edgeCount;
    this.#inference.edges.add(source, target, kind, before, after);
    this.edgeCount += this.#inference.edges.edgeCount - count;
  }

  /** Whether another transaction's version can have been there: it did not fail. */
  #mayBeSeen(id: number, version: number): boolean {
    const writer = this.#versions.writers[version] as number;
    return writer !== id && this.#transactions[writer]?.end !== 'fail';
  }

  #matches(predicate: Predicate, version: number): boolean {
    const value = this.#versions.values[version];
    return value !== undefined && value !== DEAD && predicate.matches(value);
  }
}
