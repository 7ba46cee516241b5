/**
 * Who reads each version of a register, and who overwrites it.
 */
import { NO_VERSION } from './dependency-graph.ts';
import type { Transaction } from './transaction.ts';
import { NOBODY, type VersionTable } from './versions.ts';

/** An external read: of a key that its transaction had not touched before. */
export interface RegisterRead {
  readonly reader: number;
  readonly key: number;
  /** The version that was read; `NO_VERSION` for nothing. */
  readonly version: number;
}

/** Who read a version, and who wrote a later one. */
export interface VersionUse {
  readonly key: number;
  readonly version: number;
  readonly readers: number[];
  /** The overwriting transactions and their versions. */
  readonly overwriters: Map<number, number>;
}

/** The uses of all versions. */
export class RegisterUses {
  readonly #versions: VersionTable;
  readonly #committed: Uint8Array;
  readonly #transactions: readonly Transaction[];
  /** By key and writer, what the writer installs. */
  readonly #installed: ReadonlyMap<number, number>[];
  readonly #uses = new Map<number, VersionUse>();

  /** @param committed by transaction, 1 when it happened */
  constructor(versions: VersionTable, transactions: readonly Transaction[], committed: Uint8Array) {
    this.#versions = versions;
    this.#transactions = transactions;
    this.#committed = committed;
    this.#installed = versions.versionsOf.map((siblings) => {
      const installed = new Map<number, number>();
      for (const version of siblings) {
        if (versions.isFinal[version] !== true || !this.isUsable(version)) continue;
        installed.set(versions.writers[version] as number, version);
      }
      return installed;
    });
  }

  get keyCount(): number {
    return this.#installed.length;
  }

  /** Whether something is inferred from a version: it was written once, by who committed. */
  isUsable(version: number): boolean {
    if (version === NO_VERSION) return true;
    const writer = this.#versions.writers[version] as number;
    if (writer === NOBODY) return true;
    return this.#committed[writer] === 1 && !this.#versions.isAmbiguous(version);
  }

  /** What a transaction installs in a key, if it does. */
  installedBy(transaction: number, key: number): number | undefined {
    return this.#installed[key]?.get(transaction);
  }

  /** By transaction, what is installed in a key. */
  installedIn(key: number): ReadonlyMap<number, number> {
    return this.#installed[key] ?? new Map();
  }

  /** The use of one version of a key; the state before all writes is a version too. */
  of(key: number, version: number): VersionUse {
    const place = version === NO_VERSION ? -1 - key : version;
    const known = this.#uses.get(place);
    if (known !== undefined) return known;
    // Whatever is installed comes after nothing, and after what the history begins with.
    const isFirst = version === NO_VERSION || this.#isInitial(version);
    const overwriters = new Map(isFirst ? this.installedIn(key) : []);
    if (version !== NO_VERSION) overwriters.delete(this.#versions.writers[version] as number);
    const use: VersionUse = { key, version, readers: [], overwriters };
    this.#uses.set(place, use);
    return use;
  }

  #isInitial(version: number): boolean {
    const writer = this.#versions.writers[version] as number;
    return this.#transactions[writer]?.isInitial === true;
  }

  /** The version of a key that the history begins with, if an initial transaction says it. */
  initialOf(key: number): number | undefined {
    const versions = this.#versions.versionsOf[key] ?? [];
    return versions.find((version) => this.#isInitial(version) && this.isUsable(version));
  }

  all(): IterableIterator<VersionUse> {
    return this.#uses.values();
  }
}
