/**
 * How a node is set up: what it replicates, with whom, and within which bounds.
 */
import type { Envelope, NodeId } from '@mangrove/host';
import type { Configuration } from '../core/configuration.ts';
import type { RaftOptions } from '../core/options.ts';
import type { AnyMachine } from './state-machine.ts';

/** How a node is set up. */
export interface RaftNodeConfig<Result, Command = Uint8Array> {
  readonly stateMachine: AnyMachine<Result, Command>;
  /** The founding configuration, the same on all founders; left out by a node that joins. */
  readonly founding?: Configuration;
  /** Where the other nodes are, those that may join included. */
  readonly peers: readonly { readonly node: NodeId; readonly address: string }[];
  /** Nodes of other clusters are refused. Default: `mangrove`. */
  readonly cluster?: string;
  /**
   * The newest version of formats that this node speaks: it acts like code that knows no newer one.
   * Default: the newest there is, 2. The group goes over to a version when all members have it.
   */
  readonly versionMax?: number;
  readonly options?: Partial<RaftOptions>;
  /** Where on the Host's disk. Default: `raft`. */
  readonly directory?: string;
  /** After how many applied entries a snapshot is taken. Default: 10,000. */
  readonly snapshotEveryCount?: number;
  /** How many entries before a snapshot stay, for followers a bit behind. Default: 1000. */
  readonly trailingCount?: number;
  /** A command in a word, for traces: `x=1`. Default: its size. It must tell no secrets. */
  readonly describeCommand?: (command: Uint8Array) => string;
  /** Gets messages that are not of Raft. */
  readonly onOther?: (envelope: Envelope) => void;
}
