/**
 * A file on a simulated platter: what the node sees, and for every sector what may be left after a
 * crash.
 *
 * A write puts a new image of each sector it touches behind the older ones. A sync that succeeds
 * makes the newest image that it covers the durable one. A crash picks, sector by sector, any image
 * from the durable one on: writes may vanish, tear at sector borders, and land out of order.
 */
import type { Random } from '@mangrove/host';
import { LOST, SyncedNumber, UNRESOLVED } from './synced-number.ts';

/** What a disk writes at once or not at all, in bytes. */
export const SECTOR_BYTES = 512;

/** From so many images of one sector on, those that matter least are dropped. */
const MAX_IMAGES = 8;

/** What a sector holds; undefined where that is zeros. */
type SectorBytes = Uint8Array | undefined;

interface SectorImage {
  /** The number of the write, once it has resolved. */
  stamp: number;
  bytes: SectorBytes;
}

/** A write on its way: its stamp is set when it resolves. */
export interface PendingWrite {
  readonly parts: { stamp: number }[];
}

/** Bytes of a file, from the first one to the one behind the last. */
export interface ByteRange {
  readonly from: number;
  readonly behind: number;
}

const WHOLE: ByteRange = { from: 0, behind: Number.POSITIVE_INFINITY };

/** Whether a sector has bytes of `range`. */
function isIn(sector: number, { from, behind }: ByteRange): boolean {
  return (sector + 1) * SECTOR_BYTES > from && sector * SECTOR_BYTES < behind;
}

/** The bytes of one file. */
export class PlatterFile {
  private readonly size = new SyncedNumber();
  /** Behind the last byte that was ever written; `truncate` lengthens without taking room. */
  private readonly room = new SyncedNumber();
  // Journals reserve much that they never write: what lies behind this is zeros.
  private content = new Uint8Array(SECTOR_BYTES);
  // From here on all is zeros, a part of `content` included.
  private blankFrom = 0;
  private readonly sectors = new Map<
    number,
    { durable: SectorBytes; readonly images: SectorImage[] }
  >();
  private stamp = 0;
  /** The stamps of the syncs under way. */
  private activeSyncs: number[] = [];

  /** The size as the node sees it. */
  get sizeBytes(): number {
    return this.size.current;
  }

  /** Whether a write up to `end` needs room that the file has not taken. */
  isRoomNeeded(end: number): boolean {
    return end > this.room.current;
  }

  /** Whether room was taken that is not durable. */
  get hasUnsyncedRoom(): boolean {
    return this.room.current > this.room.durable;
  }

  /** How many bytes a power loss could take. */
  get unsyncedBytes(): number {
    return this.sectors.size * SECTOR_BYTES;
  }

  read(offset: number, length: number): Uint8Array {
    const { content } = this;
    const end = Math.max(offset, Math.min(offset + length, this.sizeBytes));
    if (end <= content.length) return content.slice(offset, end);
    const bytes = new Uint8Array(end - offset);
    bytes.set(content.subarray(offset, end));
    return bytes;
  }

  /** Puts bytes in place; they are not even covered by a sync before `resolve` is called. */
  write(offset: number, bytes: Uint8Array): PendingWrite {
    const end = offset + bytes.length;
    this.reserve(end);
    const from = Math.floor(offset / SECTOR_BYTES);
    const behind = Math.ceil(end / SECTOR_BYTES);
    for (let sector = from; sector < behind; sector++) this.remember(sector);
    this.content.set(bytes, offset);
    this.blankFrom = Math.max(this.blankFrom, end);
    const parts: { stamp: number }[] = [];
    for (let sector = from; sector < behind; sector++) parts.push(this.addImage(sector));
    // A failed sync has lost the size too; the next write has it written again.
    const { size, room } = this;
    if (end > size.current || size.isLost) parts.push(size.set(Math.max(end, size.current)));
    if (end > room.current) parts.push(room.set(end));
    return { parts };
  }

  /** Marks a write as done: syncs that begin from now on cover it. */
  resolve(write: PendingWrite): void {
    this.stamp += 1;
    for (const part of write.parts) part.stamp = this.stamp;
  }

  /** Cuts the file, or lengthens it with zeros; counts as a write. */
  truncate(sizeBytes: number): PendingWrite {
    const parts: { stamp: number }[] = [];
    const from = Math.floor(sizeBytes / SECTOR_BYTES);
    const behind = Math.ceil(this.sizeBytes / SECTOR_BYTES);
    for (let sector = from; sector < behind; sector++) this.remember(sector);
    if (sizeBytes < this.sizeBytes) this.content.fill(0, sizeBytes, this.sizeBytes);
    for (let sector = from; sector < behind; sector++) parts.push(this.addImage(sector));
    if (sizeBytes !== this.sizeBytes) parts.push(this.size.set(sizeBytes));
    if (sizeBytes < this.room.current) parts.push(this.room.set(sizeBytes));
    return { parts };
  }

  /** The stamp that a sync which begins now will cover. */
  beginSync(): number {
    this.activeSyncs.push(this.stamp);
    return this.stamp;
  }

  /** Makes durable what `stamp` covers, of the bytes of `range`; the size in any case. */
  finishSync(stamp: number, range: ByteRange = WHOLE): void {
    this.endSync(stamp);
    for (const [sector, state] of this.sectors) {
      if (!isIn(sector, range)) continue;
      const last = state.images.findLastIndex((image) => image.stamp <= stamp);
      // What came before the newest image that is covered is gone, be it covered itself or not.
      const dropped = state.images.splice(0, last + 1);
      const newest = dropped.at(-1);
      if (newest !== undefined) state.durable = newest.bytes;
      if (state.images.length === 0) this.sectors.delete(sector);
    }
    this.size.finishSync(stamp);
    this.room.finishSync(stamp);
  }

  /**
   * What a failed sync leaves: the node goes on seeing its bytes, no later sync will save them.
   * Only another write to the same sector can.
   */
  failSync(stamp: number, range: ByteRange = WHOLE): void {
    this.endSync(stamp);
    for (const [sector, state] of this.sectors) {
      if (!isIn(sector, range)) continue;
      for (const image of state.images) {
        if (image.stamp <= stamp) image.stamp = LOST;
      }
    }
    this.size.failSync(stamp);
    this.room.failSync(stamp);
  }

  /** Power loss: each sector falls back to any of its images. Returns how many bytes changed. */
  crash(random: Random): number {
    const size = random.pick(this.size.candidates());
    let lostBytes = 0;
    for (const [sector, state] of this.sectors) {
      const pick = random.below(state.images.length + 1);
      const image = state.images[pick - 1];
      if (pick !== state.images.length) lostBytes += SECTOR_BYTES;
      this.putBack(sector, image === undefined ? state.durable : image.bytes);
    }
    this.content.fill(0, size);
    if (size !== this.sizeBytes) lostBytes = Math.max(lostBytes, 1);
    this.settle(size);
    return lostBytes;
  }

  /**
   * The process ended and the machine did not: what was written stays to be read, and is no more
   * durable than before. A later sync, of whoever comes next, makes it so.
   */
  keep(): void {
    this.activeSyncs = [];
    this.stamp += 1;
    for (const { images } of this.sectors.values()) {
      for (const image of images) if (image.stamp === UNRESOLVED) image.stamp = this.stamp;
    }
    this.size.resolveAll(this.stamp);
    this.room.resolveAll(this.stamp);
  }

  /** Flips one bit, on the platter and for readers. */
  rot(offset: number, bit: number): void {
    if (offset >= this.sizeBytes) return;
    const sector = Math.floor(offset / SECTOR_BYTES);
    const within = offset % SECTOR_BYTES;
    const flip = (bytes: Uint8Array, index: number) => {
      bytes[index] = (bytes[index] as number) ^ (1 << bit);
      return bytes;
    };
    const flipIn = (bytes: SectorBytes = new Uint8Array(SECTOR_BYTES)) => flip(bytes, within);
    this.reserve(offset + 1);
    flip(this.content, offset);
    this.blankFrom = Math.max(this.blankFrom, offset + 1);
    const state = this.sectors.get(sector);
    if (state === undefined) return;
    state.durable = flipIn(state.durable);
    for (const image of state.images) image.bytes = flipIn(image.bytes);
  }

  private settle(sizeBytes: number): void {
    this.activeSyncs = [];
    this.size.settle(sizeBytes);
    this.room.settle(Math.min(sizeBytes, this.room.durable));
    this.sectors.clear();
  }

  private putBack(sector: number, image: SectorBytes): void {
    const from = sector * SECTOR_BYTES;
    if (image === undefined) {
      this.content.fill(0, from, from + SECTOR_BYTES);
      return;
    }
    this.content.set(image, from);
    this.blankFrom = Math.max(this.blankFrom, from + SECTOR_BYTES);
  }

  /** Keeps the durable image of a sector that is about to change. */
  private remember(sector: number): void {
    if (this.sectors.has(sector)) return;
    this.sectors.set(sector, { durable: this.sectorBytes(sector), images: [] });
  }

  private addImage(sector: number): SectorImage {
    const image = { stamp: UNRESOLVED, bytes: this.sectorBytes(sector) };
    const images = this.sectors.get(sector)?.images;
    images?.push(image);
    if (images !== undefined && images.length > MAX_IMAGES) this.thin(images);
    return image;
  }

  /**
   * Drops the oldest image whose successor will be covered by every sync that covers it. An image
   * that a sync under way covers and that its successor is too late for has to stay: it becomes
   * durable.
   */
  private thin(images: SectorImage[]): void {
    const index = images.findIndex((image, place) => {
      const next = images[place + 1]?.stamp ?? LOST;
      const isBetween = (sync: number) => sync >= image.stamp && sync < next;
      return next < UNRESOLVED && !this.activeSyncs.some(isBetween);
    });
    if (index >= 0) images.splice(index, 1);
  }

  private endSync(stamp: number): void {
    this.activeSyncs.splice(this.activeSyncs.indexOf(stamp), 1);
  }

  private sectorBytes(sector: number): SectorBytes {
    if (sector * SECTOR_BYTES >= this.blankFrom) return undefined;
    return this.content.slice(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
  }

  private reserve(sizeBytes: number): void {
    const needed = Math.ceil(sizeBytes / SECTOR_BYTES) * SECTOR_BYTES;
    if (needed <= this.content.length) return;
    const grown = new Uint8Array(Math.max(needed, this.content.length * 2));
    grown.set(this.content);
    this.content = grown;
  }
}
