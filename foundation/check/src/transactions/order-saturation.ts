/**
 * What must precede what in every serial execution, when the order of versions is not known.
 *
 * Of registers only some orders are seen. But if `c` read the value of `a`, then another writer `b`
 * of that key is on one side of both:
 *
 * ```
 *        b ... precedes ... c          so b precedes a, or c would have read b's value
 *   a ... precedes ... b               so c precedes b, for the same reason
 * ```
 *
 * Each order found gives new paths; they are followed until nothing is new, or until something
 * precedes itself: then there is no serial execution. The converse does not hold: to decide it is
 * NP-complete. What is derived holds for serial executions only, so the cycle is a G2-item: every
 * order of the versions gives a cycle, one with an anti-dependency unless it is worse.
 *
 * Source: Papadimitriou, The serializability of concurrent database updates, JACM 1979; Biswas and
 * Enea, On the complexity of checking transactional consistency, OOPSLA 2019. Time
 * O(rounds * (edges * nodes / 32 + reads * writers of a key)), memory nodes^2 / 8 bytes.
 */
import { findComponents } from './components.ts';
import type { Cycle, Hop } from './cycle.ts';
import { type DependencyGraph, EdgeKind, NO_VERSION } from './dependency-graph.ts';
import type { Inference } from './inference.ts';
import type { IsolationLevel, OrderForm } from './levels.ts';
import { ReachabilityMatrix } from './reachability.ts';
import type { RegisterRead } from './register-uses.ts';
import { PathFinder } from './shortest-path.ts';
import { nameOf } from './transaction.ts';
import { NOBODY } from './versions.ts';

/** More nodes (transactions, and instants of real time) than this are not looked at. */
const MAX_NODES = 6_000;
/** So many orders are derived, in so many rounds; then the derivation is given up. */
const MAX_ORDERS = 1_000_000;
const MAX_ROUNDS = 100;

/** What a saturation needs to know of a register history. */
export interface SaturationInput {
  readonly inference: Inference;
  readonly graph: DependencyGraph;
  readonly reads: readonly RegisterRead[];
  /** By key: the transactions that install a version, and which. */
  installedIn(key: number): ReadonlyMap<number, number>;
  isUsable(version: number): boolean;
}

/** Each form of the order, its edges, and the weakest level that a cycle of the form refutes. */
const FORMS: readonly (readonly [OrderForm, number, IsolationLevel])[] = [
  ['', 0, 'repeatable-read'],
  ['-process', EdgeKind.process, 'strong-session-repeatable-read'],
  ['-realtime', EdgeKind.process | EdgeKind.realtime, 'strong-repeatable-read'],
];

/** What was derived. */
export interface SaturationReport {
  readonly cycle: Cycle | undefined;
  /** Which bound ended the derivation, in words; undefined when it ended by itself. */
  readonly bound: string | undefined;
}

/**
 * A cycle that every serial execution would have: of data alone, else with the order of processes,
 * else with real time.
 *
 * @param refuted levels that need no deeper search
 */
export function findSaturatedCycle(
  input: SaturationInput,
  refuted: ReadonlySet<IsolationLevel>,
): SaturationReport {
  if (input.graph.nodeCount > MAX_NODES) {
    return { cycle: undefined, bound: `more than ${MAX_NODES} transactions and instants` };
  }
  for (const [form, order, level] of FORMS) {
    if (refuted.has(level)) break;
    const saturation = new Saturation(input, order);
    const hops = saturation.run();
    if (hops !== undefined) return { cycle: { name: `G2-item${form}`, hops }, bound: undefined };
    if (saturation.bound !== undefined) return { cycle: undefined, bound: saturation.bound };
  }
  return { cycle: undefined, bound: undefined };
}

/** A read, whom it was from, and another writer of the key. */
interface Reason {
  readonly read: RegisterRead;
  readonly writer: number;
  readonly other: number;
}

/** An edge of what must precede what, also from and to junctions. */
interface Order extends Hop {
  /** Why, where it was derived. */
  readonly reason?: Reason;
}

class Saturation {
  readonly #input: SaturationInput;
  readonly #orders: Order[] = [];
  /** The pairs that were derived, as one number each. */
  readonly #derived = new Set<number>();
  /** The bound that ended the derivation, if one did. */
  bound: string | undefined;

  constructor(input: SaturationInput, order: number) {
    this.#input = input;
    const { graph } = input;
    const allowed = EdgeKind.ww | EdgeKind.wr | EdgeKind.rw | EdgeKind.onward | order;
    for (let source = 0; source < graph.nodeCount; source++) {
      for (
        let edge = graph.first[source] as number;
        edge < (graph.first[source + 1] as number);
        edge++
      ) {
        const kind = graph.kinds[edge] as number;
        if ((kind & allowed) === 0) continue;
        this.#orders.push({
          source,
          target: graph.targets[edge] as number,
          kind,
          before: graph.befores[edge] as number,
          after: graph.afters[edge] as number,
        });
      }
    }
  }

  /** The hops of a cycle; undefined when nothing precedes itself. */
  run(): readonly Hop[] | undefined {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      this.#orders.sort((a, b) => a.source - b.source);
      const { nodeCount } = this.#input.graph;
      const first = firstOf(this.#orders, nodeCount);
      const targets = Int32Array.from(this.#orders, (order) => order.target);
      const adjacency = { nodeCount, first, targets };
      const components = findComponents(adjacency);
      if (components.sizes.length < nodeCount) {
        return this.#shortestCycle(adjacency, components.componentOf);
      }
      const reach = new ReachabilityMatrix(adjacency, components.componentOf);
      if (!this.#derive(reach)) return undefined;
      if (this.#derived.size > MAX_ORDERS) {
        this.bound = `more than ${MAX_ORDERS} derived orders`;
        return undefined;
      }
    }
    this.bound = `more than ${MAX_ROUNDS} rounds`;
    return undefined;
  }

  /** Adds what follows from what is reachable; false when nothing does. */
  #derive(reach: ReachabilityMatrix): boolean {
    const count = this.#orders.length;
    for (const read of this.#input.reads) {
      if (this.#derived.size > MAX_ORDERS) break;
      const { version } = read;
      if (version === NO_VERSION || !this.#input.isUsable(version)) continue;
      const writer = this.#input.inference.versions.writers[version] as number;
      if (writer !== NOBODY) this.#deriveFrom(read, writer, reach);
    }
    return this.#orders.length > count;
  }

  #deriveFrom(read: RegisterRead, writer: number, reach: ReachabilityMatrix): void {
    const { reader, key } = read;
    for (const [other] of this.#input.installedIn(key)) {
      if (other === writer || other === reader) continue;
      if (reach.has(other, reader)) {
        if (!reach.has(other, writer)) this.#add(other, writer, { read, writer, other });
      } else if (reach.has(writer, other) && !reach.has(reader, other)) {
        this.#add(reader, other, { read, writer, other });
      }
    }
  }

  #add(source: number, target: number, reason: Reason): void {
    const pair = source * this.#input.graph.nodeCount + target;
    if (this.#derived.has(pair)) return;
    this.#derived.add(pair);
    const none = { kind: EdgeKind.rw, before: NO_VERSION, after: NO_VERSION };
    this.#orders.push({ source, target, ...none, reason });
  }

  #explain(target: number, { read, writer, other }: Reason): string {
    const name = this.#input.inference.versions.keyNames[read.key] as string;
    const [a, b, c] = [writer, other, read.reader].map(nameOf);
    const why =
      target === writer
        ? `${b}, which wrote ${name} too, precedes ${c}`
        : `${b} wrote ${name} after ${a} did`;
    return `${why}, but ${c} read ${name} from ${a}`;
  }

  #shortestCycle(
    adjacency: { nodeCount: number; first: Int32Array; targets: Int32Array },
    componentOf: Int32Array,
  ): readonly Hop[] {
    const count = this.#input.graph.transactionCount;
    const finder = new PathFinder({
      ...adjacency,
      isFree: (node) => node >= count,
      isAllowed: () => true,
    });
    let best: readonly Hop[] | undefined;
    for (const [edge, { source, target }] of this.#orders.entries()) {
      if (source >= count || componentOf[source] !== componentOf[target]) continue;
      const path = finder.find(target, source);
      if (path === undefined || finder.stepCount > 20_000_000) break;
      const hops = this.#contract([edge, ...path]);
      if (best === undefined || hops.length < best.length) best = hops;
    }
    return best ?? [];
  }

  /** The hops between transactions along a closed walk of orders. */
  #contract(walk: readonly number[]): readonly Hop[] {
    const count = this.#input.graph.transactionCount;
    const hops: Hop[] = [];
    for (let index = 0; index < walk.length; index++) {
      const begin = this.#orders[walk[index] as number] as Order;
      let end = begin;
      while (end.target >= count) end = this.#orders[walk[++index] as number] as Order;
      const { source, kind, before, reason } = begin;
      const because = reason === undefined ? {} : { because: this.#explain(end.target, reason) };
      hops.push({ source, target: end.target, kind, before, after: end.after, ...because });
    }
    return hops;
  }
}

function firstOf(orders: readonly Order[], nodeCount: number): Int32Array {
  const first = new Int32Array(nodeCount + 1);
  for (const { source } of orders) first[source + 1] = (first[source + 1] as number) + 1;
  for (let node = 0; node < nodeCount; node++) {
    first[node + 1] = (first[node + 1] as number) + (first[node] as number);
  }
  return first;
}
