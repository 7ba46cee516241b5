/**
 * Snapshots of nodes on simulated machines: a power loss at each operation of the disk on the way,
 * rot in their files, state machines that give and take slices while writes go on.
 */
import { type Host, MetricRegistry, type NodeId, type Reading, toNodeId } from '@mangrove/host';
import { Simulation } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { RaftNode, simpleConfiguration, startRaftNode } from '../src/index.ts';
import { LedgerMachine } from './ledger-machine.ts';

const NODES = ['a', 'b', 'c'].map(toNodeId) as [NodeId, NodeId, NodeId];
const [A, B, C] = NODES;

/** The operations of a disk between which a snapshot that comes in can be cut off. */
const OPERATIONS = ['open', 'write', 'sync', 'rename', 'remove', 'sync-directory'] as const;

/** Before each of them and after it, with what was not synced lost, and kept. */
const CUTS = OPERATIONS.flatMap((operation) =>
  (['before', 'after'] as const).flatMap((when) =>
    (['unsynced-lost', 'kept'] as const).map((disk) => ({ operation, when, disk })),
  ),
);

type Ledger = RaftNode<number, number>;

/** Three nodes with a ledger whose snapshots travel in small pieces. */
class LedgerGroup {
  readonly simulation: Simulation;
  readonly machines = new Map<NodeId, LedgerMachine>();
  readonly hosts = new Map<NodeId, Host>();
  private nextNumber = 0;

  constructor(seed: number) {
    this.simulation = new Simulation({ seed, nodes: NODES });
    for (const node of NODES) {
      this.simulation.start(node, async (host: Host) => {
        const stateMachine = new LedgerMachine();
        this.machines.set(node, stateMachine);
        this.hosts.set(node, host);
        return await startRaftNode(host, {
          stateMachine,
          founding: simpleConfiguration(NODES),
          peers: NODES.map((each) => ({ node: each, address: each })),
          options: { electionTimeoutMs: 150, heartbeatIntervalMs: 30, snapshotChunkBytesMax: 64 },
          snapshotEveryCount: 10,
          trailingCount: 2,
        });
      });
    }
  }

  ledger(node: NodeId): Ledger | undefined {
    const running = this.simulation.running(node);
    return running instanceof RaftNode ? (running as Ledger) : undefined;
  }

  machine(node: NodeId): LedgerMachine {
    const machine = this.machines.get(node);
    if (machine === undefined) throw new Error(`${node} never ran`);
    return machine;
  }

  async until(isDone: () => boolean): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + 10_000, isDone);
    expect(isDone()).toBe(true);
  }

  /** Proposes `count` numbers, each until it is committed. */
  async write(count: number): Promise<void> {
    for (let done = 0; done < count; done++) {
      this.nextNumber += 1;
      let isDone = false;
      const leader = NODES.map((node) => this.ledger(node)).find(
        (node) => node?.status().role === 'leader',
      );
      if (leader === undefined) throw new Error('nobody leads');
      leader.propose(this.nextNumber).then(() => {
        isDone = true;
      }, fail);
      await this.until(() => isDone);
    }
  }

  /** How many bytes of snapshots this life of `node` has received and synced. */
  received(node: NodeId): number {
    const registry = this.hosts.get(node)?.metrics;
    if (!(registry instanceof MetricRegistry)) throw new Error(`${node} never ran`);
    const isMeant = ({ name, labels }: Reading) =>
      name === 'raft_snapshot_bytes_total' && labels['way'] === 'received';
    return registry.snapshot().find(isMeant)?.value ?? 0;
  }

  async elect(): Promise<void> {
    await this.until(() => NODES.some((node) => this.ledger(node)?.status().role === 'leader'));
  }

  /** Takes `node` off the network until the others have forgotten what it needs. */
  async leaveBehind(node: NodeId): Promise<void> {
    const others = this.cutOff(node);
    await this.until(() => others.some((each) => this.ledger(each)?.status().role === 'leader'));
    await this.write(45);
    await this.until(() => others.every((each) => snapshotOf(this.ledger(each)) > 30));
  }

  /** Takes `node` off the network; the others. */
  cutOff(node: NodeId): readonly NodeId[] {
    const untilMs = this.simulation.nowMs + 100_000;
    const others = NODES.filter((each) => each !== node);
    for (const [from, to] of [[[node], others] as const, [others, [node]] as const]) {
      const atMs = this.simulation.nowMs;
      this.simulation.inject({ type: 'cut', from, to, atMs, untilMs });
    }
    return others;
  }

  async caughtUp(node: NodeId): Promise<void> {
    await this.until(() => this.machines.get(node)?.numbers.length === this.nextNumber);
    const wanted = Array.from({ length: this.nextNumber }, (_, place) => place + 1);
    expect(this.machine(node).numbers).toEqual(wanted);
  }
}

function fail(error: unknown): never {
  throw error;
}

function snapshotOf(node: Ledger | undefined): number {
  return node?.status().snapshotIndex ?? 0;
}

describe('snapshots of nodes', () => {
  it('R106: a power loss at any operation of the disk loses nothing and harms no install', {
    timeout: 60_000,
  }, async () => {
    const struck = new Map<string, number>();
    for (const { operation, when, disk } of CUTS) {
      for (let nth = 1; nth <= 2; nth++) {
        const group = new LedgerGroup(nth);
        await group.elect();
        await group.write(3);
        const behind = group.ledger(C)?.status().role === 'leader' ? B : C;
        await group.leaveBehind(behind);
        const point = { operation, target: 'raft/snapshots', nth, when } as const;
        group.simulation.heal();
        group.simulation.inject({ type: 'crash-at', node: behind, point, downMs: 20, disk });
        await group.caughtUp(behind);
        expect(group.simulation.ends).toEqual([]);
        const cut = `${when} ${operation}, ${disk}`;
        const count = group.simulation.counts.get('fault crash-at') ?? 0;
        struck.set(cut, (struck.get(cut) ?? 0) + count);
        group.simulation.close();
      }
    }
    expect([...struck].filter(([, count]) => count === 0)).toEqual([]);
  });

  it('R101, R106: after a power loss only what was not synced comes anew', async () => {
    for (const pieceCount of [1, 2, 4]) {
      const group = new LedgerGroup(4);
      await group.elect();
      await group.write(3);
      const behind = group.ledger(C)?.status().role === 'leader' ? B : C;
      await group.leaveBehind(behind);
      group.simulation.heal();
      let syncedBytes = 0;
      for (let count = 0; count < pieceCount; count++) {
        await group.until(() => group.received(behind) > syncedBytes);
        syncedBytes = group.received(behind);
      }
      const { index, image, offset } = group.ledger(behind)?.inspect().incoming ?? {};
      const sizeBytes = image?.sizeBytes ?? 0;
      expect(offset).toBe(syncedBytes);
      expect(syncedBytes).toBeLessThan(sizeBytes);
      group.simulation.crash(behind, 'unsynced-lost');
      group.simulation.restart(behind);
      await group.until(() => group.ledger(behind) !== undefined);
      expect(group.received(behind)).toBe(0);
      await group.until(() => snapshotOf(group.ledger(behind)) > 30);
      expect(snapshotOf(group.ledger(behind))).toBe(index);
      expect(group.received(behind)).toBe(sizeBytes - syncedBytes);
      await group.caughtUp(behind);
      group.simulation.close();
    }
  });

  it('R106: a snapshot that was installed is there after a power loss', async () => {
    const group = new LedgerGroup(3);
    await group.elect();
    await group.write(3);
    const behind = group.ledger(C)?.status().role === 'leader' ? B : C;
    await group.leaveBehind(behind);
    group.simulation.heal();
    await group.until(() => snapshotOf(group.ledger(behind)) > 30);
    const installed = snapshotOf(group.ledger(behind));
    group.simulation.crash(behind, 'unsynced-lost');
    group.cutOff(behind);
    group.simulation.restart(behind);
    await group.until(() => group.ledger(behind) !== undefined);
    expect(snapshotOf(group.ledger(behind))).toBe(installed);
    group.simulation.close();
  });

  it('R106: rot in the file of a snapshot stops the node that would send it', async () => {
    const group = new LedgerGroup(5);
    await group.elect();
    await group.write(3);
    const leader = NODES.find((node) => group.ledger(node)?.status().role === 'leader') ?? A;
    const behind = leader === C ? B : C;
    await group.leaveBehind(behind);
    // The last snapshot is taken by then, and stays the newest.
    await group.simulation.run(group.simulation.nowMs + 200);
    const atMs = group.simulation.nowMs;
    const path = 'raft/snapshots/snapshot';
    group.simulation.inject({ type: 'bit-rot', node: leader, atMs, path, positionPerMille: 700 });
    group.simulation.heal();
    await group.until(() => group.simulation.ends.length > 0);
    expect(group.simulation.ends).toMatchObject([{ node: leader, type: 'stopped' }]);
    expect(String(group.simulation.ends[0]?.cause)).toContain('snapshot');
    // The others go on without it, and the one behind is brought what it lacks by the next leader.
    await group.elect();
    await group.caughtUp(behind);
    group.simulation.close();
  });

  it('R107: a snapshot that comes while another one is restored waits for it', async () => {
    const group = new LedgerGroup(10);
    await group.elect();
    await group.write(3);
    const behind = group.ledger(C)?.status().role === 'leader' ? B : C;
    const machine = group.machine(behind);
    await group.leaveBehind(behind);
    machine.pause = async () => await group.hosts.get(behind)?.timers.sleep(400);
    group.simulation.heal();
    await group.until(() => snapshotOf(group.ledger(behind)) > 30);
    const first = snapshotOf(group.ledger(behind));
    machine.pause = () => Promise.resolve();
    await group.leaveBehind(behind);
    group.simulation.heal();
    await group.until(() => snapshotOf(group.ledger(behind)) > first);
    // The first has not been restored so far, and what is committed is not applied so far.
    expect(machine.restoredCounts).toEqual([0]);
    await group.until(() => machine.restoredCounts.length === 3);
    const [, former = 0, latter = 0] = machine.restoredCounts;
    expect(former).toBeLessThan(latter);
    await group.write(3);
    await group.caughtUp(behind);
    expect(group.simulation.ends).toEqual([]);
    group.simulation.close();
  });

  it('R107: a state machine gives its state in slices while writes go on', async () => {
    const group = new LedgerGroup(9);
    await group.elect();
    const leader = NODES.map((node) => group.ledger(node)).find(
      (node) => node?.status().role === 'leader',
    );
    if (leader === undefined) throw new Error('nobody leads');
    const name = leader.status().node;
    const machine = group.machine(name);
    // Ten at a time, and the next ten as soon as these are done: a snapshot is always being taken.
    await group.write(1);
    let doneCount = 1;
    while (doneCount < 300) {
      const wantedCount = Math.min(300, doneCount + 10);
      for (let number = doneCount + 1; number <= wantedCount; number++) {
        leader.propose(number).then(() => {
          doneCount += 1;
        }, fail);
      }
      await group.until(() => doneCount === wantedCount);
    }
    expect(machine.sliceCount).toBeGreaterThan(20);
    expect(machine.lateCount).toBeGreaterThan(10);
    await group.until(() => snapshotOf(group.ledger(name)) > 100);
    group.simulation.crash(name, 'unsynced-lost');
    group.simulation.restart(name);
    await group.until(() => group.machine(name).numbers.length === 300);
    expect(group.machine(name).numbers).toEqual(machine.numbers);
    expect(machine.numbers).toEqual(Array.from({ length: 300 }, (_, place) => place + 1));
    group.simulation.close();
  });
});
