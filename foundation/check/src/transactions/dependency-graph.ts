/**
 * The graph of what must precede what: transactions, and edges that say why.
 *
 * Nodes are small integers: first the transactions, then junctions. A junction stands for a bundle
 * of edges that would be quadratic one by one (everybody who read a version, to everybody who
 * overwrote it; everything before an instant, to everything after it) and is no step of its own in
 * a cycle. Edges lie in typed arrays, sorted by source: a graph of a million edges is 20 MB.
 */

/** Why one transaction precedes another. Bits, so that a search can allow several. */
export const EdgeKind = {
  /** The target overwrote what the source wrote. */
  ww: 1,
  /** The target read what the source wrote. */
  wr: 2,
  /** The target overwrote what the source read. */
  rw: 4,
  /** The target wrote what would have changed the source's predicate read. */
  predicateRw: 8,
  /** The same process did the source first. */
  process: 16,
  /** The source completed before the target was invoked. */
  realtime: 32,
  /** From a junction onwards: as the edge into the junction. */
  onward: 64,
} as const;

/** No version: the state before all writes, or nothing to tell. */
export const NO_VERSION = -1;

/** Edges while they are collected. */
export class EdgeList {
  #sources = new Int32Array(1024);
  #targets = new Int32Array(1024);
  #kinds = new Uint8Array(1024);
  #befores = new Int32Array(1024);
  #afters = new Int32Array(1024);
  #count = 0;
  #nodeCount: number;

  constructor(transactionCount: number) {
    this.#nodeCount = transactionCount;
  }

  get edgeCount(): number {
    return this.#count;
  }

  /** Makes a junction and returns its node. */
  addJunction(): number {
    return this.#nodeCount++;
  }

  /**
   * Adds an edge, unless it leads back to its source.
   *
   * @param before the version that was read or overwritten, for the explanation
   * @param after the version that was written or read after it
   */
  add(source: number, target: number, kind: number, before = NO_VERSION, after = NO_VERSION): void {
    if (source === target) return;
    if (this.#count === this.#sources.length) this.#grow();
    const index = this.#count++;
    this.#sources[index] = source;
    this.#targets[index] = target;
    this.#kinds[index] = kind;
    this.#befores[index] = before;
    this.#afters[index] = after;
  }

  #grow(): void {
    const length = this.#sources.length * 2;
    this.#sources = resized(this.#sources, new Int32Array(length));
    this.#targets = resized(this.#targets, new Int32Array(length));
    this.#kinds = resized(this.#kinds, new Uint8Array(length));
    this.#befores = resized(this.#befores, new Int32Array(length));
    this.#afters = resized(this.#afters, new Int32Array(length));
  }

  /** The graph of all edges so far. */
  toGraph(transactionCount: number): DependencyGraph {
    const [nodeCount, edgeCount] = [this.#nodeCount, this.#count];
    const first = new Int32Array(nodeCount + 1);
    for (let index = 0; index < edgeCount; index++) {
      const slot = (this.#sources[index] as number) + 1;
      first[slot] = (first[slot] as number) + 1;
    }
    for (let node = 0; node < nodeCount; node++) {
      first[node + 1] = (first[node + 1] as number) + (first[node] as number);
    }
    const graph: DependencyGraph = {
      transactionCount,
      nodeCount,
      edgeCount,
      first,
      targets: new Int32Array(edgeCount),
      kinds: new Uint8Array(edgeCount),
      befores: new Int32Array(edgeCount),
      afters: new Int32Array(edgeCount),
    };
    const next = first.slice();
    for (let index = 0; index < edgeCount; index++) {
      const source = this.#sources[index] as number;
      const slot = next[source] as number;
      next[source] = slot + 1;
      graph.targets[slot] = this.#targets[index] as number;
      graph.kinds[slot] = this.#kinds[index] as number;
      graph.befores[slot] = this.#befores[index] as number;
      graph.afters[slot] = this.#afters[index] as number;
    }
    return graph;
  }
}

function resized<Numbers extends Int32Array | Uint8Array>(old: Numbers, larger: Numbers): Numbers {
  larger.set(old);
  return larger;
}

/**
 * The edges, sorted by source: those of `node` are at `first[node]` to `first[node + 1] - 1`.
 *
 * Nodes below `transactionCount` are transactions, the others junctions. Nobody writes to it.
 */
export interface DependencyGraph {
  readonly transactionCount: number;
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly first: Int32Array;
  readonly targets: Int32Array;
  readonly kinds: Uint8Array;
  readonly befores: Int32Array;
  readonly afters: Int32Array;
}

/**
 * Everybody of `readers` precedes everybody of `writers`, but for a transaction that is both: it
 * precedes only the others.
 *
 * Edges are few: through a junction for those who only read, one by one for the first who did both.
 * Whoever else did both is bound to that first one in both directions, which is all there is to
 * know: two transactions that read one version and both overwrote it are a lost update whatever
 * came first, and every level with anti-dependencies forbids it.
 *
 * @param writers the overwriting transaction and its version; each transaction once
 */
export function addOverwrites(
  edges: EdgeList,
  kind: number,
  version: number,
  readers: readonly number[],
  writers: ReadonlyMap<number, number>,
): void {
  if (readers.length * writers.size <= MAX_DIRECT) {
    for (const reader of readers) {
      for (const [writer, after] of writers) edges.add(reader, writer, kind, version, after);
    }
    return;
  }
  const junction = edges.addJunction();
  for (const [writer, after] of writers) {
    edges.add(junction, writer, EdgeKind.onward, version, after);
  }
  let leader: number | undefined;
  for (const reader of readers) {
    const own = writers.get(reader);
    if (own === undefined) {
      edges.add(reader, junction, kind, version);
    } else if (leader === undefined) {
      leader = reader;
      for (const [writer, after] of writers) edges.add(reader, writer, kind, version, after);
    } else {
      edges.add(reader, leader, kind, version, writers.get(leader));
      edges.add(leader, reader, kind, version, own);
    }
  }
}

/** Up to so many edges between readers and writers are added one by one. */
const MAX_DIRECT = 64;
