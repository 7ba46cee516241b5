/**
 * A node with a typed state machine: commands go in as they are, reads are questions to the state.
 */
import type { Host, RunningNode } from '@mangrove/host';
import { type RaftNode, type ReadOptions, startRaftNode } from './raft-node.ts';
import type { RaftNodeConfig } from './raft-node-config.ts';
import { type MachineDefinition, TypedMachine } from './typed-machine.ts';

/** Starts a node that replicates the machine of `definition`. Rejects as `startRaftNode`. */
export async function startReplica<State, Command, Result>(
  host: Host,
  definition: MachineDefinition<State, Command, Result>,
  config: Omit<RaftNodeConfig<Result>, 'stateMachine'>,
): Promise<Replica<State, Command, Result>> {
  const machine = new TypedMachine(definition);
  const node = await startRaftNode(host, { ...config, stateMachine: machine });
  return new Replica(node, machine);
}

/** One replica of a typed state machine. */
export class Replica<State, Command, Result> implements RunningNode {
  /** The node below, for members, hand-overs and status. */
  readonly node: RaftNode<Result>;
  /** The state machine; its `state` is what this node has applied, however old. */
  readonly machine: TypedMachine<State, Command, Result>;

  constructor(node: RaftNode<Result>, machine: TypedMachine<State, Command, Result>) {
    this.node = node;
    this.machine = machine;
  }

  /** Has a command committed and applied; resolves to its result. Rejects with `RaftError`. */
  propose(command: Command, options: { readonly signal?: AbortSignal } = {}): Promise<Result> {
    return this.node.propose(this.machine.encode(command), options);
  }

  /** The answer to `question`, of a state as current as is wanted. Rejects with `RaftError`. */
  async read<Answer>(
    question: (state: State) => Answer,
    options: ReadOptions = {},
  ): Promise<Answer> {
    await this.node.read(options);
    return question(this.machine.state);
  }

  /** Refuses what it owes, as not known, and stops. */
  close(): Promise<void> {
    return this.node.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
