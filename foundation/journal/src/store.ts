/**
 * The store: what one directory holds, and the one loop that writes it.
 *
 *     submit -> queue -> [ repair? roll? encode -> write durably ] -> apply to the table -> resolve
 *                              one batch at a time; the next one fills meanwhile
 *
 * States: `open`; `poisoned` after a failed write or sync, for good; `closed`.
 */
import {
  assert,
  type Counter,
  DiskError,
  type DiskFile,
  type DiskLock,
  type Host,
} from '@mangrove/host';
import { type Crc32c, Writer } from '@mangrove/wire';
import {
  copiedBytes,
  type EncodedBatch,
  encodeBatch,
  type Operation,
  type PlacedGroup,
} from './batch-encoder.ts';
import type { BatchKind, Position } from './batch-header.ts';
import { JournalError } from './journal-error.ts';
import type { LogTable } from './log-table.ts';
import type { ReservedWriter } from './reserved-writer.ts';
import type { SegmentFiles } from './segment-files.ts';
import { Slices } from './slices.ts';

/** The limits of a store. */
export interface StoreLimits {
  readonly segmentBytes: number;
  readonly maxRecordBytes: number;
  readonly maxBatchBytes: number;
  readonly maxPendingBytes: number;
  readonly maxLogs: number;
}

/** What a store begins with. */
export interface StoreParts {
  readonly host: Host;
  readonly crc32c: Crc32c;
  readonly limits: StoreLimits;
  readonly table: LogTable;
  readonly files: SegmentFiles;
  readonly reserved: ReservedWriter;
  readonly lock: DiskLock;
  readonly journal: number;
  readonly nextSequence: number;
  /** The newest segment and the file in which it is written. */
  readonly active: number;
  readonly file: DiskFile;
}

/** Operations that were submitted together. */
interface Submission {
  readonly operations: readonly Operation[];
  readonly sizeBytes: number;
  readonly kind: BatchKind;
  /** Tells whoever submitted them that they are durable. */
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * How many rounds of promise reactions the loop waits before it takes a batch, so that those who
 * were just answered, through a few layers, are in it and not in the one after it.
 */
const GATHER_ROUNDS = 4;

/** How much memory small batches share, one after the other, before more is allocated. */
const SLAB_BYTES = 8_192;

/**
 * By how much the active segment is lengthened ahead of what is written, up to `segmentBytes`: a
 * sync of a file whose size did not change has less to write. The zeros take no room.
 */
const AHEAD_BYTES = 1_048_576;

/** The store of one directory. */
export class Store {
  readonly host: Host;
  readonly crc32c: Crc32c;
  readonly limits: StoreLimits;
  readonly table: LogTable;
  readonly files: SegmentFiles;
  readonly reserved: ReservedWriter;
  pendingBytes = 0;
  private readonly lock: DiskLock;
  private readonly journal: number;
  private readonly syncCount: Counter;
  private readonly writer = new Writer({ slabBytes: SLAB_BYTES });
  private queue: Submission[] = [];
  private isWorking = false;
  /** Those who wait until nothing is under way. */
  private idleWaiters: (() => void)[] = [];
  private nextSequence: number;
  private active: number;
  private file: DiskFile;
  /** Behind what is durable in the active segment, which is where the next batch goes. */
  private durableEnd: number;
  /** Whether bytes of a refused batch may stand behind `durableEnd`. */
  private needsRepair = false;
  /**
   * Whether a new segment was begun and is not whole. Its file may be there; so nothing more may go
   * into the old one, which counts as synced to its end once a later file exists.
   */
  private isRolling = false;
  private failure: JournalError | undefined;
  private tidying: Promise<void> | undefined;
  private dropping: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  constructor(parts: StoreParts) {
    this.host = parts.host;
    this.crc32c = parts.crc32c;
    this.limits = parts.limits;
    this.table = parts.table;
    this.files = parts.files;
    this.reserved = parts.reserved;
    this.lock = parts.lock;
    this.journal = parts.journal;
    this.nextSequence = parts.nextSequence;
    this.active = parts.active;
    this.file = parts.file;
    this.durableEnd = parts.files.sizeOf(parts.active);
    const help = 'Batches that a journal made durable, each with one sync.';
    this.syncCount = parts.host.metrics.counter('journal_batches', { help, unit: '1' });
    this.reserved.onPoison((cause) => this.poison(cause));
  }

  /** The newest segment. */
  get activeSegment(): number {
    return this.active;
  }

  get isClosed(): boolean {
    return this.closing !== undefined;
  }

  /** Throws what a call gets now that the store takes none; does nothing while it is open. */
  check(): void {
    if (this.failure !== undefined) throw this.failure;
    if (this.closing !== undefined) throw closed();
  }

  /**
   * Has operations made durable, in the order of the calls, together or not at all; resolves to
   * `outcome`. The caller has checked that they follow from what was accepted before.
   */
  submit(operations: readonly Operation[], sizeBytes: number): Promise<void>;
  submit<Outcome>(
    operations: readonly Operation[],
    sizeBytes: number,
    outcome: Outcome,
  ): Promise<Outcome>;
  submit(operations: readonly Operation[], sizeBytes: number, outcome?: unknown): Promise<unknown> {
    this.check();
    if (this.pendingBytes + sizeBytes > this.limits.maxPendingBytes) {
      const { maxPendingBytes } = this.limits;
      const message = `${this.pendingBytes} bytes wait already, where ${maxPendingBytes} may`;
      throw new JournalError('overloaded', message);
    }
    return this.enqueue(operations, sizeBytes, 'ordinary', outcome);
  }

  /** Resolves when everything that was submitted is durable. */
  async barrier(): Promise<void> {
    if (this.isWorking) await this.submit([], 0);
  }

  /** Drops the oldest segments that no log needs; resolves to how many once they are gone. */
  async dropSegments(): Promise<number> {
    // One after the other: two at once would remove the same file.
    while (this.dropping !== undefined) await this.dropping;
    let finish = () => {};
    this.dropping = new Promise((done) => {
      finish = done;
    });
    try {
      return await this.dropUnneeded();
    } finally {
      this.dropping = undefined;
      finish();
    }
  }

  private async dropUnneeded(): Promise<number> {
    const { table, files } = this;
    let floor = files.oldest;
    while (floor < this.active && !table.isNeeded(floor)) floor += 1;
    if (floor <= table.floor && floor === files.oldest) return 0;
    // First the word that they are not needed, or their loss would be taken for corruption.
    const change = { type: 'floor', segment: floor } as const;
    await this.submit([{ type: 'change', log: 0, change }], 0);
    let count = 0;
    try {
      for (; files.oldest < floor; count++) await files.drop(files.oldest);
      if (count > 0) await this.host.disk.syncDirectory(files.directory);
    } catch (cause) {
      throw toJournalError(cause, 'a segment could not be removed', false);
    }
    return count;
  }

  /** Drops segments in the background. What cannot be done now is tried at the next call. */
  tidyUp(): void {
    this.tidying ??= new Promise((done) => {
      this.host.run(async () => {
        try {
          await this.dropSegments();
        } catch (error) {
          if (!(error instanceof JournalError)) throw error;
        }
        this.tidying = undefined;
        done();
      });
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.isWorking) {
      await new Promise<void>((resolve) => {
        this.idleWaiters.push(resolve);
      });
    }
  }

  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  private async shut(): Promise<void> {
    await this.idle();
    await this.tidying;
    if (this.failure === undefined && !this.isRolling) {
      try {
        await this.enqueue([], 0, 'last');
      } catch (error) {
        // Without a last word the next opening only knows less of what was torn.
        if (!(error instanceof JournalError)) throw error;
      }
    }
    await this.idle();
    await this.reserved.close();
    await this.files.close();
    await this.file.close();
    await this.lock.release();
  }

  private enqueue(
    operations: readonly Operation[],
    sizeBytes: number,
    kind: BatchKind,
    outcome?: unknown,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settle = () => resolve(outcome);
      this.queue.push({ operations, sizeBytes, kind, resolve: settle, reject });
      this.pendingBytes += sizeBytes;
      if (this.isWorking) return;
      this.isWorking = true;
      this.host.run(() => this.work());
    });
  }

  private async work(): Promise<void> {
    while (this.queue.length > 0) {
      for (let round = 0; round < GATHER_ROUNDS; round++) await undefined;
      const batch = this.take();
      try {
        await this.commit(batch);
      } catch (error) {
        // Broken invariants go on to the Host, which stops this node.
        if (!(error instanceof JournalError)) throw error;
        this.refuse(batch, error);
        continue;
      }
      for (const { sizeBytes, resolve } of batch) {
        this.pendingBytes -= sizeBytes;
        resolve();
      }
    }
    // In the same step as the last look at the queue: what comes later starts a loop of its own.
    this.isWorking = false;
    const waiting = this.idleWaiters;
    this.idleWaiters = [];
    for (const resolve of waiting) resolve();
  }

  /** The submissions of the next batch. */
  private take(): Submission[] {
    let [count, sizeBytes] = [0, 0];
    for (const next of this.queue) {
      if (count > 0 && sizeBytes + next.sizeBytes > this.limits.maxBatchBytes) break;
      if (count > 0 && next.kind !== 'ordinary') break;
      sizeBytes += next.sizeBytes;
      count += 1;
    }
    return this.queue.splice(0, count);
  }

  private async commit(batch: readonly Submission[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    if (this.needsRepair) await this.repair(true);
    const kind = batch[0]?.kind ?? 'ordinary';
    if (kind === 'ordinary' && this.durableEnd >= this.limits.segmentBytes) await this.roll();
    const [only] = batch;
    const operations =
      batch.length === 1 && only !== undefined
        ? only.operations
        : batch.flatMap((submission) => submission.operations);
    const synced = { segment: this.active, offset: this.durableEnd };
    const encoding = this.encode(kind, this.active, this.durableEnd, synced, operations);
    const encoded = encoding instanceof Promise ? await encoding : encoding;
    const { pieces, totalBytes } = encoded;
    const end = this.durableEnd + totalBytes;
    if (kind === 'last') await this.writeLast(encoded);
    else {
      if (end > this.file.size()) await this.lengthen(end);
      try {
        await this.file.writeDurably(this.durableEnd, pieces);
      } catch (cause) {
        throw await this.refusalOf(cause);
      }
    }
    this.durableEnd = end;
    this.nextSequence += 1;
    this.files.setSize(this.active, end);
    this.syncCount.add();
    this.apply(encoded, kind);
  }

  private encode(
    kind: BatchKind,
    segment: number,
    offset: number,
    synced: Position,
    operations: readonly Operation[],
  ): EncodedBatch | Promise<EncodedBatch> {
    const { journal, nextSequence: sequence } = this;
    const place = { kind, journal, sequence, segment, offset, synced };
    const slices = new Slices(this.host);
    return encodeBatch(place, operations, this.crc32c, slices, this.writerFor(operations));
  }

  /**
   * A large batch has a writer of its own: to grow to it would copy, and a journal that sleeps
   * would hold what it had grown to.
   */
  private writerFor(operations: readonly Operation[]): Writer {
    const sizeBytes = copiedBytes(operations);
    return sizeBytes > SLAB_BYTES ? new Writer({ slabBytes: sizeBytes }) : this.writer;
  }

  /** Takes a durable batch into the table. */
  private apply({ groups, seed }: EncodedBatch, kind: BatchKind): void {
    const { active: segment, durableEnd: batchEnd } = this;
    for (let nth = 0; nth < groups.length; nth++) {
      const { operation, offset } = groups[nth] as PlacedGroup;
      const endOffset = groups[nth + 1]?.offset ?? batchEnd;
      const place = { segment, offset, endOffset, seed, batchEnd };
      const fault = this.table.apply(toGroup(operation), place, kind);
      if (fault !== undefined) assert(false, `a batch was written that does not follow: ${fault}`);
    }
  }

  /** What a batch is refused with whose write failed: without room nothing of it counts. */
  private async refusalOf(cause: unknown): Promise<unknown> {
    if (!(cause instanceof DiskError)) return cause;
    // It may have failed at its sync, and that is told only once.
    if (!isNoSpace(cause)) return this.poison(cause);
    return await this.undo(cause, 'there was no room for a batch');
  }

  /** Makes the last word durable. Nothing follows it, not even zeros. */
  private async writeLast({ pieces, totalBytes }: EncodedBatch): Promise<void> {
    const end = this.durableEnd + totalBytes;
    let offset = this.durableEnd;
    try {
      for (const piece of pieces) {
        await this.file.writeAt(offset, piece);
        offset += piece.length;
      }
      if (this.file.size() > end) await this.file.truncate(end);
    } catch (cause) {
      throw await this.undo(cause, 'the last word could not be written');
    }
    await this.sync();
  }

  /** Lengthens the active segment beyond `end` with zeros, which the next sync covers. */
  private async lengthen(end: number): Promise<void> {
    const sizeBytes = Math.min(end + AHEAD_BYTES, this.limits.segmentBytes);
    if (sizeBytes <= end) return;
    try {
      await this.file.truncate(sizeBytes);
    } catch (cause) {
      // It only makes later syncs faster. Whether the batch has room its own write will tell.
      if (!(cause instanceof DiskError)) throw cause;
    }
  }

  private async sync(): Promise<void> {
    try {
      await this.file.sync();
    } catch (cause) {
      if (!isNoSpace(cause)) throw this.poison(cause);
      throw await this.undo(cause, 'a batch could not be synced');
    }
  }

  /**
   * Cuts a refused batch off. If that succeeds it is certain that the batch never comes back,
   * however much of it had been written; else the refusal is not definite.
   */
  private async undo(cause: unknown, message: string): Promise<JournalError> {
    const error = toJournalError(cause, message, true);
    this.needsRepair = true;
    await this.repair(false);
    return error;
  }

  /**
   * Cuts off what a refused batch left, for good.
   *
   * @param definite whether what is refused now was not even written
   */
  private async repair(definite: boolean): Promise<void> {
    try {
      await this.file.truncate(this.durableEnd);
      await this.file.sync();
    } catch (cause) {
      if (!isNoSpace(cause)) throw this.poison(cause);
      throw toJournalError(cause, 'what a refused batch left could not be cut off', definite);
    }
    this.needsRepair = false;
  }

  /** Begins a new segment with the state of all logs. The old one is synced to its end. */
  private async roll(): Promise<void> {
    const segment = this.active + 1;
    const path = this.files.pathOf(segment);
    const synced = { segment: this.active, offset: this.durableEnd };
    const { disk } = this.host;
    let file: DiskFile | undefined;
    try {
      const operations = this.table
        .states()
        .map((state) => ({ type: 'change', ...state }) as const);
      const head = await this.encode('head', segment, 0, synced, operations);
      // An attempt that was refused may have left the file.
      this.isRolling = true;
      file = await disk.open(path, 'create');
      await file.truncate(0);
      let offset = 0;
      for (const piece of head.pieces) {
        await file.writeAt(offset, piece);
        offset += piece.length;
      }
      await file.sync();
      await disk.syncDirectory(this.files.directory);
      await this.file.close();
      this.isRolling = false;
      this.file = file;
      this.active = segment;
      this.durableEnd = head.totalBytes;
      this.nextSequence += 1;
      this.files.setSize(segment, head.totalBytes);
    } catch (cause) {
      if (!(cause instanceof DiskError)) throw cause;
      await file?.close();
      if (!isNoSpace(cause)) throw this.poison(cause);
      throw toJournalError(cause, 'a segment could not be begun', true);
    }
  }

  /** Refuses a batch and all that waits behind it, whose indexes would leave a gap. */
  private refuse(batch: readonly Submission[], error: JournalError): void {
    const waiting = this.queue;
    this.queue = [];
    this.table.forgetAccepted();
    for (const { sizeBytes, reject } of batch) {
      this.pendingBytes -= sizeBytes;
      reject(error);
    }
    const { code, message } = error;
    for (const { sizeBytes, reject } of waiting) {
      this.pendingBytes -= sizeBytes;
      reject(new JournalError(code, `${message}, before this was written`, { cause: error }));
    }
  }

  /** Ends the writing for good: a sync may have failed, and no later one can be believed (D4). */
  private poison(cause: unknown): JournalError {
    const message =
      'a sync failed, or its write: what was under way is in doubt until the journal is reopened';
    this.failure ??= new JournalError('poisoned', message, { definite: false, cause });
    if (this.host.trace.isOn) this.host.trace.event('journal-poisoned', { cause: String(cause) });
    return this.failure;
  }
}

/** What the table is told of an operation that is durable. */
function toGroup(operation: Operation): Parameters<LogTable['apply']>[0] {
  if (operation.type === 'change') return operation;
  const { type, log, isMoved, firstIndex, lengths } = operation;
  return { type, log, isMoved, firstIndex, count: lengths.length };
}

/** The error of a call on what was closed. */
export function closed(): JournalError {
  return new JournalError('closed', 'the journal is closed');
}

/** An error of the disk as one of the journal; what is none is handed on. */
export function toJournalError(cause: unknown, message: string, definite: boolean): JournalError {
  if (cause instanceof JournalError) return cause;
  if (!(cause instanceof DiskError)) throw cause;
  const code = cause.code === 'no-space' ? 'no-space' : 'input-output';
  return new JournalError(code, `${message}: ${cause.message}`, { definite, cause });
}

function isNoSpace(cause: unknown): boolean {
  return cause instanceof DiskError && cause.code === 'no-space';
}
