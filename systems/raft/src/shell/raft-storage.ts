/**
 * What a member keeps on disk: its log in a journal, term and vote in the journal's reserved
 * record, snapshots in files beside it.
 *
 * Writes that the core asks for while one is under way wait and go together, so a slow disk makes
 * batches larger, not queues longer. Within a batch, term and vote are durable before any entry:
 * else a crash could leave an entry of a term that the node does not know.
 */
import { assert, type Host } from '@mangrove/host';
import { type Journal, JournalError, openJournal, type PlainJournal } from '@mangrove/journal';
import type { Effect } from '../core/effect.ts';
import type { Entry } from '../core/entry.ts';
import { indexAfter, type LogIndex } from '../core/positions.ts';
import type { SnapshotMetadata } from '../core/snapshot-metadata.ts';
import type { Recovered } from '../core/state.ts';
import { DiskRoom } from './disk-room.ts';
import {
  decodeEntry,
  decodeHardState,
  encodeEntries,
  encodeHardState,
  type StoredSnapshot,
} from './peer-codec.ts';
import { SnapshotFiles } from './snapshot-files.ts';

/** A write as the core asks for it. */
export type Persist = Extract<Effect, { type: 'persist' }>;

/** The storage of one member. */
export class RaftStorage {
  readonly recovered: Recovered;
  /** The state machine's bytes at the newest snapshot; empty at the beginning. */
  snapshotData: Uint8Array;
  private snapshotMetadata: SnapshotMetadata;
  private readonly host: Host;
  private readonly journal: PlainJournal;
  private readonly files: SnapshotFiles;
  private readonly received = new Map<LogIndex, Uint8Array>();
  /** What there is of room on the disk. */
  readonly room: DiskRoom;
  private onFailed: (cause: unknown) => void = () => {};
  private waiting: Persist[] = [];
  private isWriting = false;
  private isClosed = false;
  private onWritten: (sequence: number, tookMs: number) => void = () => {};

  private constructor(
    host: Host,
    journal: PlainJournal,
    files: SnapshotFiles,
    recovered: Recovered,
    data: Uint8Array,
  ) {
    this.host = host;
    this.room = new DiskRoom(host);
    this.journal = journal;
    this.files = files;
    this.recovered = recovered;
    this.snapshotData = data;
    this.snapshotMetadata = recovered.snapshot;
  }

  /**
   * Opens what is there and verifies it. Rejects where it is damaged.
   *
   * @param beginning where a node begins whose disk is empty
   */
  static async open(
    host: Host,
    directory: string,
    beginning: SnapshotMetadata,
  ): Promise<RaftStorage> {
    const files = new SnapshotFiles(host, `${directory}/snapshots`);
    const stored = await files.load();
    const snapshot = stored?.metadata ?? beginning;
    // From now on the directory says by itself where its log begins.
    if (stored === undefined && beginning.index > 0) {
      await files.save({ metadata: beginning, data: new Uint8Array(0) });
    }
    const journal = await openJournal(host, {
      directory: `${directory}/log`,
      firstIndex: snapshot.index + 1,
    });
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
    const recovered = { hardState, snapshot, entries };
    return new RaftStorage(host, journal, files, recovered, stored?.data ?? new Uint8Array(0));
  }

  /** Sets who is told when all writes up to a sequence are durable, and how long that took. */
  setWritten(listener: (sequence: number, tookMs: number) => void): void {
    this.onWritten = listener;
  }

  /** Sets who is told of a failure, before it ends the node. */
  setFailed(listener: (cause: unknown) => void): void {
    this.onFailed = listener;
  }

  /** Keeps the bytes of a snapshot that came in, until the core asks for it to be written. */
  keepReceived(snapshot: StoredSnapshot): void {
    this.received.set(snapshot.metadata.index, snapshot.data);
    // One is installed at a time; older ones are of no use any more.
    for (const index of this.received.keys()) {
      if (this.received.size > 2 && index < snapshot.metadata.index) this.received.delete(index);
    }
  }

  /** The newest snapshot, whole. */
  newestSnapshot(): StoredSnapshot {
    return { metadata: this.snapshotMetadata, data: this.snapshotData };
  }

  /** Asks for a write. A failure ends the node: what was not synced is in doubt for good. */
  persist(write: Persist): void {
    this.waiting.push(write);
    if (this.isWriting) return;
    this.isWriting = true;
    this.host.run(async () => {
      try {
        await this.writeAll();
      } catch (error) {
        if (this.isClosed) return;
        this.onFailed(error);
        throw error;
      }
    });
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

  /** Makes an own snapshot durable, one at a time; false where a newer one was installed. */
  async save(snapshot: StoredSnapshot): Promise<boolean> {
    await this.files.save(snapshot);
    if (snapshot.metadata.index <= this.snapshotMetadata.index) return false;
    this.adopt(snapshot);
    return true;
  }

  /** Frees the log up to `index`. */
  async compactTo(index: LogIndex): Promise<void> {
    const first = Math.min(index + 1, this.journal.durableIndex + 1);
    if (first > this.journal.firstIndex) await this.journal.truncatePrefix(first);
  }

  /** Lets the write under way finish; those that wait are given up. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.room.close();
    await this.journal.close();
  }

  private adopt(snapshot: StoredSnapshot): void {
    this.snapshotMetadata = snapshot.metadata;
    this.snapshotData = snapshot.data;
  }

  private async writeAll(): Promise<void> {
    for (let batch = this.take(); batch.length > 0 && !this.isClosed; batch = this.take()) {
      const begunAt = this.host.clock.now();
      const hardState = batch.findLast((write) => write.hardState !== undefined)?.hardState;
      if (hardState !== undefined) {
        await this.room.untilDone(() => this.journal.setReserved(encodeHardState(hardState)));
      }
      for (let start = 0; start < batch.length; ) {
        const { snapshot } = batch[start] ?? {};
        if (snapshot !== undefined) await this.room.untilDone(() => this.install(snapshot));
        const next = batch.findIndex((write, at) => at > start && write.snapshot !== undefined);
        const part = batch.slice(start, next < 0 ? batch.length : next);
        if (!(await this.room.untilDone(() => this.writeTogether(part)))) return;
        start += part.length;
      }
      this.onWritten(batch.at(-1)?.sequence ?? 0, this.host.clock.now() - begunAt);
    }
    this.isWriting = false;
  }

  private take(): readonly Persist[] {
    const batch = this.waiting;
    this.waiting = [];
    return batch;
  }

  /** Writes in one turn, which is one sync; after a refusal all of them may be written again. */
  private async writeTogether(writes: readonly Persist[]): Promise<void> {
    const outcomes = await Promise.allSettled(writes.map(({ entries }) => this.write(entries)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** Writes entries in the place of what stands at their index and behind it: all or nothing. */
  private async write(entries: readonly Entry[]): Promise<void> {
    const [first] = entries;
    if (first === undefined) return;
    const { nextIndex } = this.journal;
    assert(first.index <= nextIndex, `entry ${first.index} behind ${nextIndex - 1} in the journal`);
    const cut = first.index < nextIndex ? this.journal.truncateSuffix(first.index) : undefined;
    await Promise.all([cut, this.journal.append(encodeEntries(entries))]);
  }

  /** The file comes first: a crash in between leaves a log that does not fit, and is dropped. */
  private async install(metadata: SnapshotMetadata): Promise<void> {
    const data = this.received.get(metadata.index);
    assert(
      data !== undefined,
      `snapshot ${metadata.index} is to be installed and was not received`,
    );
    await this.files.save({ metadata, data });
    await this.journal.reset(indexAfter(metadata.index));
    this.adopt({ metadata, data });
    this.received.delete(metadata.index);
  }
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
