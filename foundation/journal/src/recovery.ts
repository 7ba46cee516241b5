/**
 * Recovery: from the files of a directory to the table of logs, by the journal rule.
 *
 *     valid batches ... [damage] ... a later header?  -- yes --> it was synced: corrupt, refuse
 *                                           |
 *                                           no --> it may have been torn: cut it off, report it
 *
 * Each batch states how far the journal was known to be synced before it; the writer has one batch
 * under way at most, so any later header, and any later segment, proves that what was before it had
 * been acknowledged. A last batch that rotted cannot be told from one that was torn, unless the
 * journal was closed in order, for then an empty batch follows.
 *
 * What is kept above the highest such offset is written again before it is synced: after a failed
 * sync the system may hold it in memory and believe it to be on disk (D4), and a sync of what is
 * not dirty proves nothing.
 */
import type { Disk, DiskFile } from '@mangrove/host';
import type { Crc32c } from '@mangrove/wire';
import type { Position } from './batch-header.ts';
import type { RecoveryReport, TornTail } from './journal.ts';
import { JournalError } from './journal-error.ts';
import { LogTable } from './log-table.ts';
import { parseSegmentName, segmentName } from './segment-files.ts';
import { type Scanned, SegmentScan } from './segment-scan.ts';
import type { Slices } from './slices.ts';

/** What recovery works with. */
export interface RecoveryParts {
  readonly disk: Disk;
  readonly directory: string;
  readonly crc32c: Crc32c;
  readonly slices: Slices;
  readonly indexIntervalBytes: number;
  /** Called with every batch that was kept, in order. */
  readonly onBatch?: (segment: number, batch: Extract<Scanned, { type: 'batch' }>) => void;
}

/** A journal as it was found. Nothing was changed on disk. */
export interface Found {
  readonly table: LogTable;
  readonly journal: number;
  /** The sequence that the next batch gets. */
  readonly nextSequence: number;
  /** Sizes of the segments that are kept, oldest first, without what is cut. */
  readonly sizes: ReadonlyMap<number, number>;
  /** Where the last batch begins: from here on nothing proves that it was synced. */
  readonly provenUntil: Position;
  /** How many zeros stand behind the last batch, set aside for what comes next. */
  readonly aheadBytes: number;
  /** Files that are to be removed: left over from a compaction, or a segment that was torn. */
  readonly leftovers: readonly number[];
  readonly report: RecoveryReport;
}

/**
 * Reads the journal in a directory; undefined where there is none yet. Rejects with `JournalError`
 * `corrupt` where synced bytes are damaged or missing. Changes nothing.
 */
export async function findJournal(parts: RecoveryParts): Promise<Found | undefined> {
  const names = await parts.disk.list(parts.directory);
  const numbers = names.flatMap((name) => parseSegmentName(name) ?? []).sort((a, b) => a - b);
  const last = numbers.at(-1);
  if (last === undefined) return undefined;
  // What is before a gap can only be left over; that it is, the floor must say (below).
  const first = numbers.findLast((number) => !numbers.includes(number - 1)) ?? last;
  const finder = new Finder(parts, numbers);
  for (let segment = first; segment <= last; segment++) {
    await finder.readSegment(segment, segment === last);
  }
  return finder.finish(first);
}

class Finder {
  private readonly parts: RecoveryParts;
  private readonly numbers: readonly number[];
  private readonly table: LogTable;
  private readonly sizes = new Map<number, number>();
  private journal: number | undefined;
  private lastSequence = 0;
  private provenUntil: Position = { segment: 0, offset: 0 };
  private batchCount = 0;
  private readBytes = 0;
  private wasClosed = false;
  private aheadBytes = 0;
  private cut: TornTail | undefined;

  constructor(parts: RecoveryParts, numbers: readonly number[]) {
    this.parts = parts;
    this.numbers = numbers;
    this.table = new LogTable(parts.indexIntervalBytes);
  }

  async readSegment(segment: number, isLast: boolean): Promise<void> {
    const { disk, directory, crc32c, slices } = this.parts;
    const path = `${directory}/${segmentName(segment)}`;
    const file = await disk.open(path, 'read');
    try {
      const scan = new SegmentScan(file, segment, crc32c, slices);
      for (;;) {
        const scanned = await scan.next();
        if (scanned.type === 'batch') {
          this.takeBatch(file, segment, scanned);
          continue;
        }
        this.readBytes += file.size();
        if (scanned.type === 'damaged') await this.judge(file, segment, isLast, scan, scanned);
        else if (scanned.offset === 0) {
          const empty = { type: 'damaged', offset: 0, reason: 'the file is empty' } as const;
          await this.judge(file, segment, isLast, scan, empty);
        } else if (!isLast && scanned.offset < file.size()) {
          // A segment is left behind only when it is full: these zeros were a batch.
          const blank = { offset: scanned.offset, reason: 'no batch begins here' };
          await this.judge(file, segment, isLast, scan, blank);
        } else {
          this.sizes.set(segment, scanned.offset);
          this.aheadBytes = file.size() - scanned.offset;
        }
        return;
      }
    } finally {
      await file.close();
    }
  }

  finish(first: number): Found | undefined {
    const { table } = this;
    if (this.journal === undefined) {
      // The first segment was torn while the journal was made. A later one never stands alone.
      if (first === 1) return undefined;
      const place = { file: `${this.parts.directory}/${segmentName(first)}`, offset: 0 };
      throw new JournalError('corrupt', 'no segment has a head that is whole', { place });
    }
    if (table.floor < first) {
      const place = { file: `${this.parts.directory}/${segmentName(table.floor)}`, offset: 0 };
      throw new JournalError('corrupt', `segment ${table.floor} is missing`, { place });
    }
    const fault = table.faultOf();
    if (fault !== undefined) {
      const place = { file: `${this.parts.directory}/${segmentName(first)}`, offset: 0 };
      throw new JournalError('corrupt', fault, { place });
    }
    table.forgetAccepted();
    const sizes = new Map([...this.sizes].filter(([segment]) => segment >= table.floor));
    const leftovers = this.numbers.filter((number) => !sizes.has(number));
    return {
      table,
      journal: this.journal,
      nextSequence: this.lastSequence + 1,
      sizes,
      provenUntil: this.provenUntil,
      aheadBytes: this.aheadBytes,
      leftovers,
      report: {
        segmentCount: sizes.size,
        batchCount: this.batchCount,
        readBytes: this.readBytes,
        wasClosed: this.wasClosed,
        cut: this.cut,
      },
    };
  }

  private takeBatch(
    file: DiskFile,
    segment: number,
    batch: Extract<Scanned, { type: 'batch' }>,
  ): void {
    const { header } = batch;
    const corrupt = (message: string) => {
      const place = { file: file.path, offset: header.offset };
      return new JournalError('corrupt', message, { place });
    };
    this.journal ??= header.journal;
    if (header.journal !== this.journal) throw corrupt('the batch is of another journal');
    const isFirst = this.lastSequence === 0;
    if (!isFirst && header.sequence !== this.lastSequence + 1) {
      throw corrupt(`batch ${header.sequence} follows batch ${this.lastSequence}`);
    }
    if ((header.kind === 'head') !== (header.offset === 0)) {
      throw corrupt('a segment begins with its head, and nothing else is one');
    }
    for (const { group, offset, endOffset } of batch.groups) {
      const batchEnd = batch.endOffset;
      const place = { segment, offset, endOffset, seed: batch.seed, batchEnd };
      const fault = this.table.apply(group, place, header.kind);
      if (fault !== undefined) throw corrupt(fault);
    }
    this.lastSequence = header.sequence;
    this.provenUntil = { segment, offset: header.offset };
    this.batchCount += 1;
    this.wasClosed = header.kind === 'last';
    this.parts.onBatch?.(segment, batch);
  }

  /** Decides what damage is: a torn tail, which is noted, or corruption, which is thrown. */
  private async judge(
    file: DiskFile,
    segment: number,
    isLast: boolean,
    scan: SegmentScan,
    damage: { readonly offset: number; readonly reason: string },
  ): Promise<void> {
    const { offset, reason } = damage;
    const corrupt = (proof: string) => {
      const place = { file: file.path, offset };
      const batch = `batch ${this.lastSequence + 1}`;
      const message = `${batch} was synced and is damaged: ${reason}; ${proof}`;
      return new JournalError('corrupt', message, { place });
    };
    if (!isLast) throw corrupt('a later segment exists');
    const later = await scan.findLater(offset, this.journal);
    if (later !== undefined) {
      throw corrupt(`batch ${later.sequence} at ${later.offset} says that it was synced`);
    }
    this.cut = { file: file.path, offset, bytes: file.size() - offset, reason };
    this.wasClosed = false;
    // A segment of which not even the head is whole is left over, and removed.
    if (offset > 0) this.sizes.set(segment, offset);
  }
}
