/**
 * Opening a directory: what is there is recovered, what is torn is cut, and what is kept is made
 * sure of before anybody may rely on it.
 */
import {
  type Disk,
  DiskError,
  type DiskFile,
  type DiskLock,
  type Host,
  InvalidArgument,
} from '@mangrove/host';
import { crc32c as portableCrc32c, Writer } from '@mangrove/wire';
import { encodeBatch } from './batch-encoder.ts';
import type { JournalOptions, RecoveryReport } from './journal.ts';
import { JournalError } from './journal-error.ts';
import { LogTable } from './log-table.ts';
import { type Found, findJournal } from './recovery.ts';
import { parseSector, RESERVED_NAME, ReservedFile, SLOT_BYTES } from './reserved-file.ts';
import { ReservedWriter } from './reserved-writer.ts';
import { SegmentFiles, segmentName } from './segment-files.ts';
import { Slices } from './slices.ts';
import { Store, type StoreLimits, toJournalError } from './store.ts';

/** The name and number of the only log of a plain journal. */
export const PLAIN_LOG = { number: 1, name: 'log', slot: 0 } as const;

/** How much is written at once where a tail is written again. */
const PIECE_BYTES = 1_048_576;

const KIB = 1024;
const MIB = 1_048_576;

/** The options with their defaults. */
interface Settings {
  readonly directory: string;
  readonly limits: StoreLimits;
  readonly indexIntervalBytes: number;
  readonly firstIndex: number;
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number;
}

/** A store that was opened, and what was found. */
export interface OpenedStore {
  readonly store: Store;
  readonly recovery: RecoveryReport;
}

/** Opens or makes the store in a directory. A new plain one gets its log. */
export async function openStore(
  host: Host,
  options: JournalOptions,
  isPlain: boolean,
): Promise<OpenedStore> {
  const settings = check(options);
  const { disk } = host;
  try {
    await makeDirectory(disk, settings.directory);
  } catch (cause) {
    throw toJournalError(cause, 'the directory could not be made', true);
  }
  const lock = await takeLock(disk, settings.directory);
  try {
    return await new Opening(host, settings, lock, isPlain).open();
  } catch (error) {
    await lock.release();
    throw toJournalError(error, 'the journal could not be opened', true);
  }
}

function check(options: JournalOptions): Settings {
  const { directory, indexIntervalBytes = 4 * KIB, firstIndex = 1 } = options;
  const { segmentBytes = 64 * MIB, maxRecordBytes = 4 * MIB, maxBatchBytes = MIB } = options;
  const { maxPendingBytes = 64 * MIB, maxLogs = 4096, crc32c = portableCrc32c } = options;
  const bound = (name: string, value: number, low: number, high: number) => {
    if (!Number.isSafeInteger(value) || value < low || value > high) {
      throw new InvalidArgument(name, value, `an integer from ${low} to ${high}`);
    }
  };
  bound('segmentBytes', segmentBytes, 4 * KIB, 1024 * MIB);
  bound('maxRecordBytes', maxRecordBytes, 1, 16 * MIB);
  bound('maxBatchBytes', maxBatchBytes, KIB, 16 * MIB);
  bound('maxPendingBytes', maxPendingBytes, KIB, 1024 * MIB);
  bound('indexIntervalBytes', indexIntervalBytes, 64, 16 * MIB);
  bound('firstIndex', firstIndex, 0, 2 ** 52);
  bound('maxLogs', maxLogs, 1, 10_000);
  const limits = { segmentBytes, maxRecordBytes, maxBatchBytes, maxPendingBytes, maxLogs };
  return { directory, limits, indexIntervalBytes, firstIndex, crc32c };
}

/** Makes a directory, and its name durable, and those of the directories above it. */
async function makeDirectory(disk: Disk, directory: string): Promise<void> {
  await disk.makeDirectory(directory);
  const names = directory.split('/');
  for (let depth = 0; depth < names.length; depth++) {
    await disk.syncDirectory(depth === 0 ? '.' : names.slice(0, depth).join('/'));
  }
}

async function takeLock(disk: Disk, directory: string): Promise<DiskLock> {
  try {
    return await disk.lock(`${directory}/lock`);
  } catch (cause) {
    if (cause instanceof DiskError && cause.code === 'locked') {
      throw new JournalError('in-use', `${directory} is open already`, { cause });
    }
    throw toJournalError(cause, 'the directory could not be locked', true);
  }
}

class Opening {
  private readonly host: Host;
  private readonly settings: Settings;
  private readonly lock: DiskLock;
  private readonly isPlain: boolean;
  private readonly opened: { close(): Promise<void> }[] = [];

  constructor(host: Host, settings: Settings, lock: DiskLock, isPlain: boolean) {
    this.host = host;
    this.settings = settings;
    this.lock = lock;
    this.isPlain = isPlain;
  }

  async open(): Promise<OpenedStore> {
    const { host, settings } = this;
    const { directory, crc32c, indexIntervalBytes } = settings;
    const slices = new Slices(host);
    const parts = { disk: host.disk, directory, crc32c, slices, indexIntervalBytes };
    try {
      const found = await findJournal(parts);
      return found === undefined ? await this.make() : await this.take(found);
    } catch (error) {
      for (const file of this.opened) await file.close();
      throw error;
    }
  }

  /** Makes a journal where there is none. */
  private async make(): Promise<OpenedStore> {
    const { host, settings } = this;
    const { directory, crc32c, indexIntervalBytes, firstIndex } = settings;
    const { disk } = host;
    await this.checkNothingLost();
    const journal = host.random.stream(`journal ${directory}`).uint32();
    const reservedFile = this.keep(await ReservedFile.open(disk, directory, journal, crc32c));
    const table = new LogTable(indexIntervalBytes);
    if (this.isPlain) {
      const { number: log, name, slot } = PLAIN_LOG;
      await reservedFile.claim(slot, log);
      const place = { segment: 1, offset: 0, endOffset: 0, seed: 0, batchEnd: 0 };
      const change = { type: 'create', name, slot, firstIndex } as const;
      table.apply({ type: 'change', log, change }, place, 'head');
    }
    await reservedFile.sync();
    const records = new Map<number, { log: number; sequence: number; bytes: Uint8Array }>();
    for (const { slot, number: log } of table.logs.values()) {
      records.set(slot, { log, sequence: 1, bytes: new Uint8Array(0) });
    }
    const reserved = new ReservedWriter(host, reservedFile, records);
    const synced = { segment: 0, offset: 0 };
    const kind = 'head' as const;
    const head = { kind, journal, sequence: 1, segment: 1, offset: 0, synced };
    const states = table.states().map((state) => ({ type: 'change', ...state }) as const);
    const encoded = await encodeBatch(head, states, crc32c, new Slices(host), new Writer());
    const file = this.keep(await disk.open(`${directory}/${segmentName(1)}`, 'create'));
    await file.truncate(0);
    let offset = 0;
    for (const piece of encoded.pieces) {
      await file.writeAt(offset, piece);
      offset += piece.length;
    }
    await file.sync();
    await disk.syncDirectory(directory);
    const sizes = new Map([[1, encoded.totalBytes]]);
    const found = { table, journal, nextSequence: 2, sizes };
    const report = {
      segmentCount: 1,
      batchCount: 0,
      readBytes: 0,
      wasClosed: true,
      cut: undefined,
    };
    return this.begin(found, file, reserved, report);
  }

  /** Goes on with a journal that was found. */
  private async take(found: Found): Promise<OpenedStore> {
    const { host, settings } = this;
    const { directory, crc32c } = settings;
    const { disk } = host;
    const active = [...found.sizes.keys()].at(-1) ?? 1;
    if (this.isPlain && found.table.byName.get(PLAIN_LOG.name) === undefined) {
      throw new InvalidArgument('directory', directory, 'that of a plain journal');
    }
    const file = this.keep(await disk.open(`${directory}/${segmentName(active)}`, 'write'));
    const sizeBytes = found.sizes.get(active) ?? 0;
    if (file.size() > sizeBytes) await file.truncate(sizeBytes);
    const { segment, offset } = found.provenUntil;
    if (segment === active) await writeAgain(file, offset, sizeBytes);
    await file.sync();
    for (const leftover of found.leftovers) {
      await disk.remove(`${directory}/${segmentName(leftover)}`);
    }
    await disk.syncDirectory(directory);
    const reservedFile = this.keep(await ReservedFile.open(disk, directory, found.journal, crc32c));
    const users = new Map<number, { log: number; name: string }>();
    for (const { slot, number: log, name } of found.table.logs.values()) {
      users.set(slot, { log, name });
    }
    const reserved = new ReservedWriter(host, reservedFile, await reservedFile.recover(users));
    const { trace } = host;
    const { cut } = found.report;
    if (trace.isOn && cut !== undefined) trace.event('journal-tail-cut', { ...cut });
    return this.begin(found, file, reserved, found.report);
  }

  private begin(
    found: Pick<Found, 'table' | 'journal' | 'nextSequence' | 'sizes'>,
    file: DiskFile,
    reserved: ReservedWriter,
    recovery: RecoveryReport,
  ): OpenedStore {
    const { host, settings, lock } = this;
    const { directory, crc32c, limits } = settings;
    const { table, journal, nextSequence, sizes } = found;
    const active = [...sizes.keys()].at(-1) ?? 1;
    const files = new SegmentFiles(host.disk, directory, sizes);
    const parts = { host, crc32c, limits, table, files, reserved, lock };
    const store = new Store({ ...parts, journal, nextSequence, active, file });
    return { store, recovery };
  }

  /** Refuses to make a journal where a vote says that there was one. */
  private async checkNothingLost(): Promise<void> {
    const { directory, crc32c } = this.settings;
    const names = await this.host.disk.list(directory);
    if (!names.includes(RESERVED_NAME)) return;
    const file = this.keep(await this.host.disk.open(`${directory}/${RESERVED_NAME}`, 'read'));
    for (let offset = 0; offset < file.size(); offset += SLOT_BYTES / 2) {
      const sector = parseSector(await file.readAt(offset, SLOT_BYTES / 2), crc32c);
      if (sector.type === 'damaged' || sector.record.sequence === 1) continue;
      const place = { file: file.path, offset };
      const message = 'there are reserved records, and the segments are missing';
      throw new JournalError('corrupt', message, { place });
    }
  }

  private keep<File extends { close(): Promise<void> }>(file: File): File {
    this.opened.push(file);
    return file;
  }
}

/** Writes what is there once more, so that the next sync covers it whatever happened before. */
async function writeAgain(file: DiskFile, from: number, to: number): Promise<void> {
  for (let offset = from; offset < to; offset += PIECE_BYTES) {
    const bytes = await file.readAt(offset, Math.min(PIECE_BYTES, to - offset));
    await file.writeAt(offset, bytes);
  }
}
