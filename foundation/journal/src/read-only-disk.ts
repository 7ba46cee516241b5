/**
 * A disk that only reads, over one directory of this machine: enough to inspect a journal there.
 */
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { type Disk, DiskError, type DiskErrorCode, type DiskFile } from '@mangrove/host';

/** The files below `root`. Whatever would change them rejects with `input-output`. */
export class ReadOnlyDisk implements Disk {
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  async open(path: string): Promise<DiskFile> {
    try {
      const handle = await fs.open(join(this.root, path), 'r');
      const { size } = await handle.stat();
      return new ReadOnlyFile(path, handle, size);
    } catch (cause) {
      throw toDiskError(cause, path, 'open');
    }
  }

  async list(path: string): Promise<string[]> {
    try {
      return (await fs.readdir(join(this.root, path))).sort();
    } catch (cause) {
      throw toDiskError(cause, path, 'list');
    }
  }

  makeDirectory(path: string): Promise<void> {
    return refuse(path, 'makeDirectory');
  }

  rename(from: string): Promise<void> {
    return refuse(from, 'rename');
  }

  remove(path: string): Promise<void> {
    return refuse(path, 'remove');
  }

  syncDirectory(path: string): Promise<void> {
    return refuse(path, 'syncDirectory');
  }

  lock(path: string): Promise<never> {
    return refuse(path, 'lock');
  }
}

class ReadOnlyFile implements DiskFile {
  readonly path: string;
  private readonly handle: fs.FileHandle;
  private readonly sizeBytes: number;

  constructor(path: string, handle: fs.FileHandle, sizeBytes: number) {
    this.path = path;
    this.handle = handle;
    this.sizeBytes = sizeBytes;
  }

  size(): number {
    return this.sizeBytes;
  }

  async readAt(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.sizeBytes - offset)));
    let done = 0;
    while (done < bytes.length) {
      const left = bytes.length - done;
      const { bytesRead } = await this.handle.read(bytes, done, left, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  }

  append(): Promise<never> {
    return refuse(this.path, 'append');
  }

  writeAt(): Promise<never> {
    return refuse(this.path, 'write');
  }

  writeDurably(): Promise<never> {
    return refuse(this.path, 'write');
  }

  sync(): Promise<never> {
    return refuse(this.path, 'sync');
  }

  truncate(): Promise<never> {
    return refuse(this.path, 'truncate');
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

async function refuse(path: string, operation: string): Promise<never> {
  const cause = new Error('this disk only reads');
  throw new DiskError('input-output', path, operation, { cause });
}

function toDiskError(cause: unknown, path: string, operation: string): DiskError {
  const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  const code: DiskErrorCode = isMissing ? 'not-found' : 'input-output';
  return new DiskError(code, path, operation, { cause });
}
