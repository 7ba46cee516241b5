/**
 * The connection that this Host dials to one peer, and over which all its messages to it go.
 *
 *     waiting --timer, or a hello of the peer--> dialling --welcome--> up
 *        ^                                          |                  |
 *        +------- refused, broken, silent ----------+------------------+
 *
 * What waits when a connection breaks, or when an attempt fails, is dropped. So nothing that was
 * sent to one life of the peer reaches the next (N4), and a peer that is away does not cost memory.
 */
import type { Incarnation, Lane, NodeId, Random } from '@mangrove/host';
import { DelayedMessages } from './delayed-messages.ts';
import { type Dialled, dial } from './dial.ts';
import type { FaultBoard, LinkWeather } from './faults.ts';
import { FrameReader } from './frame-reader.ts';
import {
  decodeUint32,
  decodeWelcome,
  encodeFrame,
  encodeHello,
  FRAME,
  HELLO_BYTES_MAX,
  OTHER_CLUSTER,
  ProtocolError,
  WIRE_VERSION,
} from './frames.ts';
import type { MessageLimits } from './message-limits.ts';
import { type NetworkAddress, parseAddress } from './network-address.ts';
import { Outbox } from './outbox.ts';
import { reconnectDelayMs } from './reconnect-delay.ts';
import { resetConnection } from './reset-connection.ts';
import type { TlsIdentity } from './tls-identity.ts';

/** Beyond this, what is to be written waits here, where urgent messages can still pass bulk. */
const SOCKET_BYTES_MAX = 262_144;

/** What comes so soon after a write waits for more, in milliseconds. */
const GATHER_MS = 0.1;

/** After so many rounds without a sign of life a link is down. */
export const SILENT_ROUNDS_MAX = 4;

/** Why messages were dropped. */
export type LossReason = 'fault' | 'link-down' | 'removed';

/** What a link tells the network that it belongs to. */
export interface LinkOwner {
  readonly node: NodeId;
  readonly incarnation: Incarnation;
  readonly cluster: string;
  readonly limits: MessageLimits;
  readonly tls: TlsIdentity | undefined;
  readonly faults: FaultBoard;
  readonly random: Random;
  /** Whether this life of the peer is known to be over. */
  isPast(peer: NodeId, incarnation: Incarnation): boolean;
  linkUp(peer: NodeId, incarnation: Incarnation): void;
  linkDown(peer: NodeId, incarnation: Incarnation, reason: string): void;
  /** The peer says that it belongs to another cluster. */
  linkRefused(peer: NodeId): void;
  /** So many messages were dropped. */
  countLost(count: number, reason: LossReason): void;
  tellTrouble(peer: NodeId, reason: string): void;
}

/** The link to one peer. */
export class OutgoingLink {
  readonly peer: NodeId;
  private readonly owner: LinkOwner;
  private readonly outbox: Outbox;
  private readonly delayed: DelayedMessages;
  private address: NetworkAddress;
  private dialled: Dialled | undefined;
  private reader = new FrameReader(HELLO_BYTES_MAX);
  private timer: NodeJS.Timeout | undefined;
  private upTo: Incarnation | undefined;
  private weather: LinkWeather | undefined;
  /** Whether a flush is on its way. */
  private isFlushing = false;
  /** When one that did not gather was asked for last. */
  private hurriedAt = 0;
  private isClosed = false;
  private failedCount = 0;
  private silentRounds = 0;
  private lastTrouble: string | undefined;
  private isTroubleTold = false;

  constructor(owner: LinkOwner, peer: NodeId, address: string) {
    this.owner = owner;
    this.peer = peer;
    this.address = parseAddress(address);
    const { maxQueueBytes: queueBytesMax, bulkWindowBytes } = owner.limits;
    this.outbox = new Outbox({ queueBytesMax, bulkWindowBytes });
    this.delayed = new DelayedMessages(queueBytesMax);
    this.weather = owner.faults.linkWeather(peer, 'out');
    this.dial();
  }

  /** The life of the peer that this link is up to. */
  get incarnation(): Incarnation | undefined {
    return this.upTo;
  }

  /** Why the last attempt failed, or the last connection broke; `undefined` while it is up. */
  get trouble(): string | undefined {
    return this.lastTrouble;
  }

  /** Takes a message; false where the lane is full. */
  send(bytes: Uint8Array, lane: Lane): boolean {
    if (this.weather !== undefined) return this.sendInBadWeather(bytes, lane, this.weather);
    return this.put(bytes, lane);
  }

  /** The peer is elsewhere now. */
  moveTo(address: string): void {
    const next = parseAddress(address);
    if (next.host === this.address.host && next.port === this.address.port) {
      this.hurry();
      return;
    }
    this.address = next;
    this.drop('moved');
    this.hurry();
  }

  /** The peer shows signs of life: no need to wait. */
  hurry(): void {
    if (this.dialled !== undefined || this.isClosed) return;
    this.failedCount = 0;
    this.dial();
  }

  /** Tears the connection down and begins anew. */
  drop(reason: string): void {
    const { dialled } = this;
    if (dialled === undefined) return;
    dialled.socket.destroy();
    this.down(dialled, reason);
  }

  /** Called every `keepAliveMs`. */
  keepAlive(): void {
    if (this.upTo === undefined) return;
    this.silentRounds += 1;
    if (this.silentRounds > SILENT_ROUNDS_MAX) this.drop('silent');
    else if (this.weather?.isCut !== true) this.dialled?.socket.write(PING);
  }

  /** Faults began or ended. */
  refresh(): void {
    const wasCut = this.weather?.isCut === true;
    this.weather = this.owner.faults.linkWeather(this.peer, 'out');
    const isCut = this.weather?.isCut === true;
    if (isCut) this.lose('fault');
    if (wasCut && !isCut) this.hurry();
    this.flushSoon();
  }

  /** Forgets the peer: what waits is dropped. Resolves when the connection is closed. */
  forget(): Promise<void> {
    this.lose('removed');
    return this.close(true);
  }

  /**
   * Ends the link for good, at once or in an orderly way: then it writes what waits first, as far
   * as the peer takes it within `ORDERLY_CLOSE_MS`. Resolves when the connection is closed.
   */
  close(isOrderly: boolean): Promise<void> {
    const isFirst = !this.isClosed;
    this.isClosed = true;
    this.delayed.clear();
    const { dialled } = this;
    if (isFirst) clearTimeout(this.timer);
    if (dialled === undefined) return Promise.resolve();
    const { socket, raw } = dialled;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    if (!isOrderly) {
      resetConnection(socket, raw);
    } else if (this.upTo === undefined) {
      socket.destroy();
    } else if (isFirst) {
      // A peer that does not read must not hold a node that stops.
      this.timer = setTimeout(() => socket.destroy(), ORDERLY_CLOSE_MS);
      this.flush();
    }
    return closed;
  }

  private put(bytes: Uint8Array, lane: Lane): boolean {
    if (!this.outbox.push(bytes, lane)) return false;
    if (this.outbox.readyPieceCount > 0) this.flush();
    else this.flushSoon();
    return true;
  }

  private sendInBadWeather(bytes: Uint8Array, lane: Lane, weather: LinkWeather): boolean {
    const copies = this.owner.faults.drawCopies(weather);
    if (copies.length === 0) this.owner.countLost(1, 'fault');
    let isTaken = true;
    for (const delayMs of copies) {
      if (delayMs === 0) isTaken = this.put(bytes, lane) && isTaken;
      else isTaken = this.putLater(bytes, lane, delayMs) && isTaken;
    }
    return isTaken;
  }

  private putLater(bytes: Uint8Array, lane: Lane, delayMs: number): boolean {
    const { upTo } = this;
    return this.delayed.hold(bytes.length, delayMs, () => {
      // A delay must not carry a message over to another life of the peer (N4).
      const isSameLife = upTo === undefined || upTo === this.upTo;
      if (!isSameLife || !this.put(bytes, lane)) this.owner.countLost(1, 'fault');
    });
  }

  /**
   * What comes first after a pause is written before anything else is done: who waits for it need
   * not wait for our disk. What comes on its heels goes together at the end of this turn of the
   * event loop.
   */
  private flushSoon(): void {
    if (this.isFlushing) return;
    this.isFlushing = true;
    const now = performance.now();
    if (now - this.hurriedAt < GATHER_MS) {
      setImmediate(this.flush);
      return;
    }
    this.hurriedAt = now;
    void NOW.then(this.flush);
  }

  /** Writes what waits, urgent first, as far as socket and credit allow. */
  private readonly flush = (): void => {
    this.isFlushing = false;
    const { dialled, outbox } = this;
    if (dialled === undefined || this.upTo === undefined) return;
    const { socket } = dialled;
    if (this.weather?.isStalled === true || socket.writableEnded) return;
    const isMany = outbox.readyPieceCount > 0 || outbox.hasBulk;
    if (isMany) socket.cork();
    while (socket.writableLength < SOCKET_BYTES_MAX) {
      const piece = outbox.takeUrgent();
      if (piece === undefined) break;
      socket.write(piece);
    }
    while (socket.writableLength < SOCKET_BYTES_MAX) {
      const fragment = outbox.takeFragment();
      if (fragment === undefined) break;
      socket.write(fragment[0]);
      socket.write(fragment[1]);
    }
    if (isMany) socket.uncork();
    if (socket.writableLength === 0) outbox.written();
    if (this.isClosed && outbox.waitingCount === 0) socket.end();
  };

  private dial(): void {
    clearTimeout(this.timer);
    if (this.isClosed) return;
    if (this.weather?.isCut === true) {
      this.retryLater();
      return;
    }
    const { owner, peer } = this;
    const dialled = dial(this.address, owner.tls, peer, () => this.greet(dialled));
    const { socket } = dialled;
    this.dialled = dialled;
    this.isTroubleTold = false;
    this.reader = new FrameReader(HELLO_BYTES_MAX);
    socket.on('data', (chunk: Buffer) => this.hear(dialled, chunk));
    socket.on('drain', this.flush);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (dialled === this.dialled) this.tell(error.code ?? error.message);
    });
    socket.on('close', () => this.down(dialled, 'closed'));
    this.timer = setTimeout(() => this.drop('no answer in time'), owner.limits.connectTimeoutMs);
  }

  private greet({ socket }: Dialled): void {
    const { node: from, incarnation, cluster } = this.owner;
    const hello = { version: WIRE_VERSION, incarnation, cluster, from, to: this.peer };
    socket.write(encodeHello(hello));
  }

  private hear(dialled: Dialled, chunk: Buffer): void {
    if (dialled !== this.dialled) return;
    this.silentRounds = 0;
    try {
      this.reader.push(chunk);
      while (this.reader.next()) this.take(this.reader.type, this.reader.body);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.tell(error.message);
      dialled.socket.destroy();
    }
  }

  private take(type: number, body: Uint8Array): void {
    if (type === FRAME.pong) {
      // A welcome proves little: a peer that breaks right after it must not be dialled in a rush.
      this.failedCount = 0;
      return;
    }
    if (type === FRAME.credit && this.upTo !== undefined) {
      this.outbox.addCredit(decodeUint32(body, 0));
      this.flush();
      return;
    }
    if (type === FRAME.welcome && this.upTo === undefined) {
      this.up(decodeWelcome(body));
      return;
    }
    if (type === FRAME.refusal && this.upTo === undefined) {
      const reason = Buffer.from(body)
        .toString('latin1')
        .replaceAll(/[^ -~]/g, '?');
      if (reason === OTHER_CLUSTER) this.owner.linkRefused(this.peer);
      throw new ProtocolError(`refused: ${reason}`);
    }
    throw new ProtocolError(`a frame of type ${type} out of place`);
  }

  private up(incarnation: Incarnation): void {
    if (this.owner.isPast(this.peer, incarnation)) {
      throw new ProtocolError(`a former life answered: ${incarnation}`);
    }
    clearTimeout(this.timer);
    this.lastTrouble = undefined;
    this.upTo = incarnation;
    this.owner.linkUp(this.peer, incarnation);
    this.flush();
  }

  private down(dialled: Dialled, reason: string): void {
    if (dialled !== this.dialled) return;
    this.dialled = undefined;
    const { upTo } = this;
    this.upTo = undefined;
    this.silentRounds = 0;
    this.lose('link-down');
    clearTimeout(this.timer);
    if (this.isClosed) return;
    if (!this.isTroubleTold) this.tell(reason);
    if (upTo !== undefined) this.owner.linkDown(this.peer, upTo, reason);
    this.retryLater();
  }

  private tell(reason: string): void {
    this.lastTrouble = reason;
    this.isTroubleTold = true;
    this.owner.tellTrouble(this.peer, reason);
  }

  private lose(reason: LossReason): void {
    const count = this.outbox.clear();
    if (count > 0) this.owner.countLost(count, reason);
  }

  private retryLater(): void {
    if (this.isClosed) return;
    const { limits, random } = this.owner;
    const delayMs = reconnectDelayMs(limits, this.failedCount, random);
    this.failedCount += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.dial(), delayMs);
  }
}

const PING = encodeFrame(FRAME.ping);

/** Its reactions are microtasks that cost less than those of `queueMicrotask`. */
const NOW = Promise.resolve();

const ORDERLY_CLOSE_MS = 1000;
