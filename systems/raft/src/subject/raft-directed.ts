/**
 * Orders of faults that are aimed: at the leader, at a vote, at the first append of a reign.
 *
 * Each is the known way to one mistake. Independent faults would meet it once in many thousand
 * runs; these meet it in some of ten, and the code as it is must come through all of them.
 */
import {
  bothWays,
  type Cast,
  cut,
  type Fault,
  leader,
  OTHERS,
  type PlannedAction,
} from '@mangrove/experiment';
import type { NodeId, Random } from '@mangrove/host';
import { request } from './raft-operator.ts';

/** What an attempt is drawn from. */
interface Attempt {
  readonly random: Random;
  /** The node that leads when it begins. */
  readonly first: NodeId;
  /** The other founders, in the order of their parts. */
  readonly others: readonly NodeId[];
  /** Replicas that may join. */
  readonly spares: readonly NodeId[];
  /** Roles with this number, and the next one, are this attempt's own. */
  readonly nth: number;
  /** When it begins, ms. */
  readonly atMs: number;
}

/** An order of faults that begins with a known leader. */
export type Play = (attempt: Attempt) => readonly Fault[];

/** By then the group has its first leader, and clients have their sessions. */
const FIRST_MS = 600;

/** How long before an attempt leadership is handed to the one who is to have it. */
const CROWNED_MS = 200;

/** How long an attempt lasts, and how many of the replicas found the group. */
export interface Stage {
  readonly lengthMs: number;
  readonly founderCount: number;
}

/** A script of attempts, one after the other; what each plays, and with whom, is drawn. */
export function attemptsOf(plays: readonly Play[], { lengthMs, founderCount }: Stage) {
  return (random: Random, { replicas, activeMs }: Cast): readonly Fault[] => {
    const count = Math.floor((activeMs - FIRST_MS) / lengthMs);
    return Array.from({ length: count }, (_, place) => {
      const fromMs = FIRST_MS + place * lengthMs;
      const [first, ...others] = random.shuffle(replicas.slice(0, founderCount));
      if (first === undefined) return [];
      const crown = [0, 60].map((afterMs): Fault => {
        return { type: 'action', ...request('transfer', first), atMs: fromMs + afterMs };
      });
      const nth = 2 * place + 1;
      const spares = replicas.slice(founderCount);
      const attempt = { random, first, others, spares, nth, atMs: fromMs + CROWNED_MS };
      return [...crown, ...random.pick(plays)(attempt)];
    }).flat();
  };
}

/** A leader hears late what the others say, then is not heard any more. */
export function deafLeader({ random, first, atMs }: Attempt): readonly Fault[] {
  const latencyMs = random.pick([60, 100, 140]);
  const untilMs = atMs + 800;
  const muteAt = atMs + random.between(300, 400);
  return [
    { type: 'slow-links', from: [OTHERS], to: [first], latencyMs, atMs, untilMs },
    ...cut([{ from: [first], to: [OTHERS] }], { atMs: muteAt, untilMs }),
  ];
}

/** Leadership is handed over, and the former leader hears of it late. */
export function lateHandOver({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const latencyMs = random.pick([50, 100, 140]);
  const window = { atMs, untilMs: atMs + 700 };
  const heir = random.pick(others);
  return [
    { type: 'slow-links', from: [OTHERS], to: [first], latencyMs, ...window },
    { type: 'action', ...request('transfer', heir), atMs: atMs + 250 },
  ];
}

/** The one whom leadership is handed to dies when it is told so, and is back soon. */
export function deadHeir({ random, others, first, atMs }: Attempt): readonly Fault[] {
  const heir = others[random.below(others.length)] ?? first;
  const kind = 'timeout-now';
  const point = { operation: 'receive', kind, nth: 1, fromMs: atMs, when: 'before' } as const;
  return [
    { type: 'crash-at', node: heir, point, downMs: 30, disk: 'kept' },
    ask(request('transfer', heir), atMs + 20),
  ];
}

/** A voter forgets in a new life to whom it was loyal; the other one cannot hear the leader. */
export function rebornVoter({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const [rival = first, ...voters] = others;
  const bornMs = atMs + random.between(250, 400);
  const untilMs = atMs + 900;
  return [
    ...cut(bothWays([first], [rival]), { atMs, untilMs }),
    ...voters.map((node): Fault => {
      return { type: 'crash', node, disk: 'kept', atMs: bornMs, untilMs: bornMs + 1 };
    }),
    ...cut(bothWays([first], [OTHERS]), { atMs: bornMs, untilMs }),
  ];
}

/** What a leader says to a follower comes late, and much of it twice. */
export function echoes({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const untilMs = atMs + 800;
  const [from, to] = [[first], [random.pick(others)]];
  const rates = { lossPerMille: 0, duplicatePerMille: 500, delayPerMille: 500 };
  const delayMs = random.pick([50, 120, 250]);
  return [{ type: 'rough-links', from, to, ...rates, delayMs, atMs, untilMs }];
}

/**
 * Figure 8 of the paper. The first leader has entries that no one else has, and dies. The second
 * one is elected by a voter that dies with its vote on the way, so that its no-op reaches no one;
 * it dies too. The first one leads again and brings its entries to the voter, which dies with its
 * first answer on the way; the leader follows. Then the second one leads.
 */
export function figureEight({ random, first, others, nth, atMs }: Attempt): readonly Fault[] {
  const deadAt = atMs + random.between(20, 60);
  const [againAt, deadAgainAt] = [deadAt + 500, deadAt + 1300];
  const [votes, answers] = ['vote-response', 'append-accepted'];
  return [
    ...cut(bothWays([first], [OTHERS]), { atMs, untilMs: deadAt }),
    { type: 'crash', node: first, disk: 'kept', atMs: deadAt, untilMs: againAt },
    ...others.map((node) => diesSaying(votes, node, { fromMs: deadAt, downMs: 100 })),
    { type: 'crash', node: leader(nth), disk: 'kept', atMs: deadAt + 1, untilMs: deadAgainAt },
    ...others.map((node) => diesSaying(answers, node, { fromMs: againAt, downMs: 700 })),
    { type: 'crash', node: first, disk: 'kept', atMs: deadAgainAt, untilMs: deadAgainAt + 900 },
  ];
}

/**
 * A proposal of the first leader is with one ally. Another leader, whose voters die with their
 * votes on the way, takes its place in the first one's log alone, and dies. Then the ally leads.
 */
export function truncatedAndCommitted({ first, others, atMs }: Attempt): readonly Fault[] {
  const [ally = first, ...rest] = others;
  const untilMs = atMs + 500;
  const parted = [
    { from: [first, ally], to: rest },
    { from: rest, to: [ally] },
  ];
  return [
    ...cut(parted, { atMs, untilMs }),
    ...rest.map((node) => diesSaying('vote-response', node, { fromMs: atMs, downMs: 150 })),
    ...rest.map((node) => {
      const when = { fromMs: atMs, downMs: 1500, count: others.length };
      return diesSaying('append-entries', node, when);
    }),
    ...cut(bothWays([first], [OTHERS]), { atMs: untilMs - 20, untilMs: atMs + 1800 }),
  ];
}

/**
 * Two learners are to become voters, and the group falls apart at that moment: the change is on the
 * one side only. Later, when all have forgotten it, its leader leads again and falls apart from the
 * others once more.
 */
export function forgottenChange({ random, first, others, spares, atMs }: Attempt) {
  const [one = first, two = first] = spares;
  const apartAt = atMs + 400;
  const healedAt = apartAt + 700;
  const side = [first, ...spares];
  const againAt = healedAt + random.between(440, 520);
  return [
    ask(request('add-learner', one), atMs),
    ask(request('add-learner', two), atMs + 60),
    { type: 'slow-links', from: others, to: [first], latencyMs: 40, ...during(apartAt - 100, 200) },
    ...cut([{ from: side, to: others }], during(apartAt, 700)),
    ...cut([{ from: others, to: side }], during(apartAt + 80, 620)),
    ...[3, 12, 25].map((afterMs) => ask(request('promote-both', one, two), apartAt + afterMs)),
    { type: 'crash', node: first, disk: 'kept', ...during(healedAt + 150, 20) },
    { type: 'slow-links', from: [first], to: others, latencyMs: 30, ...during(healedAt, 800) },
    ask(request('transfer', first), healedAt + 350),
    ...cut(bothWays(side, others), during(againAt, 800)),
  ] satisfies readonly Fault[];
}

/**
 * Two leaders of four voters change the members by one each: the first one adds a fifth, which no
 * other hears of; the second one, whose first entry a voter that died with its vote did not get,
 * takes the first one out. Then the first one, the fifth and that voter are alone.
 */
export function changesOfTwo({ first, others, spares, atMs }: Attempt): readonly Fault[] {
  const [late = first, ...pair] = others;
  const [fifth = first] = spares;
  const apartAt = atMs + 300;
  const turnedAt = apartAt + 700;
  const early = Array.from({ length: 24 }, (_, count) => 150 + 20 * count);
  return [
    ask(request('add-learner', fifth), atMs),
    ...cut(bothWays([first, fifth], others), during(apartAt, 700)),
    ...[10, 30].map((afterMs) => ask(request('promote', fifth), apartAt + afterMs)),
    diesSaying('vote-response', late, { fromMs: apartAt, downMs: 600 }),
    ...early.map((afterMs) => ask(request('demote', first), apartAt + afterMs)),
    ...cut(bothWays(pair, [first, fifth, late]), during(turnedAt, 900)),
  ];
}

/** Two of five are cut off from the others, and hear everything twice. */
export function doubledVotes({ others, atMs }: Attempt): readonly Fault[] {
  const pair = others.slice(0, 2);
  const rates = { lossPerMille: 0, duplicatePerMille: 1000, delayPerMille: 0, delayMs: 0 };
  return [
    ...cut(bothWays(pair, [OTHERS]), during(atMs, 900)),
    { type: 'rough-links', from: pair, to: pair, ...rates, ...during(atMs, 900) },
  ];
}

/** Half of the voters are cut off from the other half. */
export function halves({ first, others, atMs }: Attempt): readonly Fault[] {
  const count = (others.length - 1) >> 1;
  const side = [first, ...others.slice(0, count)];
  return cut(bothWays(side, others.slice(count)), during(atMs, 900));
}

/**
 * A voter that has what is committed loses its disk, or its log rots, while the leader is cut off;
 * with the third one, which was behind, it would be a majority that knows less.
 */
export function damagedVoter({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const [damaged = first, behind = first] = others;
  const turnedAt = atMs + 400;
  // Near the beginning: most of a segment is room that is not used yet.
  const place = { path: 'raft/log/segment', positionPerMille: random.pick([0, 0, 1, 3]) };
  const isWiped = random.chance(1, 2);
  const rot: readonly Fault[] = isWiped
    ? []
    : [{ type: 'bit-rot', node: damaged, atMs: turnedAt - 5, ...place }];
  return [
    ...cut(bothWays([behind], [OTHERS]), during(atMs, 430)),
    ...rot,
    { type: 'crash', node: damaged, disk: isWiped ? 'wiped' : 'kept', ...during(turnedAt, 20) },
    ...cut(bothWays([first], [OTHERS]), during(turnedAt, 1200)),
  ];
}

function during(atMs: number, lengthMs: number) {
  return { atMs, untilMs: atMs + lengthMs };
}

function ask(action: PlannedAction, atMs: number): Fault {
  return { type: 'action', ...action, atMs };
}

/** A node is killed when it has sent so many messages of a kind; the last one is on its way. */
function diesSaying(
  kind: string,
  node: NodeId,
  moment: { readonly fromMs: number; readonly downMs: number; readonly count?: number },
): Fault {
  const { fromMs, downMs, count = 1 } = moment;
  const point = { operation: 'send', kind, nth: count, fromMs, when: 'after' } as const;
  return { type: 'crash-at', node, point, downMs, disk: 'kept' };
}
