/**
 * Entries as the bytes that journals and messages share: each is encoded once, by the leader that
 * appends it.
 *
 *     entry                       leader                          follower
 *       | packed once                |                                |
 *       v                            |                                |
 *     records --- spliced ---> journal, and a message to each --- spliced ---> journal
 *
 *     record => zero:uint32  version:uvarint  entry:union          from version 3 on
 *
 * A record has no checksum of its own: the journal's, and the message's, cover it. Where a sealed
 * record of version 1 or 2 has its checksum stand zeros, so the version is where it always was.
 */
import type { PackedRecords } from '@mangrove/journal';
import { message, Reader, type Schema, WireError, Writer } from '@mangrove/wire';
import type { Entry } from '../core/entry.ts';
import type { SmallWriter } from './small-writer.ts';

/** The first version in which entries are records without a checksum of their own. */
export const PLAIN_RECORDS_SINCE = 3;

/** What stands before the entry in a record. */
const RECORD_HEAD_BYTES = 5;

/** What a record takes beside the data of its entry, by and large. */
const RECORD_COST_BYTES = 32;

/** The records of an entry schema. */
export function createEntryRecords(entry: Schema<Entry>): EntryRecords {
  return new EntryRecords(entry);
}

/** Packs and reads records. */
class EntryRecords {
  private readonly codec;

  constructor(entry: Schema<Entry>) {
    const versions = { lowest: PLAIN_RECORDS_SINCE, highest: PLAIN_RECORDS_SINCE };
    this.codec = message('raft-entry', entry, versions).at(PLAIN_RECORDS_SINCE);
  }

  /** `entries` as records, one behind the other; few of them in the memory of `small`. */
  pack(entries: readonly Entry[], small: SmallWriter): PackedRecords {
    let sizeBytes = 64;
    for (const entry of entries) {
      sizeBytes += RECORD_COST_BYTES + (entry.type === 'command' ? entry.data.length : 0);
    }
    const writer =
      small.for(sizeBytes) ??
      new Writer({ slabBytes: sizeBytes, maxBytes: Number.MAX_SAFE_INTEGER });
    const lengths: number[] = [];
    let begin = 0;
    for (const entry of entries) {
      writer.uint32(0);
      writer.uvarint(PLAIN_RECORDS_SINCE);
      this.codec.encodeInto(writer, entry);
      lengths.push(writer.length - begin);
      begin = writer.length;
    }
    return { bytes: writer.take(), lengths };
  }

  /** The entries of records; throws `WireError`. Data shares the memory of the records. */
  unpack({ bytes, lengths }: PackedRecords): Entry[] {
    const reader = new Reader(bytes);
    const entries: Entry[] = [];
    for (const length of lengths) {
      const begin = reader.offset;
      entries.push(this.read(reader));
      if (reader.offset - begin !== length) {
        const found = reader.offset - begin;
        throw new WireError('malformed', `a record of ${length} bytes has ${found}`);
      }
    }
    reader.finish();
    return entries;
  }

  /** Whether `record` is one of these, and not sealed. */
  isPlain(record: Uint8Array): boolean {
    return record.length >= RECORD_HEAD_BYTES && record[4] === PLAIN_RECORDS_SINCE;
  }

  private read(reader: Reader): Entry {
    const zero = reader.uint32();
    const version = reader.uvarint();
    if (zero !== 0 || version !== PLAIN_RECORDS_SINCE) {
      throw new WireError('malformed', `${zero} and version ${version}, where a record begins`);
    }
    return this.codec.decodeFrom(reader);
  }
}

/**
 * The records that were packed, or came, last: those who need the same entries within one turn take
 * them from here.
 */
export class PackedEntries {
  private readonly records: EntryRecords;
  private readonly small: SmallWriter;
  private entries: readonly Entry[] = [];
  private packed: PackedRecords = NOTHING;

  constructor(records: EntryRecords, small: SmallWriter) {
    this.records = records;
    this.small = small;
  }

  /** The records of `entries`, which follow each other. */
  of(entries: readonly Entry[]): PackedRecords {
    if (entries.length === 0) return NOTHING;
    const found = this.find(entries);
    if (found !== undefined) return found;
    this.entries = entries;
    this.packed = this.records.pack(entries, this.small);
    return this.packed;
  }

  /** Takes in that `entries` came as `packed`. */
  keep(entries: readonly Entry[], packed: PackedRecords): void {
    this.entries = entries;
    this.packed = packed;
  }

  /** Lets go of them: a node that sleeps would hold them. */
  clear(): void {
    this.entries = NOBODY;
    this.packed = NOTHING;
  }

  /**
   * Entries are never changed, and one that takes the place of another drops all behind it. So
   * where the first and the last are the same objects, those in between are, too.
   */
  private find(entries: readonly Entry[]): PackedRecords | undefined {
    const [first] = entries;
    const [head] = this.entries;
    if (first === undefined || head === undefined) return undefined;
    const from = first.index - head.index;
    const to = from + entries.length;
    if (this.entries[from] !== first || this.entries[to - 1] !== entries.at(-1)) return undefined;
    if (from === 0 && to === this.entries.length) return this.packed;
    const { bytes, lengths } = this.packed;
    const begin = sum(lengths, 0, from);
    const end = begin + sum(lengths, from, to);
    return { bytes: bytes.subarray(begin, end), lengths: lengths.slice(from, to) };
  }
}

const NOBODY: readonly Entry[] = [];
const NOTHING: PackedRecords = { bytes: new Uint8Array(0), lengths: [] };

function sum(lengths: readonly number[], from: number, to: number): number {
  let total = 0;
  for (let nth = from; nth < to; nth++) total += lengths[nth] as number;
  return total;
}
