/**
 * A connection that a peer dialled, and over which its messages come.
 *
 * Until its hello has been accepted it may send one short frame and no more. Then each message is
 * handed over in a turn of its own; while the node is busy the socket is not read, and the peer's
 * queue fills instead of our memory.
 */
import type net from 'node:net';
import type { Envelope, Incarnation, Lane, NodeId } from '@mangrove/host';
import type { LinkWeather } from './faults.ts';
import { FrameReader } from './frame-reader.ts';
import {
  decodeHello,
  decodeUint32,
  encodeFrame,
  encodeUint32,
  encodeWelcome,
  FIRST_FRAGMENT,
  FRAGMENT_HEAD_BYTES,
  FRAME,
  HELLO_BYTES_MAX,
  type Hello,
  LAST_FRAGMENT,
  ProtocolError,
} from './frames.ts';
import { fragmentCost } from './outbox.ts';
import { SILENT_ROUNDS_MAX } from './outgoing-link.ts';
import type { TurnSource, Turns } from './turns.ts';

/** With so many chunks that wait, the socket is not read. */
const WAITING_CHUNKS_MAX = 2;

/** What a connection tells the network that it belongs to. */
export interface IncomingOwner {
  readonly incarnation: Incarnation;
  readonly maxMessageBytes: number;
  readonly turns: Turns;
  /** Decides on a hello: the reason of a refusal, or `undefined` for a welcome. */
  admit(link: IncomingLink, hello: Hello): string | undefined;
  /** Hands a message to the node, or to the weather on its way. */
  arrive(link: IncomingLink, envelope: Envelope): void;
  weatherOf(peer: NodeId): LinkWeather | undefined;
  gone(link: IncomingLink, reason: string): void;
}

/** The connection from one peer. */
export class IncomingLink implements TurnSource {
  readonly socket: net.Socket;
  /** Who it is from, once it has been welcomed. */
  from: NodeId | undefined;
  incarnation: Incarnation = 0 as Incarnation;
  weather: LinkWeather | undefined;
  private readonly owner: IncomingOwner;
  private readonly reader = new FrameReader(HELLO_BYTES_MAX);
  private parts: Uint8Array | undefined;
  private partsFill = 0;
  private isInTurns = false;
  private isClosed = false;
  private silentRounds = 0;

  constructor(owner: IncomingOwner, socket: net.Socket) {
    this.owner = owner;
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.hear(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => this.close(error.code ?? error.message));
    socket.on('close', () => this.close('closed'));
  }

  /** Handles frames up to the next message, which it hands over; false when none is left. */
  turn(): boolean {
    try {
      while (!this.isClosed && this.weather?.isStalled !== true && this.reader.next()) {
        if (this.take(this.reader.type, this.reader.body)) return true;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.close(error.message);
    }
    this.isInTurns = false;
    if (!this.isClosed && this.weather?.isStalled !== true) this.socket.resume();
    return false;
  }

  /** Called every `keepAliveMs`. */
  keepAlive(): void {
    this.silentRounds += 1;
    if (this.silentRounds > SILENT_ROUNDS_MAX && this.weather?.isStalled !== true) {
      this.close('silent');
    }
  }

  /** Faults began or ended. */
  refresh(): void {
    if (this.from === undefined || this.isClosed) return;
    this.weather = this.owner.weatherOf(this.from);
    if (this.weather?.isStalled === true) this.socket.pause();
    else this.askForTurns();
  }

  /** Tears the connection down; what was read and not handed over is lost. */
  close(reason: string, isReset = false): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.parts = undefined;
    if (isReset) this.socket.resetAndDestroy();
    else this.socket.destroy();
    this.owner.gone(this, reason);
  }

  private hear(chunk: Buffer): void {
    if (this.isClosed) return;
    this.silentRounds = 0;
    this.reader.push(chunk);
    if (this.reader.chunkCount >= WAITING_CHUNKS_MAX || this.weather?.isStalled === true) {
      this.socket.pause();
    }
    this.askForTurns();
  }

  private askForTurns(): void {
    if (this.isInTurns) return;
    this.isInTurns = true;
    this.owner.turns.schedule(this);
  }

  /** Handles one frame; true where it called the node. */
  private take(type: number, body: Uint8Array): boolean {
    const { from } = this;
    if (from === undefined) {
      this.greet(type, body);
      return false;
    }
    if (type === FRAME.message) return this.hand(from, 'urgent', body);
    if (type === FRAME.fragment) return this.gather(from, body);
    if (type !== FRAME.ping) throw new ProtocolError(`a frame of type ${type} out of place`);
    if (this.weather?.isCut !== true) this.socket.write(PONG);
    return false;
  }

  private greet(type: number, body: Uint8Array): void {
    if (type !== FRAME.hello) throw new ProtocolError(`a frame of type ${type} for a hello`);
    const hello = decodeHello(body);
    const refusal = this.owner.admit(this, hello);
    if (refusal !== undefined) {
      this.socket.end(encodeFrame(FRAME.refusal, Buffer.from(refusal, 'latin1')));
      throw new ProtocolError(refusal);
    }
    this.from = hello.from;
    this.incarnation = hello.incarnation;
    this.weather = this.owner.weatherOf(hello.from);
    this.reader.frameBytesMax = this.owner.maxMessageBytes + 1 + FRAGMENT_HEAD_BYTES;
    this.socket.write(encodeWelcome(this.owner.incarnation));
  }

  private gather(from: NodeId, body: Uint8Array): boolean {
    const sizeBytes = decodeUint32(body, 1);
    const flags = body[0] as number;
    const bytes = body.subarray(FRAGMENT_HEAD_BYTES);
    this.socket.write(encodeFrame(FRAME.credit, encodeUint32(fragmentCost(bytes.length))));
    if ((flags & FIRST_FRAGMENT) !== 0) {
      if (sizeBytes > this.owner.maxMessageBytes) {
        throw new ProtocolError(`a message of ${sizeBytes} bytes`);
      }
      this.parts = new Uint8Array(sizeBytes);
      this.partsFill = 0;
    }
    const { parts } = this;
    const end = this.partsFill + bytes.length;
    if (parts === undefined || sizeBytes !== parts.length || end > parts.length) {
      throw new ProtocolError('a fragment that fits no message');
    }
    parts.set(bytes, this.partsFill);
    this.partsFill = end;
    if ((flags & LAST_FRAGMENT) === 0) return false;
    if (end !== parts.length) throw new ProtocolError(`${end} bytes of ${parts.length} came`);
    this.parts = undefined;
    return this.hand(from, 'bulk', parts);
  }

  private hand(from: NodeId, lane: Lane, bytes: Uint8Array): boolean {
    this.owner.arrive(this, { from, incarnation: this.incarnation, lane, bytes });
    return true;
  }
}

const PONG = encodeFrame(FRAME.pong);
