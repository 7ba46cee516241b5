/**
 * Messages over a byte stream: what is said in one turn leaves as one frame and one write.
 *
 * The first message of a turn waits for a few rounds of promise reactions, in which the answers to
 * one chunk make their next requests; while a write is under way the next frame gathers.
 */
import { type ByteStream, StreamError } from '@mangrove/host';
import {
  beginFrame,
  type Crc32c,
  endFrame,
  FRAME_HEADER_BYTES,
  FrameReader,
  type MessageCodec,
  Reader,
  WireError,
  Writer,
} from '@mangrove/wire';
import { BATCH_BYTES, type Frame } from './messages.ts';

/** How many rounds of promise reactions a frame waits for more. */
const GATHER_ROUNDS = 4;

/** A frame is begun in a slab of this size, and grows: most connections are idle. */
const SLAB_BYTES = 2048;

/** What a sender holds of the memory of frames that were taken, for the next ones. */
const KEPT_BYTES = 65_536;

/** Sends messages, in order. */
export class MessageSender<Out> {
  /** The most bytes of one message: what the other side takes of a frame. */
  messageBytesMax: number = Number.POSITIVE_INFINITY;
  private readonly stream: ByteStream;
  private readonly codec: MessageCodec<Out>;
  private readonly crc32c: Crc32c | undefined;
  private readonly keptBytes: number;
  private readonly run: (task: () => Promise<void>) => void;
  private readonly onBroken: (error: StreamError) => void;
  private readonly batch = new Writer({ slabBytes: SLAB_BYTES, maxBytes: 2 * 67_108_864 });
  // Frames that are full, or pieces of them, in front of the open one, whose header is filled in at
  // its end.
  private readonly full: Uint8Array[] = [];
  private fullBytes = 0;
  private writingBytes = 0;
  private isFlushing = false;
  private isEnding = false;
  private isOver = false;
  private frames = 0;
  private sizeBytes = 0;
  private waiters: (() => void)[] = [];

  /**
   * @param run takes a background task, as `Host.run` does
   * @param onBroken is told once when the stream broke, and nothing more is sent
   * @param crc32c the checksum of frames; default: the portable one
   * @param keptBytes how much memory is kept for the next frames: where there are few senders, as
   *   much as their frames take
   */
  constructor(
    stream: ByteStream,
    codec: MessageCodec<Out>,
    run: (task: () => Promise<void>) => void,
    onBroken: (error: StreamError) => void,
    crc32c?: Crc32c,
    keptBytes: number = KEPT_BYTES,
  ) {
    this.stream = stream;
    this.codec = codec;
    this.keptBytes = keptBytes;
    this.run = run;
    this.onBroken = onBroken;
    this.crc32c = crc32c;
  }

  /** Bytes that the other side's system has not taken yet. */
  get waitingBytes(): number {
    return this.writingBytes + this.fullBytes + this.batch.length;
  }

  /** Bytes of all messages that were sent so far. */
  get sentBytes(): number {
    return this.sizeBytes;
  }

  /** How many frames, and pieces of those that were made in slices, were taken so far. */
  get takenCount(): number {
    return this.frames;
  }

  /** Resolves after the write that is under way, or when nothing more is sent. */
  taken(): Promise<void> {
    if (this.isOver || this.waitingBytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  /** Sends `message` with all that is said in this turn. Throws `WireError` where it cannot be. */
  send(message: Out): void {
    if (this.isOver || this.isEnding) return;
    const { batch } = this;
    const isFirst = batch.length === 0;
    if (isFirst) beginFrame(batch);
    const begin = batch.length;
    try {
      this.codec.encodeInto(batch, message);
    } catch (error) {
      if (isFirst) batch.rewind(0);
      throw error;
    }
    const sizeBytes = batch.length - begin;
    if (sizeBytes > this.messageBytesMax) {
      batch.rewind(isFirst ? 0 : begin);
      const reason = `a message of ${sizeBytes} bytes where ${this.messageBytesMax} may be`;
      throw new WireError('too-long', reason);
    }
    this.sizeBytes += sizeBytes;
    if (!isFirst && batch.length > BATCH_BYTES) this.cutAt(begin);
    this.flushSoon();
  }

  /** Sends a frame of one message, which was made in slices, behind all that was sent. */
  sendFrame(frame: Frame): void {
    if (this.isOver || this.isEnding) return;
    if (this.batch.length > 0) this.putOff(this.takeFrame());
    for (const piece of frame) {
      this.putOff(piece);
      this.sizeBytes += piece.length;
    }
    this.sizeBytes -= FRAME_HEADER_BYTES;
    this.flushSoon();
  }

  /** Sends what waits, then ends this direction. */
  end(): void {
    if (this.isOver || this.isEnding) return;
    this.isEnding = true;
    this.flushSoon();
  }

  /** Drops what waits and sends nothing more. */
  stop(): void {
    this.isOver = true;
    this.full.length = 0;
    this.fullBytes = 0;
    this.batch.rewind(0);
    this.wake();
  }

  private wake(): void {
    const { waiters } = this;
    if (waiters.length === 0) return;
    this.waiters = [];
    for (const resolve of waiters) resolve();
  }

  private cutAt(begin: number): void {
    const last = this.batch.peek(begin).slice();
    this.batch.rewind(begin);
    this.putOff(this.takeFrame());
    beginFrame(this.batch);
    this.batch.raw(last);
  }

  private putOff(bytes: Uint8Array): void {
    this.full.push(bytes);
    this.fullBytes += bytes.length;
  }

  private flushSoon(): void {
    if (this.isFlushing) return;
    this.isFlushing = true;
    this.run(() => this.flush());
  }

  private async flush(): Promise<void> {
    try {
      for (;;) {
        for (let round = 0; round < GATHER_ROUNDS; round += 1) await undefined;
        const frame = this.take();
        if (frame === undefined) break;
        this.writingBytes = frame.length;
        await this.stream.write(frame);
        this.writingBytes = 0;
        this.frames += 1;
        if (this.waitingBytes === 0) this.batch.reuse(this.keptBytes);
        this.wake();
      }
      if (this.isEnding && !this.isOver) {
        this.isOver = true;
        await this.stream.end();
      }
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      const isNews = !this.isOver;
      this.stop();
      if (isNews) this.onBroken(error);
    } finally {
      this.isFlushing = false;
    }
  }

  private take(): Uint8Array | undefined {
    const first = this.full.shift();
    if (first !== undefined) {
      this.fullBytes -= first.length;
      return first;
    }
    return this.batch.length === 0 ? undefined : this.takeFrame();
  }

  private takeFrame(): Uint8Array {
    endFrame(this.batch, 0, this.crc32c);
    return this.batch.take();
  }
}

/** Takes a stream of bytes, however it is cut, and gives the messages in it. */
export class MessageReader<In> {
  private readonly codec: MessageCodec<In>;
  private readonly crc32c: Crc32c | undefined;
  private frames: FrameReader;

  /** @param crc32c the checksum of frames; default: the portable one */
  constructor(codec: MessageCodec<In>, frameBytesMax: number, crc32c?: Crc32c) {
    this.codec = codec;
    this.crc32c = crc32c;
    this.frames = new FrameReader(frameBytesMax, crc32c);
  }

  /** Bytes that wait for the rest of their frame. */
  get heldBytes(): number {
    return this.frames.heldBytes;
  }

  /** Takes longer or shorter frames from now on; nothing of one may be held. */
  setFrameBytesMax(frameBytesMax: number): void {
    this.frames = new FrameReader(frameBytesMax, this.crc32c);
  }

  /**
   * Adds `bytes` and calls `take` with each message that is whole, and its size. Throws
   * `WireError`, after which the stream cannot be read on; stops where `take` says no.
   */
  push(bytes: Uint8Array, take: (message: In, sizeBytes: number) => boolean): void {
    this.frames.push(bytes);
    for (let frame = this.frames.next(); frame !== undefined; frame = this.frames.next()) {
      const reader = new Reader(frame);
      while (reader.remaining > 0) {
        const begin = reader.offset;
        const message = this.codec.decodeFrom(reader);
        if (!take(message, reader.offset - begin)) return;
      }
    }
  }
}
