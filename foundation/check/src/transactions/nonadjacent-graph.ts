/**
 * The graph in which no two anti-dependencies follow each other.
 *
 * Its nodes are pairs: where one is, and whether one came there by an anti-dependency. From such a
 * node no other anti-dependency leaves. A cycle in it is what snapshot isolation forbids.
 *
 * Source: Cerone, Bernardi and Gotsman, A framework for transactional consistency models with
 * atomic visibility, CONCUR 2015.
 */
import { type Adjacency, type Components, findComponents } from './components.ts';
import type { CyclicCore } from './cyclic-core.ts';
import { EdgeKind } from './dependency-graph.ts';
import { PathFinder } from './shortest-path.ts';

/** The pairs of one core. Node `2 n` is `n`, `2 n + 1` is `n` reached by an anti-dependency. */
export class NonadjacentGraph {
  readonly #core: CyclicCore;
  readonly #pairs: Adjacency & { readonly originals: Int32Array };
  readonly #components: Components;
  readonly #finder: PathFinder;

  /**
   * @param steady the kinds of edges after which an anti-dependency may follow
   * @param anti the kinds of anti-dependencies
   */
  constructor(core: CyclicCore, steady: number, anti: number) {
    this.#core = core;
    this.#pairs = makePairs(core, steady, anti);
    this.#components = findComponents(this.#pairs);
    this.#finder = new PathFinder({
      ...this.#pairs,
      isFree: (pair) => core.isTransaction[pair >> 1] === 0,
      isAllowed: () => true,
    });
  }

  /** Edges of the core, of kind `anchors`, that lie on a cycle here. */
  cyclicEdges(anchors: number): number[] {
    const { kinds, sources, targets, edgeCount } = this.#core;
    const { componentOf } = this.#components;
    const found: number[] = [];
    for (let edge = 0; edge < edgeCount; edge++) {
      if (((kinds[edge] as number) & anchors) === 0) continue;
      const [source, target] = [sources[edge] as number, targets[edge] as number];
      if (componentOf[2 * source] === componentOf[2 * target + 1]) found.push(edge);
    }
    return found;
  }

  /** Up to `most` edges of each component. */
  someOfEachComponent(edges: readonly number[], most: number): number[] {
    const tries = new Map<number, number>();
    return edges.filter((edge) => {
      const source = this.#core.sources[edge] as number;
      const component = this.#components.componentOf[2 * source] as number;
      const count = tries.get(component) ?? 0;
      tries.set(component, count + 1);
      return count < most;
    });
  }

  /** Edges looked at for walks so far. */
  get stepCount(): number {
    return this.#finder.stepCount;
  }

  /** A shortest closed walk through a cyclic edge, as edges of the core. */
  walkThrough(edge: number): number[] {
    const { sources, targets } = this.#core;
    const path = this.#finder.find(
      2 * (targets[edge] as number) + 1,
      2 * (sources[edge] as number),
    );
    return [edge, ...(path ?? []).map((pair) => this.#pairs.originals[pair] as number)];
  }
}

function makePairs(
  core: CyclicCore,
  steady: number,
  anti: number,
): Adjacency & { readonly originals: Int32Array } {
  const first = new Int32Array(2 * core.nodeCount + 1);
  const targets: number[] = [];
  const originals: number[] = [];
  const add = (target: number, edge: number): void => {
    targets.push(target);
    originals.push(edge);
  };
  for (let pair = 0; pair < 2 * core.nodeCount; pair++) {
    const [node, isAfterAnti] = [pair >> 1, pair & 1];
    for (let edge = core.first[node] as number; edge < (core.first[node + 1] as number); edge++) {
      const kind = core.kinds[edge] as number;
      const target = 2 * (core.targets[edge] as number);
      // A junction passes on how one came to it.
      if (kind === EdgeKind.onward) add(target + isAfterAnti, edge);
      else if ((kind & anti) !== 0 && isAfterAnti === 0) add(target + 1, edge);
      else if ((kind & steady) !== 0) add(target, edge);
    }
    first[pair + 1] = targets.length;
  }
  return {
    nodeCount: 2 * core.nodeCount,
    first,
    targets: Int32Array.from(targets),
    originals: Int32Array.from(originals),
  };
}
