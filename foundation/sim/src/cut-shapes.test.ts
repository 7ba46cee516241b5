/**
 * Shows what the drawn shapes cut: never a node from itself, and what each shape promises.
 */
import type { Fault } from '@mangrove/experiment';
import { type NodeId, SeededRandom, toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { drawCut, drawSwizzle } from './cut-shapes.ts';

const WINDOW = { atMs: 100, untilMs: 1100 };

describe('a cut', () => {
  it.each([2, 3, 4, 5, 7])('among %i nodes parts some of them, and nobody from itself', (count) => {
    for (let seed = 0; seed < 100; seed++) {
      const faults = drawCut(new SeededRandom(seed), nodesOf(count), WINDOW);
      const pairs = pairsOf(faults);
      expect(pairs.size).toBeGreaterThan(0);
      for (const pair of pairs) {
        const [from, to] = pair.split('>');
        expect(from).not.toBe(to);
      }
    }
  });

  it.each([4, 5, 7])('of the ring kind leaves each of %i nodes a majority of its own', (count) => {
    const nodes = nodesOf(count);
    const majority = Math.floor(count / 2) + 1;
    let ringCount = 0;
    for (let seed = 0; seed < 200; seed++) {
      const pairs = pairsOf(drawCut(new SeededRandom(seed), nodes, WINDOW));
      const reached = nodes.map((node) => nodes.filter((peer) => !pairs.has(`${node}>${peer}`)));
      const isSymmetric = [...pairs].every((pair) =>
        pairs.has(pair.split('>').reverse().join('>')),
      );
      const areDistinct = new Set(reached.map((group) => group.join())).size === count;
      const haveMajority = reached.every((group) => group.length >= majority);
      if (isSymmetric && areDistinct && haveMajority && pairs.size > 0) ringCount += 1;
    }
    expect(ringCount).toBeGreaterThan(10);
  });

  it('of the swizzle kind begins and ends one by one, within its window', () => {
    for (let seed = 0; seed < 100; seed++) {
      const faults = drawSwizzle(new SeededRandom(seed), nodesOf(5), WINDOW);
      for (const fault of faults) {
        if (!('untilMs' in fault)) throw new Error('a cut without an end');
        expect(fault.atMs).toBeGreaterThanOrEqual(WINDOW.atMs);
        expect(fault.untilMs).toBeGreaterThan(fault.atMs);
        expect(fault.untilMs).toBeLessThanOrEqual(WINDOW.untilMs + 1e-9);
      }
    }
  });
});

function nodesOf(count: number): NodeId[] {
  return Array.from({ length: count }, (_, index) => toNodeId(`n${index + 1}`));
}

function pairsOf(faults: readonly Fault[]): Set<string> {
  const pairs = new Set<string>();
  for (const fault of faults) {
    if (fault.type !== 'cut') continue;
    for (const from of fault.from) for (const to of fault.to) pairs.add(`${from}>${to}`);
  }
  return pairs;
}
