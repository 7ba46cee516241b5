/**
 * Faults that belong together: the orders of events that Raft is known to be sensitive to.
 *
 * Independent faults hardly ever meet so: a leader must be cut off while its old answers still
 * arrive, a change of members must stand at the moment at which the group falls apart. Who leads is
 * not known when a plan is drawn; one time in three the node that is struck does.
 */
import type { Cast, Fault } from '@mangrove/experiment';
import type { NodeId, Random } from '@mangrove/host';
import { request } from './raft-operator.ts';

/** What a scenario is drawn from. */
interface Scene {
  readonly random: Random;
  readonly founders: readonly NodeId[];
  readonly spares: readonly NodeId[];
  readonly all: readonly NodeId[];
  /** When it begins, in milliseconds. */
  readonly atMs: number;
}

const SCENARIOS: readonly ((scene: Scene) => readonly Fault[])[] = Object.freeze([
  deposedLeader,
  handOver,
  rollingCrash,
  changeUnderCut,
  replacedVoters,
  lateSnapshot,
  blackout,
  pausedLeader,
]);

/** The longest scenario, in milliseconds; it begins early enough to end before the faults do. */
const LENGTH_MS_MAX = 1600;

/** Those in which a leader may go on to read although another one leads. */
const READ_SCENARIOS = Object.freeze([deposedLeader, handOver, pausedLeader]);

/** Draws one scenario. The first three replicas are the founders. */
export function drawScenario(random: Random, cast: Cast): readonly Fault[] {
  return drawOf(SCENARIOS, random, cast);
}

/** Draws one of those that make reads stale, where they can be. */
export function drawReadScenario(random: Random, cast: Cast): readonly Fault[] {
  return drawOf(READ_SCENARIOS, random, cast);
}

function drawOf(
  scenarios: typeof SCENARIOS,
  random: Random,
  { replicas, activeMs }: Cast,
): readonly Fault[] {
  const atMs = 200 + random.below(Math.max(1, activeMs - LENGTH_MS_MAX - 200));
  const founders = random.shuffle(replicas.slice(0, 3));
  const spares = replicas.slice(3);
  return random.pick(scenarios)({ random, founders, spares, all: replicas, atMs });
}

/**
 * A leader is not heard any more and hears what was said to it before: it goes on to believe that
 * it leads, while another does.
 */
function deposedLeader({ random, founders, all, atMs }: Scene): readonly Fault[] {
  const leader = founders.slice(0, 1);
  const others = all.filter((node) => !leader.includes(node));
  const window = { atMs, untilMs: atMs + 1500 };
  const latencyMs = random.pick([100, 250, 400]);
  const isDeaf = { atMs: atMs + random.between(400, 700), untilMs: atMs + 1500 };
  return [
    { type: 'slow-links', from: others, to: leader, latencyMs, ...window },
    { type: 'cut', from: leader, to: others, ...isDeaf },
  ];
}

/** Leadership is handed over, and the former leader hears of it late. */
function handOver({ random, founders, all, atMs }: Scene): readonly Fault[] {
  const [leader = '', target = ''] = founders as readonly NodeId[];
  const to = [leader as NodeId];
  const others = all.filter((node) => node !== leader);
  const window = { atMs: atMs - 100, untilMs: atMs + 600 };
  const latencyMs = random.pick([50, 100, 140]);
  const asks = [0, 200].map((afterMs) => {
    const { name, args } = request('transfer', target as NodeId);
    return { type: 'action', name, args, atMs: atMs + afterMs } as const;
  });
  return [{ type: 'slow-links', from: others, to, latencyMs, ...window }, ...asks];
}

/** One founder after the other crashes; a slow disk keeps each behind what it has sent. */
function rollingCrash({ random, founders, atMs }: Scene): readonly Fault[] {
  const crashes = Array.from({ length: 6 }, (_, count): Fault => {
    const from = atMs + count * random.between(120, 220);
    const disk = random.pick(['kept', 'unsynced-lost'] as const);
    const node = random.pick(founders);
    return { type: 'crash', node, disk, atMs: from, untilMs: from + random.between(20, 200) };
  });
  const window = { atMs, untilMs: atMs + 1500 };
  const slow = founders.map((node): Fault => {
    return { type: 'slow-disk', node, latencyMs: random.pick([5, 20, 60]), ...window };
  });
  return [...slow.slice(random.below(3)), ...crashes];
}

/** Learners come, two become voters at once, and the group falls apart at that moment. */
function changeUnderCut({ random, founders, spares, atMs }: Scene): readonly Fault[] {
  const [first, second = first] = spares;
  if (first === undefined || second === undefined) return [];
  const changeAt = atMs + 400;
  const kept = founders.slice(0, random.between(1, 2));
  const apart = founders.filter((node) => !kept.includes(node));
  const inside = [...kept, ...spares];
  const window = { atMs: changeAt + random.below(60), untilMs: changeAt + 900 };
  const asks: Fault[] = [];
  for (const [node, afterMs] of [
    [first, 0],
    [second, 50],
  ] as const) {
    asks.push({ type: 'action', ...request('add-learner', node), atMs: atMs + afterMs });
  }
  for (const afterMs of [0, 100]) {
    const action = request('promote-both', first, second);
    asks.push({ type: 'action', ...action, atMs: changeAt + afterMs });
  }
  return [
    ...asks,
    { type: 'cut', from: inside, to: apart, ...window },
    { type: 'cut', from: apart, to: inside, ...window },
  ];
}

/** Two voters are replaced, one after the other, while leaders change. */
function replacedVoters({ random, founders, spares, atMs }: Scene): readonly Fault[] {
  const asks: Fault[] = [];
  for (const [place, node] of spares.entries()) {
    const from = atMs + place * 400;
    const other = founders[place];
    asks.push({ type: 'action', ...request('add-learner', node), atMs: from });
    for (const afterMs of [150, 250]) {
      const action = request('swap', node, other, random.chance(3, 4));
      asks.push({ type: 'action', ...action, atMs: from + afterMs });
    }
    asks.push({ type: 'action', ...request('leave-joint', ''), atMs: from + 350 });
  }
  const cutAt = atMs + random.between(100, 800);
  const alone = [random.pick(founders)];
  const others = [...founders, ...spares].filter((node) => !alone.includes(node));
  const window = { atMs: cutAt, untilMs: cutAt + random.between(100, 700) };
  const cuts: Fault[] = [{ type: 'cut', from: alone, to: others, ...window }];
  if (random.chance(2, 3)) cuts.push({ type: 'cut', from: others, to: alone, ...window });
  return [...asks, ...cuts];
}

/** A follower falls behind what the log remembers; what is sent to it comes late, and twice. */
function lateSnapshot({ random, founders, all, atMs }: Scene): readonly Fault[] {
  const behind = founders.slice(0, 1);
  const others = all.filter((node) => !behind.includes(node));
  const cutUntil = atMs + random.between(300, 700);
  const rough = {
    lossPerMille: 0,
    duplicatePerMille: 400,
    delayPerMille: 300,
    delayMs: random.pick([50, 300, 800]),
  };
  return [
    { type: 'cut', from: others, to: behind, atMs, untilMs: cutUntil },
    { type: 'cut', from: behind, to: others, atMs, untilMs: cutUntil },
    { type: 'rough-links', from: others, to: behind, ...rough, atMs, untilMs: atMs + 1600 },
  ];
}

/** The power of the whole room fails, while disks are slow. */
function blackout({ random, founders, atMs }: Scene): readonly Fault[] {
  const latencyMs = random.pick([10, 40, 100]);
  const outAt = atMs + random.between(200, 900);
  return founders.flatMap((node): readonly Fault[] => [
    { type: 'slow-disk', node, latencyMs, atMs, untilMs: outAt },
    {
      type: 'crash',
      node,
      disk: 'unsynced-lost',
      atMs: outAt,
      untilMs: outAt + random.between(1, 300),
    },
  ]);
}

/** A leader is paused for longer than its lease; what waits for it is there when it wakes. */
function pausedLeader({ random, founders, atMs }: Scene): readonly Fault[] {
  return [0, 1, 2].map((count) => {
    const from = atMs + count * random.between(350, 500);
    const node = founders[count % founders.length] as NodeId;
    return { type: 'pause', node, atMs: from, untilMs: from + random.between(180, 450) };
  });
}
