/**
 * Finds cycles with exactly one anti-dependency.
 *
 * An anti-dependency from `a` to `b` closes such a cycle when `a` is reachable from `b` by other
 * edges. The components of those edges form an acyclic order; in one pass along it, a set of 32
 * bits in each component gathers from which of 32 targets it is reachable.
 */
import { findComponents } from './components.ts';
import type { CyclicCore } from './cyclic-core.ts';
import { PathFinder } from './shortest-path.ts';

/** What was found. */
export interface SingleReport {
  /** Closed walks of edges, each beginning with its anti-dependency. */
  readonly walks: readonly (readonly number[])[];
  /** False when the bound was reached with candidates left and nothing found. */
  readonly isComplete: boolean;
  /** Edges looked at. */
  readonly stepCount: number;
}

const MAX_STEPS = 400_000_000;
const BATCH = 32;

/**
 * Cycles through one of `candidates` and otherwise only through edges of kind `steady`.
 *
 * @param candidates anti-dependencies, as edges of the core
 * @param mostWalks so many are enough
 */
export function findSingles(
  core: CyclicCore,
  steady: number,
  candidates: readonly number[],
  mostWalks: number,
): SingleReport {
  const isAllowed = (edge: number) => ((core.kinds[edge] as number) & steady) !== 0;
  const { componentOf, sizes } = findComponents(core, { kinds: core.kinds, allowed: steady });
  const order = byComponent(componentOf, sizes);
  const finder = new PathFinder({
    ...core,
    isFree: (node) => core.isTransaction[node] === 0,
    isAllowed,
  });
  const walks: number[][] = [];
  const masks = new Int32Array(sizes.length);
  let stepCount = 0;
  for (let start = 0; start < candidates.length; start += BATCH) {
    if (stepCount > MAX_STEPS) return { walks, isComplete: walks.length > 0, stepCount };
    const batch = candidates.slice(start, start + BATCH);
    masks.fill(0);
    for (const [bit, edge] of batch.entries()) {
      const component = componentOf[core.targets[edge] as number] as number;
      masks[component] = (masks[component] as number) | (1 << bit);
    }
    stepCount += spread(core, steady, componentOf, order, masks);
    for (const [bit, edge] of batch.entries()) {
      const source = core.sources[edge] as number;
      if (((masks[componentOf[source] as number] as number) & (1 << bit)) === 0) continue;
      const path = finder.find(core.targets[edge] as number, source);
      if (path !== undefined) walks.push([edge, ...path]);
      if (walks.length < mostWalks) continue;
      return { walks, isComplete: true, stepCount: stepCount + finder.stepCount };
    }
  }
  return { walks, isComplete: true, stepCount: stepCount + finder.stepCount };
}

/** The nodes, sources of the acyclic order first. */
function byComponent(componentOf: Int32Array, sizes: Int32Array): Int32Array {
  const starts = new Int32Array(sizes.length);
  let sum = 0;
  for (let component = sizes.length - 1; component >= 0; component--) {
    starts[component] = sum;
    sum += sizes[component] as number;
  }
  const order = new Int32Array(componentOf.length);
  for (const [node, component] of componentOf.entries()) {
    const slot = starts[component] as number;
    order[slot] = node;
    starts[component] = slot + 1;
  }
  return order;
}

/** Passes the masks on along the allowed edges; returns how many edges that were. */
function spread(
  core: CyclicCore,
  steady: number,
  componentOf: Int32Array,
  order: Int32Array,
  masks: Int32Array,
): number {
  for (const node of order) {
    const mask = masks[componentOf[node] as number] as number;
    if (mask === 0) continue;
    const end = core.first[node + 1] as number;
    for (let edge = core.first[node] as number; edge < end; edge++) {
      if (((core.kinds[edge] as number) & steady) === 0) continue;
      const component = componentOf[core.targets[edge] as number] as number;
      masks[component] = (masks[component] as number) | mask;
    }
  }
  return core.edgeCount + core.nodeCount;
}
