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
  encodeRefusal,
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
import { resetConnection } from './reset-connection.ts';
import type { TurnSource, Turns } from './turns.ts';

/** With so many chunks that wait, the socket is not read. */
const WAITING_CHUNKS_MAX = 2;

/** How many bytes of answers may wait; a peer that does not read them is cut off. */
const ANSWER_BYTES_MAX = 65_536;

/** How long a refused peer has to take the reason. */
const REFUSAL_MS = 1000;

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
  /** The socket below TLS, which alone can be reset; the same one without TLS. */
  private readonly raw: net.Socket;
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
  /** The peer sends no more; what has come is still handed over. */
  private hasEnded = false;
  private silentRounds = 0;

  constructor(owner: IncomingOwner, socket: net.Socket, raw: net.Socket) {
    this.owner = owner;
    this.socket = socket;
    this.raw = raw;
    socket.on('data', (chunk: Buffer) => this.hear(chunk));
    socket.on('end', () => {
      this.hasEnded = true;
      this.askForTurns();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      void this.close(error.code ?? error.message);
    });
    socket.on('close', () => void this.close('closed'));
  }

  /** Handles one frame, and hands over the message that it completes; false when none is left. */
  turn(): boolean {
    try {
      if (!this.isClosed && this.weather?.isStalled !== true && this.reader.next()) {
        this.take(this.reader.type, this.reader.body);
        if (this.reader.chunkCount > 0) return true;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      void this.close(error.message);
    }
    this.isInTurns = false;
    if (this.weather?.isStalled === true) return false;
    if (this.hasEnded) void this.close('closed');
    else if (!this.isClosed && this.socket.isPaused()) this.socket.resume();
    return false;
  }

  /** Called every `keepAliveMs`. */
  keepAlive(): void {
    if (this.reader.chunkCount > 0 && this.weather === undefined) {
      // The peer is not silent, we are busy: its pings wait behind its messages. So it is told that
      // we live; a peer that takes us for dead would drop what waits for us.
      this.silentRounds = 0;
      if (this.socket.writableLength === 0) this.socket.write(PONG);
      return;
    }
    this.silentRounds += 1;
    if (this.silentRounds > SILENT_ROUNDS_MAX && this.weather?.isStalled !== true) {
      void this.close('silent');
    }
  }

  /** Faults began or ended. */
  refresh(): void {
    if (this.from === undefined || this.isClosed) return;
    this.weather = this.owner.weatherOf(this.from);
    if (this.weather?.isStalled === true) this.socket.pause();
    else this.askForTurns();
  }

  /**
   * Tears the connection down; what was read and not handed over is lost. Resolves when it is
   * closed.
   */
  close(reason: string, isReset = false): Promise<void> {
    const { socket, raw } = this;
    const closed = socket.closed
      ? Promise.resolve()
      : new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const isFirst = !this.isClosed;
    this.isClosed = true;
    this.parts = undefined;
    if (isReset) resetConnection(socket, raw);
    else socket.destroy();
    if (isFirst) this.owner.gone(this, reason);
    return closed;
  }

  private hear(chunk: Buffer): void {
    if (this.isClosed) return;
    this.silentRounds = 0;
    this.reader.push(chunk);
    if (this.reader.chunkCount >= WAITING_CHUNKS_MAX || this.weather?.isStalled === true) {
      this.socket.pause();
    }
    if (this.isInTurns) return;
    this.isInTurns = true;
    this.owner.turns.begin(this);
  }

  private askForTurns(): void {
    if (this.isInTurns) return;
    this.isInTurns = true;
    this.owner.turns.schedule(this);
  }

  private take(type: number, body: Uint8Array): void {
    const { from } = this;
    if (from === undefined) this.greet(type, body);
    else if (type === FRAME.message) this.hand(from, 'urgent', body);
    else if (type === FRAME.fragment) this.gather(from, body);
    else if (type !== FRAME.ping) throw new ProtocolError(`a frame of type ${type} out of place`);
    else if (this.weather?.isCut !== true) this.answer(PONG);
  }

  private greet(type: number, body: Uint8Array): void {
    if (type !== FRAME.hello) throw new ProtocolError(`a frame of type ${type} for a hello`);
    const hello = decodeHello(body);
    const refusal = this.owner.admit(this, hello);
    if (refusal !== undefined) {
      this.refuse(refusal);
      return;
    }
    this.from = hello.from;
    this.incarnation = hello.incarnation;
    this.weather = this.owner.weatherOf(hello.from);
    this.reader.frameBytesMax = this.owner.maxMessageBytes + 1 + FRAGMENT_HEAD_BYTES;
    this.answer(encodeWelcome(this.owner.incarnation));
  }

  /** Tells the reason and closes once it has left; nothing more is taken from the peer. */
  private refuse(reason: string): void {
    const { socket } = this;
    this.isClosed = true;
    socket.end(encodeRefusal(reason), () => socket.destroy());
    const timer = setTimeout(() => socket.destroy(), REFUSAL_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      this.owner.gone(this, reason);
    });
  }

  private answer(frame: Uint8Array): void {
    if (this.socket.writableLength > ANSWER_BYTES_MAX) {
      throw new ProtocolError('it does not read what it is answered');
    }
    this.socket.write(frame);
  }

  private gather(from: NodeId, body: Uint8Array): void {
    const sizeBytes = decodeUint32(body, 1);
    const flags = body[0] as number;
    const bytes = body.subarray(FRAGMENT_HEAD_BYTES);
    this.answer(encodeFrame(FRAME.credit, encodeUint32(fragmentCost(bytes.length))));
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
    if ((flags & LAST_FRAGMENT) === 0) return;
    if (end !== parts.length) throw new ProtocolError(`${end} bytes of ${parts.length} came`);
    this.parts = undefined;
    this.hand(from, 'bulk', parts);
  }

  private hand(from: NodeId, lane: Lane, bytes: Uint8Array): void {
    this.owner.arrive(this, { from, incarnation: this.incarnation, lane, bytes });
  }
}

const PONG = encodeFrame(FRAME.pong);
