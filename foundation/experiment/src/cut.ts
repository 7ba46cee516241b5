/**
 * The shapes that a network falls into, as data: who no longer reaches whom.
 *
 *     isolated       halves         bridge           ring of majorities
 *     n1 | n2 n3     n1 | n2 n3     n1 n2 | n4 n5    each of five reaches one neighbour on either
 *                                     \- n3 -/       side: no two the same three
 */
import type { NodeId } from '@mangrove/host';
import type { Fault, Links, Window } from './fault.ts';

/** Nothing passes on these links during `window`. */
export function cut(links: readonly Links[], window: Window): readonly Fault[] {
  return links.map((each): Fault => ({ type: 'cut', ...window, ...each }));
}

/** Neither side reaches the other. */
export function bothWays(some: readonly NodeId[], others: readonly NodeId[]): readonly Links[] {
  return [
    { from: some, to: others },
    { from: others, to: some },
  ];
}

/** The first node is the only one that reaches both halves of the others; of two, none does. */
export function bridge(nodes: readonly NodeId[]): readonly Links[] {
  const [, ...rest] = nodes;
  const half = Math.ceil(rest.length / 2);
  if (rest.length < 2) return bothWays(nodes.slice(0, 1), rest);
  return bothWays(rest.slice(0, half), rest.slice(half));
}

/** Every node reaches a majority, and no two reach the same one. Of three nodes: a chain. */
export function majoritiesRing(nodes: readonly NodeId[]): readonly Links[] {
  if (nodes.length <= 3) return bothWays(nodes.slice(0, 1), nodes.slice(-1));
  const majority = Math.floor(nodes.length / 2) + 1;
  const reach = Math.ceil((majority - 1) / 2);
  return nodes.flatMap((node, index) => {
    const far = nodes.filter((_, other) => {
      const distance = other - index;
      return Math.min(distance, nodes.length - distance) > reach;
    });
    return far.length === 0 ? [] : bothWays([node], far);
  });
}

/**
 * A swizzle: `victims` are cut off from the other `nodes` one by one, and come back one by one in
 * another order. Source: the fault that FoundationDB's authors call best at finding deep bugs.
 *
 * @param order as what each victim comes back, counted from 0: `[1, 0]` is last in, first out
 */
export function swizzle(
  victims: readonly NodeId[],
  nodes: readonly NodeId[],
  window: Window,
  order: readonly number[],
): readonly Fault[] {
  const step = (window.untilMs - window.atMs) / (2 * victims.length + 1);
  return victims.flatMap((victim, index) => {
    const atMs = window.atMs + index * step;
    const untilMs = window.atMs + (victims.length + 1 + (order[index] ?? index)) * step;
    const others = nodes.filter((node) => node !== victim);
    return cut(bothWays([victim], others), { atMs, untilMs });
  });
}
