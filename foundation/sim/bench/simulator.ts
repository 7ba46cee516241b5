/**
 * Events per second of the simulator: timers, messages, and nodes that await in between.
 *
 * The reference is the least that any simulator does, measured in turns with it: an event queue of
 * the same kind whose events call a function that schedules the next one, without nodes, hash or
 * trap.
 */
import type { Bench, BenchRow } from '@mangrove/experiment';
import { type Host, type NodeId, toNodeId } from '@mangrove/host';
import { type DrainMode, idleNode, Simulation } from '@mangrove/sim';

const EVENTS_PER_ROUND = 400_000;
const ROUND_COUNT = 5;
const NODES = ['n1', 'n2', 'n3', 'n4', 'n5'].map(toNodeId);

/** How many things each node has under way at once. */
const WIDTH = 20;

type Behaviour = (host: Host, peers: readonly NodeId[]) => void;

/** A kind of node, and how many events a second are wanted. */
interface Case {
  readonly name: string;
  readonly behaviour: Behaviour;
  readonly goal: number;
}

const CASES: readonly Case[] = [
  { name: 'timers, synchronous handlers', behaviour: timers, goal: 1_000_000 },
  { name: 'messages of 32 B, synchronous handlers', behaviour: messages, goal: 0 },
  { name: 'timers, handlers that await three times', behaviour: awaiting, goal: 300_000 },
];

/** The simulator's speed, drained by checkpoint and by hop. */
export const bench: Bench = {
  name: 'simulator',
  async run(report) {
    for (const each of CASES) {
      for (const drain of ['checkpoint', 'hop'] as const) {
        const rates: number[] = [];
        const bare: number[] = [];
        for (let round = 0; round <= ROUND_COUNT; round++) {
          const ours = await rateOf(each.behaviour, drain);
          const reference = bareRate();
          // The first round warms up.
          if (round > 0) rates.push(ours);
          if (round > 0) bare.push(reference);
        }
        report(rowOf(each, drain, median(rates), median(bare)));
      }
    }
  },
};

function rowOf(each: Case, drain: DrainMode, ours: number, reference: number): BenchRow {
  const hasGoal = each.goal > 0 && drain === 'checkpoint';
  return {
    bench: 'simulator',
    case: `${each.name}, drained by ${drain}`,
    ours,
    reference,
    unit: 'events/s',
    ratio: ours / reference,
    goal: hasGoal ? `ours >= ${each.goal}` : '',
    met: !hasGoal || ours >= each.goal,
  };
}

async function rateOf(behaviour: Behaviour, drain: DrainMode): Promise<number> {
  const simulation = new Simulation({ seed: 1, nodes: NODES, drain });
  for (const node of NODES) {
    simulation.start(node, async (host) => {
      const peers = NODES.filter((peer) => peer !== node);
      for (const peer of peers) host.messages.addPeer(peer, peer);
      behaviour(host, peers);
      return idleNode();
    });
  }
  await simulation.run(50);
  const before = simulation.eventCount;
  const start = performance.now();
  await simulation.run(1e9, () => simulation.eventCount - before >= EVENTS_PER_ROUND);
  const seconds = (performance.now() - start) / 1000;
  const rate = (simulation.eventCount - before) / seconds;
  simulation.close();
  return rate;
}

function timers(host: Host): void {
  const again = () => void host.timers.after(1 + host.random.below(10), again);
  for (let index = 0; index < WIDTH; index++) again();
}

function awaiting(host: Host): void {
  const again = () => {
    host.run(async () => {
      for (let step = 0; step < 3; step++) await undefined;
      host.timers.after(1 + host.random.below(10), again);
    });
  };
  for (let index = 0; index < WIDTH; index++) again();
}

function messages(host: Host, peers: readonly NodeId[]): void {
  host.messages.onMessage(({ from, bytes }) => void host.messages.send(from, bytes));
  host.timers.after(20, () => {
    for (let index = 0; index < WIDTH; index++) {
      host.messages.send(peers[index % peers.length] as NodeId, new Uint8Array(32));
    }
  });
}

/** Events per second of a bare queue of as many events under way. */
function bareRate(): number {
  const queue: { at: number; run: () => void }[] = [];
  let now = 0;
  let state = 1;
  const push = (run: () => void) => {
    state = Math.imul(state, 1_103_515_245) + 12_345;
    const event = { at: now + 1000 + ((state >>> 8) % 10_000), run };
    let index = queue.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if ((queue[parent] as { at: number }).at <= event.at) break;
      queue[index] = queue[parent] as { at: number; run: () => void };
      index = parent;
    }
    queue[index] = event;
  };
  const again = () => push(again);
  for (let index = 0; index < WIDTH * NODES.length; index++) again();
  const start = performance.now();
  for (let count = 0; count < EVENTS_PER_ROUND; count++) {
    const first = popFirst(queue);
    now = first.at;
    first.run();
  }
  return EVENTS_PER_ROUND / ((performance.now() - start) / 1000);
}

function popFirst<Event extends { readonly at: number }>(queue: Event[]): Event {
  const first = queue[0] as Event;
  const last = queue.pop() as Event;
  if (queue.length === 0) return first;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= queue.length) break;
    const right = queue[child + 1];
    if (right !== undefined && right.at < (queue[child] as Event).at) child += 1;
    if ((queue[child] as Event).at >= last.at) break;
    queue[index] = queue[child] as Event;
    index = child;
  }
  queue[index] = last;
  return first;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
