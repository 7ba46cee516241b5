/**
 * Orders of faults that are aimed at one promise of the store each.
 *
 * Independent faults meet these orders once in many thousand runs. Each attempt begins with a known
 * leader; the code as it is must come through all of them.
 */
import { bothWays, type Cast, cut, type Fault, OTHERS } from '@mangrove/experiment';
import type { Random } from '@mangrove/host';
import type { Attempt } from '@mangrove/raft';

/** The longest of this file, in milliseconds. */
export const ATTEMPT_MS = 1200;

/** How long majorities are late: for several calls of a program. */
export const LATE_MS = 2600;

/** A follower hears late: its rounds take long, and meanwhile others write. */
export function lateFollower({ random, others, atMs }: Attempt): readonly Fault[] {
  const latencyMs = random.pick([40, 70, 110]);
  const untilMs = atMs + ATTEMPT_MS;
  return [{ type: 'slow-links', from: [OTHERS], to: others.slice(0, 1), latencyMs, atMs, untilMs }];
}

/** The leader stalls, so that another one is elected, and goes on as if it led. */
export function stalledLeader({ random, first, atMs }: Attempt): readonly Fault[] {
  const fromMs = atMs + random.between(0, 200);
  return [{ type: 'pause', node: first, atMs: fromMs, untilMs: fromMs + random.between(400, 900) }];
}

/** Leadership goes round, so that successors count from what checkpoints told. */
export function quickHandOvers({ random, first, others, atMs }: Attempt): readonly Fault[] {
  return [0, 1, 2, 3].map((turn): Fault => {
    const node = random.pick(turn % 2 === 0 ? others : [first]);
    const args = { node, other: '' };
    return { type: 'action', name: 'transfer', args, atMs: atMs + turn * random.between(200, 280) };
  });
}

/** Leadership goes to another member when checkpoints have told how little is left of leases. */
export function handOver({ random, others, atMs }: Attempt): readonly Fault[] {
  const args = { node: random.pick(others), other: '' };
  return [{ type: 'action', name: 'transfer', args, atMs: atMs + random.between(700, 760) }];
}

/**
 * The leader hears the others later and later, so that it believes in them for longer than they
 * believe in it, and then is not heard itself.
 */
export function farLeader({ random, first, atMs }: Attempt): readonly Fault[] {
  const untilMs = atMs + ATTEMPT_MS;
  const steps = random.between(3, 5);
  const slower = Array.from({ length: steps }, (_, step): Fault => {
    const fromMs = atMs + step * 130;
    const links = { from: [OTHERS], to: [first] };
    return { type: 'slow-links', ...links, latencyMs: 90, atMs: fromMs, untilMs };
  });
  const muteAtMs = atMs + steps * 130 + random.between(0, 60);
  return [...slower, ...cut([{ from: [first], to: [OTHERS] }], { atMs: muteAtMs, untilMs })];
}

/**
 * For most of the time that a call has, nobody leads and members say so; then one does, far from
 * the others, so that the time of the call is over before the answer comes.
 */
export function lateLeader({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const goneAtMs = atMs + random.between(50, 150);
  const untilMs = atMs + ATTEMPT_MS;
  const [one = first, ...rest] = others;
  const latencyMs = random.pick([20, 35]);
  const apart = { atMs: goneAtMs, untilMs: goneAtMs + random.between(150, 450) };
  return [
    { type: 'crash', node: first, disk: 'kept', atMs: goneAtMs, untilMs },
    ...cut(bothWays([one], rest), apart),
    ...bothWays([one], rest).map((links): Fault => {
      return { type: 'slow-links', ...links, latencyMs, atMs: goneAtMs, untilMs };
    }),
  ];
}

/**
 * The leader hears the others later and later, until it has no majority for a command before the
 * time of its call is over; and goes on to lead.
 */
export function lateMajority({ random, first, atMs }: Attempt): readonly Fault[] {
  const untilMs = atMs + LATE_MS;
  return Array.from({ length: 7 }, (_, step): Fault => {
    const fromMs = atMs + step * random.between(100, 120);
    const links = { from: [OTHERS], to: [first] };
    return { type: 'slow-links', ...links, latencyMs: 90, atMs: fromMs, untilMs };
  });
}

/**
 * A follower hears nothing for less than it takes to count as cut off, so its watchers stay: the
 * log that it missed is gone by then, and a snapshot brings it up to date.
 */
export function leftBehind({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const [node = first] = others;
  const fromMs = atMs + random.between(100, 400);
  return cut(bothWays([node], [OTHERS]), {
    atMs: fromMs,
    untilMs: fromMs + random.between(200, 350),
  });
}

/** A follower takes long to write, also its snapshots, and begins anew from what it has. */
export function slowWriter({ random, others, first, atMs }: Attempt): readonly Fault[] {
  const [node = first] = others;
  const crashAtMs = atMs + random.between(400, 800);
  const latencyMs = random.pick([5, 15, 40]);
  return [
    { type: 'slow-disk', node, latencyMs, atMs, untilMs: crashAtMs },
    { type: 'crash', node, disk: 'kept', atMs: crashAtMs, untilMs: crashAtMs + 30 },
  ];
}

/** Members die one by one, when a snapshot is behind them, and are back soon. */
export function restarts(random: Random, { replicas }: Cast): readonly Fault[] {
  return random.shuffle(replicas).map((node, place): Fault => {
    const atMs = 1250 + place * 350 + random.between(0, 100);
    return { type: 'crash', node, disk: 'kept', atMs, untilMs: atMs + 30 };
  });
}

/**
 * Clients lose their connections and can make none for a part of the time that a call has, again
 * and again.
 */
export function brokenLines(random: Random, { replicas, clients }: Cast): readonly Fault[] {
  return [1500, 2100, 2700].flatMap((fromMs): readonly Fault[] => {
    const atMs = fromMs + random.between(0, 100);
    const untilMs = atMs + random.between(310, 400);
    return [
      ...cut(bothWays(clients, replicas), { atMs, untilMs }),
      { type: 'reset-streams', from: replicas, to: clients, atMs: atMs + 1 },
    ];
  });
}

/** One client after the other reaches no member, for longer than its lock is leased. */
export function cutOffClients(random: Random, { replicas, clients }: Cast): readonly Fault[] {
  return random.shuffle(clients).flatMap((client, place) => {
    const atMs = 500 + place * 1000 + random.between(0, 200);
    const untilMs = atMs + random.between(600, 800);
    return cut(bothWays([client], replicas), { atMs, untilMs });
  });
}
