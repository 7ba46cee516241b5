/**
 * Who can be reached from whom by reads and sessions, as vector clocks.
 *
 * The clock of a transaction has an entry for each session: how many of that session's transactions
 * happened before it, itself included. One pass in an order that respects reads and sessions.
 *
 * Source: Fidge 1988, Mattern 1989; used for causal consistency by AWDIT, PLDI 2025.
 */
import type { SessionHistory } from './session-history.ts';

/** Clocks have at most so many entries in all: 400 MB. */
export const MAX_CLOCK_ENTRIES = 100_000_000;

/**
 * The clocks of a history whose reads and sessions form no cycle. Those of a node are known once it
 * was added.
 */
export class HappensBefore {
  readonly #history: SessionHistory;
  readonly #clocks: Int32Array;
  readonly #width: number;
  readonly #sessionOf: Int32Array;
  readonly #placeOf: Int32Array;

  constructor(history: SessionHistory) {
    const { nodeCount, sessions } = history;
    this.#history = history;
    this.#width = sessions.length;
    this.#clocks = new Int32Array(nodeCount * this.#width);
    this.#sessionOf = new Int32Array(nodeCount).fill(-1);
    this.#placeOf = new Int32Array(nodeCount).fill(-1);
    for (const [session, nodes] of sessions.entries()) {
      for (const [place, node] of nodes.entries()) {
        this.#sessionOf[node] = session;
        this.#placeOf[node] = place;
      }
    }
  }

  /** Adds a node. Those that it read from, and the one before it, must be there already. */
  add(node: number): void {
    const { before, reads } = this.#history;
    this.#include(node, before[node] as number);
    const seen = new Set((reads[node] ?? []).map(({ writer }) => writer));
    for (const writer of seen) this.#include(node, writer);
    const session = this.#sessionOf[node] as number;
    if (session < 0) return;
    this.#clocks[node * this.#width + session] = (this.#placeOf[node] as number) + 1;
  }

  /** How many transactions of `session`, counted from its first, happened before `node`. */
  countBefore(node: number, session: number): number {
    if (this.#sessionOf[node] === session) return this.#placeOf[node] as number;
    return this.#clocks[node * this.#width + session] as number;
  }

  #include(node: number, earlier: number): void {
    const [start, from] = [node * this.#width, earlier * this.#width];
    for (let session = 0; session < this.#width; session++) {
      const count = this.#clocks[from + session] as number;
      if (count > (this.#clocks[start + session] as number)) this.#clocks[start + session] = count;
    }
  }
}

/** How many clock entries a history needs. */
export function clockEntryCount(history: SessionHistory): number {
  return history.nodeCount * history.sessions.length;
}
