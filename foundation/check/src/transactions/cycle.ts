/**
 * A cycle of dependencies between transactions, and the name of the anomaly that it is.
 *
 * The name follows from the kinds of its steps (Adya's thesis, 4.2 and 5.4):
 *
 * | anti-dependencies (rw) | name |
 * | --- | --- |
 * | none, only writes over writes | G0 |
 * | none, with a read | G1c |
 * | exactly one | G-single |
 * | several, no two one after the other | G-nonadjacent |
 * | several, two one after the other | G2 |
 *
 * With `-item` behind it when no anti-dependency is by a predicate, and `-process` or `-realtime`
 * when a step is only known from the order of a process or of real time.
 */
import type { CyclicCore } from './cyclic-core.ts';
import { EdgeKind } from './dependency-graph.ts';
import type { CycleName, OrderForm } from './levels.ts';

/** One step of a cycle: why `source` precedes `target`. */
export interface Hop {
  readonly source: number;
  readonly target: number;
  /** One of `EdgeKind`. */
  readonly kind: number;
  readonly before: number;
  readonly after: number;
  /** Why, in words, where the kind and the versions do not tell it. */
  readonly because?: string;
}

/** A named cycle; each transaction is the source of one hop. */
export interface Cycle {
  readonly name: CycleName;
  readonly hops: readonly Hop[];
}

/** Whether a kind is an anti-dependency. */
export function isAntiDependency(kind: number): boolean {
  return kind === EdgeKind.rw || kind === EdgeKind.predicateRw;
}

/** The name of a cycle of hops. */
export function nameCycle(hops: readonly Hop[]): CycleName {
  const has = (kind: number) => hops.some((hop) => hop.kind === kind);
  const form: OrderForm = has(EdgeKind.realtime)
    ? '-realtime'
    : has(EdgeKind.process)
      ? '-process'
      : '';
  const antiCount = hops.filter((hop) => isAntiDependency(hop.kind)).length;
  if (antiCount === 0) return `${has(EdgeKind.wr) ? 'G1c' : 'G0'}${form}`;
  const family = antiCount === 1 ? 'G-single' : hasAdjacent(hops) ? 'G2' : 'G-nonadjacent';
  return has(EdgeKind.predicateRw) ? `${family}${form}` : `${family}-item${form}`;
}

function hasAdjacent(hops: readonly Hop[]): boolean {
  return hops.some((hop, index) => {
    const next = hops[(index + 1) % hops.length] as Hop;
    return isAntiDependency(hop.kind) && isAntiDependency(next.kind);
  });
}

/**
 * The hops of a closed walk of edges that begins at a transaction.
 *
 * Junctions are passed over. Where a dependency that says more leads the same way, it is taken.
 *
 * @param allowed the kinds that may be taken
 */
export function toHops(core: CyclicCore, walk: readonly number[], allowed: number): Hop[] {
  const hops: Hop[] = [];
  for (let index = 0; index < walk.length; index++) {
    const begin = walk[index] as number;
    let end = begin;
    while (core.isTransaction[core.targets[end] as number] === 0) end = walk[++index] as number;
    hops.push(bestHop(core, begin, end, allowed));
  }
  return hops;
}

/** What says more comes first. */
const RANKS: readonly number[] = [
  EdgeKind.ww,
  EdgeKind.wr,
  EdgeKind.process,
  EdgeKind.realtime,
  EdgeKind.rw,
  EdgeKind.predicateRw,
];

function bestHop(core: CyclicCore, begin: number, end: number, allowed: number): Hop {
  const source = core.sources[begin] as number;
  const target = core.targets[end] as number;
  let [kind, before] = [core.kinds[begin] as number, core.befores[begin] as number];
  let after = core.afters[end] as number;
  for (let edge = core.first[source] as number; edge < (core.first[source + 1] as number); edge++) {
    const other = core.kinds[edge] as number;
    if (core.targets[edge] !== target || (other & allowed) === 0) continue;
    if (RANKS.indexOf(other) >= RANKS.indexOf(kind)) continue;
    kind = other;
    before = core.befores[edge] as number;
    after = core.afters[edge] as number;
  }
  return {
    source: core.originals[source] as number,
    target: core.originals[target] as number,
    kind,
    before,
    after,
  };
}

/**
 * A cycle that visits no transaction twice, cut out of a closed walk without adjacent
 * anti-dependencies, and without them itself.
 *
 * A walk that comes back to a transaction falls into two closed parts there. The part that a
 * non-anti-dependency enters, or leaves, the transaction by keeps the property; one of the two
 * does.
 */
export function cutSimple(walk: readonly Hop[]): readonly Hop[] {
  let rest = walk;
  for (;;) {
    const [from, to] = findReturn(rest) ?? [];
    if (from === undefined || to === undefined) return rest;
    const inner = rest.slice(from, to);
    rest = hasAdjacent(inner) ? [...rest.slice(0, from), ...rest.slice(to)] : inner;
  }
}

/** The indices of two hops that leave the same transaction; undefined when none do. */
function findReturn(walk: readonly Hop[]): readonly [number, number] | undefined {
  const places = new Map<number, number>();
  for (const [index, { source }] of walk.entries()) {
    const place = places.get(source);
    if (place !== undefined) return [place, index];
    places.set(source, index);
  }
  return undefined;
}
