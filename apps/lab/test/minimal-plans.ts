/**
 * Plans, written by hand, that show planted bugs with no more faults and operations than their
 * minima count. The names of clients matter: where one is at home, and whether a turn of its own is
 * in a session, goes by its place.
 */
import { type Fault, leader, OTHERS, type PlannedOperation } from '@mangrove/experiment';
import { type NodeId, toNodeId } from '@mangrove/host';

/** One of them; all else is as its experiment draws it. */
export interface MinimalPlan {
  readonly bug: string;
  readonly replicaCount: number;
  readonly clientCount: number;
  readonly activeMs: number;
  readonly faults: readonly Fault[];
  readonly operations: readonly PlannedOperation[];
}

const [n1, n2] = [toNodeId('n1'), toNodeId('n2')];
const [c1, c2, c4] = [toNodeId('c1'), toNodeId('c2'), toNodeId('c4')];

/** The plans. */
export const MINIMAL_PLANS: readonly MinimalPlan[] = Object.freeze([
  {
    bug: 'alarm-lets-transactions-in',
    ...{ replicaCount: 1, clientCount: 2, activeMs: 1200 },
    faults: [],
    operations: [
      { client: c1, atMs: 400, f: 'alarms', value: 'once full' },
      { client: c2, atMs: 1100, f: 'fill', value: 0 },
    ],
  },
  {
    bug: 'alarms-not-in-snapshots',
    ...{ replicaCount: 1, clientCount: 1, activeMs: 1700 },
    faults: [crash(n1, 1200)],
    operations: [
      { client: c1, atMs: 400, f: 'alarms', value: 'once full' },
      { client: c1, atMs: 1600, f: 'fill', value: 0 },
    ],
  },
  {
    bug: 'snapshot-begins-late',
    ...{ replicaCount: 3, clientCount: 2, activeMs: 9500 },
    faults: [
      { type: 'slow-disk', node: n2, latencyMs: 100, atMs: 4000, untilMs: 8100 },
      crash(n2, 8200),
    ],
    operations: [
      { client: c1, atMs: 400, f: 'grant', value: 8000 },
      { client: c2, atMs: 5750, f: 'write', key: 'r/0', value: 1 },
      { client: c1, atMs: 9000, f: 'compare-hashes' },
    ],
  },
  {
    bug: 'snapshot-of-a-later-moment',
    ...{ replicaCount: 3, clientCount: 1, activeMs: 2600 },
    faults: [crash(n1, 1500)],
    operations: [
      { client: c1, atMs: 400, f: 'txn', value: [['append', 'l/0', 1]] },
      { client: c1, atMs: 450, f: 'grant', value: 1500 },
      { client: c1, atMs: 500, f: 'log' },
      { client: c1, atMs: 550, f: 'compact', value: 0 },
      { client: c1, atMs: 600, f: 'txn', value: [['append', 'l/0', 2]] },
      { client: c1, atMs: 2300, f: 'read-past', value: 'compacted' },
      { client: c1, atMs: 2400, f: 'log', value: 'all' },
    ],
  },
  {
    bug: 'staleness-from-the-end-of-the-round',
    ...{ replicaCount: 3, clientCount: 2, activeMs: 1000 },
    faults: [
      { type: 'slow-links', from: [OTHERS], to: [n2], latencyMs: 40, atMs: 800, untilMs: 950 },
    ],
    operations: [
      { client: c2, atMs: 800, f: 'read-bounded', key: 'b/40', value: { ms: 40 } },
      { client: c1, atMs: 815, f: 'write', key: 'b/40', value: 1 },
      { client: c2, atMs: 825, f: 'read-bounded', key: 'b/40', value: { ms: 40 } },
    ],
  },
  {
    bug: 'deposed-leader-renews-leases',
    ...{ replicaCount: 3, clientCount: 2, activeMs: 2200 },
    faults: [slowTo(leader(), 120, [800, 2000]), cutFrom(leader(), [1200, 2000])],
    operations: [
      { client: c2, atMs: 1410, f: 'grant', value: 400 },
      { client: c2, atMs: 1415, f: 'keep', value: 'at any member' },
    ],
  },
  {
    bug: 'ending-is-told-as-ended',
    ...{ replicaCount: 3, clientCount: 1, activeMs: 1700 },
    faults: [slowTo(leader(), 70, [800, 1200]), cutFrom(leader(), [1149, 1375])],
    operations: [
      { client: c1, atMs: 696, f: 'grant', value: 450 },
      { client: c1, atMs: 1100, f: 'keep' },
      { client: c1, atMs: 1106, f: 'look' },
    ],
  },
  {
    // With one step of any size no leader goes on for long enough.
    bug: 'lease-from-the-answer',
    ...{ replicaCount: 3, clientCount: 9, activeMs: 2600 },
    faults: [
      ...[slowTo(leader(), 80, [1200, 1800]), slowTo(leader(), 80, [1340, 1800])],
      cutFrom(leader(), [1500, 1800]),
    ],
    operations: [
      { client: c4, atMs: 1523, f: 'write', value: 925 },
      { client: c4, atMs: 1746, f: 'read' },
    ],
  },
  {
    // A write is lost. Most failing runs show a replica that refuses to start instead, and stay
    // larger: for that there has to be a later segment, which takes more writes or faults.
    bug: 'journal-appends-behind-a-torn-tail',
    ...{ replicaCount: 1, clientCount: 1, activeMs: 1400 },
    faults: [
      {
        ...{ type: 'crash-at', node: n1, downMs: 20, disk: 'unsynced-lost' },
        point: { operation: 'sync', nth: 1, fromMs: 99, when: 'before' },
      },
      crash(n1, 900),
    ],
    operations: [
      { client: c1, atMs: 100, f: 'write', key: 'a', value: 1 },
      { client: c1, atMs: 700, f: 'write', key: 'a', value: 2 },
      { client: c1, atMs: 1500, f: 'read', key: 'a' },
    ],
  },
] satisfies readonly MinimalPlan[]);

function crash(node: NodeId, atMs: number): Fault {
  return { type: 'crash', node, disk: 'kept', atMs, untilMs: atMs + 30 };
}

function slowTo(
  node: NodeId,
  latencyMs: number,
  [atMs, untilMs]: readonly [number, number],
): Fault {
  return { type: 'slow-links', from: [OTHERS], to: [node], latencyMs, atMs, untilMs };
}

function cutFrom(node: NodeId, [atMs, untilMs]: readonly [number, number]): Fault {
  return { type: 'cut', from: [node], to: [OTHERS], atMs, untilMs };
}
