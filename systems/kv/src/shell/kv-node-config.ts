/**
 * How a member is set up: with whom it replicates, and within which bounds.
 */
import { InvalidArgument } from '@mangrove/host';
import type { RaftNodeConfig } from '@mangrove/raft';

/** How a member is set up. */
export interface KvNodeConfig
  extends Pick<
    RaftNodeConfig<never>,
    | 'founding'
    | 'peers'
    | 'cluster'
    | 'versionMax'
    | 'crc32c'
    | 'directory'
    | 'snapshotEveryBytes'
    | 'snapshotEveryCount'
    | 'snapshotLeastBytes'
    | 'snapshotExpansion'
    | 'trailingCount'
  > {
  /** Of Raft; requests are handed to the leader unless `hasForwarding` is switched off. */
  readonly raft?: RaftNodeConfig<never>['options'];
  readonly bounds?: Partial<KvBounds>;
  /**
   * The bytes of a backup with which a cluster is founded; the same for all founders. It is read
   * until the founding is on disk, and never later.
   */
  readonly backup?: () => AsyncIterable<Uint8Array>;
}

/** The bounds and periods of a member; the same on all members. */
export interface KvBounds {
  /** What the store may take before the alarm is raised. Default 2 GiB. */
  readonly quotaBytes: number;
  /** Requests under way; beyond it they are refused. Default 10,000. */
  readonly requestCountMax: number;
  /** Their bytes; beyond it they are refused. Default 64 MiB. */
  readonly requestBytesMax: number;
  /** Leases; beyond it none are granted. Default 100,000, some 30 MiB of each member. */
  readonly leasesMax: number;
  /** The most bytes of an answer; a larger one is refused. Default 64 MiB. */
  readonly answerBytesMax: number;
  /**
   * How many revisions automatic compaction leaves; 0, the default, is never by revisions. Too few:
   * reads of the past and watchers that come back late are refused.
   */
  readonly keptRevisions: number;
  /** For how long automatic compaction leaves what was; 0, the default, is never by time. */
  readonly keptMs: number;
  /**
   * How often the leader writes down what is left of leases. Default 5 minutes. Rarely: leases live
   * longer after a change of leaders. Often: more writes.
   */
  readonly leaseCheckpointMs: number;
  /** How often members are compared; 0 is never. Default 10 minutes. */
  readonly corruptionCheckMs: number;
  /** How often idle watchers that want it are told of progress. Default 10 minutes. */
  readonly progressMs: number;
  /**
   * How long the taking of a backup may last; what is left of one is given up then, since it holds
   * back the memory that compaction gives. Default 10 minutes.
   */
  readonly backupMs: number;
}

/** The bounds that hold where none are given. */
export const DEFAULT_BOUNDS: KvBounds = {
  quotaBytes: 2_147_483_648,
  requestCountMax: 10_000,
  requestBytesMax: 67_108_864,
  leasesMax: 100_000,
  answerBytesMax: 67_108_864,
  keptRevisions: 0,
  keptMs: 0,
  leaseCheckpointMs: 300_000,
  corruptionCheckMs: 600_000,
  progressMs: 600_000,
  backupMs: 600_000,
};

const MAY_BE_ZERO: ReadonlySet<string> = new Set(['keptRevisions', 'keptMs', 'corruptionCheckMs']);

/** `given` with defaults for the rest; throws `InvalidArgument` for what makes no sense. */
export function toKvBounds(given: Partial<KvBounds> = {}): KvBounds {
  const bounds = { ...DEFAULT_BOUNDS, ...given };
  for (const [name, value] of Object.entries(bounds)) {
    const least = MAY_BE_ZERO.has(name) ? 0 : 1;
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgument(name, value, `an integer, at least ${least}`);
    }
  }
  return bounds;
}
