/**
 * What a node keeps within bounds so that others get on: readers of its status, the lane of
 * snapshots, slices of a state machine; and what it measures of that.
 */
import { type Host, MetricRegistry, type NodeId } from '@mangrove/host';
import { Simulation } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { RaftNode, simpleConfiguration, startRaftNode } from '../src/index.ts';
import { BLOCK_BYTES_MAX } from '../src/shell/snapshot-blocks.ts';
import type { PlacedCommand, StreamingMachine } from '../src/shell/state-machine.ts';
import { STATUS_READERS_MAX } from '../src/shell/status-feed.ts';
import { describePeerMessage } from '../src/subject/describe-peer.ts';
import { A, D, DONE, NodeGroup, writing } from './node-group.ts';
import { withParts } from './with-parts.ts';

describe('readers of the status', () => {
  it('R72: are bounded, and refused for good beyond', async () => {
    const group = new NodeGroup(41);
    const leader = await group.elect();
    const streams = Array.from({ length: STATUS_READERS_MAX }, () => leader.changes());
    await group.outcome(Promise.all(streams.map((stream) => stream.next())));
    const refused = await group.outcome(leader.changes().next());
    expect(refused).toMatchObject({ code: 'overload', isDefinite: true });
    await group.outcome(streams[0]?.return() ?? Promise.reject(new Error('there is none')));
    expect(await group.outcome(leader.changes().next())).toMatchObject({ done: false });
    group.simulation.close();
  });
});

describe('what a node measures', () => {
  it('R73: how late its timers fire', async () => {
    const group = new NodeGroup(42);
    const { node } = (await group.elect()).status();
    await group.pass(200);
    expect(readingOf(group, node, 'raft_loop_stall_ms')).toMatchObject({ value: 0 });
    const { nowMs } = group.simulation;
    group.simulation.inject({ type: 'pause', node, atMs: nowMs, untilMs: nowMs + 100 });
    await group.pass(200);
    const { value, sum } = readingOf(group, node, 'raft_loop_stall_ms');
    expect(value).toBeGreaterThan(0);
    // A heartbeat was due within its interval of 30 ms, so it is late by the rest at least.
    expect(sum).toBeGreaterThanOrEqual(70);
    group.simulation.close();
  });

  it('R73, R105: bytes of snapshots on their way, which have a lane of their own', async () => {
    const kinds = { urgent: new Set<string>(), bulk: new Set<string>() };
    const around = (host: Host) =>
      withParts(host, {
        messages: withParts(host.messages, {
          send: (to, bytes, lane = 'urgent') => {
            const kind = describePeerMessage(bytes)?.split(' ')[0];
            if (kind !== undefined) kinds[lane].add(kind);
            return host.messages.send(to, bytes, lane);
          },
        }),
      });
    const group = new NodeGroup(43, { around, snapshotEveryCount: 5 });
    for (let value = 1; value <= 12; value++) expect(await group.write(value)).toEqual(DONE);
    // It takes none of its own.
    group.start(D, { snapshotEveryCount: 1000 });
    await group.until(() => group.simulation.running(D) !== undefined);
    const leader = await group.elect();
    const { store } = group.node(D);
    expect(await group.outcome(leader.addLearner(D, { store }))).toBeUndefined();
    await group.until(() => group.machines.get(D)?.value === 12);
    const sent = readingOf(group, leader.status().node, 'raft_snapshot_bytes_total', 'sent');
    const received = readingOf(group, D, 'raft_snapshot_bytes_total', 'received');
    const { length: sizeBytes } = await snapshotOf(group, D);
    expect(received.value).toBe(sizeBytes);
    // What is lost on its way was sent all the same.
    expect(sent.value).toBeGreaterThanOrEqual(sizeBytes);
    expect([...kinds.bulk]).toEqual(['install-snapshot']);
    expect([...kinds.urgent]).toContain('append-entries');
    expect([...kinds.urgent]).not.toContain('install-snapshot');
    group.simulation.close();
  });
});

describe('a state machine that takes its time', () => {
  it('R24, R107: applies, and becomes a snapshot, a little at a time', async () => {
    const machine = new SlowMachine();
    const simulation = new Simulation({ seed: 44, nodes: [A] });
    simulation.start(A, async (host) => {
      machine.host = host;
      return await startRaftNode(machine.slowed(host), {
        stateMachine: machine,
        peers: [],
        founding: simpleConfiguration([A]),
        snapshotEveryCount: 200,
      });
    });
    const until = async (isDone: () => boolean) => {
      await simulation.run(simulation.nowMs + 10_000, isDone);
      expect(isDone()).toBe(true);
    };
    const node = () => {
      const running = simulation.running(A);
      return running instanceof RaftNode ? running : undefined;
    };
    await until(() => node()?.status().role === 'leader');
    for (let count = 0; count < COMMAND_COUNT; count++) {
      node()
        ?.propose(writing(count))
        .catch((error: unknown) => machine.host?.fail(error));
    }
    await until(() => (node()?.status().snapshotIndex ?? 0) > COMMAND_COUNT);
    // 64 commands take longer than a slice here: others run after each 64.
    expect(machine.perTurn.reduce((sum, count) => sum + count, 0)).toBe(COMMAND_COUNT);
    expect(Math.max(...machine.perTurn)).toBeLessThanOrEqual(64);
    machine.perTurn = [];
    simulation.crash(A, 'kept');
    simulation.restart(A);
    await until(() => node()?.status().role === 'leader');
    // Four blocks are read at a time.
    expect(machine.perTurn.reduce((sum, count) => sum + count, 0)).toBe(SLICE_COUNT);
    expect(Math.max(...machine.perTurn)).toBeLessThanOrEqual(4);
    expect(simulation.ends).toEqual([]);
    simulation.close();
  });

  it('R24: applies large commands a few at a time', async () => {
    const machine = new SlowMachine(1);
    const simulation = new Simulation({ seed: 45, nodes: [A] });
    simulation.start(A, async (host) => {
      machine.host = host;
      const founding = simpleConfiguration([A]);
      return await startRaftNode(machine.slowed(host), {
        ...{ stateMachine: machine, peers: [], founding },
      });
    });
    await simulation.run(5_000, () => simulation.running(A) instanceof RaftNode);
    const running = simulation.running(A);
    if (!(running instanceof RaftNode)) throw new Error('it does not run');
    await simulation.run(10_000, () => running.status().role === 'leader');
    let answerCount = 0;
    for (let nth = 0; nth < LARGE_COUNT; nth += 1) {
      running.propose(new Uint8Array(10_000)).then(
        () => {
          answerCount += 1;
        },
        (error: unknown) => machine.host?.fail(error),
      );
    }
    await simulation.run(20_000, () => answerCount === LARGE_COUNT);
    expect(answerCount).toBe(LARGE_COUNT);
    // Two of them are more than 16 KiB, after which the clock is looked at.
    expect(machine.perTurn.reduce((sum, count) => sum + count, 0)).toBe(LARGE_COUNT);
    expect(Math.max(...machine.perTurn)).toBeLessThanOrEqual(2);
    simulation.close();
  });
});

const LARGE_COUNT = 20;
const COMMAND_COUNT = 300;
const SLICE_COUNT = 12;

/** A machine on whose clock a command takes 0.1 ms, or so long, and whose state is large. */
class SlowMachine implements StreamingMachine<Uint8Array> {
  host: Host | undefined;
  /** How much it did in each turn of the event loop. */
  perTurn: number[] = [];
  private readonly commandMs: number;
  private isTurnOpen = false;
  private spentMs = 0;

  constructor(commandMs = 0.1) {
    this.commandMs = commandMs;
  }

  /** A Host whose clock shows what the machine spends. */
  slowed(host: Host): Host {
    const now = () => (host.clock.now() + this.spentMs) as ReturnType<Host['clock']['now']>;
    return withParts(host, { clock: withParts(host.clock, { now }) });
  }

  applyBatch(batch: readonly PlacedCommand<Uint8Array>[]): readonly Uint8Array[] {
    return batch.map(() => {
      this.spentMs += this.commandMs;
      this.did();
      return DONE;
    });
  }

  snapshotSlices(): Iterable<Uint8Array> {
    return Array.from({ length: SLICE_COUNT }, () => new Uint8Array(BLOCK_BYTES_MAX - 100));
  }

  async restoreSlices(slices: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const _slice of slices) this.did();
  }

  private did(): void {
    if (!this.isTurnOpen) {
      this.isTurnOpen = true;
      this.perTurn.push(0);
      this.host?.timers.after(0, () => {
        this.isTurnOpen = false;
      });
    }
    this.perTurn.push((this.perTurn.pop() ?? 0) + 1);
  }
}

/** The only snapshot on a node's disk. */
async function snapshotOf(group: NodeGroup, node: NodeId): Promise<Uint8Array> {
  const disk = group.hosts.get(node)?.disk;
  if (disk === undefined) throw new Error(`${node} does not run`);
  const read = async () => {
    const [name, ...more] = await disk.list('raft/snapshots');
    expect(more).toEqual([]);
    const file = await disk.open(`raft/snapshots/${name}`, 'read');
    return await file.readAt(0, file.size());
  };
  const bytes = await group.outcome(read());
  if (bytes instanceof Error) throw bytes;
  return bytes;
}

/** What an instrument of a node shows; the one whose label says `way`, where that is given. */
function readingOf(group: NodeGroup, node: NodeId, name: string, way?: string) {
  const registry = group.hosts.get(node)?.metrics;
  if (!(registry instanceof MetricRegistry)) throw new Error('no metrics');
  const found = registry
    .snapshot()
    .find((each) => each.name === name && (way === undefined || each.labels['way'] === way));
  if (found === undefined) throw new Error(`no ${name} of ${node}`);
  return found;
}
