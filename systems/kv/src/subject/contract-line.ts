/**
 * One connection to a member that speaks the native protocol by its schema alone, frame by frame.
 *
 * It shares no code with the client library, since it is to find what that one hides. It sends one
 * message a frame, and gives up where anything is amiss.
 */
import { type ByteStream, type Host, StreamError } from '@mangrove/host';
import { encodeFrame, FrameReader, Reader, Writer } from '@mangrove/wire';
import type { KvReply, KvRequest } from '../core/kv-request.ts';
import type { WatchId, WatchMessage, WatchRequest } from '../core/watch-message.ts';
import {
  ANSWER_BYTES_MAX,
  CLIENT_MESSAGE,
  type ClientMessage,
  PROTOCOL_VERSIONS,
  SERVER_MESSAGE,
  type ServerMessage,
} from '../protocol/native/messages.ts';

/** How many bytes of events a line is ready to take at a time: small, so that watchers lag. */
const CREDIT_BYTES = 600;

/** Requests count from 1, so this is the id of no other thing. */
const BACKUP_ID = 0;

/** What a line tells of watchers. */
export interface LineListener {
  onWatch(message: WatchMessage): void;
  onLost(): void;
}

/** A connection that is open. */
export class ContractLine {
  private readonly stream: ByteStream;
  private readonly listener: LineListener;
  private readonly waiting = new Map<number, (reply: KvReply | undefined) => void>();
  private readonly frames = new FrameReader(ANSWER_BYTES_MAX);
  private welcomed: (() => void) | undefined;
  private chunkTaken: ((chunk: Uint8Array | undefined) => void) | undefined;
  private requestCount = 0;
  private isLost = false;

  private constructor(stream: ByteStream, listener: LineListener) {
    this.stream = stream;
    this.listener = listener;
  }

  /** Connects and is welcomed; rejects with `StreamError`, or as `signal` says. */
  static async open(
    host: Host,
    address: string,
    listener: LineListener,
    signal: AbortSignal,
  ): Promise<ContractLine> {
    const stream = await host.streams.connect(address, signal);
    const line = new ContractLine(stream, listener);
    const welcome = new Promise<void>((resolve, reject) => {
      line.welcomed = resolve;
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    host.run(() => line.listen());
    line.send({ type: 'hello', ...PROTOCOL_VERSIONS, cluster: '' });
    try {
      await welcome;
    } catch (error) {
      line.close();
      throw error;
    }
    line.send({ type: 'credit', sizeBytes: CREDIT_BYTES });
    return line;
  }

  /** Whether it is of no use any more. */
  get isOver(): boolean {
    return this.isLost;
  }

  /** The answer to `request`; `undefined` where the line was lost before it came. */
  ask(request: KvRequest): Promise<KvReply | undefined> {
    if (this.isLost) return Promise.resolve(undefined);
    this.requestCount += 1;
    const id = this.requestCount;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.send({ type: 'request', id, timeoutMs: 0, request });
    });
  }

  /** The next bytes of the one backup of this line: none at its end, `undefined` if it is lost. */
  nextChunk(): Promise<Uint8Array | undefined> {
    if (this.isLost) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.chunkTaken = resolve;
      this.send({ type: 'snapshot-next', id: BACKUP_ID });
    });
  }

  /** Begins to watch; what comes of it is told to the listener. */
  watch(watchId: WatchId, request: WatchRequest): void {
    this.send({ type: 'watch-create', watchId, request });
  }

  /** Asks to be told how far the watchers are. */
  askProgress(): void {
    this.send({ type: 'watch-progress' });
  }

  /** Ends it without a word. */
  close(): void {
    if (this.isLost) return;
    this.isLost = true;
    this.stream.destroy();
    for (const resolve of this.waiting.values()) resolve(undefined);
    this.waiting.clear();
    this.chunkTaken?.(undefined);
    this.listener.onLost();
  }

  private send(message: ClientMessage): void {
    const writer = new Writer();
    encodeFrame(writer, (into) => {
      CLIENT_MESSAGE.at(CLIENT_MESSAGE.highest).encodeInto(into, message);
    });
    this.stream.write(writer.take()).catch((error: unknown) => {
      if (!(error instanceof StreamError)) throw error;
      this.close();
    });
  }

  private async listen(): Promise<void> {
    try {
      for (;;) {
        const bytes = await this.stream.read();
        if (bytes === undefined) break;
        this.frames.push(bytes);
        for (let frame = this.frames.next(); frame !== undefined; frame = this.frames.next()) {
          const reader = new Reader(frame.slice());
          while (reader.remaining > 0) {
            this.take(SERVER_MESSAGE.at(SERVER_MESSAGE.highest).decodeFrom(reader));
          }
        }
      }
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
    }
    this.close();
  }

  private take(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.welcomed?.();
        return;
      case 'reply':
        this.waiting.get(message.id)?.(message.reply);
        this.waiting.delete(message.id);
        return;
      case 'watch':
        this.listener.onWatch(message.message);
        return;
      case 'goodbye':
        this.close();
        return;
      case 'snapshot-chunk':
        this.chunkTaken?.(message.chunk);
        return;
      case 'pong':
    }
  }

  /** Says that so much more may come, after what came was taken. */
  giveCredit(): void {
    if (!this.isLost) this.send({ type: 'credit', sizeBytes: CREDIT_BYTES });
  }
}
