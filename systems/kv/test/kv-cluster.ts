/**
 * A cluster on simulated machines, for tests that hold members in their hands.
 */
import { type Host, type NodeId, toNodeId } from '@mangrove/host';
import {
  type KvBounds,
  KvNode,
  type KvNodeConfig,
  type KvReply,
  type KvRequest,
  type KvResult,
  NO_LEASE,
  type Operation,
  type OperationResult,
  type ReadConsistency,
  readAll,
  singleKey,
  startKvNode,
} from '@mangrove/kv';
import { simpleConfiguration } from '@mangrove/raft';
import { Simulation } from '@mangrove/sim';
import { expect } from 'vitest';

/** The machines of every cluster; the first three are founders. */
export const [A, B, C, D]: readonly [NodeId, NodeId, NodeId, NodeId] = [
  toNodeId('a'),
  toNodeId('b'),
  toNodeId('c'),
  toNodeId('d'),
];

/** The founders. */
export const FOUNDERS: readonly NodeId[] = [A, B, C];

/** Times of a simulated cluster: short, so that some seconds see many elections. */
export const ELECTION_MS = 150;

/** Three founders, and a fourth machine that may join. */
export class KvCluster {
  readonly simulation: Simulation;
  readonly hosts: Map<NodeId, Host> = new Map();
  private readonly bounds: Partial<KvBounds>;
  private readonly config: Partial<KvNodeConfig>;

  constructor(seed: number, bounds: Partial<KvBounds> = {}, config: Partial<KvNodeConfig> = {}) {
    this.bounds = bounds;
    this.config = config;
    this.simulation = new Simulation({ seed, nodes: [A, B, C, D] });
    for (const node of FOUNDERS) this.start(node, { founding: simpleConfiguration(FOUNDERS) });
  }

  /** Starts a life; without `founding` it is one that joins. */
  start(node: NodeId, config: Partial<KvNodeConfig> = {}): void {
    this.simulation.start(node, async (host) => {
      this.hosts.set(node, host);
      return await startKvNode(host, {
        peers: [A, B, C, D].map((each) => ({ node: each, address: each })),
        raft: { electionTimeoutMs: ELECTION_MS, heartbeatIntervalMs: 30 },
        trailingCount: 2,
        bounds: this.bounds,
        ...this.config,
        ...config,
      });
    });
  }

  node(name: NodeId): KvNode {
    const node = this.simulation.running(name);
    if (!(node instanceof KvNode)) throw new Error(`${name} does not run`);
    return node;
  }

  /** The members that run. */
  get members(): readonly KvNode[] {
    return [...this.simulation.nodes.values()].filter((each) => each instanceof KvNode);
  }

  /** The leader of the highest term. */
  get leader(): KvNode | undefined {
    const leaders = this.members.filter((each) => each.inspect().raft.role.type === 'leader');
    return leaders.sort((a, b) => b.inspect().raft.term - a.inspect().raft.term)[0];
  }

  /** Runs until someone leads. */
  async elect(): Promise<KvNode> {
    await this.until(() => this.leader !== undefined);
    if (this.leader === undefined) throw new Error('nobody leads');
    return this.leader;
  }

  /** The founders that do not lead, once someone else does and they know it. */
  async followers(): Promise<readonly [KvNode, KvNode]> {
    const leader = (await this.elect()).inspect().raft.self;
    const others = FOUNDERS.filter((node) => node !== leader).map((node) => this.node(node));
    await this.until(() => others.every((node) => node.inspect().raft.leader === leader));
    return others as unknown as [KvNode, KvNode];
  }

  /** Runs until `isDone`, twenty seconds at most. */
  async until(isDone: () => boolean): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + 20_000, isDone);
    expect(isDone()).toBe(true);
  }

  /** Lets time pass. */
  async pass(durationMs: number): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + durationMs);
  }

  /** Runs until `promise` has ended. */
  async outcome<Value>(promise: Promise<Value>): Promise<Value> {
    let outcome: { value: Value } | { error: unknown } | undefined;
    promise.then(
      (value) => {
        outcome = { value };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
    await this.until(() => outcome !== undefined);
    if (outcome === undefined || 'error' in outcome) throw outcome?.error ?? new Error('no end');
    return outcome.value;
  }

  /** Asks a member, the leader by default, and runs until it answers. */
  async ask(request: KvRequest, node?: KvNode): Promise<KvReply> {
    const asked = node ?? (await this.elect());
    return await this.outcome(asked.handle(request));
  }

  /** The same for what is expected to be done. */
  async result(request: KvRequest, node?: KvNode): Promise<KvResult> {
    const reply = await this.ask(request, node);
    if (reply.type === 'failed') throw new Error(`${reply.code}: ${reply.detail}`);
    return reply.result;
  }

  async put(key: string, value: string, node?: KvNode): Promise<KvResult> {
    return await this.result(toRequest(putOf(key, value)), node);
  }

  async get(key: string, node?: KvNode): Promise<string | undefined> {
    return textOf((await this.result(toRequest(rangeOf(key)), node)) as OperationResult);
  }

  /** Cuts `nodes` off from all others, for so long from now on. */
  isolate(nodes: readonly NodeId[], durationMs: number): void {
    const { nowMs } = this.simulation;
    const others = [A, B, C, D].filter((each) => !nodes.includes(each));
    const window = { atMs: nowMs, untilMs: nowMs + durationMs };
    this.simulation.inject({ type: 'cut', ...window, from: nodes, to: others });
    this.simulation.inject({ type: 'cut', ...window, from: others, to: nodes });
  }
}

/** The put of `key`. */
export function putOf(key: string, value: string): Operation {
  return {
    type: 'put',
    key: bytesOf(key),
    value: bytesOf(value),
    lease: NO_LEASE,
    wantsPrevious: false,
  };
}

/** The read of `key`. */
export function rangeOf(key: string): Operation {
  return readAll(singleKey(bytesOf(key)));
}

/** The request for `operation`, outside of sessions. */
export function toRequest(
  operation: Operation,
  consistency: ReadConsistency = { type: 'linearizable' },
): KvRequest & { type: 'operation' } {
  return { type: 'operation', operation, consistency, place: undefined };
}

/** The value of the one key of a result. */
export function textOf(result: OperationResult | KvResult | undefined): string | undefined {
  if (result?.type !== 'range') throw new Error(`no range: ${result?.type}`);
  const [first] = result.kvs;
  return first === undefined ? undefined : new TextDecoder().decode(first.value);
}

/** Text as bytes. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
