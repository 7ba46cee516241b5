/**
 * Which nodes of an acyclic graph are reachable from which: one bit a pair.
 */
import type { Adjacency } from './components.ts';

/** The pairs of a graph. */
export class ReachabilityMatrix {
  readonly #bits: Int32Array;
  readonly #width: number;

  /**
   * @param graph acyclic; its nodes take `nodeCount^2 / 8` bytes
   * @param rank a number for each node that is lower for whatever it leads to
   */
  constructor(graph: Adjacency, rank: Int32Array) {
    const { nodeCount, first, targets } = graph;
    this.#width = (nodeCount + 31) >>> 5;
    this.#bits = new Int32Array(nodeCount * this.#width);
    const order = Array.from({ length: nodeCount }, (_, node) => node).sort(
      (a, b) => (rank[a] as number) - (rank[b] as number),
    );
    for (const node of order) {
      for (let edge = first[node] as number; edge < (first[node + 1] as number); edge++) {
        this.#include(node, targets[edge] as number);
      }
    }
  }

  /** Whether a path leads from `source` to `target`. */
  has(source: number, target: number): boolean {
    const word = this.#bits[source * this.#width + (target >>> 5)] as number;
    return (word & (1 << (target & 31))) !== 0;
  }

  #include(node: number, target: number): void {
    const [start, from] = [node * this.#width, target * this.#width];
    const own = start + (target >>> 5);
    this.#bits[own] = (this.#bits[own] as number) | (1 << (target & 31));
    for (let word = 0; word < this.#width; word++) {
      this.#bits[start + word] =
        (this.#bits[start + word] as number) | (this.#bits[from + word] as number);
    }
  }
}
