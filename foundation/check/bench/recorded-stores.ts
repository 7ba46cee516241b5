/**
 * Long histories of simulated stores, as a recorder would write them: for the benchmarks.
 */
import { SeededRandom } from '@mangrove/host';
import type { MicroOperation, Transaction, Value } from '../src/index.ts';

/** What a store is asked to do. */
export interface Load {
  readonly transactionCount: number;
  readonly processCount: number;
  /** Steps of a transaction: 1 to so many. */
  readonly stepCountMax: number;
  /** Keys in use at one time; each is left for a new one after so many writes. */
  readonly keyCount: number;
  readonly writesPerKey: number;
}

/** How the store keeps transactions apart: at one moment each, or in snapshots. */
export type Isolation = 'serializable' | 'snapshot';

interface Running {
  readonly id: number;
  readonly invokedAt: number;
  readonly begin: number;
  readonly operations: MicroOperation[];
  readonly written: Map<string, Value>;
}

/** A key's value after each commit that changed it. */
type Versions = { readonly at: number; readonly value: Value }[];

/** The history of lists that a store gives under a load. */
export function recordLists(load: Load, isolation: Isolation, seed: number): Transaction[] {
  return new RecordedStore(load, isolation, 'append', seed).run();
}

/** The history of registers that a store gives under a load. */
export function recordRegisters(load: Load, isolation: Isolation, seed: number): Transaction[] {
  return new RecordedStore(load, isolation, 'write', seed).run();
}

class RecordedStore {
  readonly #load: Load;
  readonly #isolation: Isolation;
  readonly #verb: 'append' | 'write';
  readonly #random: SeededRandom;
  readonly #versions = new Map<string, Versions>();
  readonly #writeCounts: number[];
  readonly #transactions: Transaction[] = [];
  #commit = 0;
  #position = 0;
  #value = 0;
  #begun = 0;

  constructor(load: Load, isolation: Isolation, verb: 'append' | 'write', seed: number) {
    this.#load = load;
    this.#isolation = isolation;
    this.#verb = verb;
    this.#random = new SeededRandom(seed);
    this.#writeCounts = Array.from({ length: load.keyCount }, () => 0);
  }

  run(): Transaction[] {
    const { transactionCount, processCount } = this.#load;
    const running: (Running | undefined)[] = Array.from({ length: processCount }, () => undefined);
    while (this.#transactions.length < transactionCount) {
      const slot = this.#random.below(processCount);
      const one = running[slot];
      if (one !== undefined) {
        this.#finish(`p${slot}`, one);
        running[slot] = undefined;
      } else if (this.#begun < transactionCount) running[slot] = this.#begin();
    }
    return this.#transactions.sort((a, b) => a.id - b.id);
  }

  #begin(): Running {
    const operations: MicroOperation[] = [];
    for (let step = this.#random.between(1, this.#load.stepCountMax); step > 0; step--) {
      const place = this.#random.below(this.#load.keyCount);
      const count = this.#writeCounts[place] as number;
      const key = `${place}.${Math.floor(count / this.#load.writesPerKey)}`;
      if (this.#random.chance(1, 2)) operations.push({ type: 'read', key, value: null });
      else {
        this.#writeCounts[place] = count + 1;
        operations.push({ type: this.#verb, key, value: ++this.#value });
      }
    }
    const [id, invokedAt, begin] = [this.#begun++, this.#position++, this.#commit];
    return { id, invokedAt, begin, operations, written: new Map() };
  }

  #finish(process: string, running: Running): void {
    const { operations, written } = running;
    const snapshot = this.#isolation === 'snapshot' ? running.begin : this.#commit;
    const done = operations.map((operation): MicroOperation => {
      if (operation.type !== 'read') {
        this.#write(operation, snapshot, written);
        return operation;
      }
      const value = written.get(operation.key) ?? this.#read(operation.key, snapshot);
      return { ...operation, value };
    });
    const isConflict = [...written.keys()].some(
      (key) => (this.#versions.get(key)?.at(-1)?.at ?? 0) > snapshot,
    );
    if (!isConflict) this.#install(written);
    this.#transactions.push({
      id: running.id,
      process,
      end: isConflict ? 'fail' : 'ok',
      invokedAt: running.invokedAt,
      completedAt: this.#position++,
      isInitial: false,
      operations: isConflict ? done.filter(({ type }) => type !== 'read') : done,
    });
  }

  #write(operation: MicroOperation, snapshot: number, written: Map<string, Value>): void {
    if (operation.type !== 'append' && operation.type !== 'write') return;
    const { key, value, type } = operation;
    const before = written.get(key) ?? this.#read(key, snapshot);
    const list: readonly Value[] = Array.isArray(before) ? before : [];
    written.set(key, type === 'append' ? [...list, value] : value);
  }

  #read(key: string, snapshot: number): Value {
    return this.#versions.get(key)?.findLast(({ at }) => at <= snapshot)?.value ?? null;
  }

  #install(written: ReadonlyMap<string, Value>): void {
    if (written.size === 0) return;
    this.#commit++;
    for (const [key, value] of written) {
      const versions = this.#versions.get(key) ?? [];
      this.#versions.set(key, versions);
      versions.push({ at: this.#commit, value });
      if (versions.length > 64) versions.splice(0, 32);
    }
  }
}
