/**
 * The files of the segments: their names, their sizes, and a few handles for readers.
 */
import { assert, type Disk, type DiskFile } from '@mangrove/host';

/** How many segments readers hold open at most. */
const OPEN_COUNT_MAX = 16;

const NAME = /^segment-(\d{10})$/;

/** The name of a segment's file. */
export function segmentName(segment: number): string {
  return `segment-${String(segment).padStart(10, '0')}`;
}

/** The number of the segment in the file called `name`; undefined where it is none. */
export function parseSegmentName(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The segments of a journal, oldest first. */
export class SegmentFiles {
  readonly directory: string;
  private readonly disk: Disk;
  private readonly sizes = new Map<number, number>();
  /** In order of last use. */
  private readonly open = new Map<number, Promise<DiskFile>>();

  constructor(disk: Disk, directory: string, sizes: ReadonlyMap<number, number>) {
    this.disk = disk;
    this.directory = directory;
    this.sizes = new Map(sizes);
  }

  get count(): number {
    return this.sizes.size;
  }

  get totalBytes(): number {
    let total = 0;
    for (const sizeBytes of this.sizes.values()) total += sizeBytes;
    return total;
  }

  /** The number of the oldest segment. */
  get oldest(): number {
    const [first] = this.sizes.keys();
    assert(first !== undefined, 'a journal has a segment at least');
    return first;
  }

  pathOf(segment: number): string {
    return `${this.directory}/${segmentName(segment)}`;
  }

  sizeOf(segment: number): number {
    return this.sizes.get(segment) ?? 0;
  }

  /** Notes how large a segment is now; a new one is the newest. */
  setSize(segment: number, sizeBytes: number): void {
    this.sizes.set(segment, sizeBytes);
  }

  /** Up to `length` bytes of a segment. */
  async read(segment: number, offset: number, length: number): Promise<Uint8Array> {
    const file = await this.handle(segment);
    return file.readAt(offset, length);
  }

  /** Removes the files of segments; it is for the caller to sync the directory. */
  async drop(segment: number): Promise<void> {
    await this.closeHandle(segment);
    this.sizes.delete(segment);
    await this.disk.remove(this.pathOf(segment));
  }

  async close(): Promise<void> {
    for (const segment of [...this.open.keys()]) await this.closeHandle(segment);
  }

  private async handle(segment: number): Promise<DiskFile> {
    const held = this.open.get(segment);
    this.open.delete(segment);
    const file = held ?? this.disk.open(this.pathOf(segment), 'read');
    this.open.set(segment, file);
    try {
      const opened = await file;
      const [oldest] = this.open.keys();
      if (this.open.size > OPEN_COUNT_MAX && oldest !== undefined) await this.closeHandle(oldest);
      return opened;
    } catch (error) {
      // What could not be opened may be tried again.
      if (this.open.get(segment) === file) this.open.delete(segment);
      throw error;
    }
  }

  private async closeHandle(segment: number): Promise<void> {
    const file = this.open.get(segment);
    this.open.delete(segment);
    await (await file)?.close();
  }
}
