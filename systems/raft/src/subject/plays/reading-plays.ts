/**
 * Orders of faults after which a leader may go on to read although another one leads.
 */
import { bothWays, cut, type Fault, OTHERS } from '@mangrove/experiment';
import { request } from '../raft-operator.ts';
import { type Attempt, ask, during } from './attempt.ts';

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

/** By how much answers come later with each step, ms: not so much that the leader steps down. */
const LATER_MS = 70;

/**
 * Answers to a leader come later and later, until each is older than an election takes; then the
 * leader is not heard any more. It hears for long what was said before the others elected another.
 */
export function oldAnswers({ random, first, atMs }: Attempt): readonly Fault[] {
  const steps = Array.from({ length: 4 }, (_, step) => atMs + 80 * step);
  const muteAt = atMs + random.between(320, 380);
  const untilMs = muteAt + 500;
  return [
    ...steps.map((fromMs): Fault => {
      const links = { from: [OTHERS], to: [first] };
      return { type: 'slow-links', ...links, latencyMs: LATER_MS, atMs: fromMs, untilMs };
    }),
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

/** When clients write in an attempt: who has not heard for a while may be elected all the same. */
export const WRITTEN = Object.freeze([[-200, -20] as const, [250, 900] as const]);

/** A voter forgets in a new life to whom it was loyal; the other one cannot hear the leader. */
export function rebornVoter({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const [rival = first, ...voters] = others;
  const bornMs = atMs + random.between(240, 400);
  const untilMs = atMs + 900;
  return [
    ...cut(bothWays([first], [rival]), { atMs, untilMs }),
    ...voters.map((node): Fault => {
      return { type: 'crash', node, disk: 'unsynced-lost', atMs: bornMs, untilMs: bornMs + 1 };
    }),
    ...cut(bothWays([first], [OTHERS]), { atMs: bornMs, untilMs }),
  ];
}

/**
 * Each answer of the leader comes to one follower once more, late, and that follower is behind what
 * it is told of, since its disk is slow. It always has a question open.
 */
export function answersTwice({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const asker = random.pick(others);
  const rates = { lossPerMille: 0, duplicatePerMille: 1000, delayPerMille: 0 };
  const delayMs = random.pick([80, 150, 250]);
  const window = during(atMs, 800);
  return [
    { type: 'rough-links', from: [first], to: [asker], ...rates, delayMs, ...window },
    { type: 'slow-links', from: [asker], to: [first], latencyMs: 20, ...window },
    { type: 'slow-disk', node: asker, latencyMs: random.pick([20, 40]), ...window },
  ];
}
