/**
 * Nodes on simulated machines: what they promise to those who hold them, and what a disk must keep.
 */
import type { DiskFate } from '@mangrove/experiment';
import { type Host, type NodeId, toNodeId } from '@mangrove/host';
import { Simulation } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import {
  encodeCommand,
  type RaftError,
  RaftNode,
  RegisterMachine,
  simpleConfiguration,
  startRaftNode,
} from '../src/index.ts';

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map(toNodeId) as [NodeId, NodeId, NodeId, NodeId];

/** Three founders, and a fourth machine that may join. */
class Group {
  readonly simulation: Simulation;
  readonly machines = new Map<NodeId, RegisterMachine>();

  constructor(seed: number, snapshotEveryCount = 1000) {
    this.simulation = new Simulation({ seed, nodes: [A, B, C, D] });
    for (const node of [A, B, C]) this.start(node, true, snapshotEveryCount);
    this.snapshotEveryCount = snapshotEveryCount;
  }

  private readonly snapshotEveryCount: number;

  start(node: NodeId, isFounder: boolean, snapshotEveryCount = this.snapshotEveryCount): void {
    this.simulation.start(node, async (host: Host) => {
      const stateMachine = new RegisterMachine();
      this.machines.set(node, stateMachine);
      return await startRaftNode(host, {
        stateMachine,
        ...(isFounder ? { founding: simpleConfiguration([A, B, C]) } : {}),
        peers: [A, B, C, D].map((each) => ({ node: each, address: each })),
        options: { electionTimeoutMs: 150, heartbeatIntervalMs: 30 },
        snapshotEveryCount,
        trailingCount: 2,
      });
    });
  }

  node(name: NodeId): RaftNode<Uint8Array> {
    const node = this.simulation.running(name);
    if (!(node instanceof RaftNode)) throw new Error(`${name} does not run`);
    return node;
  }

  get leader(): RaftNode<Uint8Array> | undefined {
    const nodes = [...this.simulation.nodes.values()];
    return nodes.find((node) => node instanceof RaftNode && node.status().role === 'leader') as
      | RaftNode<Uint8Array>
      | undefined;
  }

  async elect(): Promise<RaftNode<Uint8Array>> {
    await this.until(() => this.leader !== undefined);
    if (this.leader === undefined) throw new Error('nobody leads');
    return this.leader;
  }

  /** Runs until `isDone`, ten seconds at most. */
  async until(isDone: () => boolean): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + 10_000, isDone);
    expect(isDone()).toBe(true);
  }

  /** Runs until `promise` has ended, and gives its outcome. */
  async outcome<Value>(promise: Promise<Value>): Promise<Value | RaftError> {
    let outcome: { value: Value | RaftError } | undefined;
    promise.then(
      (value) => {
        outcome = { value };
      },
      (error) => {
        outcome = { value: error };
      },
    );
    await this.until(() => outcome !== undefined);
    if (outcome === undefined) throw new Error('it did not end');
    return outcome.value;
  }

  async write(value: number): Promise<Uint8Array | RaftError> {
    const leader = await this.elect();
    return await this.outcome(leader.propose(encodeCommand({ type: 'write', value })));
  }

  power(fate: DiskFate): void {
    for (const node of [A, B, C]) this.simulation.crash(node, fate);
    for (const node of [A, B, C]) this.simulation.restart(node);
  }
}

describe('a node', () => {
  it('R53: what was acknowledged is there after a power loss of all nodes', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const group = new Group(seed, seed % 2 === 0 ? 3 : 1000);
      for (let value = 1; value <= 8; value++)
        expect(await group.write(value)).toEqual(new Uint8Array([1]));
      group.power('unsynced-lost');
      const leader = await group.elect();
      await group.outcome(leader.read());
      expect(group.machines.get(leader.status().node)?.value).toBe(8);
      group.simulation.close();
    }
  });

  it('R54: a node that joins gets a snapshot and the log, is promoted, and reads', async () => {
    const group = new Group(7, 5);
    for (let value = 1; value <= 20; value++) await group.write(value);
    group.start(D, false);
    const leader = await group.elect();
    expect(await group.outcome(leader.addLearner(D))).toBeUndefined();
    await group.until(() => {
      const joined = leader.status().followers.find(({ node }) => node === D);
      return joined?.mode === 'replicate' && joined.lagCount === 0;
    });
    expect(await group.outcome((await group.elect()).promote(D))).toBeUndefined();
    expect(leader.status().configuration.voters).toEqual([A, B, C, D]);
    expect(await group.outcome(group.node(D).read())).toBeUndefined();
    expect(group.machines.get(D)?.value).toBe(20);
    group.simulation.close();
  });

  it('R55: leadership is handed over, and whoever asks a follower learns who leads', async () => {
    const group = new Group(9);
    await group.write(1);
    const leader = await group.elect();
    const target = [A, B, C].find((node) => node !== leader.status().node) ?? A;
    expect(await group.outcome(leader.transferLeadership(target))).toBeUndefined();
    expect(group.node(target).status().role).toBe('leader');
    const refused = await group.outcome(leader.propose(encodeCommand({ type: 'write', value: 2 })));
    expect(refused).toMatchObject({ code: 'not-leader', isDefinite: true, leader: target });
    group.simulation.close();
  });

  it('R56: closing ends what is owed as unknown; later calls are refused for good', async () => {
    const group = new Group(11);
    const leader = await group.elect();
    const owed = leader.propose(encodeCommand({ type: 'write', value: 1 }));
    const closing = leader.close();
    expect(await group.outcome(owed)).toMatchObject({ code: 'closed', isDefinite: false });
    await group.outcome(closing);
    expect(await group.outcome(leader.read())).toMatchObject({ code: 'closed', isDefinite: true });
    group.simulation.close();
  });

  it('R57: a snapshot that rotted keeps the node from starting', async () => {
    const group = new Group(13, 3);
    for (let value = 1; value <= 10; value++) await group.write(value);
    await group.until(() => group.node(A).status().snapshotIndex > 1);
    await group.simulation.run(group.simulation.nowMs + 500);
    const atMs = group.simulation.nowMs + 1;
    group.simulation.inject({
      type: 'bit-rot',
      node: A,
      atMs,
      path: 'raft/snapshots',
      positionPerMille: 500,
    });
    await group.simulation.run(atMs + 10);
    group.simulation.crash(A, 'kept');
    group.simulation.restart(A);
    await group.until(() => group.simulation.ends.length > 0);
    expect(group.simulation.ends[0]).toMatchObject({ node: A, type: 'refused' });
    expect(String(group.simulation.ends[0]?.cause)).toContain('checksum');
    group.simulation.close();
  });
});
