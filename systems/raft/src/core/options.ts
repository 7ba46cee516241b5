/**
 * The options of a member, with their bounds.
 */
import { InvalidArgument } from '@mangrove/host';

/** How one member behaves. Times must be the same on all members; sizes may differ. */
export interface RaftOptions {
  /**
   * How long a follower waits for a leader before it campaigns; each draws its own wait between
   * one and two of these. Also how long a leader goes on without a quorum, and how long a voter
   * that has heard of a leader refuses others. Default 1000 ms. Too small: elections whenever the
   * network or a disk hiccups. Too large: slow failover. The leader's lease counts on it: while
   * members have different ones, as amid a restart that changes it, no read may be by lease.
   */
  readonly electionTimeoutMs: number;
  /**
   * How often a leader sends heartbeats, at multiples of this on its clock, so that those of many
   * groups in a process go together. Default 100 ms; at most half an election timeout.
   */
  readonly heartbeatIntervalMs: number;
  /** Whether a member asks before it raises its term (thesis 9.6). Default true. */
  readonly hasPreVote: boolean;
  /**
   * Whether a leader without a quorum steps down and voters with a fresh leader refuse others
   * (thesis 6.2, 4.2.3). Default true. Without it there are no lease reads.
   */
  readonly hasCheckQuorum: boolean;
  /**
   * Whether a member that does not lead hands proposals to the leader. Default false: they are
   * refused, with the name of the leader, so that clients find it. Needs it on the callers' side
   * only.
   */
  readonly hasForwarding: boolean;
  /** The bound of clock rate errors that a lease allows for, ppm. Default 200, the Host's. */
  readonly clockDriftPpmMax: number;
  /** The most bytes of entries in one message; one entry always fits. Default 512 KiB. */
  readonly appendBytesMax: number;
  /** How many appends may be on the way to one follower. Default 64. */
  readonly inflightCountMax: number;
  /** How many bytes of entries may be on the way to one follower. Default 4 MiB. */
  readonly inflightBytesMax: number;
  /**
   * The largest command, in bytes; larger ones are refused. Default 1,000,000. It has to fit into
   * one message of the Host.
   */
  readonly commandBytesMax: number;
  /** How many bytes may wait to be committed; beyond it proposals are refused. Default 16 MiB. */
  readonly uncommittedBytesMax: number;
  /** How many bytes of entries that are on disk stay in memory. Default 2 MiB. */
  readonly cacheBytesMax: number;
  /** How many bytes are handed to the state machine ahead of what it has done. Default 4 MiB. */
  readonly applyBytesMax: number;
  /** How many messages may wait for the disk; beyond it what a step says is lost. Default 4096. */
  readonly deferredCountMax: number;
  /** How many reads may wait; beyond it they are refused as overload. Default 10000. */
  readonly readCountMax: number;
  /** The most bytes of a snapshot in one message. Default 256 KiB; the Host's bound is above. */
  readonly snapshotChunkBytesMax: number;
  /**
   * How many bytes of snapshots a leader sends a second, to all followers together. Default
   * 64 MiB. Too large: disks and links have less for the log. Too small: a follower that needs a
   * snapshot is back late.
   */
  readonly snapshotBytesPerSecondMax: number;
  /**
   * How many entries a log may keep for a follower that is getting a snapshot, so that it can go on
   * from there. Default 100000. Beyond it the log is cut, and the newest snapshot is sent instead.
   */
  readonly snapshotHoldCountMax: number;
  /**
   * After how long without work a group stops its clocks; 0 is never, the default. Only where
   * whoever runs it watches the processes of its peers for it, as `RaftGroups` does: else nobody
   * would notice that the leader of an idle group is gone.
   */
  readonly quiesceAfterMs: number;
  /**
   * How long a leader keeps a commit to itself, in milliseconds, where no append goes out that
   * could tell of it; at most a heartbeat interval. Default 0: followers are told at once, by a
   * message of its own. Larger: half of the messages under load, but followers apply, and answer
   * reads, so much later.
   */
  readonly commitNoticeMs: number;
  /** A leader whose oldest write is older than this steps down. Default 2000 ms. */
  readonly diskStallMs: number;
  /** How far a learner may be behind to be promoted, in entries. Default 1000. */
  readonly promotionLagMax: number;
}

/** The options that hold where none are given. */
export const DEFAULT_OPTIONS: RaftOptions = {
  electionTimeoutMs: 1000,
  heartbeatIntervalMs: 100,
  hasPreVote: true,
  hasCheckQuorum: true,
  hasForwarding: false,
  clockDriftPpmMax: 200,
  appendBytesMax: 524_288,
  inflightCountMax: 64,
  inflightBytesMax: 4_194_304,
  commandBytesMax: 1_000_000,
  uncommittedBytesMax: 16_777_216,
  cacheBytesMax: 2_097_152,
  applyBytesMax: 4_194_304,
  deferredCountMax: 4096,
  readCountMax: 10_000,
  snapshotChunkBytesMax: 262_144,
  snapshotBytesPerSecondMax: 67_108_864,
  snapshotHoldCountMax: 100_000,
  quiesceAfterMs: 0,
  commitNoticeMs: 0,
  diskStallMs: 2000,
  promotionLagMax: 1000,
};

const MAY_BE_ZERO: ReadonlySet<string> = new Set([
  'clockDriftPpmMax',
  'promotionLagMax',
  'quiesceAfterMs',
  'commitNoticeMs',
]);

/** `given` with defaults for the rest; throws `InvalidArgument` for what makes no sense. */
export function toRaftOptions(given: Partial<RaftOptions> = {}): RaftOptions {
  const options = { ...DEFAULT_OPTIONS, ...given };
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === 'boolean') continue;
    const least = MAY_BE_ZERO.has(name) ? 0 : 1;
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgument(name, value, `an integer, at least ${least}`);
    }
  }
  if (options.heartbeatIntervalMs * 2 > options.electionTimeoutMs) {
    const bound = `at most half of electionTimeoutMs, which is ${options.electionTimeoutMs}`;
    throw new InvalidArgument('heartbeatIntervalMs', options.heartbeatIntervalMs, bound);
  }
  if (options.commitNoticeMs > options.heartbeatIntervalMs) {
    const bound = `at most heartbeatIntervalMs, which is ${options.heartbeatIntervalMs}`;
    throw new InvalidArgument('commitNoticeMs', options.commitNoticeMs, bound);
  }
  if (options.clockDriftPpmMax > 100_000) {
    throw new InvalidArgument('clockDriftPpmMax', options.clockDriftPpmMax, 'at most 100000');
  }
  return options;
}
