/**
 * A group of nodes on simulated machines, for tests that hold nodes in their hands.
 */
import { type Host, type NodeId, toNodeId } from '@mangrove/host';
import { Simulation } from '@mangrove/sim';
import { expect } from 'vitest';
import {
  encodeCommand,
  type RaftError,
  RaftNode,
  type RaftNodeConfig,
  RegisterMachine,
  simpleConfiguration,
  startRaftNode,
} from '../src/index.ts';
import { outcomeOf } from './outcome.ts';

/** The machines of every group; the first three are founders. */
export const [A, B, C, D]: readonly [NodeId, NodeId, NodeId, NodeId] = [
  toNodeId('a'),
  toNodeId('b'),
  toNodeId('c'),
  toNodeId('d'),
];

/** The founders. */
export const FOUNDERS: readonly NodeId[] = [A, B, C];

/** What a group is given beside its seed; another state machine in the place of the register. */
export type GroupConfig = Partial<Omit<RaftNodeConfig<Uint8Array>, 'peers'>> & {
  /** The version of the code that nodes start as; an upgrade raises it. Default: the newest. */
  readonly codeVersion?: number;
  /** What a node is given in the place of its Host. Default: the Host itself. */
  readonly around?: (host: Host) => Host;
};

/** Three founders of a register, and a fourth machine that may join. */
export class NodeGroup {
  readonly simulation: Simulation;
  readonly machines = new Map<NodeId, RegisterMachine>();
  readonly hosts = new Map<NodeId, Host>();
  private readonly config: GroupConfig;

  constructor(seed: number, config: GroupConfig = {}, isRecording = false) {
    this.config = config;
    this.simulation = new Simulation({ seed, nodes: [A, B, C, D], isRecording });
    for (const node of FOUNDERS) this.start(node, { founding: simpleConfiguration(FOUNDERS) });
  }

  /** Starts a life; without `founding` it is one that joins. */
  start(node: NodeId, config: GroupConfig = {}): void {
    const { codeVersion = 3, around = itself } = { ...this.config, ...config };
    const code = async (host: Host, versionMax: number) => {
      const stateMachine = new RegisterMachine();
      this.machines.set(node, stateMachine);
      this.hosts.set(node, host);
      return await startRaftNode(around(host), {
        stateMachine,
        peers: [A, B, C, D].map((each) => ({ node: each, address: each })),
        options: { electionTimeoutMs: 150, heartbeatIntervalMs: 30 },
        trailingCount: 2,
        versionMax,
        ...this.config,
        ...config,
      });
    };
    this.simulation.start(node, code, codeVersion);
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

  /** Runs until someone leads. */
  async elect(): Promise<RaftNode<Uint8Array>> {
    await this.until(() => this.leader !== undefined);
    if (this.leader === undefined) throw new Error('nobody leads');
    return this.leader;
  }

  /** A founder that does not lead, once someone else does. */
  async follower(): Promise<RaftNode<Uint8Array>> {
    const leader = (await this.elect()).status().node;
    const name = FOUNDERS.find((node) => node !== leader) ?? A;
    await this.until(() => this.node(name).status().leader === leader);
    return this.node(name);
  }

  /** Runs until `isDone`, ten seconds at most. */
  async until(isDone: () => boolean): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + 10_000, isDone);
    expect(isDone()).toBe(true);
  }

  /** Lets time pass. */
  async pass(durationMs: number): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + durationMs);
  }

  /** Runs until `promise` has ended, and gives its value or error. */
  outcome<Value>(promise: Promise<Value>): Promise<Value | RaftError> {
    return outcomeOf<Value, RaftError>(promise, (isDone) => this.until(isDone));
  }

  /** Writes at the leader. */
  async write(value: number): Promise<Uint8Array | RaftError> {
    const leader = await this.elect();
    return await this.outcome(leader.propose(writing(value)));
  }
}

function itself(host: Host): Host {
  return host;
}

/** The command that writes `value`. */
export function writing(value: number): Uint8Array {
  return encodeCommand({ type: 'write', value });
}

/** What `propose` resolves to where the register took the command in. */
export const DONE: Uint8Array = new Uint8Array([1]);
