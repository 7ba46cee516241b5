/**
 * The disk: files that forget what was not synced.
 */

/** Why a disk operation failed. */
export type DiskErrorCode =
  /** There is no such file or directory. */
  | 'not-found'
  /** It was to be new, but is there already. */
  | 'already-exists'
  /** The device is full: nothing that was acknowledged is harmed, and there may be room later. */
  | 'no-space'
  /**
   * The device failed (EIO). After a failed sync, what was not synced before is in doubt for good.
   */
  | 'input-output'
  /** The file or the Host was closed. */
  | 'closed'
  /** Another process or incarnation holds the lock. */
  | 'locked';

/** An operating error of the disk. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: DiskErrorCode;
  readonly path: string;

  constructor(code: DiskErrorCode, path: string, operation: string, options?: { cause?: unknown }) {
    super(`${operation} ${path}: ${code}`, options);
    this.code = code;
    this.path = path;
  }
}

/** How `Disk.open` treats a file that is there or not. */
export type OpenMode =
  /** It must exist; reads only. */
  | 'read'
  /** It must exist. */
  | 'write'
  /** It is made if it does not exist. */
  | 'create'
  /** It is made and must not exist. */
  | 'create-new';

/**
 * The disk of one node. Paths are relative, with `/` between names; `..`, absolute paths and empty
 * names throw `InvalidArgument`.
 *
 * - D1: a write is durable once a `sync` of its file that began after the write had resolved has
 *   resolved, and what `writeDurably` wrote once that has. Nothing else makes it durable.
 * - D2: after a crash, of what was written and not synced any subset of 512-byte sectors may be
 *   there, each sector whole, in any order; the size may be any between the synced and the written
 *   one, and what was never written in between reads as zeros.
 * - D3: a name made, renamed or removed is durable once `syncDirectory` of its directory has
 *   resolved. Until then a crash may undo it. A rename is atomic: the new name has the old or the
 *   new file. Syncing a file does not make its name durable.
 * - D4: any call may fail or stall. After a failed `sync`, reads may return the new bytes until a
 *   crash and a later `sync` may resolve, yet the bytes are lost: only the first failure is true.
 *   A `writeDurably` that failed may have failed at its sync.
 * - D5: `no-space` refuses what takes room: to make a file or directory, to lengthen a file, to
 *   write where nothing was written before; or the sync, where room was taken since the last one.
 *   It harms nothing that was durable. Overwriting what is durable, cutting, renaming and removing,
 *   and the syncs of those, need no room. What `truncate` lengthens has not taken its room.
 * - D6: calls on one file that are not awaited may take effect in any order, except that `append`s
 *   get their offsets in the order of the calls.
 * - D7: a buffer handed to a write must not be touched until its promise settles.
 * - D8: bits may rot: what is read may differ from what was written. Carry checksums.
 */
export interface Disk {
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  /** Makes a directory and those above it; nothing happens where it exists. */
  makeDirectory(path: string): Promise<void>;
  /** The names in a directory, in order of code units. */
  list(path: string): Promise<string[]>;
  /** Gives a file another name, in place of what had that name. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes the names in a directory durable; `.` is the root. */
  syncDirectory(path: string): Promise<void>;
  /**
   * Takes the exclusive lock called `path` until it is released or the node's life ends.
   *
   * At most one incarnation of one process holds it; the second gets `locked`.
   */
  lock(path: string): Promise<DiskLock>;
}

/** A lock that is held. */
export interface DiskLock {
  release(): Promise<void>;
}

/** The most bytes that one call reads or writes: 64 MiB. More throws `InvalidArgument`. */
export const MAX_TRANSFER_BYTES = 67_108_864;

/** An open file. */
export interface DiskFile {
  readonly path: string;
  /** Its size in bytes as the node sees it, with what is not yet synced. */
  size(): number;
  /** Writes at the end; resolves to the offset of the first byte. */
  append(bytes: Uint8Array): Promise<number>;
  writeAt(offset: number, bytes: Uint8Array): Promise<void>;
  /** The bytes from `offset`: `length` of them, fewer at the end of the file, none behind it. */
  readAt(offset: number, length: number): Promise<Uint8Array>;
  /** Makes what was written durable (data and size; `fdatasync`). */
  sync(): Promise<void>;
  /**
   * Writes `pieces` one behind the other from `offset` on and makes them durable, in one call to
   * the system where it has such a one. Of other writes it makes nothing durable.
   */
  writeDurably(offset: number, pieces: readonly Uint8Array[]): Promise<void>;
  /** Cuts the file or lengthens it with zeros. Durable after the next `sync`, like a write. */
  truncate(sizeBytes: number): Promise<void>;
  /** Waits for what is under way, then closes. Later calls reject with `closed`. Syncs nothing. */
  close(): Promise<void>;
}
