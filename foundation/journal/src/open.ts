/**
 * The two ways to open a journal: for one log, and for many.
 */
import { type Host, InvalidArgument } from '@mangrove/host';
import type {
  CompactionReport,
  Journal,
  JournalOptions,
  JournalRecord,
  JournalSizes,
  PlainJournal,
  RecoveryReport,
  SharedJournal,
} from './journal.ts';
import { JournalError } from './journal-error.ts';
import { JournalLog } from './journal-log.ts';
import type { LogState, Span } from './log-table.ts';
import { openStore, PLAIN_LOG } from './open-store.ts';
import { closed, type Store } from './store.ts';

/** How many bytes of records are moved with one sync, so that appends wait little. */
const MOVE_BYTES = 262_144;

/**
 * Opens the journal of one log, or makes it.
 *
 * Rejects with `JournalError`: `in-use`, `corrupt` (then nothing was changed), `unknown-version`,
 * `no-space`, `input-output`. What it cut off is in `recovery`.
 */
export async function openJournal(host: Host, options: JournalOptions): Promise<PlainJournal> {
  const { store, recovery } = await openStore(host, options, true);
  const state = store.table.byName.get(PLAIN_LOG.name);
  if (state === undefined) throw new InvalidArgument('directory', options.directory, 'plain');
  return new PlainLog(store, state, recovery);
}

/** Opens the journal of many logs, or makes one without any. Rejects as `openJournal` does. */
export async function openSharedJournal(
  host: Host,
  options: JournalOptions,
): Promise<SharedJournal> {
  const { store, recovery } = await openStore(host, options, false);
  return new SharedLogs(store, recovery);
}

/** Every record of a journal from `fromIndex` on, read piece by piece. */
export async function* scanRecords(
  journal: Journal,
  fromIndex: number = journal.firstIndex,
): AsyncGenerator<JournalRecord, void, void> {
  let next = fromIndex;
  for (;;) {
    const records = await journal.read(next);
    const last = records.at(-1);
    if (last === undefined) return;
    yield* records;
    next = last.index + 1;
  }
}

class PlainLog extends JournalLog implements PlainJournal {
  readonly recovery: RecoveryReport;
  private readonly owner: Store;

  constructor(store: Store, state: LogState, recovery: RecoveryReport) {
    super(store, state);
    this.owner = store;
    this.recovery = recovery;
  }

  get sizes(): JournalSizes {
    return sizesOf(this.owner);
  }

  close(): Promise<void> {
    return this.owner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

class SharedLogs implements SharedJournal {
  readonly recovery: RecoveryReport;
  private readonly store: Store;
  private readonly handles = new Map<string, JournalLog>();
  /** Names of logs that are being made. */
  private readonly coming = new Set<string>();
  private nextNumber: number;
  private compacting: Promise<CompactionReport> | undefined;

  constructor(store: Store, recovery: RecoveryReport) {
    this.store = store;
    this.recovery = recovery;
    this.nextNumber = Math.max(0, ...store.table.logs.keys()) + 1;
    for (const state of store.table.logs.values()) {
      this.handles.set(state.name, new JournalLog(store, state));
    }
  }

  get sizes(): JournalSizes {
    return sizesOf(this.store);
  }

  get names(): readonly string[] {
    return [...this.handles.keys()];
  }

  log(name: string): Journal | undefined {
    return this.handles.get(name);
  }

  async createLog(name: string, firstIndex = 1): Promise<Journal> {
    this.store.check();
    if (!/^[a-z0-9._-]{1,64}$/.test(name)) {
      throw new InvalidArgument('name', name, '1 to 64 of a-z, 0-9, ., _ and -');
    }
    if (!Number.isSafeInteger(firstIndex) || firstIndex < 0 || firstIndex > 2 ** 52) {
      throw new InvalidArgument('firstIndex', firstIndex, 'an integer from 0 to 2^52');
    }
    if (this.handles.has(name) || this.coming.has(name)) {
      throw new InvalidArgument('name', name, 'that of no other log');
    }
    const { maxLogs } = this.store.limits;
    if (this.handles.size + this.coming.size >= maxLogs) {
      throw new JournalError('overloaded', `there are ${maxLogs} logs already`);
    }
    this.coming.add(name);
    try {
      return await this.make(name, firstIndex);
    } finally {
      this.coming.delete(name);
    }
  }

  async removeLog(name: string): Promise<void> {
    const handle = this.handles.get(name);
    if (handle === undefined) throw new InvalidArgument('name', name, 'that of a log');
    const { state } = handle;
    if (state.isGoing) throw closed();
    const change = { type: 'remove' } as const;
    const done = this.store.submit([{ type: 'change', log: state.number, change }], 0);
    state.isGoing = true;
    state.acceptedCuts += 1;
    await done;
    this.handles.delete(name);
    this.store.reserved.release(state.slot);
    this.store.tidyUp();
  }

  async compact(): Promise<CompactionReport> {
    this.store.check();
    this.compacting ??= this.compactOldest();
    try {
      return await this.compacting;
    } finally {
      this.compacting = undefined;
    }
  }

  close(): Promise<void> {
    return this.store.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async make(name: string, firstIndex: number): Promise<Journal> {
    const { store } = this;
    const slot = store.reserved.freeSlot();
    const log = this.nextNumber;
    this.nextNumber += 1;
    await store.reserved.claim(slot, log);
    try {
      const change = { type: 'create', name, slot, firstIndex } as const;
      await store.submit([{ type: 'change', log, change }], 0);
    } catch (error) {
      store.reserved.release(slot);
      throw error;
    }
    const state = store.table.byName.get(name);
    if (state === undefined) throw closed();
    const handle = new JournalLog(store, state);
    this.handles.set(name, handle);
    return handle;
  }

  private async compactOldest(): Promise<CompactionReport> {
    const { store } = this;
    const segment = store.files.oldest;
    if (segment === store.activeSegment) return { freedSegments: 0, movedBytes: 0 };
    let movedBytes = 0;
    for (const handle of [...this.handles.values()]) {
      movedBytes += await this.moveOut(handle, segment);
    }
    return { freedSegments: await store.dropSegments(), movedBytes };
  }

  /** Writes the records of a log that stand in `segment` again, at the end. */
  private async moveOut(handle: JournalLog, segment: number): Promise<number> {
    const { state } = handle;
    let movedBytes = 0;
    for (;;) {
      const span = state.spans.find((each) => each.segment === segment);
      if (span === undefined) return movedBytes;
      const { firstIndex } = span;
      const read = await readSteady(handle, span);
      // What is being cut must not be moved: look again once the cut is durable.
      if (read === undefined) {
        await this.store.idle();
        continue;
      }
      const pieces = read.map(({ bytes }) => bytes);
      const lengths = pieces.map(({ length }) => length);
      const sizeBytes = lengths.reduce((sum, length) => sum + length, 0);
      const of = { type: 'records', log: state.number, isMoved: true, firstIndex } as const;
      await this.store.submit([{ ...of, lengths, pieces }], sizeBytes);
      movedBytes += sizeBytes;
    }
  }
}

/**
 * The first records of `span`, as many as are moved at once; `undefined` where the log is cut now
 * or meanwhile: then the segment may go while it is read.
 */
async function readSteady(
  handle: JournalLog,
  { firstIndex, lastIndex }: Span,
): Promise<readonly JournalRecord[] | undefined> {
  const { state } = handle;
  const { durableCuts } = state;
  const isSteady = () => state.acceptedCuts === durableCuts;
  if (!isSteady()) return undefined;
  try {
    const read = await handle.read(firstIndex, { lastIndex, maxBytes: MOVE_BYTES });
    return isSteady() ? read : undefined;
  } catch (error) {
    if (isSteady()) throw error;
    return undefined;
  }
}

function sizesOf(store: Store): JournalSizes {
  const { files, pendingBytes } = store;
  return { segmentCount: files.count, diskBytes: files.totalBytes, pendingBytes };
}
