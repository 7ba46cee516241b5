/**
 * One connection of a client to one member: requests go out as they come, answers find theirs.
 */
import { type ByteStream, type NodeId, NumberMap, StreamError, type Timer } from '@mangrove/host';
import { type Crc32c, WireError } from '@mangrove/wire';
import type { KvErrorCode } from '../core/kv-error-code.ts';
import type { KvReply, KvRequest } from '../core/kv-request.ts';
import type { WatchMessage } from '../core/watch-message.ts';
import { MessageReader, MessageSender } from '../protocol/native/message-stream.ts';
import {
  ANSWER_BYTES_MAX,
  CLIENT_MESSAGE,
  type ClientMessage,
  PROTOCOL_VERSIONS,
  SERVER_MESSAGE,
  type ServerMessage,
} from '../protocol/native/messages.ts';
import type { ClientHost } from './client-host.ts';

/** What a connection holds for its next frames, of which new memory would be the larger cost. */
const KEPT_BYTES = 1_048_576;

/** How a connection is opened. */
export interface ConnectionOptions {
  /** The cluster that is wanted; empty is any. */
  readonly cluster: string;
  /** How long it may take until the member has said who it is, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** The checksum of frames. */
  readonly crc32c: Crc32c | undefined;
}

/** Why there is no connection (any more). */
export interface ConnectionEnd {
  readonly code: KvErrorCode;
  readonly detail: string;
}

/** What became of a request: the member's answer, or none, since the connection ended. */
export type RequestOutcome =
  | { readonly type: 'replied'; readonly reply: KvReply }
  /** It may have been received. */
  | { readonly type: 'lost'; readonly end: ConnectionEnd }
  /** No answer came for as long as one was waited for; it may come about all the same. */
  | {
      readonly type: 'silent';
      /** Whether the member would have had more time. */
      readonly isImpatient: boolean;
      readonly sentMs: number;
    };

/** A request without an answer. */
interface Pending {
  readonly done: (outcome: RequestOutcome) => void;
  readonly sentMs: number;
  readonly giveUpMs: number;
  readonly isImpatient: boolean;
}

/** The next bytes of a snapshot, none at its end; or why it was given up. */
export type SnapshotPiece = Uint8Array | KvReply;

/** Gets what members send beside answers. */
export interface WatchSink {
  onWatch(message: WatchMessage, sizeBytes: number): void;
  onLost(): void;
}

type Welcome = Extract<ServerMessage, { type: 'welcome' }>;

/** Opens a connection; resolves to why not, where there is none. */
export async function connect(
  host: ClientHost,
  address: string,
  options: ConnectionOptions,
): Promise<Connection | ConnectionEnd> {
  const giveUp = new AbortController();
  const { connectTimeoutMs } = options;
  let connection: Connection | undefined;
  const timer = host.timers.after(connectTimeoutMs, () => {
    giveUp.abort();
    connection?.close('unavailable', `${address} did not answer within ${connectTimeoutMs} ms`);
  });
  try {
    const stream = await host.streams.connect(address, giveUp.signal);
    connection = new Connection(host, address, stream, options.crc32c);
    const end = await connection.greet(options.cluster);
    return end ?? connection;
  } catch (error) {
    if (giveUp.signal.aborted) {
      const detail = `${address} did not answer within ${connectTimeoutMs} ms`;
      return { code: 'unavailable', detail };
    }
    if (!(error instanceof StreamError)) throw error;
    return { code: 'unavailable', detail: error.message };
  } finally {
    timer.cancel();
  }
}

/** An open connection. */
export class Connection {
  readonly address: string;
  /** Is called once when the connection ends. */
  onEnd: () => void = () => {};
  private readonly host: ClientHost;
  private readonly stream: ByteStream;
  private readonly sender: MessageSender<ClientMessage>;
  private readonly reader: MessageReader<ServerMessage>;
  private readonly pending = new NumberMap<number, Pending>();
  private readonly chunks = new Map<number, (piece: SnapshotPiece | undefined) => void>();
  private sink: WatchSink | undefined;
  private welcome: Welcome | undefined;
  private settleGreeting: (end: ConnectionEnd | undefined) => void = () => {};
  private giveUpTimer: Timer | undefined;
  private giveUpTimerMs = Number.POSITIVE_INFINITY;
  private lastId = 0;
  private end: ConnectionEnd | undefined;
  private pingTimer: Timer | undefined;
  private heardAtMs: number;

  constructor(host: ClientHost, address: string, stream: ByteStream, crc32c: Crc32c | undefined) {
    this.host = host;
    this.address = address;
    this.stream = stream;
    this.heardAtMs = host.clock.now();
    this.sender = new MessageSender(
      stream,
      CLIENT_MESSAGE.at(PROTOCOL_VERSIONS.highest),
      (task) => host.run(task),
      (error) => this.close('unavailable', `${address}: ${error.message}`),
      crc32c,
      KEPT_BYTES,
    );
    const codec = SERVER_MESSAGE.at(PROTOCOL_VERSIONS.highest);
    this.reader = new MessageReader(codec, ANSWER_BYTES_MAX, crc32c);
  }

  /** The member at the other end. */
  get member(): NodeId | undefined {
    return this.welcome?.member;
  }

  /** Why it is over; `undefined` while it is not. */
  get ended(): ConnectionEnd | undefined {
    return this.end;
  }

  /** When something came last. */
  get heardMs(): number {
    return this.heardAtMs;
  }

  /** Whether somebody waits for something on it, or watches. */
  get isInUse(): boolean {
    return this.pending.size > 0 || this.chunks.size > 0 || this.sink !== undefined;
  }

  /** How many more requests may be sent now. */
  get room(): number {
    return (this.welcome?.requestsMax ?? 0) - this.pending.size;
  }

  /** Says who wants what; resolves to `undefined` once the member has answered. */
  greet(cluster: string): Promise<ConnectionEnd | undefined> {
    this.host.run(() => this.read());
    this.sender.send({ type: 'hello', ...PROTOCOL_VERSIONS, cluster });
    return new Promise((resolve) => {
      this.settleGreeting = resolve;
    });
  }

  /**
   * Sends a request. Throws `WireError` where it is too long.
   *
   * @param timeoutMs after how long the member gives it up
   * @param patienceMs how long an answer is waited for
   * @param done is called once with what became of it, unless it is canceled
   * @returns the number by which `cancel` knows it
   */
  request(
    request: KvRequest,
    timeoutMs: number,
    patienceMs: number,
    done: (outcome: RequestOutcome) => void,
  ): number {
    this.lastId += 1;
    const id = this.lastId;
    this.sender.send({ type: 'request', id, timeoutMs: Math.ceil(timeoutMs), request });
    const sentMs = this.host.clock.now();
    const giveUpMs = sentMs + patienceMs;
    this.pending.set(id, { done, sentMs, giveUpMs, isImpatient: patienceMs < timeoutMs });
    if (giveUpMs < this.giveUpTimerMs) this.giveUpAt(giveUpMs);
    return id;
  }

  /** Wants no answer any more. */
  cancel(id: number): void {
    if (this.pending.delete(id)) this.sender.send({ type: 'cancel', id });
  }

  /** A number for a snapshot. */
  nextSnapshot(): number {
    this.lastId += 1;
    return this.lastId;
  }

  /** What is next of a snapshot; `undefined` where the connection ended. */
  snapshotChunk(id: number): Promise<SnapshotPiece | undefined> {
    if (this.end !== undefined) return Promise.resolve(undefined);
    this.sender.send({ type: 'snapshot-next', id });
    return new Promise((resolve) => this.chunks.set(id, resolve));
  }

  /** Hands what watchers are sent to `sink`, from now on. */
  watchWith(sink: WatchSink): void {
    this.sink = sink;
  }

  /** Says something that has no answer of its own. */
  say(message: Exclude<ClientMessage, { type: 'request' | 'hello' }>): void {
    this.sender.send(message);
  }

  /** Ends the connection; whoever waits for an answer is told. */
  close(code: KvErrorCode, detail: string): void {
    if (this.end !== undefined) return;
    this.end = { code, detail };
    this.pingTimer?.cancel();
    this.giveUpTimer?.cancel();
    this.sender.stop();
    this.stream.destroy();
    this.settleGreeting(this.end);
    const waiting = [...this.pending];
    this.pending.clear();
    for (const [, { done }] of waiting) done({ type: 'lost', end: this.end });
    for (const resolve of this.chunks.values()) resolve(undefined);
    this.chunks.clear();
    this.sink?.onLost();
    this.onEnd();
  }

  private async read(): Promise<void> {
    const { address } = this;
    try {
      for (;;) {
        const bytes = await this.stream.read();
        if (bytes === undefined) break;
        this.heardAtMs = this.host.clock.now();
        this.reader.push(bytes, (message, sizeBytes) => {
          this.onMessage(message, sizeBytes);
          return this.end === undefined;
        });
      }
      this.close('unavailable', `${address} ended the connection${this.hint}`);
    } catch (error) {
      if (error instanceof StreamError) {
        this.close('unavailable', `${address}: ${error.message}${this.hint}`);
      } else if (error instanceof WireError) {
        this.close('bad-request', `${address} speaks another language: ${error.message}`);
      } else throw error;
    }
  }

  // A member that wants TLS, or another certificate, does not say so: it ends without a word.
  private get hint(): string {
    return this.welcome === undefined
      ? ' before its welcome: does it want TLS, or another certificate?'
      : '';
  }

  private onMessage(message: ServerMessage, sizeBytes: number): void {
    switch (message.type) {
      case 'welcome':
        this.welcome = message;
        this.sender.messageBytesMax = message.frameBytesMax;
        this.settleGreeting(undefined);
        this.pingLater(message.keepAliveMs / 3);
        return;
      case 'reply': {
        const pending = this.pending.get(message.id);
        if (pending === undefined) {
          this.onChunk(message.id, message.reply);
          return;
        }
        this.pending.delete(message.id);
        pending.done({ type: 'replied', reply: message.reply });
        return;
      }
      case 'watch':
        this.sink?.onWatch(message.message, sizeBytes);
        return;
      case 'goodbye':
        this.close(message.code, `${this.address}: ${message.detail}`);
        return;
      case 'snapshot-chunk':
        this.onChunk(message.id, message.chunk);
        return;
      case 'pong':
        return;
    }
  }

  private onChunk(id: number, piece: SnapshotPiece): void {
    const resolve = this.chunks.get(id);
    this.chunks.delete(id);
    resolve?.(piece);
  }

  // One timer for all requests, which stays where it fires too early: most are answered before.
  private giveUpAt(atMs: number): void {
    this.giveUpTimer?.cancel();
    this.giveUpTimerMs = atMs;
    if (atMs === Number.POSITIVE_INFINITY) return;
    this.giveUpTimer = this.host.timers.after(Math.max(0, atMs - this.host.clock.now()), () => {
      const nowMs = this.host.clock.now();
      const late = [...this.pending].filter(([, { giveUpMs }]) => giveUpMs <= nowMs);
      for (const [id] of late) this.cancel(id);
      let nextMs = Number.POSITIVE_INFINITY;
      for (const [, { giveUpMs }] of this.pending) nextMs = Math.min(nextMs, giveUpMs);
      this.giveUpAt(nextMs);
      const isDeaf = late.some(([, { sentMs, isImpatient }]) => {
        return isImpatient && this.heardAtMs < sentMs;
      });
      for (const [, { done, isImpatient, sentMs }] of late) {
        done({ type: 'silent', isImpatient, sentMs });
      }
      // Not even an answer to somebody else: the connection is of no use.
      if (isDeaf) this.close('unavailable', 'it was silent');
    });
  }

  // A member that does not even answer this for so long is gone, whatever TCP says.
  private pingLater(everyMs: number): void {
    this.pingTimer = this.host.timers.after(everyMs, () => {
      if (this.host.clock.now() - this.heardAtMs > 3 * everyMs) {
        this.close('unavailable', `${this.address} was silent for ${3 * everyMs} ms`);
        return;
      }
      this.sender.send({ type: 'ping' });
      this.pingLater(everyMs);
    });
  }
}
