/**
 * Draws at random into which shape a network falls.
 */
import {
  bothWays,
  bridge,
  cut,
  type Fault,
  type Links,
  majoritiesRing,
  swizzle,
  type Window,
} from '@mangrove/experiment';
import type { NodeId, Random } from '@mangrove/host';

/** How a group of nodes is parted. Each gives the directed links that are cut. */
const SHAPES: readonly ((random: Random, nodes: readonly NodeId[]) => readonly Links[])[] = [
  isolateOne,
  halves,
  oneWay,
  (_random, nodes) => bridge(nodes),
  (_random, nodes) => majoritiesRing(nodes),
];

/** Cuts among `nodes`, which must be two or more, in force during `window`. */
export function drawCut(
  random: Random,
  nodes: readonly NodeId[],
  window: Window,
): readonly Fault[] {
  const shuffled = random.shuffle(nodes);
  return cut(random.pick(SHAPES)(random, shuffled), window);
}

/** A swizzle of some of `nodes`, in a random order. */
export function drawSwizzle(
  random: Random,
  nodes: readonly NodeId[],
  window: Window,
): readonly Fault[] {
  const victims = random.shuffle(nodes).slice(0, random.between(1, Math.max(1, nodes.length - 1)));
  const order = random.shuffle(victims.map((_, index) => index));
  return swizzle(victims, nodes, window, order);
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
