/**
 * Faults that belong together, where clients reach what members do not: half of the scenarios of a
 * run are Raft's, the other half are these.
 */
import { type Cast, type Fault, leader, OTHERS } from '@mangrove/experiment';
import type { NodeId, Random } from '@mangrove/host';
import { raftExperiment } from '@mangrove/raft';

/** The longest scenario of this file, in milliseconds. */
const LENGTH_MS_MAX = 1500;

/** Draws one scenario. The first three replicas are the founders. */
export function drawKvScenario(random: Random, cast: Cast): readonly Fault[] {
  const { drawScenario } = raftExperiment;
  if (drawScenario !== undefined && random.chance(1, 2)) return drawScenario(random, cast);
  const atMs = 200 + random.below(Math.max(1, cast.activeMs - LENGTH_MS_MAX - 200));
  const founder = random.pick(cast.replicas.slice(0, 3));
  // Whoever leads by then, as often as anybody; each time by a name of its own.
  const node = random.chance(1, 2) ? leader(random.between(2, 99)) : founder;
  const { clients } = cast;
  return random.pick([lonelyMember, slowMember, lostAnswers])({ random, node, clients, atMs });
}

interface Scene {
  readonly random: Random;
  readonly node: NodeId;
  readonly clients: readonly NodeId[];
  readonly atMs: number;
}

/**
 * A member is cut off from the others and not from its clients: they watch, read and keep leases
 * alive at it, as far as it lets them, and later a snapshot brings it up to date.
 */
function lonelyMember({ random, node, atMs }: Scene): readonly Fault[] {
  const window = { atMs, untilMs: atMs + random.between(500, 1000) };
  return [
    { type: 'cut', from: [OTHERS], to: [node], ...window },
    { type: 'cut', from: [node], to: [OTHERS], ...window },
  ];
}

/** What a member hears is old: its rounds take long, and its clients get answers at once. */
function slowMember({ random, node, atMs }: Scene): readonly Fault[] {
  const window = { atMs, untilMs: atMs + LENGTH_MS_MAX };
  const latencyMs = random.pick([40, 70, 110]);
  return [{ type: 'slow-links', from: [OTHERS], to: [node], latencyMs, ...window }];
}

/** A member takes requests in, and its answers are lost with their connections, again and again. */
function lostAnswers({ random, node, clients, atMs }: Scene): readonly Fault[] {
  return Array.from({ length: 5 }, (_, count): Fault => {
    const at = atMs + count * random.between(100, 280);
    return { type: 'reset-streams', from: [node], to: clients, atMs: at };
  });
}
