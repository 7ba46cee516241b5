/**
 * What is done to real processes of Raft: stories for three nodes or five, with load all along.
 *
 * A plan cannot name the leader. So where a leader is to be hit, every node is, one after the other
 * while the others are up: the one that leads is among them.
 */
import { always, type Fault, mix, type Plan, spread } from '@mangrove/experiment';
import { type NodeId, toNodeId } from '@mangrove/host';
import { drawPlan } from '@mangrove/sim';
import { findExperiment } from '../src/catalog.ts';

/** The experiment whose processes are hurt. */
export const raftEntry = findExperiment('raft');

/** What happens, and how long that takes. */
interface Story {
  readonly activeMs: number;
  readonly faultsOf: (nodes: readonly NodeId[]) => readonly Fault[];
}

/** The stories by name. */
export const raftStories: Readonly<Record<string, Story>> = Object.freeze({
  'each node is killed in turn, the leader among them': {
    activeMs: 4500,
    faultsOf: (nodes) => nodes.map((node, nth) => crash(node, 300 + 850 * nth, 250)),
  },
  'a majority is killed at once, then all are': {
    activeMs: 3000,
    faultsOf: (nodes) => [
      ...nodes.slice(0, Math.floor(nodes.length / 2) + 1).map((node) => crash(node, 400, 400)),
      ...nodes.map((node) => crash(node, 1800, 300)),
    ],
  },
  'each node is stopped for longer than an election, then goes on': {
    activeMs: 3500,
    faultsOf: (nodes) =>
      nodes.map((node, nth) => ({
        ...{ type: 'pause', node },
        ...{ atMs: 300 + 600 * nth, untilMs: 800 + 600 * nth },
      })),
  },
  'processes are killed again and again as they come back': {
    activeMs: 6000,
    faultsOf: (nodes) =>
      nodes.flatMap((node, nth) =>
        [0, 1, 2, 3].map((round) => crash(node, 300 + 1300 * round + 170 * nth, 120)),
      ),
  },
  'each disk is full for a while, a minority at a time': {
    activeMs: 5000,
    faultsOf: (nodes) =>
      nodes.map((node, nth) => ({
        ...{ type: 'disk-full', node },
        ...{ atMs: 300 + 850 * nth, untilMs: 1000 + 850 * nth },
      })),
  },
  'each disk is slow in turn, then stands still': {
    activeMs: 5000,
    faultsOf: (nodes) =>
      nodes.flatMap((node, nth) => [
        {
          ...{ type: 'slow-disk', node, latencyMs: 40 },
          ...{ atMs: 300 + 850 * nth, untilMs: 800 + 850 * nth },
        },
        { type: 'stall-disk', node, atMs: 800 + 850 * nth, untilMs: 1300 + 850 * nth },
      ]),
  },
  'nodes are killed while disks are slow and links are cut': {
    activeMs: 5000,
    faultsOf: (nodes) => {
      const [first, second, ...others] = nodes as readonly [NodeId, NodeId, ...NodeId[]];
      return [
        { type: 'slow-disk', node: second, latencyMs: 30, atMs: 200, untilMs: 4500 },
        { type: 'cut', from: [first], to: [second, ...others], atMs: 500, untilMs: 1500 },
        crash(second, 1800, 300),
        { type: 'cut', from: others, to: [first], atMs: 2500, untilMs: 3500 },
        crash(first, 3000, 300),
      ];
    },
  },
} satisfies Record<string, Story>);

/** As many writes, each of a value of its own, as reads. */
const LOAD = mix([
  [1, ({ index }) => ({ f: 'write', value: index + 1 })],
  [1, always({ f: 'read' })],
]);

/** The plan of a story: three clients, or five, that write and read without a pause. */
export function planOfStory(name: string, nodeCount: number, seed: number): Plan {
  const story = raftStories[name];
  if (story === undefined) throw new Error(`there is no story called ${name}`);
  const { experiment } = raftEntry;
  const nodes = Array.from({ length: nodeCount }, (_, nth) => toNodeId(`n${nth + 1}`));
  const faults = story.faultsOf(nodes);
  const activeMs = Math.max(story.activeMs, ...faults.map((fault) => endMsOf(fault) + 300));
  const sizes = { replicaCount: nodeCount, clientCount: nodeCount };
  const workload = { ...experiment.workload, active: spread(40, LOAD) };
  // The end comes as soon as every client is through; a busy machine has the time that it needs.
  const times = { activeMs, quietMs: 30_000, operationTimeoutMs: 1500 };
  return { ...drawPlan({ ...experiment, ...sizes, ...times, workload }, seed), faults };
}

function crash(node: NodeId, atMs: number, downMs: number): Fault {
  return { type: 'crash', node, disk: 'kept', atMs, untilMs: atMs + downMs };
}

function endMsOf(fault: Fault): number {
  return 'untilMs' in fault ? fault.untilMs : 0;
}
