/**
 * The file of a snapshot that is arriving: pieces are checked, put behind each other and synced.
 */
import type { DiskFile, Host } from '@mangrove/host';
import { WireError } from '@mangrove/wire';
import type { Effect } from '../core/effect.ts';
import type { LogIndex } from '../core/positions.ts';
import type { PartialSnapshot, SnapshotImage } from '../core/snapshot-metadata.ts';
import type { BlockCursor } from './snapshot-blocks.ts';
import { readBlocks } from './snapshot-slices.ts';

/** A piece as the core wants it written. */
export type WriteChunk = Extract<Effect, { type: 'write-chunk' }>;

/** How far a snapshot has come; not intact where what is there is of no use. */
export interface WrittenChunk {
  readonly offset: number;
  readonly isIntact: boolean;
}

/** One snapshot on its way in. */
export class IncomingFile {
  readonly path: string;
  readonly index: LogIndex;
  readonly image: SnapshotImage;
  private readonly file: DiskFile;
  private readonly cursor: BlockCursor;
  /** Where the piece begins that was taken in and may not be written. */
  private unwritten: number | undefined;
  private isClosed = false;

  private constructor(
    path: string,
    what: Omit<PartialSnapshot, 'offset'>,
    file: DiskFile,
    cursor: BlockCursor,
  ) {
    this.path = path;
    this.index = what.index;
    this.image = what.image;
    this.file = file;
    this.cursor = cursor;
  }

  /** Begins with nothing. */
  static async begin(
    host: Host,
    path: string,
    what: Omit<PartialSnapshot, 'offset'>,
    cursor: BlockCursor,
  ): Promise<IncomingFile> {
    const file = await host.disk.open(path, 'create');
    await file.truncate(0);
    return new IncomingFile(path, what, file, cursor);
  }

  /** Goes on with what is there of it, and makes that durable: whole blocks up to a torn one. */
  static async recover(
    host: Host,
    path: string,
    what: Omit<PartialSnapshot, 'offset'>,
    cursor: BlockCursor,
  ): Promise<IncomingFile> {
    const file = await host.disk.open(path, 'write');
    try {
      for await (const _ of readBlocks(file, cursor)) {
        // Counted by the cursor.
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
    await file.truncate(cursor.offset);
    await file.sync();
    return new IncomingFile(path, what, file, cursor);
  }

  /** Whether all of it is there, as it was announced. */
  get isWhole(): boolean {
    const { sizeBytes, checksum } = this.cursor.image;
    const isSame = sizeBytes === this.image.sizeBytes && checksum === this.image.checksum;
    return this.cursor.isEnded && isSame;
  }

  /** How much of it is there. */
  partial(): PartialSnapshot {
    return { index: this.index, image: this.image, offset: this.cursor.offset };
  }

  /**
   * Puts a piece behind the others; not intact where it, or the whole at its end, is damaged. Where
   * it fails for want of room, it may be called again.
   */
  async write({ offset, data }: WriteChunk): Promise<WrittenChunk> {
    if (this.unwritten !== offset) {
      const isNext = offset === this.cursor.offset;
      if (!isNext || !this.takeIn(data)) return { offset: 0, isIntact: false };
      this.unwritten = offset;
    }
    if (data.length > 0) {
      await this.file.writeAt(offset, data);
      await this.file.sync();
    }
    this.unwritten = undefined;
    const end = this.cursor.offset;
    return { offset: end, isIntact: end < this.image.sizeBytes || this.isWhole };
  }

  /** Closes the file; once more does nothing. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.file.close();
  }

  private takeIn(data: Uint8Array): boolean {
    try {
      for (let at = 0; at < data.length; ) {
        const before = this.cursor.offset;
        if (this.cursor.read(data, at) === undefined) return false;
        at += this.cursor.offset - before;
      }
      return true;
    } catch (error) {
      if (error instanceof WireError) return false;
      throw error;
    }
  }
}
