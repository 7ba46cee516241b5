/**
 * Finds cycles of every named kind in a dependency graph, short ones where it can.
 *
 * Each kind is a question that strongly connected components answer in linear time:
 *
 * - G0, G1c, G2: does a write, read or anti-dependency lie inside a component of the edges allowed?
 *   Then it lies on a cycle; breadth-first search gives a short one.
 * - G-nonadjacent: components of the graph in which a node is (transaction, whether the last step
 *   was an anti-dependency), so that two of them cannot follow each other.
 * - G-single: is the source of an anti-dependency reachable from its target without another? Sets
 *   of 32 questions travel through the acyclic order of the other edges in one pass; only
 *   anti-dependencies that lie on a nonadjacent cycle are asked. This alone is not linear, and has
 *   a bound: past it `isComplete` is false.
 *
 * Each question is asked of data dependencies alone, then with the order of processes, then with
 * that of real time. Of every kind at most `MAX_CYCLES` are kept, the shortest first. When a cycle
 * of a kind exists, a cycle is found that refutes every level which that kind refutes.
 */
import { finishTask, type Task } from '../task.ts';
import { type Components, findComponents } from './components.ts';
import { type Cycle, cutSimple, type Hop, nameCycle, toHops } from './cycle.ts';
import { type CyclicCore, findCyclicCore } from './cyclic-core.ts';
import { type DependencyGraph, EdgeKind } from './dependency-graph.ts';
import type { CycleName } from './levels.ts';
import { NonadjacentGraph } from './nonadjacent-graph.ts';
import { PathFinder } from './shortest-path.ts';
import { findSingles } from './single-search.ts';

/** What a search found. */
export interface CycleReport {
  /** By name; of each name the shortest first. */
  readonly cycles: ReadonlyMap<CycleName, readonly Cycle[]>;
  /** False when the bound was reached before every question was answered. */
  readonly isComplete: boolean;
}

/** An order that a search allows besides data. */
interface Form {
  /** The kinds of edges that it allows. */
  readonly allowed: number;
  /** The kind that gives the form its name: a cycle of the form has such an edge. */
  readonly named: number;
}

/** Real time orders what a process did in turn, so the last form allows both. */
const FORMS: readonly Form[] = [
  { allowed: 0, named: 0 },
  { allowed: EdgeKind.process, named: EdgeKind.process },
  { allowed: EdgeKind.process | EdgeKind.realtime, named: EdgeKind.realtime },
];

/** Of each name so many cycles are kept. */
export const MAX_CYCLES = 8;
/** In each component so many edges are tried for a short cycle, while steps are left. */
const MAX_TRIES = 8;
/** Past so many steps in all, one try a component must do. */
const MAX_EXTRA_STEPS = 5_000_000;

/** The named cycles of a graph, all at once. */
export function findCycles(graph: DependencyGraph): CycleReport {
  return finishTask(cycleTask(graph));
}

/** The same search in parts: it yields after each pass over the cyclic core. */
export function* cycleTask(graph: DependencyGraph): Task<CycleReport> {
  const check = 'cycles of dependencies';
  const partCount = FORMS.length;
  const core = findCyclicCore(graph);
  const search = new CycleSearch(core);
  if (core.nodeCount === 0) return search.report();
  const present = core.kinds.reduce((all, kind) => all | kind, 0);
  for (const [partsDone, form] of FORMS.entries()) {
    yield { check, partsDone, partCount, stepCount: search.stepCount };
    if (form.named !== 0 && (present & form.named) === 0) continue;
    search.searchForm(form);
    if ((present & EdgeKind.predicateRw) === 0) continue;
    search.searchAnti(form, EdgeKind.rw | EdgeKind.predicateRw, EdgeKind.predicateRw);
  }
  return search.report();
}

class CycleSearch {
  readonly #core: CyclicCore;
  readonly #found = new Map<CycleName, Map<string, Cycle>>();
  #isComplete = true;
  #stepCount = 0;

  constructor(core: CyclicCore) {
    this.#core = core;
  }

  /** Edges looked at so far, by the searches for short cycles. */
  get stepCount(): number {
    return this.#stepCount;
  }

  report(): CycleReport {
    const cycles = new Map<CycleName, readonly Cycle[]>();
    for (const [name, found] of this.#found) {
      const sorted = [...found.values()].sort((a, b) => a.hops.length - b.hops.length);
      cycles.set(name, sorted.slice(0, MAX_CYCLES));
    }
    return { cycles, isComplete: this.#isComplete };
  }

  /** All questions with one form of order, without predicates. */
  searchForm(form: Form): void {
    const { ww, wr, rw, onward } = EdgeKind;
    const { allowed, named } = form;
    this.#searchPlain(ww | allowed | onward, named === 0 ? ww : named);
    this.#searchPlain(ww | wr | allowed | onward, named === 0 ? wr : named);
    this.searchAnti(form, rw, rw);
  }

  /**
   * The questions with anti-dependencies.
   *
   * @param antiKinds the anti-dependencies that a cycle may have
   * @param anchors those of which it must have one
   */
  searchAnti({ allowed, named }: Form, antiKinds: number, anchors: number): void {
    const steady = EdgeKind.ww | EdgeKind.wr | allowed | EdgeKind.onward;
    this.#searchNonadjacent(steady, antiKinds, anchors);
    this.#searchPlain(steady | antiKinds, anchors);
    if (named !== 0) this.#searchPlain(steady | antiKinds, named);
  }

  /** A cycle through an edge of `anchors` in each component of the edges `allowed`. */
  #searchPlain(allowed: number, anchors: number): void {
    const { kinds, sources, targets, isTransaction } = this.#core;
    const isAllowed = (edge: number) => ((kinds[edge] as number) & allowed) !== 0;
    const components = findComponents(this.#core, { kinds, allowed });
    const { componentOf } = components;
    const finder = new PathFinder({
      ...this.#core,
      isFree: (node) => isTransaction[node] === 0,
      isAllowed: (edge) =>
        isAllowed(edge) &&
        componentOf[targets[edge] as number] === componentOf[sources[edge] as number],
    });
    const isAnchor = (edge: number) =>
      ((kinds[edge] as number) & anchors) !== 0 &&
      isTransaction[sources[edge] as number] === 1 &&
      componentOf[targets[edge] as number] === componentOf[sources[edge] as number];
    for (const edge of this.#anchorsIn(components, isAnchor)) {
      const path = finder.find(targets[edge] as number, sources[edge] as number);
      this.#stepCount += finder.stepCount;
      finder.stepCount = 0;
      if (path !== undefined) this.#keep(toHops(this.#core, [edge, ...path], allowed));
    }
  }

  get #mostTries(): number {
    return this.#stepCount > MAX_EXTRA_STEPS ? 1 : MAX_TRIES;
  }

  /** The edges to try: some of each component, fewer once many steps are done. */
  *#anchorsIn(
    components: Components,
    isAnchor: (edge: number) => boolean,
  ): Generator<number, void, void> {
    const tries = new Int32Array(components.sizes.length);
    for (let edge = 0; edge < this.#core.edgeCount; edge++) {
      const component = components.componentOf[this.#core.sources[edge] as number] as number;
      if ((tries[component] as number) >= this.#mostTries || !isAnchor(edge)) continue;
      tries[component] = (tries[component] as number) + 1;
      yield edge;
    }
  }

  /** Cycles without adjacent anti-dependencies, and among them those with only one. */
  #searchNonadjacent(steady: number, antiKinds: number, anchors: number): void {
    const graph = new NonadjacentGraph(this.#core, steady, antiKinds);
    const candidates = graph.cyclicEdges(anchors);
    if (candidates.length === 0) return;
    const singles = findSingles(this.#core, steady, candidates, this.#mostTries);
    this.#stepCount += singles.stepCount;
    if (!singles.isComplete) this.#isComplete = false;
    for (const walk of singles.walks) {
      this.#keep(toHops(this.#core, walk, steady | antiKinds));
    }
    for (const edge of graph.someOfEachComponent(candidates, this.#mostTries)) {
      const walk = graph.walkThrough(edge);
      this.#keep(cutSimple(toHops(this.#core, walk, steady | antiKinds)));
    }
    this.#stepCount += graph.stepCount;
  }

  #keep(hops: readonly Hop[]): void {
    const name = nameCycle(hops);
    const ids = hops.map((hop) => hop.source).sort((a, b) => a - b);
    const found = this.#found.get(name) ?? new Map<string, Cycle>();
    this.#found.set(name, found);
    const key = ids.join(' ');
    if (!found.has(key) && found.size < MAX_CYCLES * 8)
      found.set(key, { name, hops: rotate(hops) });
  }
}

/** The same cycle, beginning at its earliest transaction. */
function rotate(hops: readonly Hop[]): readonly Hop[] {
  const earliest = hops.reduce((least, hop) => Math.min(least, hop.source), hops[0]?.source ?? 0);
  const start = hops.findIndex((hop) => hop.source === earliest);
  return [...hops.slice(start), ...hops.slice(0, start)];
}
