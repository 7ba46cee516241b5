/**
 * Scenarios in which the network falls apart.
 */
import {
  bothWays,
  bridge,
  cut,
  type Fault,
  leader,
  majoritiesRing,
  OTHERS,
  swizzle,
} from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';
import { FAULTS_FROM_MS, FAULTS_UNTIL_MS, type Scenario } from './led-system.ts';
import { CALM_AFTER, staysUp } from './service-levels.ts';

const WINDOW = Object.freeze({ atMs: FAULTS_FROM_MS, untilMs: FAULTS_UNTIL_MS });

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
    about: 'two pairs of nodes do not reach each other; the fifth node reaches all',
    replicaCount: 5,
    drawFaults: (random, { replicas }) => cut(bridge(random.shuffle(replicas)), WINDOW),
    slos: [...staysUp({ percentMin: 90, outageMsMax: 1500 }), ...CALM_AFTER],
  },
  {
    name: 'ring-cut',
    about:
      'each of five nodes reaches one neighbour on either side: five majorities, no two the same',
    replicaCount: 5,
    drawFaults: (random, { replicas }) => cut(majoritiesRing(random.shuffle(replicas)), WINDOW),
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
    slos: [{ type: 'availability', phase: 'during', percentMin: 80 }, ...CALM_AFTER],
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
    drawFaults: (random): readonly Fault[] => {
      const latencyMs = random.pick([100, 250, 400]);
      const deafFromMs = FAULTS_FROM_MS + random.between(400, 700);
      return [
        { type: 'slow-links', from: [OTHERS], to: [leader()], latencyMs, ...WINDOW },
        ...cut([{ from: [leader()], to: [OTHERS] }], { ...WINDOW, atMs: deafFromMs }),
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
        { type: 'action', ...system.promoteBoth(fourth, fifth), atMs: cutAt + 10 },
        // Once more when all are together again: the change is lawful then.
        { type: 'action', ...system.promoteBoth(fourth, fifth), atMs: FAULTS_UNTIL_MS + 800 },
      ];
    },
    slos: [...staysUp({ percentMin: 90, outageMsMax: 1500 }), ...CALM_AFTER],
  },
] satisfies readonly Scenario[]);
