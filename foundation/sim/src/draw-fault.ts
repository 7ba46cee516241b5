/**
 * Draws faults of each kind: how many, on whom, when and how hard.
 *
 * The atlas says what may never happen: `within` it only the nodes that it marks as damaged lose or
 * rot what they had synced, and clocks keep the bounds that they state; `beyond` it anything goes,
 * and a system must refuse rather than lose something in silence.
 */
import type {
  CrashPoint,
  DiskFate,
  Experiment,
  Fault,
  FaultKind,
  Window,
} from '@mangrove/experiment';
import { InvalidArgument, type NodeId, type Random } from '@mangrove/host';
import { drawCut, drawSwizzle } from './cut-shapes.ts';

/** What faults are drawn from. */
export interface FaultContext {
  readonly random: Random;
  readonly experiment: Experiment;
  readonly replicas: readonly NodeId[];
  readonly clients: readonly NodeId[];
  /** Those that may lose, or rot, what they had synced. */
  readonly damaged: readonly NodeId[];
  /** No fault begins before, in ms of the run's time. */
  readonly fromMs: number;
  /** The bound of clock rates that nodes are told, ppm. */
  readonly maxDriftPpm: number;
}

type Draw = (context: FaultContext) => readonly Fault[];

/** How the faults of a kind are drawn; each call gives one, or several that belong together. */
const DRAWS: Readonly<Record<FaultKind, Draw>> = Object.freeze({
  cut: (context) => {
    const { random, replicas, clients } = context;
    const nodes = random.chance(1, 4) ? [...replicas, ...clients] : replicas;
    if (nodes.length < 2) return [];
    const draw = random.chance(1, 5) ? drawSwizzle : drawCut;
    return draw(random, nodes, drawWindow(context));
  },
  'rough-links': (context) => {
    const { random } = context;
    const rate = (most: number) => (random.chance(1, 3) ? 0 : random.between(1, most));
    const rates = {
      lossPerMille: rate(300),
      duplicatePerMille: rate(300),
      delayPerMille: rate(300),
      delayMs: random.pick([5, 50, 500, 2000]),
    };
    return [{ type: 'rough-links', ...drawWindow(context), ...drawLinks(context), ...rates }];
  },
  'corrupt-links': (context) => {
    const corruptPerMille = context.random.pick([5, 50, 300]);
    return [
      { type: 'corrupt-links', ...drawWindow(context), ...drawLinks(context), corruptPerMille },
    ];
  },
  'slow-links': (context) => {
    const latencyMs = context.random.pick([2, 20, 100, 400]);
    return [{ type: 'slow-links', ...drawWindow(context), ...drawLinks(context), latencyMs }];
  },
  'full-queues': (context) => {
    const queueBytes = context.random.pick([0, 256, 4096]);
    return [{ type: 'full-queues', ...drawWindow(context), ...drawLinks(context), queueBytes }];
  },
  'stall-links': (context) => [
    { type: 'stall-links', ...drawWindow(context), ...drawLinks(context) },
  ],
  'reset-streams': (context) => {
    const { atMs } = drawWindow(context);
    return [{ type: 'reset-streams', atMs, ...drawLinks(context) }];
  },
  crash: (context) => [drawCrash(context, 'kept')],
  'power-loss': (context) => {
    const { random, replicas, experiment } = context;
    if (!random.chance(1, 4)) return [drawCrash(context, 'unsynced-lost')];
    // All at once, as when the power of the whole room fails.
    const { atMs } = drawWindow(context);
    return replicas.map((node) => {
      const untilMs = Math.min(atMs + random.between(1, 300), experiment.activeMs);
      return { type: 'crash', node, disk: 'unsynced-lost', atMs, untilMs };
    });
  },
  wipe: (context) => {
    if (context.damaged.length === 0) return [];
    const node = context.random.pick(context.damaged);
    return [{ type: 'crash', node, disk: 'wiped', ...drawWindow(context) }];
  },
  'crash-at': (context) => {
    const { random, replicas } = context;
    const disk: DiskFate = random.pick(['kept', 'unsynced-lost']);
    const node = random.pick(replicas);
    const downMs = random.pick([1, 20, 200, 1000]);
    return [{ type: 'crash-at', node, point: drawPoint(context), downMs, disk }];
  },
  pause: (context) => [{ type: 'pause', node: anyReplica(context), ...drawWindow(context) }],
  'slow-node': (context) => {
    const busyMs = context.random.pick([0.1, 1, 5]);
    return [{ type: 'slow-node', node: anyReplica(context), busyMs, ...drawWindow(context) }];
  },
  'disk-error': (context) => {
    const { random } = context;
    const operation = random.pick(['open', 'read', 'write', 'sync', 'sync-directory'] as const);
    const count = random.pick([1, 1, 3]);
    const node = anyReplica(context);
    return [{ type: 'disk-error', node, operation, path: '', count, ...drawWindow(context) }];
  },
  'disk-full': (context) => [
    { type: 'disk-full', node: anyReplica(context), ...drawWindow(context) },
  ],
  'slow-disk': (context) => {
    const latencyMs = context.random.pick([5, 50, 500]);
    return [{ type: 'slow-disk', node: anyReplica(context), latencyMs, ...drawWindow(context) }];
  },
  'stall-disk': (context) => [
    { type: 'stall-disk', node: anyReplica(context), ...drawWindow(context) },
  ],
  'bit-rot': (context) => {
    if (context.damaged.length === 0) return [];
    const { random } = context;
    const { atMs } = drawWindow(context);
    const node = random.pick(context.damaged);
    // More often near the beginning: the end of a file may be room that is not used yet.
    const positionPerMille = random.below(1 + random.below(1000));
    return [{ type: 'bit-rot', node, atMs, path: '', positionPerMille }];
  },
  'wall-jump': (context) => {
    const { random, experiment } = context;
    const most = experiment.atlas.wallJumpMsMax ?? 3_600_000;
    const size = random.pick([10, 1000, 60_000, most]);
    const byMs = (random.chance(1, 2) ? 1 : -1) * Math.min(size, most);
    return [{ type: 'wall-jump', node: anyReplica(context), atMs: drawWindow(context).atMs, byMs }];
  },
  'clock-drift': (context) => {
    const { random, experiment, maxDriftPpm } = context;
    const bound = Math.min(experiment.atlas.driftPpmMax ?? maxDriftPpm, maxDriftPpm);
    const most = experiment.atlas.mode === 'beyond' ? 200_000 : bound;
    const ppm = (random.chance(1, 2) ? 1 : -1) * random.between(1, Math.max(1, most));
    return [{ type: 'clock-drift', node: anyReplica(context), ppm, ...drawWindow(context) }];
  },
  upgrade: (context) => {
    const { atMs } = drawWindow(context);
    const downMs = context.random.between(1, 200);
    return [{ type: 'upgrade', node: anyReplica(context), atMs, downMs, version: 2 }];
  },
  action: (context) => {
    const { random, experiment, replicas } = context;
    if (experiment.drawAction === undefined) {
      throw new InvalidArgument('experiment.drawAction', undefined, 'there, for faults of actions');
    }
    const { atMs } = drawWindow(context);
    return [{ type: 'action', atMs, ...experiment.drawAction(random, replicas) }];
  },
  scenario: ({ random, experiment, replicas, clients }) => {
    const { drawScenario, activeMs } = experiment;
    if (drawScenario === undefined) {
      throw new InvalidArgument('experiment.drawScenario', undefined, 'there, for scenarios');
    }
    return drawScenario(random, { replicas, clients, activeMs });
  },
});

/** Faults of one kind, as a plan has them. */
export function drawFault(kind: FaultKind, context: FaultContext): readonly Fault[] {
  return DRAWS[kind](context);
}

/** From when until when: mostly short, sometimes until the faults end. */
function drawWindow({ random, experiment, fromMs }: FaultContext): Window {
  const { activeMs } = experiment;
  const atMs = fromMs + random.below(Math.max(1, Math.floor((activeMs - fromMs) * 0.9)));
  const most = random.pick([20, 200, 1000, 3000, activeMs]);
  const lengthMs = random.between(1, most);
  return { atMs, untilMs: Math.min(atMs + lengthMs, activeMs) };
}

/** All links, or those from one node, or those to it. */
function drawLinks(context: FaultContext): { from: readonly NodeId[]; to: readonly NodeId[] } {
  const { random, replicas, clients } = context;
  const all = [...replicas, ...clients];
  const one = [random.pick(replicas)];
  return random.pick([
    { from: all, to: all },
    { from: one, to: all },
    { from: all, to: one },
    { from: one, to: [random.pick(replicas)] },
  ]);
}

function drawCrash(context: FaultContext, disk: DiskFate): Fault {
  return { type: 'crash', node: anyReplica(context), disk, ...drawWindow(context) };
}

function drawPoint({ random, fromMs }: FaultContext): CrashPoint {
  const operation = random.pick(['write', 'sync', 'send', 'rename', 'sync-directory'] as const);
  const nth = random.between(1, random.pick([3, 30, 300]));
  const when = random.pick(['before', 'after'] as const);
  return { operation, nth, when, ...(fromMs === 0 ? {} : { fromMs }) };
}

function anyReplica({ random, replicas }: FaultContext): NodeId {
  return random.pick(replicas);
}
