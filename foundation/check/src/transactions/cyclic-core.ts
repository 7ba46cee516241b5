/**
 * The part of a dependency graph that cycles can lie in, with small node numbers of its own.
 *
 * A sound history has none, and then one pass over the graph is all the work. Of a broken history
 * it is usually a small part, so that the many searches for named anomalies run on little.
 */
import { type Adjacency, findComponents } from './components.ts';
import type { DependencyGraph } from './dependency-graph.ts';

/** A graph of only those edges that lie on a cycle, whatever their kinds. */
export interface CyclicCore extends Adjacency {
  readonly edgeCount: number;
  readonly sources: Int32Array;
  readonly kinds: Uint8Array;
  readonly befores: Int32Array;
  readonly afters: Int32Array;
  /** The node of the whole graph that each node is. */
  readonly originals: Int32Array;
  /** Whether each node is a transaction (1) or a junction (0). */
  readonly isTransaction: Uint8Array;
}

/** The cyclic core of a graph. */
export function findCyclicCore(graph: DependencyGraph): CyclicCore {
  const { componentOf, sizes } = findComponents(graph);
  const numbers = new Int32Array(graph.nodeCount).fill(-1);
  const kept: number[] = [];
  for (let node = 0; node < graph.nodeCount; node++) {
    if ((sizes[componentOf[node] as number] as number) < 2) continue;
    numbers[node] = kept.length;
    kept.push(node);
  }
  const first = new Int32Array(kept.length + 1);
  const edges = new Int32Array(graph.edgeCount);
  const sources = new Int32Array(graph.edgeCount);
  let count = 0;
  for (const [number, node] of kept.entries()) {
    const end = graph.first[node + 1] as number;
    for (let edge = graph.first[node] as number; edge < end; edge++) {
      if (componentOf[graph.targets[edge] as number] !== componentOf[node]) continue;
      edges[count] = edge;
      sources[count++] = number;
    }
    first[number + 1] = count;
  }
  const chosen = edges.subarray(0, count);
  const pick = <Numbers extends Int32Array | Uint8Array>(from: Numbers, to: Numbers): Numbers => {
    for (let index = 0; index < count; index++) to[index] = from[chosen[index] as number] as number;
    return to;
  };
  const targets = pick(graph.targets, new Int32Array(count));
  for (let index = 0; index < count; index++) {
    targets[index] = numbers[targets[index] as number] as number;
  }
  return {
    nodeCount: kept.length,
    edgeCount: count,
    first,
    sources: sources.slice(0, count),
    targets,
    kinds: pick(graph.kinds, new Uint8Array(count)),
    befores: pick(graph.befores, new Int32Array(count)),
    afters: pick(graph.afters, new Int32Array(count)),
    originals: Int32Array.from(kept),
    isTransaction: Uint8Array.from(kept, (node) => (node < graph.transactionCount ? 1 : 0)),
  };
}
