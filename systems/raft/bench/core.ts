/**
 * The core alone: how many steps a second, and how many bytes a step leaves to the collector.
 *
 * A leader and its followers in one loop, no disk and no network: each proposal of 256 bytes is
 * appended, replicated, made durable, acknowledged, committed and applied everywhere. Proposals are
 * held against a loop that only sends, answers and counts a majority: what the rules cost, in the
 * same run. Steps are held against those of three voters, bytes against those of the proposal.
 */
import { hrtime, memoryUsage } from 'node:process';
import type { Bench, BenchRow } from '@mangrove/experiment';
import { type Incarnation, type Instant, type NodeId, toNodeId } from '@mangrove/host';
import {
  createRaft,
  type Effect,
  foundingSnapshot,
  nextTimerAt,
  type RaftEvent,
  type RaftState,
  simpleConfiguration,
  step,
  toRaftOptions,
} from '../src/index.ts';

const PROPOSAL_COUNT = 20_000;
const DATA = new Uint8Array(256);

type Timeless<Event> = Event extends RaftEvent ? Omit<Event, 'now'> : never;

/** The benchmark. */
export const bench: Bench = {
  name: 'raft-core',
  async run(report: (row: BenchRow) => void): Promise<void> {
    runCore(3, PROPOSAL_COUNT);
    runFloor(3, PROPOSAL_COUNT);
    const three = runCore(3, PROPOSAL_COUNT).stepsPerSecond;
    for (const voterCount of [3, 5, 7]) {
      const core = runCore(voterCount, PROPOSAL_COUNT);
      const floor = runFloor(voterCount, PROPOSAL_COUNT);
      const bytes = bytesPerStep(voterCount);
      const name = `${voterCount} voters`;
      report(toRow(`proposals/s, ${name}`, core.proposalsPerSecond, floor, '1/s'));
      report(toRow(`steps/s, ${name}`, core.stepsPerSecond, three, '1/s'));
      report(toRow(`heap bytes/step, ${name}`, bytes, DATA.length, 'bytes'));
    }
  },
};

function toRow(name: string, ours: number, reference: number, unit: string): BenchRow {
  const ratio = ours / reference;
  return { bench: 'raft-core', case: name, ours, reference, unit, ratio, goal: '', met: true };
}

/** Members in one loop whose messages and writes are done at once, in order. */
class Loop {
  stepCount = 0;
  private readonly states = new Map<NodeId, RaftState>();
  private readonly queue: { readonly node: NodeId; readonly event: Timeless<RaftEvent> }[] = [];
  private now = 0;

  constructor(voterCount: number) {
    const nodes = Array.from({ length: voterCount }, (_, place) => toNodeId(`n${place}`));
    const snapshot = foundingSnapshot(simpleConfiguration(nodes));
    const hardState = { term: snapshot.term, votedFor: undefined };
    for (const node of nodes) {
      const state = createRaft({
        self: node,
        incarnation: 1 as Incarnation,
        options: toRaftOptions({ cacheBytesMax: 1_000_000 }),
        recovered: { hardState, snapshot, entries: [] },
        now: 0 as Instant,
        random: 0,
      });
      this.states.set(node, state);
    }
    const [first] = this.states;
    if (first === undefined) return;
    this.now = nextTimerAt(first[1]);
    this.give(first[0], { type: 'timer', random: 0 });
  }

  /** Has `count` commands committed and applied by all, `batch` at a time. */
  propose(count: number, batch: number): void {
    const [leader] = this.states.keys();
    if (leader === undefined) return;
    for (let id = 1; id <= count; id++) {
      this.queue.push({ node: leader, event: { type: 'propose', id, data: DATA } });
      if (id % batch === 0) this.drain();
    }
    this.drain();
  }

  private give(node: NodeId, event: Timeless<RaftEvent>): void {
    this.queue.push({ node, event });
    this.drain();
  }

  private drain(): void {
    for (let place = 0; place < this.queue.length; place++) {
      const next = this.queue[place];
      const state = next === undefined ? undefined : this.states.get(next.node);
      if (next === undefined || state === undefined) continue;
      this.stepCount += 1;
      const event = { ...next.event, now: this.now as Instant } as RaftEvent;
      for (const effect of step(state, event)) this.perform(next.node, effect);
    }
    this.queue.length = 0;
  }

  private perform(node: NodeId, effect: Effect): void {
    const { queue } = this;
    if (effect.type === 'send') {
      const { message } = effect;
      queue.push({ node: message.to, event: { type: 'message', message } });
    } else if (effect.type === 'persist') {
      queue.push({ node, event: { type: 'persisted', sequence: effect.sequence } });
    } else if (effect.type === 'apply') {
      const last = effect.entries.at(-1);
      if (last !== undefined) queue.push({ node, event: { type: 'applied', index: last.index } });
    }
  }
}

function runCore(voterCount: number, count: number) {
  const loop = new Loop(voterCount);
  const before = loop.stepCount;
  const startedAt = hrtime.bigint();
  loop.propose(count, 16);
  const seconds = Number(hrtime.bigint() - startedAt) / 1e9;
  const stepsPerSecond = (loop.stepCount - before) / seconds;
  return { proposalsPerSecond: count / seconds, stepsPerSecond };
}

/** The median of short runs, of those between which nothing was collected. */
function bytesPerStep(voterCount: number): number {
  const loop = new Loop(voterCount);
  const figures: number[] = [];
  for (let run = 0; run < 200; run++) {
    const before = { heap: memoryUsage().heapUsed, steps: loop.stepCount };
    loop.propose(64, 16);
    const bytes = memoryUsage().heapUsed - before.heap;
    if (bytes > 0) figures.push(bytes / (loop.stepCount - before.steps));
  }
  figures.sort((left, right) => left - right);
  return figures[figures.length >> 1] ?? Number.NaN;
}

/** Proposals a second of a loop that only sends, answers and counts. */
function runFloor(voterCount: number, count: number): number {
  const logs = Array.from({ length: voterCount }, () => [] as Uint8Array[]);
  let committedCount = 0;
  const startedAt = hrtime.bigint();
  for (let index = 0; index < count; index++) {
    let ackCount = 0;
    for (const log of logs) {
      const message = { index, data: DATA };
      log.push(message.data);
      const answer = { index: message.index, isHeld: true };
      if (answer.isHeld) ackCount += 1;
    }
    if (ackCount * 2 > voterCount) committedCount += 1;
  }
  const seconds = Number(hrtime.bigint() - startedAt) / 1e9;
  return committedCount / seconds;
}
