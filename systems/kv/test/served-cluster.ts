/**
 * Members with ports for clients, and clients with the library, on simulated machines.
 */
import { type NodeId, toNodeId } from '@mangrove/host';
import { simpleConfiguration } from '@mangrove/raft';
import { Simulation } from '@mangrove/sim';
import { expect } from 'vitest';
import {
  KvClient,
  type KvClientOptions,
  type KvNode,
  serveNative,
  startKvNode,
} from '../src/index.ts';

/** The members of every such cluster. */
export const MEMBERS: readonly NodeId[] = ['a', 'b', 'c'].map(toNodeId);

/** A short time, so that some seconds see many elections. */
export const ELECTION_MS = 150;

const PORT = 2379;

/** Where clients reach a member. */
export function addressOf(member: NodeId): string {
  return `${member}:${PORT}`;
}

/** Three members; clients are started one by one. */
export class ServedCluster {
  readonly simulation: Simulation;
  private readonly nodes = new Map<NodeId, KvNode>();
  private readonly clients = new Map<NodeId, KvClient>();
  private wantedCount = 0;

  /** @param clients the machines of clients */
  constructor(seed: number, clients: readonly NodeId[]) {
    this.simulation = new Simulation({ seed, nodes: [...MEMBERS, ...clients] });
    for (const each of MEMBERS) this.startMember(each);
  }

  /** Starts a client on its machine. */
  startClient(name: NodeId, options: KvClientOptions): void {
    this.wantedCount += 1;
    this.simulation.start(name, async (host) => {
      const client = new KvClient(host, { timeoutMs: 15_000, ...options });
      this.clients.set(name, client);
      const close = () => client.close();
      return { close, [Symbol.asyncDispose]: close };
    });
  }

  /** Resolves when all clients are there. */
  async ready(): Promise<void> {
    await this.until(() => this.clients.size === this.wantedCount);
  }

  client(name: NodeId): KvClient {
    const client = this.clients.get(name);
    if (client === undefined) throw new Error(`client ${name} does not run`);
    return client;
  }

  node(member: NodeId): KvNode {
    const node = this.nodes.get(member);
    if (node === undefined) throw new Error(`${member} does not run`);
    return node;
  }

  async until(isDone: () => boolean, withinMs = 20_000): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + withinMs, isDone);
    expect(isDone()).toBe(true);
  }

  /** Runs until `promise` has ended, a minute at most; rejects as it does. */
  async settled<Value>(promise: Promise<Value>): Promise<Value> {
    let isOver = false;
    const end = () => {
      isOver = true;
    };
    promise.then(end, end);
    await this.until(() => isOver, 60_000);
    return await promise;
  }

  private startMember(member: NodeId): void {
    this.simulation.start(member, async (host) => {
      const node = await startKvNode(host, {
        peers: MEMBERS.map((each) => ({ node: each, address: each })),
        founding: simpleConfiguration(MEMBERS),
        raft: { electionTimeoutMs: ELECTION_MS, heartbeatIntervalMs: 30 },
      });
      this.nodes.set(member, node);
      const { address } = await serveNative(host, node, { cluster: 'c', port: PORT });
      node.announce(address);
      return node;
    });
  }
}
