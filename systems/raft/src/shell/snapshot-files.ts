/**
 * Snapshots on disk: one file each, whole or not there at all.
 *
 *     snapshot-INDEX                            whole: written, synced, renamed, directory synced
 *     own-INDEX.partial                         an own one that is being written
 *     incoming-INDEX-SIZE-CHECKSUM.partial      one of the leader's that is arriving
 *
 * A crash leaves the old or the new one. The newest is the one that counts, and it must be
 * readable: the log before it may be gone, so an older one cannot stand in for it. What was
 * arriving is kept: each piece was synced before it was acknowledged, so the transfer goes on from
 * there. What was being written by ourselves is begun anew.
 */
import { assert, DiskError, type DiskFile, type Host } from '@mangrove/host';
import { type Crc32c, WireError } from '@mangrove/wire';
import type { SnapshotChunk } from '../core/event.ts';
import type { LogIndex } from '../core/positions.ts';
import type {
  PartialSnapshot,
  SnapshotImage,
  SnapshotMetadata,
} from '../core/snapshot-metadata.ts';
import { IncomingFile, type WriteChunk, type WrittenChunk } from './incoming-file.ts';
import { decodeSnapshotMetadata, encodeSnapshotMetadata } from './peer-codec.ts';
import { BLOCK_BYTES_MAX, BlockCursor, SLICE_BYTES_MAX, wholeBlocks } from './snapshot-blocks.ts';
import { readSlices } from './snapshot-slices.ts';

const NAME = /^snapshot-(\d{16})$/;
const INCOMING = /^incoming-(\d{16})-(\d+)-(\d+)\.partial$/;

/** The slices of a state machine, as it gives them: each is lent until the next is asked for. */
export type Slices = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** The snapshots of one node in a directory of their own. */
export class SnapshotFiles {
  /** What the newest snapshot says of itself; `undefined` where there is none. */
  newest: SnapshotMetadata | undefined;
  /** What had arrived of a snapshot when the node started. */
  readonly recovered: PartialSnapshot | undefined;
  private readonly host: Host;
  private readonly directory: string;
  private readonly blockBytesMax: number;
  private readonly crc32c: Crc32c;
  private readonly images = new Map<LogIndex, SnapshotImage>();
  private incoming: IncomingFile | undefined;
  /** The last file that was given its name. */
  private renamed: string | undefined;

  private constructor(
    host: Host,
    place: {
      readonly directory: string;
      readonly blockBytesMax: number;
      readonly crc32c: Crc32c;
    },
    newest: SnapshotMetadata | undefined,
    incoming: IncomingFile | undefined,
  ) {
    this.host = host;
    this.directory = place.directory;
    this.blockBytesMax = place.blockBytesMax;
    this.crc32c = place.crc32c;
    this.newest = newest;
    this.incoming = incoming;
    this.recovered = incoming?.partial();
  }

  /**
   * Opens the directory and removes what nobody needs. Rejects where the head of the newest
   * snapshot is damaged; the rest of it is checked as it is read.
   *
   * @param chunkBytesMax how large the pieces are in which snapshots travel
   * @param crc32c the checksum of blocks
   */
  static async open(
    host: Host,
    directory: string,
    chunkBytesMax: number,
    crc32c: Crc32c,
  ): Promise<SnapshotFiles> {
    const { disk } = host;
    await disk.makeDirectory(directory);
    const names = await disk.list(directory);
    const newestName = names.filter((name) => NAME.test(name)).at(-1);
    const newest =
      newestName === undefined ? undefined : await readHeader(host, directory, newestName);
    const arriving = names.filter((name) => INCOMING.test(name)).at(-1);
    const partial = arriving === undefined ? undefined : toPartial(arriving);
    const isWanted = partial !== undefined && partial.index > (newest?.index ?? 0);
    // The process that renamed it may have died before the sync: nothing may be built on it yet.
    if (newestName !== undefined) await disk.syncDirectory(directory);
    for (const name of names) {
      const isKept = name === newestName || (isWanted && name === arriving);
      if (!isKept) await disk.remove(`${directory}/${name}`);
    }
    const incoming = isWanted
      ? await IncomingFile.recover(
          host,
          `${directory}/${arriving}`,
          partial,
          new BlockCursor(crc32c),
        )
      : undefined;
    const blockBytesMax = Math.min(BLOCK_BYTES_MAX, Math.max(64, chunkBytesMax));
    return new SnapshotFiles(host, { directory, blockBytesMax, crc32c }, newest, incoming);
  }

  /** The slices of the newest snapshot, checked; none where there is no snapshot. */
  async *slices(): AsyncGenerator<Uint8Array> {
    if (this.newest === undefined) return;
    const path = this.pathOf(this.newest.index);
    const file = await this.host.disk.open(path, 'read');
    try {
      yield* readSlices(file, this.cursor());
    } finally {
      await file.close();
    }
  }

  /**
   * Makes an own snapshot durable, slice by slice; how many bytes it has, or `undefined`, and
   * nothing is left of it, where `isWanted` said no in between or a newer one was installed.
   */
  async save(
    metadata: SnapshotMetadata,
    slices: Slices,
    isWanted: () => boolean,
  ): Promise<number | undefined> {
    const { disk } = this.host;
    const partial = `${this.directory}/own-${digits(metadata.index)}.partial`;
    const cursor = this.cursor();
    const file = await disk.open(partial, 'create');
    try {
      await file.truncate(0);
      await file.append(cursor.header(encodeSnapshotMetadata(metadata)));
      for await (const slice of slices) {
        if (!isWanted()) break;
        const { length } = slice;
        assert(length <= SLICE_BYTES_MAX, `a slice of ${length} bytes is above ${SLICE_BYTES_MAX}`);
        for (const block of cursor.slice(slice, this.blockBytesMax)) await file.append(block);
      }
      await file.append(cursor.trailer());
      if (isWanted()) await file.sync();
    } finally {
      await file.close();
    }
    if (!isWanted() || metadata.index <= (this.newest?.index ?? 0)) {
      await disk.remove(partial);
      return undefined;
    }
    await this.adopt(partial, metadata, cursor.image);
    return cursor.offset;
  }

  /** Puts a piece of a snapshot of the leader behind what has arrived, and makes it durable. */
  async writeChunk(chunk: WriteChunk): Promise<WrittenChunk> {
    const { snapshot, image, offset } = chunk;
    const path = `${this.directory}/${incomingName(snapshot.index, image)}`;
    if (offset === 0) await this.beginIncoming(path);
    // Another one began while this piece waited for its turn.
    if (this.incoming?.path !== path) return { offset: 0, isIntact: false };
    return await this.incoming.write(chunk);
  }

  /** Makes the snapshot that has arrived the newest; where it is that, nothing happens. */
  async install(metadata: SnapshotMetadata): Promise<void> {
    if (this.newest?.index === metadata.index) return;
    const { incoming } = this;
    assert(
      incoming?.isWhole === true && incoming.index === metadata.index,
      `snapshot ${metadata.index} is to be installed, and ${incoming?.path} has arrived`,
    );
    await incoming.close();
    await this.adopt(incoming.path, metadata, incoming.image);
    this.incoming = undefined;
  }

  /**
   * Whole blocks of a snapshot from `offset` on, up to `bytesMax`; `undefined` where the snapshot
   * is gone. Rejects where they are damaged.
   */
  async chunk(
    metadata: SnapshotMetadata,
    offset: number,
    bytesMax: number,
  ): Promise<SnapshotChunk | undefined> {
    const path = this.pathOf(metadata.index);
    const image = await this.imageOf(metadata.index);
    if (image === undefined) return undefined;
    const file = await openIfThere(this.host, path);
    if (file === undefined) return undefined;
    try {
      const bytes = await file.readAt(offset, Math.max(bytesMax, BLOCK_BYTES_MAX));
      return { image, data: bytes.subarray(0, wholeBlocks(bytes, offset, bytesMax, this.crc32c)) };
    } finally {
      await file.close();
    }
  }

  /** Removes the snapshots before that of `index`. */
  async forget(index: LogIndex): Promise<void> {
    const { disk } = this.host;
    const limit = `snapshot-${digits(index)}`;
    for (const name of await disk.list(this.directory)) {
      if (NAME.test(name) && name < limit) await disk.remove(`${this.directory}/${name}`);
    }
    for (const known of this.images.keys()) if (known < index) this.images.delete(known);
  }

  async close(): Promise<void> {
    await this.incoming?.close();
  }

  private async beginIncoming(path: string): Promise<void> {
    const before = this.incoming;
    this.incoming = undefined;
    await before?.close();
    if (before !== undefined && before.path !== path) await this.host.disk.remove(before.path);
    this.incoming = await IncomingFile.begin(this.host, path, toPartial(path), this.cursor());
    await this.host.disk.syncDirectory(this.directory);
  }

  private async adopt(
    partial: string,
    metadata: SnapshotMetadata,
    image: SnapshotImage,
  ): Promise<void> {
    // Where there was no room to sync the directory, it is called again.
    if (this.renamed !== partial) await this.host.disk.rename(partial, this.pathOf(metadata.index));
    this.renamed = partial;
    await this.host.disk.syncDirectory(this.directory);
    this.images.set(metadata.index, image);
    // A newer one may have been installed while the name was being synced.
    if (metadata.index > (this.newest?.index ?? 0)) this.newest = metadata;
  }

  /** What tells the bytes apart; where the node has not made them in this life, they are read. */
  private async imageOf(index: LogIndex): Promise<SnapshotImage | undefined> {
    const known = this.images.get(index);
    if (known !== undefined || index !== this.newest?.index) return known;
    const file = await this.host.disk.open(this.pathOf(index), 'read');
    const cursor = this.cursor();
    try {
      for await (const _ of readSlices(file, cursor)) {
        // What was read is checked; only the end of it is wanted.
      }
    } finally {
      await file.close();
    }
    this.images.set(index, cursor.image);
    return cursor.image;
  }

  private cursor(): BlockCursor {
    return new BlockCursor(this.crc32c);
  }

  private pathOf(index: LogIndex): string {
    return `${this.directory}/snapshot-${digits(index)}`;
  }
}

async function readHeader(host: Host, directory: string, name: string): Promise<SnapshotMetadata> {
  const file = await host.disk.open(`${directory}/${name}`, 'read');
  try {
    const block = new BlockCursor().read(await file.readAt(0, BLOCK_BYTES_MAX), 0);
    if (block?.kind !== 'header') throw new WireError('malformed', `${name} has no header`);
    return decodeSnapshotMetadata(block.bytes);
  } finally {
    await file.close();
  }
}

/** A file that may have been forgotten meanwhile. */
async function openIfThere(host: Host, path: string): Promise<DiskFile | undefined> {
  try {
    return await host.disk.open(path, 'read');
  } catch (error) {
    if (error instanceof DiskError && error.code === 'not-found') return undefined;
    throw error;
  }
}

function incomingName(index: LogIndex, { sizeBytes, checksum }: SnapshotImage): string {
  return `incoming-${digits(index)}-${sizeBytes}-${checksum}.partial`;
}

function toPartial(path: string): Omit<PartialSnapshot, 'offset'> {
  const [, index, sizeBytes, checksum] = INCOMING.exec(path.slice(path.lastIndexOf('/') + 1)) ?? [];
  const image = { sizeBytes: Number(sizeBytes), checksum: Number(checksum) };
  return { index: Number(index) as LogIndex, image };
}

function digits(index: LogIndex): string {
  return String(index).padStart(16, '0');
}
