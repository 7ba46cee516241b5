/**
 * Other luck for a plan: the same faults and operations with fresh choices, and every second time
 * at somewhat other moments, at whoever leads in the place of a node, or by another client.
 *
 * What was left out moved the rest: the crash that struck in mid-append strikes a millisecond late
 * now. Who draws moments anew meets the failure again far sooner than who draws delays alone.
 */
import {
  type Choices,
  type Fault,
  leader,
  type Plan,
  type PlannedOperation,
} from '@mangrove/experiment';
import { type Random, SeededRandom } from '@mangrove/host';

const NO_CHOICES: Choices = { links: {}, draws: {} };

/** By how much a gap between two events grows or shrinks, in quarters. */
const GAP_QUARTERS = [0, 1, 2, 4, 4, 8] as const;

/** How far one event is moved by itself, ms. */
const JITTER_MS = 150;

/** How far at most behind another it is put, ms. */
const CLOSE_MS = [1, 5, 25] as const;

/** What gives the plan under its luck of each number, from 0. */
export function otherLuck(plan: Plan, salt: number): (index: number) => Plan {
  return (index) => {
    const seed = (Math.imul((plan.seed ?? 0) + index + 1, 0x9e3779b1) ^ salt) >>> 0;
    const reseeded = { ...plan, choices: NO_CHOICES, seed };
    if (index % 2 === 0) return reseeded;
    const random = new SeededRandom(seed, 'other-luck');
    const retime = random.pick([warped, moved, gathered]);
    return withClients(withRoles(retime(reseeded, random), random), random);
  };
}

/** Stretches and shortens the gaps between all events; their order stays. */
function warped(plan: Plan, random: Random): Plan {
  const after = new Map<number, number>();
  let [last, lastAfter] = [0, 0];
  for (const atMs of momentsOf(plan)) {
    lastAfter += Math.round(((atMs - last) * random.pick(GAP_QUARTERS)) / 4);
    last = atMs;
    after.set(atMs, lastAfter);
  }
  return retimed(plan, (atMs) => after.get(atMs) ?? atMs);
}

/** Moves every second event a little. */
function moved(plan: Plan, random: Random): Plan {
  return retimed(plan, (atMs) =>
    random.chance(1, 2) ? atMs + random.between(-JITTER_MS, JITTER_MS) : atMs,
  );
}

/** Moves one event to just after another: what races with it is to meet it. */
function gathered(plan: Plan, random: Random): Plan {
  const timesMs = momentsOf(plan);
  if (timesMs.length < 2) return plan;
  const [movedMs, besideMs] = random.shuffle(timesMs) as [number, number];
  const afterMs = random.between(0, random.pick(CLOSE_MS));
  return retimed(plan, (atMs) => (atMs === movedMs ? besideMs + afterMs : atMs));
}

/** When something begins before the quiet phase: each moment once, in order. */
function momentsOf(plan: Plan): readonly number[] {
  const all = [...plan.operations, ...plan.faults].flatMap((each) =>
    'atMs' in each && each.atMs < plan.activeMs ? [each.atMs] : [],
  );
  return [...new Set(all)].sort((a, b) => a - b);
}

/** With other moments for what comes before the quiet phase. */
function retimed(plan: Plan, timeOf: (atMs: number) => number): Plan {
  const within = (atMs: number) => Math.max(0, Math.min(plan.activeMs - 1, timeOf(atMs)));
  const operations = plan.operations.map(
    (each): PlannedOperation =>
      each.atMs < plan.activeMs ? { ...each, atMs: within(each.atMs) } : each,
  );
  const faults = plan.faults.map((fault): Fault => {
    if (!('atMs' in fault) || fault.atMs >= plan.activeMs) return fault;
    const atMs = within(fault.atMs);
    if (!('untilMs' in fault)) return { ...fault, atMs };
    return { ...fault, atMs, untilMs: atMs + fault.untilMs - fault.atMs };
  });
  return { ...plan, operations, faults };
}

/** Lets one fault of a replica strike whoever leads, every fourth time. */
function withRoles(plan: Plan, random: Random): Plan {
  const places = plan.faults.flatMap((fault, place) => ('node' in fault ? [place] : []));
  if (places.length === 0 || !random.chance(1, 4)) return plan;
  const place = random.pick(places);
  const fault = plan.faults[place];
  if (fault === undefined || !('node' in fault)) return plan;
  return { ...plan, faults: plan.faults.with(place, { ...fault, node: leader() }) };
}

/** Lets another client do one of the operations, every fourth time. */
function withClients(plan: Plan, random: Random): Plan {
  const { clients, operations } = plan;
  if (clients.length < 2 || operations.length === 0 || !random.chance(1, 4)) return plan;
  const operation = random.pick(operations);
  const client = random.pick(clients);
  const place = operations.indexOf(operation);
  return { ...plan, operations: operations.with(place, { ...operation, client }) };
}
