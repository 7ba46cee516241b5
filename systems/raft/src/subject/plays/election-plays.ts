/**
 * Orders of faults in which leaders follow each other, and few hear of them.
 */
import { bothWays, cut, type Fault, leader, OTHERS } from '@mangrove/experiment';
import { type Attempt, diesSaying, during } from './attempt.ts';

/**
 * Figure 8 of the paper. The first leader has entries that no one else has, and is cut off. The
 * second one is elected by a voter that dies with its vote on the way, so that its no-op reaches no
 * one; it dies too. The first one leads again and brings its entries to the voter, which dies with
 * its first answer on the way; the leader, who may have told clients of it, is cut off once more.
 * Then the second one leads.
 */
export function figureEight({ random, first, others, nth, atMs }: Attempt): readonly Fault[] {
  const againAt = atMs + random.between(380, 440);
  const apartAt = againAt + 800;
  // By then it knows that it does not lead any more.
  const deposedAt = atMs + 160;
  const [votes, answers] = ['vote-response', 'append-accepted'];
  return [
    ...cut(bothWays([first], [OTHERS]), { atMs, untilMs: againAt }),
    ...others.map((node) => diesSaying(votes, node, { fromMs: atMs, downMs: 100 })),
    { type: 'crash', node: leader(nth), disk: 'kept', atMs: deposedAt, untilMs: apartAt },
    ...others.map((node) => diesSaying(answers, node, { fromMs: againAt, downMs: 700 })),
    ...cut(bothWays([first], [OTHERS]), during(apartAt, 900)),
  ];
}

/** A follower hears nothing for a while; then the leader dies, and who is left has more than it. */
export function laggard({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const [behind = first] = others;
  const deadAt = atMs + random.between(200, 300);
  return [
    ...cut(bothWays([behind], [OTHERS]), { atMs, untilMs: deadAt }),
    { type: 'crash', node: first, disk: 'kept', ...during(deadAt, 900) },
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
 * The leader dies. Another one is elected by a voter that loses its power as it says so, and is
 * alone from then on. Both come back, and the former leader asks the voter for the same term.
 */
export function votesTwice({ first, others, nth, atMs }: Attempt): readonly Fault[] {
  const moment = { fromMs: atMs, downMs: 200, disk: 'unsynced-lost' } as const;
  return [
    { type: 'crash', node: first, disk: 'kept', ...during(atMs, 300) },
    ...others.map((node) => diesSaying('vote-response', node, moment)),
    ...cut(bothWays([leader(nth)], [OTHERS]), during(atMs + 100, 1200)),
  ];
}
