/**
 * Orders of faults that are aimed: at the leader, at a vote, at the first append of a reign.
 *
 * Each is the known way to one mistake. Independent faults would meet it once in many thousand
 * runs; these meet it in some of ten, and the code as it is must come through all of them.
 */
import type { Cast, DiskFate, Fault, Generator, PlannedAction } from '@mangrove/experiment';
import type { NodeId, Random } from '@mangrove/host';
import { request } from '../raft-operator.ts';

/** What an attempt is drawn from. */
export interface Attempt {
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
export const FIRST_MS = 600;

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

/**
 * The turns of `generator` before the first attempt, and those in a part of each: from when until
 * when is counted from its begin, ms. Its end is where the next one's leader is crowned.
 */
export function partly(
  parts: readonly (readonly [fromMs: number, untilMs: number])[],
  lengthMs: number,
  generator: Generator,
): Generator {
  const isWithin = (sinceMs: number) =>
    parts.some(([fromMs, untilMs]) => sinceMs >= fromMs && sinceMs < untilMs);
  return (stretch) =>
    generator(stretch).filter(({ atMs }) => {
      const place = Math.floor((atMs - FIRST_MS) / lengthMs);
      return place < 0 || isWithin(atMs - FIRST_MS - CROWNED_MS - place * lengthMs);
    });
}

/** From `atMs` on for so long. */
export function during(atMs: number, lengthMs: number) {
  return { atMs, untilMs: atMs + lengthMs };
}

/** An operator asks for it at that time. */
export function ask(action: PlannedAction, atMs: number): Fault {
  return { type: 'action', ...action, atMs };
}

/** A node is killed when it has sent so many messages of a kind; the last one is on its way. */
export function diesSaying(
  kind: string,
  node: NodeId,
  moment: {
    readonly fromMs: number;
    readonly downMs: number;
    readonly count?: number;
    /** Default: `kept`. */
    readonly disk?: DiskFate;
  },
): Fault {
  const { fromMs, downMs, count = 1, disk = 'kept' } = moment;
  const point = { operation: 'send', kind, nth: count, fromMs, when: 'after' } as const;
  return { type: 'crash-at', node, point, downMs, disk };
}
