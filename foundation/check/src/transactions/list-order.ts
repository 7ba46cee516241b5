/**
 * The order of the elements of one list, as its reads show it, and what is wrong with the reads.
 */
import type { Value } from '../history.ts';
import { sameValue } from '../model.ts';
import { NO_VERSION } from './dependency-graph.ts';
import type { AnomalyList } from './inference.ts';
import { nameOf, show, type Transaction } from './transaction.ts';
import type { VersionTable } from './versions.ts';

/** One read of a list by a committed transaction. */
export interface ListRead {
  readonly reader: number;
  readonly list: readonly Value[];
  /** Whether the reader had not touched the key before: it then saw the work of others only. */
  readonly isExternal: boolean;
}

/** An external read that is a prefix of the order. */
export interface PrefixRead {
  readonly reader: number;
  readonly length: number;
}

/** The order of one key. Finding it reports what the reads alone show to be wrong. */
export class ListOrder {
  readonly key: number;
  /** The versions of the longest read; `NO_VERSION` where it has what is no version, or again. */
  readonly elements: readonly number[];
  /** Every version that a committed transaction read. */
  readonly observed: ReadonlySet<number>;
  readonly prefixes: readonly PrefixRead[];
  /** Reads that are no prefix of the longest. */
  readonly forks: readonly ListRead[];
  /** Who read the longest list; undefined when all reads are empty. */
  readonly witness: number | undefined;
  readonly #versions: VersionTable;
  readonly #transactions: readonly Transaction[];

  constructor(
    key: number,
    reads: readonly ListRead[],
    versions: VersionTable,
    transactions: readonly Transaction[],
    anomalies: AnomalyList,
  ) {
    this.key = key;
    this.#versions = versions;
    this.#transactions = transactions;
    const longest = reads.reduce<ListRead | undefined>(
      (best, read) => (read.list.length > (best?.list.length ?? 0) ? read : best),
      undefined,
    );
    this.witness = longest?.reader;
    const observed = new Set<number>();
    this.elements = longest === undefined ? [] : this.#examine(longest, observed, anomalies);
    const prefixes: PrefixRead[] = [];
    const forks: ListRead[] = [];
    for (const read of reads) {
      if (longest === undefined || isPrefix(read.list, longest.list)) {
        if (read.isExternal) prefixes.push({ reader: read.reader, length: read.list.length });
        continue;
      }
      forks.push(read);
      this.#examine(read, observed, anomalies);
      this.#reportFork(read, longest, anomalies);
    }
    this.observed = observed;
    this.prefixes = prefixes;
    this.forks = forks;
  }

  get #keyName(): string {
    return this.#versions.keyNames[this.key] as string;
  }

  /** The versions of a read; reports elements of nobody, of failed transactions, and doubles. */
  #examine(read: ListRead, observed: Set<number>, anomalies: AnomalyList): number[] {
    const own = new Set<number>();
    const saw = () => `${nameOf(read.reader)} read ${this.#keyName} as ${show(read.list)}`;
    return read.list.map((element) => {
      const version = this.#versions.find(this.key, element);
      if (version === undefined) {
        const sentences = [saw(), `nobody ever appended ${show(element)} to ${this.#keyName}`];
        const transactions = [read.reader];
        anomalies.add({ name: 'garbage-read', key: this.#keyName, transactions, sentences });
        return NO_VERSION;
      }
      if (own.has(version)) {
        if (this.#versions.isAmbiguous(version)) return NO_VERSION;
        const writer = this.#versions.writers[version] as number;
        const sentences = [saw(), `${nameOf(writer)} appended ${show(element)} only once`];
        const transactions = [writer, read.reader];
        anomalies.add({ name: 'duplicate-elements', key: this.#keyName, transactions, sentences });
        return NO_VERSION;
      }
      own.add(version);
      observed.add(version);
      const writer = this.#versions.writers[version] as number;
      const isAborted = this.#transactions[writer]?.end === 'fail';
      if (isAborted && !this.#versions.isAmbiguous(version)) {
        const sentences = [saw(), `${nameOf(writer)}, which appended ${show(element)}, failed`];
        const transactions = [writer, read.reader];
        anomalies.add({ name: 'G1a', key: this.#keyName, transactions, sentences });
      }
      return version;
    });
  }

  #reportFork(read: ListRead, longest: ListRead, anomalies: AnomalyList): void {
    anomalies.add({
      name: 'incompatible-order',
      key: this.#keyName,
      transactions: [...new Set([read.reader, longest.reader])],
      sentences: [
        `${nameOf(read.reader)} read ${this.#keyName} as ${show(read.list)}`,
        `${nameOf(longest.reader)} read it as ${show(longest.list)}`,
        'neither list begins with the other, so no one order of the appends gives both',
      ],
    });
  }
}

/** Whether `list` begins the list `whole`. */
function isPrefix(list: readonly Value[], whole: readonly Value[]): boolean {
  if (list.length > whole.length) return false;
  for (let index = 0; index < list.length; index++) {
    if (!sameValue(list[index], whole[index])) return false;
  }
  return true;
}
