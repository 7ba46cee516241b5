/**
 * Orders of faults after which a node may never get well, although nothing is wrong any more.
 */
import { bothWays, cut, type Fault, OTHERS } from '@mangrove/experiment';
import { request } from '../raft-operator.ts';
import { type Attempt, ask, diesSaying, during } from './attempt.ts';

/** When clients write in an attempt; else they do not. */
export const BURST = Object.freeze([[-30, 60] as const]);

/** The one whom leadership is handed to dies when it has raised its term, and asked nobody. */
export function diesCampaigning({ random, others, atMs }: Attempt): readonly Fault[] {
  const heir = random.pick(others);
  const point = { operation: 'send', kind: 'request-vote', nth: 1, when: 'before' } as const;
  const when = { ...point, fromMs: atMs };
  return [
    { type: 'crash-at', node: heir, point: when, downMs: 60, disk: 'kept' },
    ask(request('transfer', heir), atMs + 20),
  ];
}

/** All that is said to a follower is lost, for less than an election takes; then all are silent. */
export function silentLoss({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const rates = { lossPerMille: 1000, duplicatePerMille: 0, delayPerMille: 0, delayMs: 0 };
  const window = during(atMs + 20, 140);
  return [{ type: 'rough-links', from: [first], to: [random.pick(others)], ...rates, ...window }];
}

/** All that a new leader says to a follower at first is lost, so what it probes with is. */
export function lostProbe({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const rates = { lossPerMille: 1000, duplicatePerMille: 0, delayPerMille: 0, delayMs: 0 };
  const window = during(atMs - 200, 140 + random.between(0, 80));
  return [{ type: 'rough-links', from: [first], to: [random.pick(others)], ...rates, ...window }];
}

/** A leader that is cut off takes in what the others replace, and forget behind a snapshot. */
export function lonelyLeader({ random, first, atMs }: Attempt): readonly Fault[] {
  return cut(bothWays([first], [OTHERS]), during(atMs, random.between(240, 340)));
}

/** The same; it loses its power as it says that it has the snapshot. */
export function losesSnapshot(attempt: Attempt): readonly Fault[] {
  const { first, atMs } = attempt;
  const moment = { fromMs: atMs + 200, downMs: 60, disk: 'unsynced-lost' } as const;
  return [
    ...lonelyLeader(attempt),
    { type: 'slow-disk', node: first, latencyMs: 30, ...during(atMs + 200, 400) },
    diesSaying('append-accepted', first, moment),
  ];
}

/** A follower needs a snapshot; all that it is sent comes once more, late. */
export function lateCopies({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const behind = random.pick(others);
  const rates = { lossPerMille: 0, duplicatePerMille: 1000, delayPerMille: 0 };
  const delayMs = random.pick([50, 150, 300]);
  return [
    ...cut(bothWays([behind], [OTHERS]), during(atMs - 20, 50)),
    {
      type: 'rough-links',
      from: [first],
      to: [behind],
      ...rates,
      delayMs,
      ...during(atMs + 30, 500),
    },
  ];
}

/**
 * One follower is away, all that the other is sent comes once more, late; then the leader is alone,
 * and those two elect: what was acknowledged is with the one who heard it last.
 */
export function lateAppends({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const [hearer = first, ...away] = others;
  const rates = { lossPerMille: 0, duplicatePerMille: 1000, delayPerMille: 0 };
  const delayMs = random.pick([60, 100, 140]);
  const lengthMs = random.between(200, 300);
  return [
    ...cut(bothWays(away, [OTHERS]), during(atMs - 20, lengthMs)),
    {
      ...{ type: 'rough-links', from: [first], to: [hearer], ...rates, delayMs },
      ...during(atMs, lengthMs),
    },
    ...cut(bothWays([first], [OTHERS]), during(atMs + lengthMs, 700)),
  ];
}

/**
 * The disk of a follower stands still with entries of a leader that the others do not hear. They
 * elect another one, whose entry comes in their place before their write is done.
 */
export function lateWrite({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const [hearer = first, ...rest] = others;
  const stalledMs = random.between(350, 500);
  return [
    ...cut(bothWays([first], rest), during(atMs, 600)),
    { type: 'slow-disk', node: hearer, latencyMs: 30, ...during(atMs, 80) },
    { type: 'stall-disk', node: hearer, ...during(atMs + 60, stalledMs) },
  ];
}
