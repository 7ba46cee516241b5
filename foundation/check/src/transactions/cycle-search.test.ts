/**
 * Shows that the search finds what walking every simple cycle finds, on thousands of small random
 * graphs: the same levels are refuted, and each cycle that it reports is there and is named right.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findCycles } from './cycle-search.ts';
import { addOverwrites, EdgeKind, EdgeList } from './dependency-graph.ts';
import { type AnomalyName, reportLevels } from './levels.ts';

const { ww, wr, rw, predicateRw, process, realtime } = EdgeKind;

interface Edge {
  readonly source: number;
  readonly target: number;
  readonly kind: number;
}

const graphs = fc
  .array(
    fc.record({
      source: fc.nat(5),
      target: fc.nat(5),
      kind: fc.constantFrom(ww, wr, wr, rw, rw, rw, predicateRw, process, realtime),
    }),
    { minLength: 2, maxLength: 11 },
  )
  .map((edges): Edge[] => edges.filter(({ source, target }) => source !== target));

/** The name of a cycle of kinds, as the table of `cycle.ts` has it. */
function nameOfKinds(kinds: readonly number[]): AnomalyName {
  const form = kinds.includes(realtime) ? '-realtime' : kinds.includes(process) ? '-process' : '';
  const anti = kinds.map((kind) => kind === rw || kind === predicateRw);
  const count = anti.filter(Boolean).length;
  if (count === 0) return `${kinds.includes(wr) ? 'G1c' : 'G0'}${form}`;
  const isAdjacent = anti.some((one, index) => one && anti[(index + 1) % anti.length]);
  const family = count === 1 ? 'G-single' : isAdjacent ? 'G2' : 'G-nonadjacent';
  return kinds.includes(predicateRw) ? `${family}${form}` : `${family}-item${form}`;
}

/** The names of all simple cycles, by walking every path. */
function namesByWalking(edges: readonly Edge[]): Set<AnomalyName> {
  const names = new Set<AnomalyName>();
  const walk = (start: number, path: readonly Edge[], visited: readonly number[]): void => {
    const at = path.at(-1)?.target ?? start;
    if (path.length > 0 && at === start) {
      names.add(nameOfKinds(path.map(({ kind }) => kind)));
      return;
    }
    for (const edge of edges) {
      if (edge.source !== at || (edge.target !== start && visited.includes(edge.target))) continue;
      walk(start, [...path, edge], [...visited, edge.target]);
    }
  };
  for (let start = 0; start < 6; start++) walk(start, [], [start]);
  return names;
}

function graphOf(edges: readonly Edge[]) {
  const list = new EdgeList(6);
  for (const { source, target, kind } of edges) list.add(source, target, kind);
  return list.toGraph(6);
}

it('I4: refutes the levels that walking every simple cycle refutes', () => {
  fc.assert(
    fc.property(graphs, (edges) => {
      const { cycles, isComplete } = findCycles(graphOf(edges));
      expect(isComplete).toBe(true);
      const expected = reportLevels(namesByWalking(edges));
      expect(reportLevels(cycles.keys()).refuted).toEqual(expected.refuted);
    }),
    { numRuns: 3000 },
  );
});

it('I4: reports only cycles that are there, named by the kinds of their steps', () => {
  fc.assert(
    fc.property(graphs, (edges) => {
      for (const [name, cycles] of findCycles(graphOf(edges)).cycles) {
        for (const { hops } of cycles) {
          expect(nameOfKinds(hops.map(({ kind }) => kind))).toBe(name);
          expect(new Set(hops.map(({ source }) => source)).size).toBe(hops.length);
          for (const [index, hop] of hops.entries()) {
            expect(hops[(index + 1) % hops.length]?.source).toBe(hop.target);
            expect(edges).toContainEqual({
              source: hop.source,
              target: hop.target,
              kind: hop.kind,
            });
          }
        }
      }
    }),
    { numRuns: 800 },
  );
});

it('joins everybody who read with everybody else who overwrote, however many', () => {
  const list = new EdgeList(40);
  const readers = Array.from({ length: 20 }, (_, index) => index);
  const writers = new Map(Array.from({ length: 21 }, (_, index) => [19 + index, index]));
  addOverwrites(list, rw, 0, readers, writers);
  // Were they joined one by one, these would be four hundred edges.
  expect(list.edgeCount).toBeLessThan(100);
  for (const reader of [0, 7, 19]) {
    for (const writer of [20, 30, 39]) {
      const back = new EdgeList(40);
      addOverwrites(back, rw, 0, readers, writers);
      back.add(writer, reader, wr);
      const names = [...findCycles(back.toGraph(40)).cycles.keys()];
      expect(names).toContain('G-single-item');
    }
  }
  expect(findCycles(list.toGraph(40)).cycles.size).toBe(0);
});
