/**
 * Every version of every key that a history may have seen: who wrote which value.
 *
 * A version is a small integer. A value that two transactions wrote to one key is ambiguous: a read
 * of it does not tell whom it observed, so nothing is inferred from it.
 */
import type { Value } from '../history.ts';
import { canonical } from '../model.ts';
import type { Transaction } from './transaction.ts';

/** The version that a delete leaves behind; not equal to any value. */
export const DEAD: unique symbol = Symbol('dead');

/** The writer of a version that no recorded transaction wrote. */
export const NOBODY = -1;

/** The versions of all keys. */
export class VersionTable {
  readonly keyNames: string[] = [];
  /** Of each key the versions that transactions wrote, in their order. */
  readonly versionsOf: number[][] = [];
  /** Of each version: its key, the value, the writer's id. */
  readonly keys: number[] = [];
  readonly values: (Value | typeof DEAD)[] = [];
  readonly writers: number[] = [];
  /** Whether each version is the last that its writer gave its key: the one it installs. */
  readonly isFinal: boolean[] = [];
  readonly #ambiguous = new Set<number>();
  readonly #keyIds = new Map<string, number>();
  readonly #byValue: Map<unknown, number>[] = [];

  /** @param transactions whose writes are there from the beginning */
  constructor(transactions: readonly Transaction[] = []) {
    for (const transaction of transactions) this.addWrites(transaction);
  }

  /** Adds what a transaction writes, and the keys that it names. */
  addWrites({ id, operations }: Transaction): void {
    for (const operation of operations) {
      if (operation.type === 'read-predicate') continue;
      const key = this.keyOf(operation.key);
      if (operation.type === 'read') continue;
      const value = operation.type === 'delete' ? DEAD : operation.value;
      this.#add(key, value, id);
    }
  }

  #add(key: number, value: Value | typeof DEAD, writer: number): void {
    const version = this.writers.length;
    this.keys.push(key);
    this.values.push(value);
    this.writers.push(writer);
    this.isFinal.push(true);
    const siblings = this.versionsOf[key] as number[];
    const last = siblings.at(-1);
    if (last !== undefined && this.writers[last] === writer) this.isFinal[last] = false;
    siblings.push(version);
    const byValue = this.#byValue[key] as Map<unknown, number>;
    const identity = identityOf(value);
    const before = byValue.get(identity);
    if (before === undefined) byValue.set(identity, version);
    else this.#ambiguous.add(before).add(version);
  }

  /** The number of a key; a new one when the key is new. */
  keyOf(name: string): number {
    const known = this.#keyIds.get(name);
    if (known !== undefined) return known;
    const key = this.keyNames.length;
    this.#keyIds.set(name, key);
    this.keyNames.push(name);
    this.versionsOf.push([]);
    this.#byValue.push(new Map());
    return key;
  }

  /** The version of `key` with this value; undefined when nobody wrote it. */
  find(key: number, value: Value): number | undefined {
    return this.#byValue[key]?.get(identityOf(value));
  }

  /** The version of a value that no recorded transaction wrote; its writer is `NOBODY`. */
  findOrAddForeign(key: number, value: Value): number {
    const known = this.find(key, value);
    if (known !== undefined) return known;
    const version = this.writers.length;
    this.keys.push(key);
    this.values.push(value);
    this.writers.push(NOBODY);
    this.isFinal.push(true);
    this.#byValue[key]?.set(identityOf(value), version);
    return version;
  }

  /** Whether some transaction deletes the key. */
  isDeleted(key: number): boolean {
    return this.#byValue[key]?.has(DEAD) === true;
  }

  /** Whether the value of a version was written to its key more than once. */
  isAmbiguous(version: number): boolean {
    return this.#ambiguous.has(version);
  }

  get ambiguousCount(): number {
    return this.#ambiguous.size;
  }

  keyNameOf(version: number): string {
    return this.keyNames[this.keys[version] as number] as string;
  }
}

/** Something that is equal (as in a Map) exactly when the values are. */
function identityOf(value: Value | typeof DEAD): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return `\u0000${canonical(value)}`;
}
