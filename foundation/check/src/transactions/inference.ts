/**
 * What is inferred from a history before cycles are looked for: dependencies, and anomalies that
 * need no cycle.
 */
import type { Pace, Slices } from '../task.ts';
import type { EdgeList } from './dependency-graph.ts';
import type { DirectAnomalyName } from './levels.ts';
import { processOrderSlices, realtimeOrderSlices } from './order-edges.ts';
import type { Transaction } from './transaction.ts';
import type { VersionTable } from './versions.ts';

/** An anomaly that shows without a cycle. */
export interface DirectAnomaly {
  readonly name: DirectAnomalyName;
  readonly key?: string;
  /** The transactions that show it. */
  readonly transactions: readonly number[];
  readonly sentences: readonly string[];
}

/** All that is inferred from one history. */
export interface Inference {
  readonly transactions: readonly Transaction[];
  readonly versions: VersionTable;
  /** By transaction: 1 when it happened. What is open happened when somebody read its writes. */
  readonly committed: Uint8Array;
  readonly edges: EdgeList;
  /** How many of the edges are from data. */
  readonly dependencyCount: number;
  readonly anomalies: readonly DirectAnomaly[];
  /** Sentences on what nothing was inferred from. */
  readonly notChecked: readonly string[];
  /** Of each key a committed transaction whose read shows the order of the versions, if any. */
  readonly witnesses: ReadonlyMap<number, number>;
  /** What a write is called: `append` or `write`. */
  readonly verb: 'append' | 'write';
}

/** Collects anomalies, of each name only a few: the first ones tell enough. */
export class AnomalyList {
  readonly found: DirectAnomaly[] = [];
  readonly #counts = new Map<string, number>();

  add(anomaly: DirectAnomaly): void {
    const count = this.#counts.get(anomaly.name) ?? 0;
    this.#counts.set(anomaly.name, count + 1);
    if (count < MAX_OF_A_NAME) this.found.push(anomaly);
  }
}

/** Of each anomaly without a cycle so many are kept. */
const MAX_OF_A_NAME = 8;

/** 1 for each transaction that is known to have committed by its own completion. */
export function acknowledged(transactions: readonly Transaction[]): Uint8Array {
  return Uint8Array.from(transactions, ({ end }) => (end === 'ok' ? 1 : 0));
}

/** Adds the order of processes and of real time; only sorting by time is done at once. */
export function* orderSlices(
  edges: EdgeList,
  transactions: readonly Transaction[],
  committed: Uint8Array,
  pace: Pace,
): Slices<void> {
  const isCommitted = (id: number) => committed[id] === 1;
  yield* processOrderSlices(edges, transactions, isCommitted, pace);
  yield* realtimeOrderSlices(edges, transactions, isCommitted, pace);
}

/** A sentence on values that were written twice; none when there are none. */
export function ambiguityNotes(versions: VersionTable): string[] {
  if (versions.ambiguousCount === 0) return [];
  return [
    `${versions.ambiguousCount} writes gave a key a value that another write gave it too: ` +
      'nothing is inferred from reads of them',
  ];
}
