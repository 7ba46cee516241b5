/**
 * Shows that components are those of mutual reachability, numbered sinks first, and that a path of
 * a million nodes does not exhaust the stack.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findComponents } from './components.ts';

function adjacencyOf(nodeCount: number, pairs: readonly (readonly [number, number])[]) {
  const sorted = [...pairs].sort((a, b) => a[0] - b[0]);
  const first = new Int32Array(nodeCount + 1);
  for (let node = 0; node <= nodeCount; node++) {
    first[node] = sorted.filter(([source]) => source < node).length;
  }
  return { nodeCount, first, targets: Int32Array.from(sorted, ([, target]) => target) };
}

/** By pairs of eight nodes, whether a path leads from one to the other: Warshall's algorithm. */
function reachability(pairs: readonly (readonly [number, number])[]): boolean[][] {
  const reach = Array.from({ length: 8 }, (_, a) => Array.from({ length: 8 }, (_, b) => a === b));
  for (const [a, b] of pairs) (reach[a] as boolean[])[b] = true;
  for (let via = 0; via < 8; via++) {
    for (const row of reach) {
      for (let b = 0; b < 8; b++) row[b] ||= row[via] === true && reach[via]?.[b] === true;
    }
  }
  return reach;
}

it('puts two nodes together exactly when each reaches the other', () => {
  const pairs = fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 16 });
  fc.assert(
    fc.property(pairs, (drawn) => {
      const reach = reachability(drawn);
      const { componentOf, sizes } = findComponents(adjacencyOf(8, drawn));
      for (let a = 0; a < 8; a++) {
        const members = [...Array(8).keys()].filter((b) => reach[a]?.[b] && reach[b]?.[a]);
        expect(sizes[componentOf[a] as number]).toBe(members.length);
        for (const b of members) expect(componentOf[b]).toBe(componentOf[a]);
      }
      for (const [a, b] of drawn) {
        expect(componentOf[b] as number).toBeLessThanOrEqual(componentOf[a] as number);
      }
    }),
    { numRuns: 800 },
  );
});

it('walks a path of a million nodes', () => {
  const nodeCount = 1_000_000;
  const first = Int32Array.from({ length: nodeCount + 1 }, (_, node) =>
    Math.min(node, nodeCount - 1),
  );
  const targets = Int32Array.from({ length: nodeCount - 1 }, (_, node) => node + 1);
  expect(findComponents({ nodeCount, first, targets }).sizes.length).toBe(nodeCount);
});
