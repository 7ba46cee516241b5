/**
 * What a journal is to those who write to it: one log of records that outlive crashes.
 *
 * A journal alone in its directory and one of the many logs of a shared journal are the same
 * `Journal`: a Raft group or a partition does not know which it was given.
 *
 *     records   firstIndex ... durableIndex ... nextIndex - 1
 *                   |  can be read  |   under way    |
 *
 * Calls take effect in the order in which they are made, and each promise resolves when its effect,
 * and every effect before it, would survive a crash. All calls of one turn of the event loop go to
 * disk together; so "cut the suffix, then append" costs one sync and is all or nothing.
 */

/** One log of records, numbered without gaps. */
export interface Journal {
  /** The lowest index that can be read; equals `nextIndex` where there is none. */
  readonly firstIndex: number;
  /** The highest index that is durable; `firstIndex - 1` where there is none. */
  readonly durableIndex: number;
  /** The index that the next record gets. Counts what is still under way. */
  readonly nextIndex: number;
  /** The metadata as it is durable; empty at first. */
  readonly metadata: Uint8Array;
  /** The reserved record as it is durable; empty at first. */
  readonly reserved: Uint8Array;

  /**
   * Appends records; resolves when they are durable.
   *
   * The buffers must not be touched until the promise settles. Large ones are written without a
   * copy. One or more records, each up to `maxRecordBytes`; packed ones cost least.
   *
   * Rejects with `JournalError`: `no-space` and `overloaded` leave the log as it was, and whatever
   * was called after this call and is still under way is refused as well, since its indexes would
   * leave a gap.
   */
  append(records: readonly Uint8Array[] | PackedRecords): Promise<IndexRange>;

  /**
   * Records from `fromIndex` on, in order: at least one where there is one, then as many as the
   * limits allow. Empty from `durableIndex + 1` on. Below `firstIndex` it rejects with `compacted`.
   * What is read has been checked; where it was damaged the promise rejects with `corrupt`.
   */
  read(fromIndex: number, limits?: ReadLimits): Promise<readonly JournalRecord[]>;

  /**
   * Drops the records from `fromIndex` on, which is `firstIndex` to `nextIndex`; their indexes are
   * given again. A record that supersedes is written: acknowledged bytes are never rewritten.
   */
  truncateSuffix(fromIndex: number): Promise<void>;

  /**
   * Drops the records below `firstIndex`, which is at most `durableIndex + 1`; lower than now does
   * nothing. Space becomes free by whole segments, in time.
   */
  truncatePrefix(firstIndex: number): Promise<void>;

  /**
   * Drops every record and goes on at `nextIndex`, whatever that is; sets the metadata with it,
   * where it is given, in the same atomic step. (Raft calls it when a snapshot was installed.)
   */
  reset(nextIndex: number, metadata?: Uint8Array): Promise<void>;

  /** Replaces the metadata, up to `METADATA_BYTES_MAX`: after a crash it is the old or the new. */
  setMetadata(metadata: Uint8Array): Promise<void>;

  /**
   * Replaces the reserved record, up to `RESERVED_BYTES_MAX`: after a crash it is the old or the
   * new. Its room was set aside when the log was made, so a full disk does not refuse it. (Raft's
   * term and vote.) It is synced on its own, in no order with the other calls.
   */
  setReserved(reserved: Uint8Array): Promise<void>;
}

/** A journal that has its directory to itself. */
export interface PlainJournal extends Journal, AsyncDisposable {
  readonly recovery: RecoveryReport;
  readonly sizes: JournalSizes;
  /** Lets what is under way finish, writes a last word, and frees the directory. Idempotent. */
  close(): Promise<void>;
}

/** Many logs in one directory, with one sync for all. */
export interface SharedJournal extends AsyncDisposable {
  readonly recovery: RecoveryReport;
  readonly sizes: JournalSizes;
  /** The names of the logs, in order of creation. */
  readonly names: readonly string[];
  /** The log called `name`; undefined where there is none. */
  log(name: string): Journal | undefined;
  /**
   * Makes an empty log whose first record gets `firstIndex`. Names have 1 to 64 of `a-z 0-9 . _ -`.
   */
  createLog(name: string, firstIndex?: number): Promise<Journal>;
  /** Drops a log and all that it holds. Calls on it that are made later reject with `closed`. */
  removeLog(name: string): Promise<void>;
  /**
   * Frees the oldest segment by writing again, at the end, the records in it that are still needed.
   *
   * Call it from time to time, best while `sizes.segmentCount` is above what the logs need: a log
   * that sleeps holds its segment, and with it all that came later. Appends go on meanwhile.
   */
  compact(): Promise<CompactionReport>;
  close(): Promise<void>;
}

/** Records that stand one after the other in memory: many of them are no more than one piece. */
export interface PackedRecords {
  /** All of them, and nothing else. */
  readonly bytes: Uint8Array;
  /** How long each is, in their order. */
  readonly lengths: readonly number[];
}

/** The indexes of records, both included. */
export interface IndexRange {
  readonly firstIndex: number;
  readonly lastIndex: number;
}

/** One record as it is read. */
export interface JournalRecord {
  readonly index: number;
  /** Shares memory with the other records of the same read. */
  readonly bytes: Uint8Array;
}

/** How much one read gives. */
export interface ReadLimits {
  /** The last index wanted. Default: no bound. */
  readonly lastIndex?: number;
  /** Default: 1,000. */
  readonly maxRecords?: number;
  /** Bytes of records; the first record comes whatever its size. Default: 1 MiB. */
  readonly maxBytes?: number;
}

/** How a journal is set up. */
export interface JournalOptions {
  /** Where it is on the Host's disk; made where it is missing. */
  readonly directory: string;
  /**
   * The size from which a new segment is begun, 4 KiB to 1 GiB. Default: 64 MiB. Small segments
   * free space sooner; each costs a file and a sync of the directory.
   */
  readonly segmentBytes?: number;
  /** The most bytes of one record, up to 16 MiB. Default: 4 MiB. */
  readonly maxRecordBytes?: number;
  /** How many bytes go to disk with one sync, apart from a longer record. Default: 1 MiB. */
  readonly maxBatchBytes?: number;
  /** Bytes of records that may wait; beyond it `overloaded`. Default: 64 MiB. */
  readonly maxPendingBytes?: number;
  /**
   * The distance of the entries of the index in memory. Default: 4 KiB. Larger: less memory, and
   * more is read for one record.
   */
  readonly indexIntervalBytes?: number;
  /** The first index of a plain journal that is made now. Default: 1. */
  readonly firstIndex?: number;
  /** The most logs of a shared journal, up to 10,000. Default: 4,096. */
  readonly maxLogs?: number;
  /** A faster CRC-32C than the portable one, where there is one. */
  readonly crc32c?: (bytes: Uint8Array, seed?: number) => number;
}

/** The most bytes of a reserved record: with its header it fills one sector of the disk. */
export const RESERVED_BYTES_MAX = 480;

/** The most bytes of a log's metadata: each segment begins with all of it. */
export const METADATA_BYTES_MAX = 1024;

/** What was found when a journal was opened. */
export interface RecoveryReport {
  readonly segmentCount: number;
  readonly batchCount: number;
  readonly readBytes: number;
  /** Whether the journal had been closed in order, so that nothing could be torn. */
  readonly wasClosed: boolean;
  /**
   * What was cut off: never acknowledged, unless the last batch rotted after it was written, which
   * cannot be told from a batch that was torn.
   */
  readonly cut: TornTail | undefined;
}

/** A tail that was cut off. */
export interface TornTail {
  readonly file: string;
  /** From here on the file was damaged. */
  readonly offset: number;
  readonly bytes: number;
  /** What was wrong there. */
  readonly reason: string;
}

/** What a journal occupies. */
export interface JournalSizes {
  readonly segmentCount: number;
  /** Without the zeros that are set aside behind the last batch. */
  readonly diskBytes: number;
  /** Bytes of records that wait for their sync. */
  readonly pendingBytes: number;
}

/** What one compaction did. */
export interface CompactionReport {
  /** How many segments were freed; 0 where the oldest is the one being written. */
  readonly freedSegments: number;
  /** Bytes of records written again. */
  readonly movedBytes: number;
}
