/**
 * An open file of a process, read and written at positions.
 */
import fs from 'node:fs';
import { DiskError, type DiskFile, InvalidArgument, MAX_TRANSFER_BYTES } from '@mangrove/host';
import type { RoomAhead } from './room-ahead.ts';
import type { FsCallback, SystemDisk } from './system-disk.ts';

/** What the handles of one file share, so that each sees what the others wrote. */
export interface FileContent {
  readonly key: string;
  handleCount: number;
  sizeBytes: number;
  /** Behind the last byte that is known to be written: how much room the file has taken. */
  roomBytes: number;
  /** How much of that room is durable. */
  syncedRoomBytes: number;
  readonly ahead: RoomAhead;
  /** Changes of the size happen one after the other, so that an append that fails leaves no gap. */
  lastChange: Promise<unknown>;
}

/** One open file of one life. */
export class SystemFile implements DiskFile {
  readonly path: string;
  readonly content: FileContent;
  private readonly disk: SystemDisk;
  private readonly isReadOnly: boolean;
  /** Operations that a close waits for, and who waits. */
  private underWayCount = 0;
  private onIdle: (() => void) | undefined;
  private fd: number;
  /** The descriptor of `writeDurably`; -1 before the first one, and where there is none. */
  private durableFd = -1;
  private isDurableOpened = false;
  private isClosed = false;

  constructor(
    disk: SystemDisk,
    fd: number,
    path: string,
    isReadOnly: boolean,
    content: FileContent,
  ) {
    this.content = content;
    this.disk = disk;
    this.fd = fd;
    this.path = path;
    this.isReadOnly = isReadOnly;
  }

  size(): number {
    return this.content.sizeBytes;
  }

  async append(bytes: Uint8Array): Promise<number> {
    this.check('append');
    checkLength(bytes.length);
    return this.change(async () => {
      const offset = this.content.sizeBytes;
      try {
        await this.write(offset, bytes);
      } catch (error) {
        // A part of it may have been written. Cut it off, so that the next append comes right here.
        await this.cut(offset).catch(() => this.measure());
        throw error;
      }
      return offset;
    });
  }

  async writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    this.check('write');
    checkOffset('offset', offset);
    checkLength(bytes.length);
    // A write beyond the end changes the size, and an append must not land in between.
    if (offset + bytes.length > this.content.sizeBytes) {
      await this.change(() => this.write(offset, bytes));
    } else {
      await this.track(this.write(offset, bytes));
    }
  }

  async readAt(offset: number, length: number): Promise<Uint8Array> {
    if (this.isClosed) throw new DiskError('closed', this.path, 'read');
    checkOffset('offset', offset);
    checkLength(length);
    // No more is allocated than the file can fill, whatever was asked for.
    const room = Math.max(0, Math.min(length, this.content.sizeBytes - offset));
    // What is not read into is not given away. Zeros would have this thread touch memory first that
    // is new, and not the one that reads.
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(room).buffer);
    return this.track(this.fill(offset, bytes));
  }

  async sync(): Promise<void> {
    if (this.isClosed) throw new DiskError('closed', this.path, 'sync');
    const start = performance.now();
    const { content } = this;
    const { roomBytes } = content;
    const needsRoom = roomBytes > content.syncedRoomBytes;
    await this.track(
      this.disk.operate<void>('sync', this.path, needsRoom, (done) =>
        fs.fdatasync(this.fd, asVoid(done)),
      ),
    );
    const syncedBytes = Math.min(roomBytes, content.roomBytes);
    content.syncedRoomBytes = Math.max(content.syncedRoomBytes, syncedBytes);
    this.disk.recordSync(performance.now() - start);
  }

  async writeDurably(offset: number, pieces: readonly Uint8Array[]): Promise<void> {
    this.check('write');
    checkOffset('offset', offset);
    let length = 0;
    for (const piece of pieces) length += piece.length;
    checkLength(length);
    if (!this.isDurableOpened) {
      this.isDurableOpened = true;
      await this.track(this.disk.openDurably(this, (fd) => this.takeDurable(fd)));
    }
    // Faults of writes and of syncs are met one by one.
    const isWithin = length > 0 && offset + length <= this.content.sizeBytes;
    if (this.durableFd < 0 || !isWithin || !this.disk.isFair) {
      await this.writeAndSync(offset, pieces);
      return;
    }
    const start = performance.now();
    this.underWayCount += 1;
    try {
      const zeros = this.content.ahead.beginWrite(offset + length);
      if (zeros !== undefined) await zeros;
      const written = await this.writeThrough(offset, pieces, length);
      if (written < length) {
        await this.writeAndSync(offset + written, [Buffer.concat(pieces).subarray(written)]);
        return;
      }
    } finally {
      this.ended();
    }
    this.noteDurable(offset, offset + length);
    this.disk.recordSync(performance.now() - start);
    if (!this.isClosed && this.disk.isFair) this.goAhead(length);
  }

  private goAhead(writtenBytes: number): void {
    const { ahead, sizeBytes } = this.content;
    ahead.advance(writtenBytes, sizeBytes, (offset, zeros) =>
      this.track(this.writeThrough(offset, [zeros], zeros.length)),
    );
  }

  async truncate(sizeBytes: number): Promise<void> {
    this.check('truncate');
    checkOffset('sizeBytes', sizeBytes);
    await this.change(() => this.cut(sizeBytes));
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    if (this.underWayCount > 0) {
      await new Promise<void>((resolve) => {
        this.onIdle = resolve;
      });
    }
    this.disk.forget(this);
    await Promise.all(
      this.giveUp().map((fd) =>
        this.disk.call<void>('close', this.path, (done) => fs.close(fd, asVoid(done))),
      ),
    );
  }

  /** Closes the descriptors at the end of the life, when no call is under way any more. */
  async abandon(): Promise<void> {
    // Nobody is left to be told of an error; what was not synced is in doubt anyway.
    const close = (fd: number) => new Promise<void>((resolve) => fs.close(fd, () => resolve()));
    await Promise.all(this.giveUp().map(close));
  }

  /** The open descriptors, which are whoever's who asks. */
  private giveUp(): number[] {
    const open = [this.fd, this.durableFd].filter((fd) => fd >= 0);
    this.fd = -1;
    this.durableFd = -1;
    return open;
  }

  private takeDurable(fd: number): void {
    this.durableFd = fd;
  }

  /** One write, durable when it resolves to how many bytes that was. */
  private writeThrough(
    offset: number,
    pieces: readonly Uint8Array[],
    length: number,
  ): Promise<number> {
    const { durableFd: fd } = this;
    const [first = NOTHING] = pieces;
    return this.disk.call<number>('sync', this.path, (done) => {
      if (pieces.length === 1) fs.write(fd, first, 0, length, offset, done);
      else fs.writev(fd, pieces, offset, done);
    });
  }

  private noteDurable(offset: number, end: number): void {
    const { content } = this;
    content.roomBytes = Math.max(content.roomBytes, end);
    if (offset <= content.syncedRoomBytes) {
      content.syncedRoomBytes = Math.max(content.syncedRoomBytes, end);
    }
  }

  private async writeAndSync(offset: number, pieces: readonly Uint8Array[]): Promise<void> {
    let at = offset;
    for (const piece of pieces) {
      await this.writeAt(at, piece);
      at += piece.length;
    }
    await this.sync();
  }

  private async write(offset: number, bytes: Uint8Array): Promise<void> {
    let done = 0;
    const { content } = this;
    const end = offset + bytes.length;
    const zeros = content.ahead.beginWrite(end);
    if (zeros !== undefined) await zeros;
    const needsRoom = end > content.roomBytes;
    do {
      const written = await this.disk.operate<number>('write', this.path, needsRoom, (settle) =>
        fs.write(this.fd, bytes, done, bytes.length - done, offset + done, settle),
      );
      done += written;
      if (written === 0 && done < bytes.length) {
        throw new DiskError('input-output', this.path, 'write');
      }
    } while (done < bytes.length);
    if (bytes.length === 0) return;
    content.sizeBytes = Math.max(content.sizeBytes, end);
    content.roomBytes = Math.max(content.roomBytes, end);
  }

  private async fill(offset: number, bytes: Uint8Array): Promise<Uint8Array> {
    let done = 0;
    do {
      const read = await this.disk.operate<number>('read', this.path, false, (settle) =>
        fs.read(this.fd, bytes, done, bytes.length - done, offset + done, settle),
      );
      if (read === 0) break;
      done += read;
    } while (done < bytes.length);
    return done === bytes.length ? bytes : bytes.slice(0, done);
  }

  private async cut(sizeBytes: number): Promise<void> {
    const { content } = this;
    const needsRoom = sizeBytes > content.sizeBytes;
    await this.disk.operate<void>('truncate', this.path, needsRoom, (done) =>
      fs.ftruncate(this.fd, sizeBytes, asVoid(done)),
    );
    content.sizeBytes = sizeBytes;
    content.roomBytes = Math.min(content.roomBytes, sizeBytes);
    content.syncedRoomBytes = Math.min(content.syncedRoomBytes, sizeBytes);
    content.ahead.resized(sizeBytes);
  }

  /** Takes the size from the system, where a failed write could not be undone. */
  private async measure(): Promise<void> {
    const stats = await this.disk.call<fs.Stats>('size', this.path, (done) =>
      fs.fstat(this.fd, done),
    );
    this.content.sizeBytes = stats.size;
    this.content.roomBytes = stats.size;
  }

  private change<Value>(work: () => Promise<Value>): Promise<Value> {
    const { ahead, lastChange } = this.content;
    const change = () => ahead.resize(work);
    const result = lastChange.then(change, change);
    this.content.lastChange = result;
    return this.track(result);
  }

  private async track<Value>(promise: Promise<Value>): Promise<Value> {
    this.underWayCount += 1;
    try {
      return await promise;
    } finally {
      this.ended();
    }
  }

  private ended(): void {
    this.underWayCount -= 1;
    if (this.underWayCount === 0) this.onIdle?.();
  }

  private check(operation: string): void {
    if (this.isClosed) throw new DiskError('closed', this.path, operation);
    if (this.isReadOnly) throw new InvalidArgument('mode', 'read', `other, for ${operation}`);
  }
}

const NOTHING = new Uint8Array(0);

function checkOffset(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgument(name, value, 'a non-negative integer');
  }
}

function checkLength(length: number): void {
  if (!Number.isSafeInteger(length) || length < 0 || length > MAX_TRANSFER_BYTES) {
    throw new InvalidArgument('length', length, `an integer from 0 to ${MAX_TRANSFER_BYTES}`);
  }
}

function asVoid(done: FsCallback<void>): (error: NodeJS.ErrnoException | null) => void {
  return (error) => done(error, undefined);
}
