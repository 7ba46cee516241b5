/**
 * Scenarios in which the network falls apart.
 */
import {
  bothWays,
  bridge,
  cut,
  type Fault,
  follower,
  leader,
  majoritiesRing,
  OTHERS,
  swizzle,
} from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';
import { FAULTS_FROM_MS, FAULTS_UNTIL_MS, MOSTLY_READS, type Scenario } from './led-system.ts';
import { CALM_AFTER, staysUp } from './service-levels.ts';

const WINDOW = Object.freeze({ atMs: FAULTS_FROM_MS, untilMs: FAULTS_UNTIL_MS });
const SECOND_HALF = Object.freeze({ ...WINDOW, atMs: (FAULTS_FROM_MS + FAULTS_UNTIL_MS) / 2 });

/** Nobody reaches the node, and it reaches nobody. */
function isolate(node: NodeId, window: { readonly atMs: number; readonly untilMs: number }) {
  return cut(bothWays([node], [OTHERS]), window);
}

/** Every scenario of this file. */
export const cutScenarios: readonly Scenario[] = Object.freeze([
  {
    name: 'leader-isolated',
    about: 'the leader is cut off from the four others, which go on without it',
    replicaCount: 5,
    drawFaults: () => isolate(leader(), WINDOW),
    slos: [...staysUp({ percentMin: 90, outageMsMax: 1500 }), ...CALM_AFTER],
  },
  {
    name: 'majority-isolated',
    about: 'three of five nodes are cut off from everyone: no majority, so nothing may commit',
    replicaCount: 5,
    drawFaults: (random, { replicas }) =>
      random
        .shuffle(replicas)
        .slice(0, 3)
        .flatMap((node) => isolate(node, WINDOW)),
    slos: CALM_AFTER,
    unavailable: 'there is no majority',
  },
  {
    name: 'bridge-cut',
    about: 'two pairs of nodes reach each other by the fifth alone, which then loses the leader',
    replicaCount: 5,
    // The leader and a follower are a majority with the bridge, until the leader loses it.
    drawFaults: () => [
      ...cut(bridge([follower(4), leader(), follower(), follower(2), follower(3)]), WINDOW),
      ...cut(bothWays([leader()], [follower(4)]), SECOND_HALF),
    ],
    slos: [...staysUp({ percentMin: 90, outageMsMax: 1500 }), ...CALM_AFTER],
  },
  {
    name: 'ring-cut',
    about:
      'each of five nodes reaches one neighbour on either side; then the ring breaks at the leader',
    replicaCount: 5,
    drawFaults: () => [
      ...cut(majoritiesRing([leader(), ...[1, 2, 3, 4].map(follower)]), WINDOW),
      ...cut(bothWays([leader()], [follower(4)]), SECOND_HALF),
    ],
    slos: [...staysUp({ percentMin: 80, outageMsMax: 1500 }), ...CALM_AFTER],
  },
  {
    name: 'one-way-cut',
    about: 'the leader is not heard but hears; later a leader is heard but hears nobody',
    replicaCount: 3,
    drawFaults: () => [
      ...cut([{ from: [leader()], to: [OTHERS] }], { atMs: 1500, untilMs: 2700 }),
      ...cut([{ from: [OTHERS], to: [leader(2)] }], { atMs: 3300, untilMs: 4500 }),
    ],
    slos: [...staysUp({ percentMin: 80, outageMsMax: 1500 }), ...CALM_AFTER],
  },
  {
    name: 'swizzle',
    about: 'four of five nodes are cut off one by one, and come back in another order',
    replicaCount: 5,
    drawFaults: (random, { replicas }) => {
      const victims = random.shuffle(replicas).slice(0, 4);
      const order = random.shuffle([0, 1, 2, 3]);
      return swizzle(victims, replicas, { atMs: 1500, untilMs: 4500 }, order);
    },
    slos: [
      { type: 'availability', phase: 'during', percentMin: 80 },
      { type: 'latency', phase: 'during', percentile: 50, msMax: 200 },
      ...CALM_AFTER,
    ],
  },
  {
    name: 'leader-flapping',
    about: 'whoever leads is cut off, again and again, before it has led for long',
    replicaCount: 5,
    drawFaults: () =>
      Array.from({ length: 5 }, (_, nth) => {
        const atMs = 1500 + 600 * nth;
        return isolate(leader(nth + 1), { atMs, untilMs: atMs + 400 });
      }).flat(),
    slos: [...staysUp({ percentMin: 80, outageMsMax: 1500 }), ...CALM_AFTER],
  },
  {
    name: 'stale-reads',
    about: 'a leader is deposed and does not hear of it, while clients read and write',
    replicaCount: 3,
    // Each waits for what it asked of that leader, so it takes many to ask it often.
    clientCount: 9,
    load: MOSTLY_READS,
    drawFaults: (random): readonly Fault[] => {
      const later = { type: 'slow-links', from: [OTHERS], to: [leader()], latencyMs: 90 } as const;
      const unheardFromMs = FAULTS_FROM_MS + random.between(400, 600);
      return [
        // In two steps, neither as long as an election timeout: all at once it would step down
        // before anybody else is elected.
        { ...later, ...WINDOW },
        { ...later, ...WINDOW, atMs: FAULTS_FROM_MS + 200 },
        ...cut([{ from: [leader()], to: [OTHERS] }], { ...WINDOW, atMs: unheardFromMs }),
      ];
    },
    slos: [...staysUp({ percentMin: 90, outageMsMax: 1500 }), ...CALM_AFTER],
  },
  {
    name: 'membership-change-under-partition',
    about: 'two nodes are to become voters while the leader and they are cut off from the rest',
    replicaCount: 5,
    founderCount: 3,
    drawFaults: (_random, { replicas }, system): readonly Fault[] => {
      const [fourth, fifth] = replicas.slice(3) as [NodeId, NodeId];
      const inside = [leader(), fourth, fifth];
      const cutAt = FAULTS_FROM_MS;
      return [
        { type: 'action', ...system.addLearner(fourth), atMs: 1000 },
        { type: 'action', ...system.addLearner(fifth), atMs: 1300 },
        ...cut(bothWays(inside, [OTHERS]), { atMs: cutAt, untilMs: FAULTS_UNTIL_MS }),
        // One old voter of three: the leader cannot commit it, and loses its place.
        {
          ...{ type: 'action', ...system.promoteBoth(fourth, fifth), atMs: cutAt + 10 },
          outcome: 'refused',
        },
        // Once more when all are together again: the change is lawful then.
        { type: 'action', ...system.promoteBoth(fourth, fifth), atMs: FAULTS_UNTIL_MS + 800 },
      ];
    },
    slos: [...staysUp({ percentMin: 90, outageMsMax: 1500 }), ...CALM_AFTER],
  },
] satisfies readonly Scenario[]);
