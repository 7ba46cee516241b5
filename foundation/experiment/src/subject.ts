/**
 * What the lab drives: how to start a system's nodes and how to be its client.
 */
import type { Host, NodeId, RunningNode } from '@mangrove/host';
import type { Operation, Outcome } from './operation.ts';

/** A node or client, and where its messages go. */
export interface Member {
  readonly node: NodeId;
  readonly address: string;
  /**
   * Where a replica serves clients by byte streams. Clients are told; replicas are not, who may
   * have to open their ports first.
   */
  readonly clientAddress?: string;
}

/** Who takes part in a run. */
export interface Topology {
  readonly replicas: readonly Member[];
  readonly clients: readonly Member[];
}

/** What a node is told at its start. */
export interface NodeConfig {
  readonly topology: Topology;
  /** Which version of the code it is to be, from 1; `upgrade` raises it. */
  readonly version: number;
  /**
   * The port for clients, where they come by byte streams. 0 is any free one: then it is the same
   * one again in later lives, so that clients find the node.
   */
  readonly clientPort: number;
}

/** A client of the system under test. */
export interface SubjectClient {
  /** Does one operation. It may take for ever: whoever drives it sets the limit. */
  invoke(operation: Operation): Promise<Outcome>;
}

/** A system under test: defined once, driven in every world. */
export interface Subject {
  readonly name: string;
  start(host: Host, config: NodeConfig): Promise<RunningNode>;
  openClient(host: Host, topology: Topology): Promise<SubjectClient>;
  /** Where a running node serves clients by byte streams. Left out where they send messages. */
  clientAddressOf?(node: RunningNode): string | undefined;
  /** A message in a few words, for drawings: `store 3 by c1`. */
  describe?(message: Uint8Array): string;
  /**
   * The term, or epoch, in which a node of the subject leads as far as it knows; undefined where it
   * does not. The greatest one counts. Without it no fault can name `@leader`.
   */
  leads?(node: RunningNode): number | undefined;
  /**
   * Whether the group is founded, as far as the nodes that run show: it outlives the loss of a disk
   * from then on. Faults that damage a disk wait until it was so once. Without it they do not wait.
   */
  isFounded?(nodes: ReadonlyMap<NodeId, RunningNode>): boolean;
  /**
   * Does what an `action` of the plan asks for, on the nodes that run; in worlds where each node is
   * a process, on the one that leads.
   */
  act?(
    name: string,
    args: Readonly<Record<string, string | number | boolean>>,
    nodes: ReadonlyMap<NodeId, RunningNode>,
  ): Promise<void>;
}
