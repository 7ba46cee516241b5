/**
 * The shapes that a network falls into: who no longer reaches whom, drawn at random.
 */
import type { Fault, Links, Window } from '@mangrove/experiment';
import type { NodeId, Random } from '@mangrove/host';

/** How a group of nodes is parted. Each gives the directed links that are cut. */
const SHAPES: readonly ((random: Random, nodes: readonly NodeId[]) => readonly Links[])[] = [
  isolateOne,
  halves,
  oneWay,
  bridge,
  majoritiesRing,
];

/** Cuts among `nodes`, which must be two or more, in force during `window`. */
export function drawCut(random: Random, nodes: readonly NodeId[], window: Window): Fault[] {
  const shuffled = random.shuffle(nodes);
  return random
    .pick(SHAPES)(random, shuffled)
    .map((links) => ({ type: 'cut', ...window, ...links }));
}

/**
 * A swizzle: some nodes are cut off one by one, and come back one by one in another order. Source:
 * the fault that FoundationDB's authors call best at finding deep bugs.
 */
export function drawSwizzle(random: Random, nodes: readonly NodeId[], window: Window): Fault[] {
  const victims = random.shuffle(nodes).slice(0, random.between(1, Math.max(1, nodes.length - 1)));
  const step = (window.untilMs - window.atMs) / (2 * victims.length + 1);
  const returns = random.shuffle(victims.map((_, index) => index));
  return victims.flatMap((victim, index) => {
    const atMs = window.atMs + index * step;
    const untilMs = window.atMs + (victims.length + 1 + (returns[index] as number)) * step;
    const others = nodes.filter((node) => node !== victim);
    return bothWays([victim], others).map((links): Fault => {
      return { type: 'cut', atMs, untilMs, ...links };
    });
  });
}

function isolateOne(_random: Random, nodes: readonly NodeId[]): readonly Links[] {
  return bothWays(nodes.slice(0, 1), nodes.slice(1));
}

function halves(random: Random, nodes: readonly NodeId[]): readonly Links[] {
  const size = random.between(1, nodes.length - 1);
  return bothWays(nodes.slice(0, size), nodes.slice(size));
}

/** Some hear the others and are not heard. */
function oneWay(random: Random, nodes: readonly NodeId[]): readonly Links[] {
  const size = random.between(1, nodes.length - 1);
  return [{ from: nodes.slice(0, size), to: nodes.slice(size) }];
}

/** Two halves that only one node reaches. */
function bridge(_random: Random, nodes: readonly NodeId[]): readonly Links[] {
  const [, ...rest] = nodes;
  const half = Math.ceil(rest.length / 2);
  if (rest.length < 2) return bothWays(nodes.slice(0, 1), rest);
  return bothWays(rest.slice(0, half), rest.slice(half));
}

/** Every node reaches a majority, and no two reach the same one. Of three nodes: a chain. */
function majoritiesRing(_random: Random, nodes: readonly NodeId[]): readonly Links[] {
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

function bothWays(some: readonly NodeId[], others: readonly NodeId[]): readonly Links[] {
  return [
    { from: some, to: others },
    { from: others, to: some },
  ];
}
