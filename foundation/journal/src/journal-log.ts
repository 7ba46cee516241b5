/**
 * One log of a store, as its owner sees it: checks each call, and submits what it means.
 */
import { InvalidArgument } from '@mangrove/host';
import type { Change } from './group.ts';
import {
  type IndexRange,
  type Journal,
  type JournalRecord,
  METADATA_BYTES_MAX,
  type PackedRecords,
  RESERVED_BYTES_MAX,
  type ReadLimits,
} from './journal.ts';
import { JournalError } from './journal-error.ts';
import type { LogState } from './log-table.ts';
import { readRecords } from './record-reader.ts';
import { Slices } from './slices.ts';
import { closed, type Store, toJournalError } from './store.ts';

/** What a record costs in the queue beside its bytes, so that empty ones are bounded too. */
const RECORD_OVERHEAD_BYTES = 16;

/** A log of `store`. */
export class JournalLog implements Journal {
  readonly state: LogState;
  private readonly store: Store;

  constructor(store: Store, state: LogState) {
    this.store = store;
    this.state = state;
  }

  get firstIndex(): number {
    return this.state.firstIndex;
  }

  get durableIndex(): number {
    return this.state.nextIndex - 1;
  }

  get nextIndex(): number {
    return this.state.acceptedNext;
  }

  get metadata(): Uint8Array {
    return this.state.metadata;
  }

  get reserved(): Uint8Array {
    return this.store.reserved.read(this.state.slot);
  }

  append(records: readonly Uint8Array[] | PackedRecords): Promise<IndexRange> {
    try {
      return this.submitRecords(records);
    } catch (error) {
      // An async function would reject as well, at a higher price: this is done for every batch.
      return Promise.reject(error);
    }
  }

  async read(fromIndex: number, limits: ReadLimits = {}): Promise<readonly JournalRecord[]> {
    this.check();
    checkIndex('fromIndex', fromIndex);
    checkLimits(limits);
    const { state, store } = this;
    if (fromIndex < state.firstIndex) throw this.compacted(fromIndex);
    if (fromIndex >= state.nextIndex) return [];
    const { files, crc32c, host } = store;
    const parts = { files, crc32c, slices: () => new Slices(host) };
    try {
      return await readRecords(parts, state, fromIndex, limits);
    } catch (error) {
      // The segment may have been dropped while it was read.
      if (fromIndex < state.firstIndex) throw this.compacted(fromIndex);
      throw toJournalError(error, `record ${fromIndex} could not be read`, true);
    }
  }

  async truncateSuffix(fromIndex: number): Promise<void> {
    this.check();
    const { state } = this;
    checkIndex('fromIndex', fromIndex);
    if (fromIndex < state.acceptedFirst || fromIndex > state.acceptedNext) {
      const bound = `${state.acceptedFirst} to ${state.acceptedNext}`;
      throw new InvalidArgument('fromIndex', fromIndex, bound);
    }
    const done = this.submit([{ type: 'truncate-suffix', fromIndex }]);
    state.acceptedNext = fromIndex;
    state.acceptedCuts += 1;
    await done;
  }

  async truncatePrefix(firstIndex: number): Promise<void> {
    this.check();
    const { state } = this;
    checkIndex('firstIndex', firstIndex);
    if (firstIndex > state.acceptedNext) {
      throw new InvalidArgument('firstIndex', firstIndex, `at most ${state.acceptedNext}`);
    }
    if (firstIndex <= state.acceptedFirst) return this.store.barrier();
    const done = this.submit([{ type: 'truncate-prefix', firstIndex }]);
    state.acceptedFirst = firstIndex;
    state.acceptedCuts += 1;
    await done;
    this.store.tidyUp();
  }

  async reset(nextIndex: number, metadata?: Uint8Array): Promise<void> {
    this.check();
    checkIndex('nextIndex', nextIndex);
    const changes: Change[] = [{ type: 'reset', nextIndex }];
    if (metadata !== undefined) changes.push(toMetadata(metadata));
    const { state } = this;
    const done = this.submit(changes);
    state.acceptedFirst = nextIndex;
    state.acceptedNext = nextIndex;
    state.acceptedCuts += 1;
    await done;
    this.store.tidyUp();
  }

  async setMetadata(metadata: Uint8Array): Promise<void> {
    this.check();
    await this.submit([toMetadata(metadata)]);
  }

  async setReserved(reserved: Uint8Array): Promise<void> {
    this.check();
    if (reserved.length > RESERVED_BYTES_MAX) {
      const bound = `at most ${RESERVED_BYTES_MAX} bytes`;
      throw new InvalidArgument('reserved', reserved.length, bound);
    }
    this.store.check();
    await this.store.reserved.write(this.state.slot, reserved.slice());
  }

  private submitRecords(records: readonly Uint8Array[] | PackedRecords): Promise<IndexRange> {
    this.check();
    const isPacked = 'bytes' in records;
    const lengths = isPacked ? records.lengths : records.map(({ length }) => length);
    const pieces = isPacked ? [records.bytes] : records;
    const contentBytes = this.measure(lengths);
    if (isPacked && contentBytes !== records.bytes.length) {
      throw new InvalidArgument('records', contentBytes, `all of ${records.bytes.length} bytes`);
    }
    const { state } = this;
    const firstIndex = state.acceptedNext;
    const lastIndex = firstIndex + lengths.length - 1;
    const sizeBytes = contentBytes + lengths.length * RECORD_OVERHEAD_BYTES;
    const range = { firstIndex, lastIndex };
    const { number: log } = state;
    const operation = {
      type: 'records',
      log,
      isMoved: false,
      firstIndex,
      lengths,
      pieces,
    } as const;
    const done = this.store.submit([operation], sizeBytes, range);
    state.acceptedNext = lastIndex + 1;
    return done;
  }

  /** How many bytes records of such lengths have; throws `InvalidArgument` where they may not. */
  private measure(lengths: readonly number[]): number {
    const { maxRecordBytes } = this.store.limits;
    if (lengths.length === 0) throw new InvalidArgument('records', '[]', 'one record or more');
    let sizeBytes = 0;
    for (const length of lengths) {
      if (!(length <= maxRecordBytes)) {
        throw new InvalidArgument('records', length, `of up to ${maxRecordBytes} bytes`);
      }
      sizeBytes += length;
    }
    return sizeBytes;
  }

  private submit(changes: readonly Change[]): Promise<void> {
    const log = this.state.number;
    const operations = changes.map((change) => ({ type: 'change', log, change }) as const);
    return this.store.submit(operations, changes.length * RECORD_OVERHEAD_BYTES);
  }

  private check(): void {
    if (this.state.isGoing) throw closed();
    if (this.store.isClosed) throw closed();
  }

  private compacted(index: number): JournalError {
    const message = `record ${index} was dropped: the log begins at ${this.state.firstIndex}`;
    return new JournalError('compacted', message);
  }
}

function toMetadata(metadata: Uint8Array): Change {
  if (metadata.length > METADATA_BYTES_MAX) {
    const bound = `at most ${METADATA_BYTES_MAX} bytes`;
    throw new InvalidArgument('metadata', metadata.length, bound);
  }
  return { type: 'metadata', metadata: metadata.slice() };
}

/** Indexes stay well below the safe integers, so that sums of them are exact. */
const INDEX_MAX = 2 ** 52;

function checkIndex(option: string, index: number): void {
  if (!Number.isSafeInteger(index) || index < 0 || index > INDEX_MAX) {
    throw new InvalidArgument(option, index, 'an integer from 0 to 2^52');
  }
}

function checkLimits(limits: ReadLimits): void {
  for (const option of ['lastIndex', 'maxRecords', 'maxBytes'] as const) {
    const value = limits[option];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
      throw new InvalidArgument(option, value, 'an integer of 0 or more');
    }
  }
}
