/**
 * The reserved records of all logs: a file of slots that is overwritten in place.
 *
 *     slot n is at n * 1024: two sectors of 512 bytes, with the same content
 *     sector => magic:uint32 'MJR1'  checksum:uint32 of what follows, up to the end of the record
 *               journal:uint32  log:uint32  sequence:uint64  length:uint16  record
 *
 * The room is taken when the log is made, so that overwriting needs none. A sector is whole or not
 * there (D2), so a crash leaves each of the two old or new, and either is right, since the new one
 * was not acknowledged. A sector that rotted is told by its checksum, and the other one still has
 * what was acknowledged: were there one copy, or two that take turns, a rotted sector would bring
 * back an older vote, and a node that votes twice in a term elects two leaders.
 */
import type { Disk, DiskFile, OpenMode } from '@mangrove/host';
import { type Crc32c, Reader, Writer } from '@mangrove/wire';
import { RESERVED_BYTES_MAX } from './journal.ts';
import { JournalError } from './journal-error.ts';

/** The bytes of one slot. */
export const SLOT_BYTES = 1024;

const SECTOR_BYTES = 512;
const HEADER_BYTES = 26;
const MAGIC = 0x4d4a5231;
/** How many slots are written or read at once: a mebibyte of them. */
const SLOTS_AT_ONCE = 1024;

/** The name of the file in the journal's directory. */
export const RESERVED_NAME = 'reserved';

/** What a slot holds. */
export interface ReservedRecord {
  readonly log: number;
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

/** Which log uses which slot. */
export type SlotUsers = ReadonlyMap<number, { readonly log: number; readonly name: string }>;

/** What the slots of all logs hold. */
export interface SlotContents {
  readonly records: ReadonlyMap<number, ReservedRecord>;
  readonly damagedCopies: number;
}

/** A sector as it was read. */
export type ParsedSector =
  | { readonly type: 'record'; readonly journal: number; readonly record: ReservedRecord }
  | { readonly type: 'damaged' };

/** The file of the reserved records. */
export class ReservedFile {
  private readonly file: DiskFile;
  private readonly journal: number;
  private readonly crc32c: Crc32c;

  private constructor(file: DiskFile, journal: number, crc32c: Crc32c) {
    this.file = file;
    this.journal = journal;
    this.crc32c = crc32c;
  }

  static async open(
    disk: Disk,
    directory: string,
    journal: number,
    crc32c: Crc32c,
    mode: OpenMode = 'create',
  ): Promise<ReservedFile> {
    const file = await disk.open(`${directory}/${RESERVED_NAME}`, mode);
    return new ReservedFile(file, journal, crc32c);
  }

  /** Writes a record into both sectors of `slot`; durable after the next `sync`. */
  async write(slot: number, record: ReservedRecord): Promise<void> {
    await this.file.writeAt(slot * SLOT_BYTES, encodeSlot(this.journal, record, this.crc32c));
  }

  /** Sets a slot aside: after the next `sync` its record can always be overwritten. */
  async claim(slot: number, log: number): Promise<void> {
    await this.write(slot, { log, sequence: 1, bytes: new Uint8Array(0) });
  }

  sync(): Promise<void> {
    return this.file.sync();
  }

  close(): Promise<void> {
    return this.file.close();
  }

  /**
   * The records of the slots that are in use, by slot, written again and synced: what a failed sync
   * left in memory alone is on disk after that, or the opening fails.
   */
  async recover(users: SlotUsers): Promise<ReadonlyMap<number, ReservedRecord>> {
    const { records } = await this.read(users);
    for (const [slot, record] of records) await this.write(slot, record);
    await this.file.sync();
    return records;
  }

  /** The records of the slots that are in use; rejects with `corrupt` where one is lost. */
  async read(users: SlotUsers): Promise<SlotContents> {
    const records = new Map<number, ReservedRecord>();
    let damagedCopies = 0;
    const slotCount = Math.ceil(this.file.size() / SLOT_BYTES);
    for (let first = 0; first < slotCount; first += SLOTS_AT_ONCE) {
      const bytes = await this.file.readAt(first * SLOT_BYTES, SLOTS_AT_ONCE * SLOT_BYTES);
      for (let slot = first; slot < first + SLOTS_AT_ONCE; slot++) {
        const user = users.get(slot);
        if (user === undefined) continue;
        const copies = this.copies(bytes, (slot - first) * SLOT_BYTES, user.log);
        const [one, other] = copies;
        damagedCopies += 2 - copies.length;
        const newest = (other?.sequence ?? 0) > (one?.sequence ?? 0) ? other : one;
        if (newest !== undefined) records.set(slot, newest);
      }
    }
    for (const [slot, { name }] of users) if (!records.has(slot)) throw this.damaged(slot, name);
    return { records, damagedCopies };
  }

  /** The copies of a slot that are whole and of this log. */
  private copies(bytes: Uint8Array, at: number, log: number): ReservedRecord[] {
    return [at, at + SECTOR_BYTES].flatMap((sector) => {
      const parsed = parseSector(bytes.subarray(sector, sector + SECTOR_BYTES), this.crc32c);
      const isOurs =
        parsed.type === 'record' && parsed.journal === this.journal && parsed.record.log === log;
      return isOurs ? [parsed.record] : [];
    });
  }

  private damaged(slot: number, log: string): JournalError {
    const place = { file: this.file.path, offset: slot * SLOT_BYTES, log };
    const message = `both copies of the reserved record of log '${log}' are damaged`;
    return new JournalError('corrupt', message, { place });
  }
}

function encodeSlot(journal: number, record: ReservedRecord, crc32c: Crc32c): Uint8Array {
  const writer = new Writer({ slabBytes: SECTOR_BYTES });
  writer.uint32(MAGIC);
  writer.uint32(0);
  writer.uint32(journal);
  writer.uint32(record.log);
  writer.safeUint64(record.sequence);
  writer.uint16(record.bytes.length);
  writer.raw(record.bytes);
  writer.patchUint32(4, crc32c(writer.peek(8)));
  const sector = writer.take();
  const slot = new Uint8Array(SLOT_BYTES);
  slot.set(sector, 0);
  slot.set(sector, SECTOR_BYTES);
  return slot;
}

/** What one sector says. */
export function parseSector(sector: Uint8Array, crc32c: Crc32c): ParsedSector {
  if (sector.length < HEADER_BYTES) return { type: 'damaged' };
  const reader = new Reader(sector);
  if (reader.uint32() !== MAGIC) return { type: 'damaged' };
  const stated = reader.uint32();
  const length = new Reader(sector, HEADER_BYTES - 2).uint16();
  const isFitting = length <= RESERVED_BYTES_MAX && HEADER_BYTES + length <= sector.length;
  if (!isFitting || crc32c(sector.subarray(8, HEADER_BYTES + length)) !== stated) {
    return { type: 'damaged' };
  }
  const journal = reader.uint32();
  const log = reader.uint32();
  const sequence = reader.safeUint64();
  const bytes = sector.slice(HEADER_BYTES, HEADER_BYTES + length);
  return { type: 'record', journal, record: { log, sequence, bytes } };
}
