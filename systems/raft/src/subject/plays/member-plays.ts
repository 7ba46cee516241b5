/**
 * Orders of faults in which a change of members does not reach all who take part in it.
 */
import { bothWays, cut, type Fault } from '@mangrove/experiment';
import { request } from '../raft-operator.ts';
import { type Attempt, ask, diesSaying, during } from './attempt.ts';

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
  const againAt = healedAt + random.between(415, 440);
  // What it remembers of the change, it has from its disk, or from memory.
  const diesAt = random.pick([apartAt + 300, undefined]);
  const death: readonly Fault[] =
    diesAt === undefined
      ? []
      : [{ type: 'crash', node: first, disk: 'kept', ...during(diesAt, 20) }];
  return [
    ask(request('add-learner', one), atMs),
    ask(request('add-learner', two), atMs + 60),
    { type: 'slow-links', from: others, to: [first], latencyMs: 40, ...during(apartAt - 100, 200) },
    ...cut([{ from: side, to: others }], during(apartAt, 700)),
    ...cut([{ from: others, to: side }], during(apartAt + 80, 620)),
    ...[3, 12, 25].map((afterMs) => ask(request('promote-both', one, two), apartAt + afterMs)),
    ...death,
    { type: 'slow-links', from: [first], to: others, latencyMs: 30, ...during(healedAt, 800) },
    ask(request('transfer', first), healedAt + 350),
    // It hears that it leads, and what it makes of that reaches no one.
    ...cut([{ from: side, to: others }], during(againAt, 800)),
    ...cut([{ from: others, to: side }], during(againAt + 60, 740)),
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

/**
 * The leader of two voters takes itself out. The other one has heard of the beginning of that
 * change, and not of its end.
 */
export function leavesAlone({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const changeAt = atMs + random.between(50, 150);
  // What was sent at once is on its way.
  const unheard = during(changeAt + 0.05, random.between(250, 400));
  return [
    ask(request('demote', first), changeAt),
    ...cut([{ from: [first], to: others }], unheard),
  ];
}

/**
 * One of two voters is to leave, and the leader dies with the change begun. It is asked for again
 * and again while all is well; after that, whoever left is not needed.
 */
export function leftBehind({ first, others, atMs }: Attempt): readonly Fault[] {
  const [leaving = first] = others;
  const again = Array.from({ length: 10 }, (_, count) => atMs + 300 + 100 * count);
  const kind = 'append-accepted';
  const point = { operation: 'receive', kind, nth: 1, fromMs: atMs, when: 'before' } as const;
  return [
    ...[atMs, ...again].map((askMs) => ask(request('demote', leaving), askMs)),
    { type: 'crash-at', node: first, point, downMs: 30, disk: 'kept' },
    { type: 'crash', node: leaving, disk: 'kept', ...during(atMs + 1600, 2200) },
  ];
}
