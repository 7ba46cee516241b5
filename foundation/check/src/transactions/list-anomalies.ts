/**
 * What is wrong between a list and its writers: reads of unfinished work, updates of aborted or
 * outdated versions.
 */
import { NO_VERSION } from './dependency-graph.ts';
import type { AnomalyList } from './inference.ts';
import type { ListOrder } from './list-order.ts';
import { nameOf, show, type Transaction } from './transaction.ts';
import type { VersionTable } from './versions.ts';

/** Reports intermediate and future reads, dirty updates and lost updates of one list. */
export function reportListAnomalies(
  order: ListOrder,
  versions: VersionTable,
  transactions: readonly Transaction[],
  committed: Uint8Array,
  anomalies: AnomalyList,
): void {
  const list = new JudgedList(order, versions, transactions, anomalies);
  list.reportFutureReads();
  list.reportIntermediateReads();
  list.reportDirtyUpdate(committed);
  list.reportLostUpdates();
}

class JudgedList {
  readonly #order: ListOrder;
  readonly #versions: VersionTable;
  readonly #transactions: readonly Transaction[];
  readonly #anomalies: AnomalyList;
  readonly #key: string;
  /** By transaction, the versions that it appended to this key. */
  readonly #appends = new Map<number, number[]>();

  constructor(
    order: ListOrder,
    versions: VersionTable,
    transactions: readonly Transaction[],
    anomalies: AnomalyList,
  ) {
    this.#order = order;
    this.#versions = versions;
    this.#transactions = transactions;
    this.#anomalies = anomalies;
    this.#key = versions.keyNames[order.key] as string;
    for (const version of versions.versionsOf[order.key] as number[]) {
      if (versions.isAmbiguous(version)) continue;
      const writer = versions.writers[version] as number;
      const own = this.#appends.get(writer);
      if (own === undefined) this.#appends.set(writer, [version]);
      else own.push(version);
    }
  }

  /** Reads that saw what their own transaction appended only later. */
  reportFutureReads(): void {
    const places = new Map(this.#order.elements.map((version, place) => [version, place]));
    for (const { reader, length } of this.#order.prefixes) {
      const future = this.#appends
        .get(reader)
        ?.find((version) => (places.get(version) ?? length) < length);
      if (future !== undefined) this.#reportFuture(reader, future);
    }
    for (const { reader, list, isExternal } of this.#order.forks) {
      if (!isExternal || !this.#appends.has(reader)) continue;
      const seen = new Set(list.map((element) => this.#versions.find(this.#order.key, element)));
      const future = this.#appends.get(reader)?.find((version) => seen.has(version));
      if (future !== undefined) this.#reportFuture(reader, future);
    }
  }

  #reportFuture(reader: number, version: number): void {
    this.#anomalies.add({
      name: 'future-read',
      key: this.#key,
      transactions: [reader],
      sentences: [
        `${nameOf(reader)} read ${show(this.#versions.values[version] as never)} ` +
          `in ${this.#key} before it appended it itself`,
      ],
    });
  }

  /** Reads that end in an append which its transaction followed by another one. */
  reportIntermediateReads(): void {
    for (const { reader, length } of this.#order.prefixes) {
      this.#reportIntermediate(reader, this.#order.elements[length - 1]);
    }
    for (const { reader, list, isExternal } of this.#order.forks) {
      const last = list.at(-1);
      if (!isExternal || last === undefined) continue;
      this.#reportIntermediate(reader, this.#versions.find(this.#order.key, last));
    }
  }

  #reportIntermediate(reader: number, version: number | undefined): void {
    if (version === undefined || version === NO_VERSION) return;
    if (this.#versions.isFinal[version] === true || this.#versions.isAmbiguous(version)) return;
    const writer = this.#versions.writers[version] as number;
    if (writer === reader || this.#transactions[writer]?.end === 'fail') return;
    const value = show(this.#versions.values[version] as never);
    this.#anomalies.add({
      name: 'G1b',
      key: this.#key,
      transactions: [writer, reader],
      sentences: [
        `${nameOf(reader)} read ${this.#key} up to ${value}, which ${nameOf(writer)} appended`,
        `${nameOf(writer)} appended more to ${this.#key} after it`,
      ],
    });
  }

  /** A committed append that stands behind an aborted one. */
  reportDirtyUpdate(committed: Uint8Array): void {
    let aborted: number | undefined;
    for (const version of this.#order.elements) {
      if (version === NO_VERSION || this.#versions.isAmbiguous(version)) continue;
      const writer = this.#versions.writers[version] as number;
      if (this.#transactions[writer]?.end === 'fail') aborted ??= version;
      else if (aborted !== undefined && committed[writer] === 1) {
        this.#reportDirty(aborted, version);
        return;
      }
    }
  }

  #reportDirty(aborted: number, version: number): void {
    const { writers, values } = this.#versions;
    const [loser, writer] = [writers[aborted] as number, writers[version] as number];
    const witness = this.#order.witness as number;
    this.#anomalies.add({
      name: 'dirty-update',
      key: this.#key,
      transactions: [...new Set([loser, writer, witness])],
      sentences: [
        `${nameOf(loser)} failed, yet its append of ${show(values[aborted] as never)} to ` +
          `${this.#key} stands before ${nameOf(writer)}'s ${show(values[version] as never)}, ` +
          `as ${nameOf(witness)} read`,
      ],
    });
  }

  /** Committed transactions that read one version and all appended to it. */
  reportLostUpdates(): void {
    const updaters = new Map<number, Set<number>>();
    for (const { reader, length } of this.#order.prefixes) {
      if (!this.#appends.has(reader)) continue;
      const group = updaters.get(length) ?? new Set();
      updaters.set(length, group.add(reader));
    }
    for (const [length, group] of updaters) {
      if (group.size < 2) continue;
      const names = [...group].map(nameOf).join(' and ');
      const seen = this.#order.elements
        .slice(0, length)
        .map((version) => this.#versions.values[version]);
      this.#anomalies.add({
        name: 'lost-update',
        key: this.#key,
        transactions: [...group],
        sentences: [
          `${names} read ${this.#key} as ${show(seen as never)} and appended to it`,
          'whichever came second did not see what the first had appended',
        ],
      });
    }
  }
}
