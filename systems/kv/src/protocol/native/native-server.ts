/**
 * The port of a member for clients of the native protocol.
 *
 * What strangers can take of the member is bounded: connections, bytes of unfinished frames over
 * all connections, and for each one what its session allows.
 */
import {
  type ByteStream,
  type Host,
  type Instant,
  InvalidArgument,
  type Listener,
  type Timer,
} from '@mangrove/host';
import type { Crc32c } from '@mangrove/wire';
import { WatchRoom } from '../../core/watch-room.ts';
import type { WatchSessionOptions } from '../../core/watch-session.ts';
import type { KvService } from '../../shell/kv-service.ts';
import { AnswerRoom } from './answer-room.ts';
import { type HeldBytes, ServedConnection } from './served-connection.ts';
import type { SessionBounds } from './server-session.ts';

/** How the port is set up. */
export interface NativeServerOptions {
  /** The port; default 0, any free one. */
  readonly port?: number;
  /** The name of the cluster; a client that names another one is turned away. */
  readonly cluster: string;
  readonly bounds?: Partial<ServerBounds>;
  /** The checksum of frames. Default: the portable one. */
  readonly crc32c?: Crc32c;
}

/** The bounds of the port. */
export interface ServerBounds extends SessionBounds {
  /**
   * The most connections; beyond it the one that is idle for longest goes, where that is for longer
   * than a hello may take, else who comes is told so and closed. Default 12,000.
   */
  readonly connectionsMax: number;
  /** The most bytes of unfinished frames of all connections. Default 256 MiB. */
  readonly heldBytesMax: number;
  /** The most bytes of answers under way, and of all that waits to be taken. Default 256 MiB. */
  readonly answersBytesMax: number;
  /** The most bytes of events that wait, over all watchers. Default 256 MiB. */
  readonly eventsBytesMax: number;
}

/** The bounds of the watchers of one connection: 10,000, with 1 MiB of events that wait. */
const DEFAULT_WATCH_BOUNDS: WatchSessionOptions = {
  watchersMax: 10_000,
  waitingBytesMax: 1_048_576,
  fragmentBytes: 262_144,
};

/**
 * The bounds that hold where none are given: 4,096 requests without an answer, frames of 4 MiB, 5 s
 * for the hello, 30 s of silence.
 */
export const DEFAULT_SERVER_BOUNDS: ServerBounds = {
  requestsMax: 4096,
  frameBytesMax: 4_194_304,
  greetingMs: 5000,
  keepAliveMs: 30_000,
  connectionsMax: 12_000,
  heldBytesMax: 268_435_456,
  answersBytesMax: 268_435_456,
  eventsBytesMax: 268_435_456,
};

/** How often sessions see that time has passed, in milliseconds. */
const TICK_MS = 1000;

/** Opens the port. Rejects with `StreamError` where it cannot be had. */
export async function serveNative(
  host: Host,
  service: KvService,
  options: NativeServerOptions,
): Promise<NativeServer> {
  const bounds = { ...DEFAULT_SERVER_BOUNDS, ...options.bounds };
  for (const [name, value] of Object.entries(bounds)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new InvalidArgument(name, value, 'a positive integer');
    }
  }
  const { cluster, crc32c } = options;
  const server = new NativeServer(host, service, { cluster, bounds, crc32c });
  await server.listen(options.port ?? 0);
  return server;
}

/** A port that is served. */
export class NativeServer {
  private readonly host: Host;
  private readonly service: KvService;
  private readonly cluster: string;
  private readonly bounds: ServerBounds;
  private readonly crc32c: Crc32c | undefined;
  private readonly connections = new Set<ServedConnection>();
  private readonly held: HeldBytes;
  private readonly answers: AnswerRoom;
  private readonly events: WatchRoom;
  // Those that were told to go, until they are closed.
  private readonly leaving = new Set<ServedConnection>();
  private listener: Listener | undefined;
  private timer: Timer | undefined;
  private isStopping = false;

  constructor(
    host: Host,
    service: KvService,
    given: {
      readonly cluster: string;
      readonly bounds: ServerBounds;
      readonly crc32c: Crc32c | undefined;
    },
  ) {
    const { cluster, bounds, crc32c } = given;
    this.host = host;
    this.service = service;
    this.cluster = cluster;
    this.bounds = bounds;
    this.crc32c = crc32c;
    this.events = new WatchRoom(bounds.eventsBytesMax);
    this.held = { totalBytes: 0, maxBytes: bounds.heldBytesMax };
    this.answers = new AnswerRoom(bounds.answersBytesMax, () => {
      let sizeBytes = 0;
      for (const connection of this.connections) sizeBytes += connection.waitingBytes;
      return sizeBytes;
    });
  }

  /** Where clients connect to. */
  get address(): string {
    return this.listener?.address ?? '';
  }

  /** How many connections there are. */
  get connectionCount(): number {
    return this.connections.size;
  }

  /** Opens the port, once. */
  async listen(port: number): Promise<void> {
    this.listener = await this.host.streams.listen(port, (stream) => this.accept(stream));
    this.tickLater();
  }

  /** Accepts no more, tells every client, and resolves when all connections are closed. */
  async close(): Promise<void> {
    this.isStopping = true;
    this.timer?.cancel();
    await this.listener?.close();
    const closed = [...this.connections].map((connection) => connection.closed);
    for (const connection of this.connections) connection.stop();
    await Promise.all(closed);
  }

  private accept(stream: ByteStream): void {
    const connection = new ServedConnection(stream, {
      host: this.host,
      service: this.service,
      watch: { ...DEFAULT_WATCH_BOUNDS, room: this.events },
      identity: { cluster: this.cluster, member: this.host.node },
      bounds: this.bounds,
      crc32c: this.crc32c,
      held: this.held,
      answers: this.answers,
      onClosed: () => {
        this.connections.delete(connection);
        this.leaving.delete(connection);
      },
    });
    this.connections.add(connection);
    this.host.run(() => connection.serve());
    if (this.isStopping) connection.stop();
    else if (this.connections.size - this.leaving.size > this.bounds.connectionsMax) {
      this.sendAway(this.idlest() ?? connection);
    }
  }

  private sendAway(connection: ServedConnection): void {
    this.leaving.add(connection);
    const detail = `there are ${this.bounds.connectionsMax} connections, and no room for idle ones`;
    connection.refuse('too-many-requests', detail);
  }

  // Who works is not to be locked out by those who do nothing.
  private idlest(): ServedConnection | undefined {
    let oldestMs = this.host.clock.now() - this.bounds.greetingMs;
    let found: ServedConnection | undefined;
    for (const connection of this.connections) {
      const { idleSinceMs } = connection;
      if (idleSinceMs === undefined || idleSinceMs >= oldestMs) continue;
      oldestMs = idleSinceMs as Instant;
      found = connection;
    }
    return found;
  }

  private tickLater(): void {
    this.timer = this.host.timers.after(TICK_MS, () => {
      for (const connection of this.connections) connection.tick();
      this.answers.look();
      this.makeRoom();
      this.makeRoomForEvents();
      this.tickLater();
    });
  }

  // Who takes nothing must not hold up everybody else for all the time that it has.
  private makeRoom(): void {
    let shortageBytes = this.answers.takeShortage();
    if (shortageBytes <= 0) return;
    const stalled = [...this.connections].filter(({ isStalled }) => isStalled);
    stalled.sort((left, right) => right.waitingBytes - left.waitingBytes);
    for (const connection of stalled) {
      if (shortageBytes <= 0) break;
      shortageBytes -= connection.waitingBytes;
      connection.cutOff();
    }
    this.answers.look();
  }

  private makeRoomForEvents(): void {
    let { shortageBytes } = this.events;
    if (shortageBytes <= 0) return;
    const stalled = [...this.connections].filter(({ leavesEvents }) => leavesEvents);
    stalled.sort((left, right) => right.eventBytes - left.eventBytes);
    for (const connection of stalled) {
      if (shortageBytes <= 0) return;
      shortageBytes -= connection.eventBytes;
      connection.cutOff();
    }
  }
}
