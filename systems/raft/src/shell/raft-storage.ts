/**
 * What a member keeps on disk: its log in a journal, term and vote in the journal's reserved
 * record, snapshots in files beside it.
 *
 * Writes that the core asks for while one is under way wait and go together, so a slow disk makes
 * batches larger, not queues longer. Within a batch, term and vote are durable before any entry:
 * else a crash could leave an entry of a term that the node does not know.
 */
import { assert, type Host } from '@mangrove/host';
import {
  type Journal,
  JournalError,
  type JournalOptions,
  openJournal,
  type PackedRecords,
} from '@mangrove/journal';
import type { Effect } from '../core/effect.ts';
import type { Entry } from '../core/entry.ts';
import type { SnapshotChunk } from '../core/event.ts';
import { indexAfter, type LogIndex } from '../core/positions.ts';
import type { SnapshotMetadata } from '../core/snapshot-metadata.ts';
import type { Recovered } from '../core/state.ts';
import { DiskRoom } from './disk-room.ts';
import { PLAIN_RECORDS_SINCE } from './entry-records.ts';
import type { WriteChunk, WrittenChunk } from './incoming-file.ts';
import {
  type CodecTools,
  createCodecTools,
  decodeEntry,
  decodeHardState,
  encodeEntries,
  encodeHardState,
} from './peer-codec.ts';
import { type Slices, SnapshotFiles } from './snapshot-files.ts';

/** How many rounds of promise reactions a write waits for the messages of its turn. */
const YIELD_ROUNDS = 2;

/** A write as the core asks for it. */
export type Persist = Extract<Effect, { type: 'persist' }>;

/** A write that waits, its entries as they go to the journal. */
interface Waiting extends Pick<Persist, 'sequence' | 'hardState' | 'snapshot'> {
  /** The index of the first entry; `undefined` where there is none. */
  readonly firstIndex: LogIndex | undefined;
  readonly records: readonly Uint8Array[] | PackedRecords;
}

/** A log, and how whoever opened it is told that it is not used any more. */
export interface JournalHold {
  readonly journal: Journal;
  release(): Promise<void>;
  /** Is told when a part of the log is not needed any more. */
  readonly onForgotten?: () => void;
}

/** Where the storage of a member is, and how it begins where there is nothing. */
export interface StoragePlace {
  readonly directory: string;
  readonly beginning: SnapshotMetadata;
  /** The state of the beginning, where it is not the empty one. */
  readonly beginningSlices?: (() => Slices) | undefined;
  /** How large the pieces are in which snapshots travel. */
  readonly chunkBytesMax: number;
  /** Opens the log; a new one begins at `firstIndex`. Default: a journal of its own. */
  readonly openLog?: ((firstIndex: number) => Promise<JournalHold>) | undefined;
  /** What the node encodes with. */
  readonly tools?: CodecTools;
}

/** The storage of one member. */
export class RaftStorage {
  readonly recovered: Recovered;
  private readonly host: Host;
  private readonly hold: JournalHold;
  private readonly journal: Journal;
  private readonly files: SnapshotFiles;
  private readonly tools: CodecTools;
  /** Ends when all pieces of snapshots that were asked for are written. */
  private chunks: Promise<unknown> = Promise.resolve();
  /** What there is of room on the disk. */
  readonly room: DiskRoom;
  private onFailed: (cause: unknown) => void = () => {};
  private waiting: Waiting[] = [];
  private isWriting = false;
  private isClosed = false;
  private onWritten: (sequence: number, tookMs: number) => void = () => {};

  private constructor(
    host: Host,
    parts: {
      readonly hold: JournalHold;
      readonly files: SnapshotFiles;
      readonly recovered: Recovered;
      readonly tools: CodecTools;
    },
  ) {
    this.host = host;
    this.room = new DiskRoom(host);
    this.hold = parts.hold;
    this.journal = parts.hold.journal;
    this.files = parts.files;
    this.recovered = parts.recovered;
    this.tools = parts.tools;
  }

  /**
   * Opens what is there and verifies it, but for the slices of the snapshot, which are verified as
   * they are read. Rejects where it is damaged.
   */
  static async open(host: Host, place: StoragePlace): Promise<RaftStorage> {
    const { directory, beginning, chunkBytesMax, tools = createCodecTools() } = place;
    const { crc32c } = tools;
    const files = await SnapshotFiles.open(host, `${directory}/snapshots`, chunkBytesMax, crc32c);
    const snapshot = files.newest ?? beginning;
    // From now on the directory says by itself where its log begins.
    if (files.newest === undefined && beginning.index > 0) {
      await files.save(beginning, place.beginningSlices?.() ?? [], () => true);
    }
    const ownLog = (firstIndex: number) =>
      openOwnLog(host, { directory: `${directory}/log`, firstIndex, crc32c });
    const openLog = place.openLog ?? ownLog;
    const hold = await openLog(snapshot.index + 1);
    const { journal } = hold;
    await fitToSnapshot(journal, snapshot);
    const entries: Entry[] = [];
    for (let next = snapshot.index + 1; next < journal.nextIndex; ) {
      const records = await journal.read(next);
      entries.push(...records.map(({ bytes }) => decodeEntry(bytes)));
      next += records.length;
      assert(records.length > 0, `the journal gives nothing at ${next} of ${journal.nextIndex}`);
    }
    const hardState =
      journal.reserved.length === 0
        ? { term: snapshot.term, votedFor: undefined }
        : decodeHardState(journal.reserved);
    const recovered = { hardState, snapshot, entries, incoming: files.recovered };
    return new RaftStorage(host, { hold, files, recovered, tools });
  }

  /** Sets who is told when all writes up to a sequence are durable, and how long that took. */
  setWritten(listener: (sequence: number, tookMs: number) => void): void {
    this.onWritten = listener;
  }

  /** Sets who is told of a failure, before it ends the node. */
  setFailed(listener: (cause: unknown) => void): void {
    this.onFailed = listener;
  }

  /** The slices of the newest snapshot, none at the beginning. Throws where one is damaged. */
  slices(): AsyncGenerator<Uint8Array> {
    return this.files.slices();
  }

  /** A piece of a snapshot, as `load-chunk` wants it. */
  chunk(
    snapshot: SnapshotMetadata,
    offset: number,
    bytesMax: number,
  ): Promise<SnapshotChunk | undefined> {
    return this.files.chunk(snapshot, offset, bytesMax);
  }

  /**
   * Writes a piece of a snapshot that is arriving, one after the other, as soon as there is room;
   * `undefined` where the storage was closed before.
   */
  async writeChunk(chunk: WriteChunk): Promise<WrittenChunk | undefined> {
    let written: WrittenChunk | undefined;
    const write = async () => {
      written = await this.files.writeChunk(chunk);
    };
    const turn = this.chunks.then(() => this.room.untilDone(write));
    this.chunks = turn;
    await turn;
    return written;
  }

  /**
   * Asks for a write. A failure ends the node: what was not synced is in doubt for good.
   *
   * @param version of formats that the group has settled on
   */
  persist({ sequence, hardState, snapshot, entries }: Persist, version: number): void {
    const isPlain = version >= PLAIN_RECORDS_SINCE;
    const records = isPlain ? this.tools.packed.of(entries) : encodeEntries(entries);
    const firstIndex = entries[0]?.index;
    this.waiting.push({ sequence, hardState, snapshot, firstIndex, records });
    if (this.isWriting) return;
    this.isWriting = true;
    this.host.run(() => this.writeAll());
  }

  /** Durable entries `from` to `to`, as many as fit into `bytesMax`, one at least. */
  async read(from: LogIndex, to: LogIndex, bytesMax: number): Promise<readonly Entry[]> {
    try {
      const limits = { lastIndex: to, maxBytes: bytesMax };
      const records = await this.journal.read(from, limits);
      return records.map(({ bytes }) => decodeEntry(bytes));
    } catch (error) {
      // It was compacted while the read was on its way: the follower will need a snapshot.
      if (error instanceof JournalError && error.code === 'compacted') return [];
      throw error;
    }
  }

  /** Makes an own snapshot durable; its size, or `undefined` where it is not wanted any more. */
  async save(
    metadata: SnapshotMetadata,
    slices: Slices,
    isWanted: () => boolean,
  ): Promise<number | undefined> {
    return await this.files.save(metadata, slices, isWanted);
  }

  /** Frees the log up to `logIndex`, and snapshots before that of `snapshotIndex`. */
  async forget(logIndex: LogIndex, snapshotIndex: LogIndex): Promise<void> {
    await this.files.forget(snapshotIndex);
    // Even to say that something is not needed takes room.
    await this.room.untilDone(async () => {
      const first = Math.min(logIndex + 1, this.journal.durableIndex + 1);
      if (first > this.journal.firstIndex) await this.journal.truncatePrefix(first);
    });
    this.hold.onForgotten?.();
  }

  /** Lets the write under way finish; those that wait are given up. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.room.close();
    await this.hold.release();
    await this.files.close();
  }

  private async writeAll(): Promise<void> {
    // The messages of this turn leave first: while they travel, our disk has time.
    for (let round = 0; round < YIELD_ROUNDS; round++) await undefined;
    try {
      for (let batch = this.take(); batch.length > 0 && !this.isClosed; batch = this.take()) {
        const begunAt = this.host.clock.now();
        if (!(await this.writeBatch(batch))) return;
        this.onWritten(batch.at(-1)?.sequence ?? 0, this.host.clock.now() - begunAt);
      }
      this.isWriting = false;
    } catch (error) {
      if (this.isClosed) return;
      this.onFailed(error);
      throw error;
    }
  }

  /** False where it was given up. */
  private writeBatch(batch: readonly Waiting[]): Promise<boolean> {
    const isPlain = batch.every(({ hardState, snapshot }) => (hardState ?? snapshot) === undefined);
    // Nearly all are: this is one of the few promises that a proposal waits for.
    if (isPlain) return this.room.untilDone(() => this.writeTogether(batch));
    return this.writeInParts(batch);
  }

  private async writeInParts(batch: readonly Waiting[]): Promise<boolean> {
    const hardState = batch.findLast((write) => write.hardState !== undefined)?.hardState;
    if (hardState !== undefined) {
      await this.room.untilDone(() => this.journal.setReserved(encodeHardState(hardState)));
    }
    for (let start = 0; start < batch.length; ) {
      const { snapshot } = batch[start] ?? {};
      if (snapshot !== undefined) await this.room.untilDone(() => this.install(snapshot));
      const next = batch.findIndex((write, at) => at > start && write.snapshot !== undefined);
      const part = batch.slice(start, next < 0 ? batch.length : next);
      if (!(await this.room.untilDone(() => this.writeTogether(part)))) return false;
      start += part.length;
    }
    return true;
  }

  private take(): readonly Waiting[] {
    const batch = this.waiting;
    this.waiting = [];
    return batch;
  }

  /** Writes in one turn, which is one sync; after a refusal all of them may be written again. */
  private writeTogether(writes: readonly Waiting[]): Promise<unknown> {
    const [only] = writes;
    if (writes.length === 1 && only !== undefined) return this.write(only);
    return allDone(writes.map((write) => this.write(write)));
  }

  /** Writes entries in the place of what stands at their index and behind it: all or nothing. */
  private write({ firstIndex, records }: Waiting): Promise<unknown> {
    if (firstIndex === undefined) return Promise.resolve();
    const { nextIndex } = this.journal;
    assert(firstIndex <= nextIndex, `entry ${firstIndex} behind ${nextIndex - 1} in the journal`);
    if (firstIndex === nextIndex) return this.journal.append(records);
    const cut = this.journal.truncateSuffix(firstIndex);
    return Promise.all([cut, this.journal.append(records)]);
  }

  /** The file comes first: a crash in between leaves a log that does not fit, and is dropped. */
  private async install(metadata: SnapshotMetadata): Promise<void> {
    await this.files.install(metadata);
    await this.journal.reset(indexAfter(metadata.index));
  }
}

/** Waits for the end of all writes, also where one of them fails. */
async function allDone(writes: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(writes);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function openOwnLog(host: Host, options: JournalOptions): Promise<JournalHold> {
  const journal = await openJournal(host, options);
  return { journal, release: () => journal.close() };
}

/** Drops a log that the newest snapshot was to replace when the node crashed. */
async function fitToSnapshot(journal: Journal, snapshot: SnapshotMetadata): Promise<void> {
  const { firstIndex, nextIndex } = journal;
  assert(
    firstIndex <= snapshot.index + 1,
    `the log begins at ${firstIndex}, and the newest snapshot is of ${snapshot.index}`,
  );
  if (firstIndex === snapshot.index + 1) return;
  if (nextIndex > snapshot.index) {
    const [record] = await journal.read(snapshot.index, { maxRecords: 1 });
    if (record !== undefined && decodeEntry(record.bytes).term === snapshot.term) return;
  }
  await journal.reset(snapshot.index + 1);
}
