/**
 * A disk that is memory: for nodes that are started for a test or a trial and keep nothing.
 *
 * The storage outlives the lives of its node, as a disk does: what was written is there after a
 * crash, synced or not. It ends with the process.
 */
import {
  type Disk,
  DiskError,
  type DiskFile,
  type DiskLock,
  InvalidArgument,
  MAX_TRANSFER_BYTES,
  type OpenMode,
} from '@mangrove/host';
import { checkPath } from './data-path.ts';
import type { Life } from './life.ts';

/** What all lives of one node keep in memory. One life at a time may use it. */
export class MemoryStorage {
  /** The number of the last life. */
  incarnation = 0;
  readonly files = new Map<string, MemoryContent>();
  readonly directories = new Set<string>(['.']);
  readonly locks = new Set<string>();
  /** Whether a life uses it now. */
  isInUse = false;
}

/** The bytes of one file. */
export interface MemoryContent {
  bytes: Uint8Array;
  sizeBytes: number;
}

/** The disk of one life on a `MemoryStorage`. */
export class MemoryDisk implements Disk {
  private readonly storage: MemoryStorage;
  private readonly life: Life;

  constructor(storage: MemoryStorage, life: Life) {
    this.storage = storage;
    this.life = life;
    life.atEnd(() => storage.locks.clear());
  }

  open(path: string, mode: OpenMode): Promise<DiskFile> {
    return this.operate(() => {
      const { files } = this.storage;
      this.parent(path, 'open');
      let content = files.get(path);
      if (mode === 'create-new' && content !== undefined) {
        throw new DiskError('already-exists', path, 'open');
      }
      if (content === undefined) {
        if (mode === 'read' || mode === 'write') throw new DiskError('not-found', path, 'open');
        content = { bytes: new Uint8Array(FIRST_BYTES), sizeBytes: 0 };
        files.set(path, content);
      }
      return new MemoryFile(this, path, content, mode === 'read');
    });
  }

  makeDirectory(path: string): Promise<void> {
    return this.operate(() => {
      const names = checkPath(path).split('/');
      for (let count = 1; count <= names.length; count += 1) {
        this.storage.directories.add(names.slice(0, count).join('/'));
      }
    });
  }

  list(path: string): Promise<string[]> {
    return this.operate(() => {
      this.directory(path, 'list');
      const { files, directories } = this.storage;
      const before = path === '.' ? '' : `${path}/`;
      const names = [...files.keys(), ...directories]
        .filter((each) => each !== '.' && each.startsWith(before))
        .map((each) => each.slice(before.length))
        .filter((name) => name !== '' && !name.includes('/'));
      return names.sort();
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.operate(() => {
      this.parent(to, 'rename');
      const content = this.file(from, 'rename');
      this.storage.files.delete(from);
      this.storage.files.set(to, content);
    });
  }

  remove(path: string): Promise<void> {
    return this.operate(() => {
      this.file(path, 'remove');
      this.storage.files.delete(path);
    });
  }

  syncDirectory(path: string): Promise<void> {
    return this.operate(() => this.directory(path, 'sync-directory'));
  }

  lock(path: string): Promise<DiskLock> {
    return this.operate(() => {
      const { locks } = this.storage;
      if (locks.has(checkPath(path))) throw new DiskError('locked', path, 'lock');
      locks.add(path);
      return { release: () => this.operate(() => void locks.delete(path)) };
    });
  }

  /** Does `work` in a moment; what it throws rejects. Nothing settles once the life is over. */
  operate<Value>(work: () => Value): Promise<Value> {
    return this.life.owe((resolve, reject) => {
      queueMicrotask(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  private file(path: string, operation: string): MemoryContent {
    const content = this.storage.files.get(checkPath(path));
    if (content === undefined) throw new DiskError('not-found', path, operation);
    return content;
  }

  private parent(path: string, operation: string): void {
    const end = checkPath(path).lastIndexOf('/');
    this.directory(end < 0 ? '.' : path.slice(0, end), operation);
    if (this.storage.directories.has(path)) throw new DiskError('not-found', path, operation);
  }

  private directory(path: string, operation: string): void {
    if (!this.storage.directories.has(checkPath(path))) {
      throw new DiskError('not-found', path, operation);
    }
  }
}

const FIRST_BYTES = 4096;

/** One open file of one life. */
class MemoryFile implements DiskFile {
  readonly path: string;
  private readonly disk: MemoryDisk;
  private readonly content: MemoryContent;
  private readonly isReadOnly: boolean;
  private isClosed = false;

  constructor(disk: MemoryDisk, path: string, content: MemoryContent, isReadOnly: boolean) {
    this.disk = disk;
    this.path = path;
    this.content = content;
    this.isReadOnly = isReadOnly;
  }

  size(): number {
    return this.content.sizeBytes;
  }

  append(bytes: Uint8Array): Promise<number> {
    return this.change('append', bytes.length, () => {
      const offset = this.content.sizeBytes;
      this.write(offset, bytes);
      return offset;
    });
  }

  writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    checkWhole('offset', offset);
    return this.change('write', bytes.length, () => this.write(offset, bytes));
  }

  readAt(offset: number, length: number): Promise<Uint8Array> {
    checkWhole('offset', offset);
    checkTransfer(length);
    return this.disk.operate(() => {
      this.check('read');
      const { bytes, sizeBytes } = this.content;
      return bytes.slice(Math.min(offset, sizeBytes), Math.min(offset + length, sizeBytes));
    });
  }

  sync(): Promise<void> {
    return this.disk.operate(() => this.check('sync'));
  }

  writeDurably(offset: number, pieces: readonly Uint8Array[]): Promise<void> {
    checkWhole('offset', offset);
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return this.change('write', length, () => {
      let at = offset;
      for (const piece of pieces) {
        this.write(at, piece);
        at += piece.length;
      }
    });
  }

  truncate(sizeBytes: number): Promise<void> {
    checkWhole('sizeBytes', sizeBytes);
    return this.change('truncate', 0, () => {
      this.reserve(sizeBytes);
      // What is cut off must not come back when the file grows again.
      this.content.bytes.fill(0, sizeBytes, Math.max(sizeBytes, this.content.sizeBytes));
      this.content.sizeBytes = sizeBytes;
    });
  }

  close(): Promise<void> {
    return this.disk.operate(() => {
      this.isClosed = true;
    });
  }

  private change<Value>(operation: string, length: number, work: () => Value): Promise<Value> {
    checkTransfer(length);
    return this.disk.operate(() => {
      this.check(operation);
      if (this.isReadOnly) throw new InvalidArgument('mode', 'read', 'one that allows writing');
      return work();
    });
  }

  private check(operation: string): void {
    if (this.isClosed) throw new DiskError('closed', this.path, operation);
  }

  private write(offset: number, bytes: Uint8Array): void {
    this.reserve(offset + bytes.length);
    this.content.bytes.set(bytes, offset);
    this.content.sizeBytes = Math.max(this.content.sizeBytes, offset + bytes.length);
  }

  private reserve(sizeBytes: number): void {
    const { bytes } = this.content;
    if (sizeBytes <= bytes.length) return;
    const grown = new Uint8Array(Math.max(sizeBytes, 2 * bytes.length));
    grown.set(bytes);
    this.content.bytes = grown;
  }
}

function checkWhole(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgument(name, value, 'an integer of 0 or more');
  }
}

function checkTransfer(length: number): void {
  checkWhole('length', length);
  if (length > MAX_TRANSFER_BYTES) {
    throw new InvalidArgument('length', length, `at most ${MAX_TRANSFER_BYTES}`);
  }
}
