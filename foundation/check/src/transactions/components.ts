/**
 * Strongly connected components: the parts of a graph that cycles lie in.
 *
 * Tarjan's algorithm with a stack of its own, so that a path of a million nodes does not exhaust
 * the machine's. Linear in nodes and edges.
 *
 * Source: R. Tarjan, Depth-first search and linear graph algorithms, SIAM J. Comput. 1972.
 */

/**
 * Edges sorted by source: those of `node` lead to `targets[first[node] .. first[node + 1] - 1]`.
 */
export interface Adjacency {
  readonly nodeCount: number;
  readonly first: Int32Array;
  readonly targets: Int32Array;
}

/** Which edges of a graph exist for a search: those whose kind is among some bits. */
export interface EdgeFilter {
  /** By edge, one bit. */
  readonly kinds: Uint8Array;
  readonly allowed: number;
}

/** Which component each node is in. */
export interface Components {
  /** An edge never leads to a component of a higher number: they are numbered sinks first. */
  readonly componentOf: Int32Array;
  readonly sizes: Int32Array;
}

/**
 * The strongly connected components of a graph.
 *
 * @param filter the edges that exist; all do when it is absent
 */
export function findComponents(graph: Adjacency, filter?: EdgeFilter): Components {
  const { nodeCount, first, targets } = graph;
  const componentOf = new Int32Array(nodeCount).fill(-1);
  const order = new Int32Array(nodeCount).fill(-1);
  const low = new Int32Array(nodeCount);
  const cursor = first.slice(0, nodeCount);
  const open = new Int32Array(nodeCount);
  const path = new Int32Array(nodeCount);
  const sizes: number[] = [];
  let [openCount, pathCount, visited] = [0, 0, 0];

  const enter = (node: number): void => {
    order[node] = visited;
    low[node] = visited++;
    open[openCount++] = node;
    path[pathCount++] = node;
  };
  const close = (root: number): void => {
    let size = 0;
    for (;;) {
      const node = open[--openCount] as number;
      componentOf[node] = sizes.length;
      size++;
      if (node === root) break;
    }
    sizes.push(size);
  };
  const leave = (node: number): void => {
    pathCount--;
    if (pathCount > 0) {
      const parent = path[pathCount - 1] as number;
      low[parent] = Math.min(low[parent] as number, low[node] as number);
    }
    if (low[node] === order[node]) close(node);
  };
  /** Follows the next edge of `node`; false when it has none left. */
  const advance = (node: number): boolean => {
    const edge = cursor[node] as number;
    if (edge >= (first[node + 1] as number)) return false;
    cursor[node] = edge + 1;
    if (filter !== undefined && ((filter.kinds[edge] as number) & filter.allowed) === 0)
      return true;
    const target = targets[edge] as number;
    if (order[target] === -1) enter(target);
    else if (componentOf[target] === -1) {
      low[node] = Math.min(low[node] as number, order[target] as number);
    }
    return true;
  };

  for (let root = 0; root < nodeCount; root++) {
    if (order[root] !== -1) continue;
    enter(root);
    while (pathCount > 0) {
      const node = path[pathCount - 1] as number;
      if (!advance(node)) leave(node);
    }
  }
  return { componentOf, sizes: Int32Array.from(sizes) };
}
