/**
 * How a node is set up: what it replicates, with whom, and within which bounds.
 */
import { type Envelope, InvalidArgument, type NodeId } from '@mangrove/host';
import type { Crc32c } from '@mangrove/wire';
import type { Configuration } from '../core/configuration.ts';
import { type RaftOptions, toRaftOptions } from '../core/options.ts';
import type { Slices } from './snapshot-files.ts';
import type { AnyMachine } from './state-machine.ts';

/** How a node is set up. */
export interface RaftNodeConfig<Result, Command = Uint8Array> {
  readonly stateMachine: AnyMachine<Result, Command>;
  /** The founding configuration, the same on all founders; left out by a node that joins. */
  readonly founding?: Configuration;
  /**
   * The state that the group is founded with, as slices of the state machine; the same on all
   * founders. Default: the empty one. It is asked for until the founding is on disk, never later.
   */
  readonly foundingState?: () => Slices;
  /** Where the other nodes are, those that may join included. */
  readonly peers: readonly { readonly node: NodeId; readonly address: string }[];
  /** Nodes of other clusters are refused. Default: `mangrove`. */
  readonly cluster?: string;
  /**
   * The newest version of formats that this node speaks: it acts like code that knows no newer one.
   * Default: the newest there is, 3. The group goes over to a version when all members have it.
   */
  readonly versionMax?: number;
  readonly options?: Partial<RaftOptions>;
  /**
   * The checksum of messages and of the log. Default: the portable one; `findCrc32c` of
   * `@mangrove/wire/node` gives the fastest of a machine.
   */
  readonly crc32c?: Crc32c;
  /** Where on the Host's disk. Default: `raft`. */
  readonly directory?: string;
  /** After how many applied entries a snapshot is taken. Default: 10,000. */
  readonly snapshotEveryCount?: number;
  /**
   * After how many bytes of applied commands a snapshot is taken, where that comes first; no more
   * than that stays of the log before a snapshot either. Default: 64 MiB. Too small: the state is
   * written again and again. Too large: so much is on disk, and in memory at a start, and has to be
   * applied again.
   */
  readonly snapshotEveryBytes?: number;
  /**
   * How many bytes must have been applied before `snapshotEveryCount` counts. Default 0.
   */
  readonly snapshotLeastBytes?: number;
  /**
   * How many bytes must have been applied in any case, as a multiple of the last snapshot (thesis
   * 5.1.3); it goes before `snapshotEveryBytes`. Default 0: a large state is written again and
   * again. Too large: so much has to be applied again at a start.
   */
  readonly snapshotExpansion?: number;
  /** How many entries before a snapshot stay at most, for followers a bit behind. Default: 1000. */
  readonly trailingCount?: number;
  /** A command in a word, for traces: `x=1`. Default: its size. It must tell no secrets. */
  readonly describeCommand?: (command: Uint8Array) => string;
  /** Gets messages that are not of Raft. */
  readonly onOther?: (envelope: Envelope) => void;
}

/**
 * The options of a node whose Host sends messages of up to `messageBytesMax`.
 *
 * Throws `InvalidArgument` where something could be taken in that no message has room for: a
 * command that is in the log and cannot be sent would end all commits behind it.
 */
export function toNodeOptions(
  given: Partial<RaftOptions> | undefined,
  messageBytesMax: number,
): RaftOptions {
  const options = toRaftOptions(given);
  const most = messageBytesMax - MESSAGE_OVERHEAD_BYTES;
  for (const name of SENT_WHOLE) {
    if (options[name] <= most) continue;
    const bound = `at most ${most}: the Host's messages have ${messageBytesMax} bytes`;
    throw new InvalidArgument(name, options[name], bound);
  }
  return options;
}

const SENT_WHOLE = ['commandBytesMax', 'appendBytesMax', 'snapshotChunkBytesMax'] as const;

/** What a message has beside entries or a piece of a snapshot, at most. */
const MESSAGE_OVERHEAD_BYTES = 4096;
