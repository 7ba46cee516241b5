/**
 * The shortest path between two nodes, where junctions cost nothing.
 *
 * Breadth first, a level a transaction: a junction is looked at in the level that found it, since
 * passing it is no step of a cycle that people read.
 */
import type { Adjacency } from './components.ts';

/** A graph to look for paths in. */
export interface PathGraph extends Adjacency {
  isFree(node: number): boolean;
  isAllowed(edge: number): boolean;
}

/** Looks for paths in one graph; keeps its memory between searches. */
export class PathFinder {
  readonly #graph: PathGraph;
  readonly #arrivals: Int32Array;
  readonly #origins: Int32Array;
  readonly #seen: Int32Array;
  #search = 0;
  /** Edges looked at so far, over all searches. */
  stepCount = 0;

  constructor(graph: PathGraph) {
    this.#graph = graph;
    this.#arrivals = new Int32Array(graph.nodeCount);
    this.#origins = new Int32Array(graph.nodeCount);
    this.#seen = new Int32Array(graph.nodeCount);
  }

  /** The edges from `start` to `goal`, in order; undefined when there is no path. */
  find(start: number, goal: number): number[] | undefined {
    const { first, targets } = this.#graph;
    this.#search++;
    this.#seen[start] = this.#search;
    if (start === goal) return [];
    let level = [start];
    while (level.length > 0) {
      const next: number[] = [];
      // The level grows while it is walked: by the junctions that it finds.
      for (let index = 0; index < level.length; index++) {
        const node = level[index] as number;
        const end = first[node + 1] as number;
        for (let edge = first[node] as number; edge < end; edge++) {
          const target = targets[edge] as number;
          if (!this.#arrive(node, target, edge)) continue;
          if (target === goal) return this.#pathTo(start, goal);
          if (this.#graph.isFree(target)) level.push(target);
          else next.push(target);
        }
      }
      level = next;
    }
    return undefined;
  }

  #arrive(node: number, target: number, edge: number): boolean {
    this.stepCount++;
    if (this.#seen[target] === this.#search || !this.#graph.isAllowed(edge)) return false;
    this.#seen[target] = this.#search;
    this.#arrivals[target] = edge;
    this.#origins[target] = node;
    return true;
  }

  #pathTo(start: number, goal: number): number[] {
    const path: number[] = [];
    for (let node = goal; node !== start; node = this.#origins[node] as number) {
      path.push(this.#arrivals[node] as number);
    }
    return path.reverse();
  }
}
