/**
 * The Host that is this process: it gives one node the clock, network and disk of the machine.
 *
 * A node is a guest in its process: the Host never exits it, installs no signal handler and prints
 * nothing. What ends a life is told by `ended`.
 *
 *     <dataDirectory>/incarnation   the number of the last life
 *                    /files/        the sandbox: all paths of `disk` are below it
 *                    /locks/        pid files of locks
 *                    /control/      the socket of the control channel
 */
import { randomInt } from 'node:crypto';
import fs from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import {
  type Clock,
  type Disk,
  DiskError,
  type Host,
  type Incarnation,
  InvalidArgument,
  type Messages,
  MetricRegistry,
  type NodeId,
  type Random,
  SeededRandom,
  type Streams,
  type Timers,
  type Trace,
  toIncarnation,
  toNodeId,
} from '@mangrove/host';
import { checkControlPath, openControlChannel } from './control-channel.ts';
import { lockDirectory } from './directory-lock.ts';
import { FaultBoard } from './faults.ts';
import { HostError } from './host-error.ts';
import { nextIncarnation, syncDirectory } from './incarnation.ts';
import { JsonTrace, type TraceWriter } from './json-trace.ts';
import { Life, type LifeEnd } from './life.ts';
import { MemoryDisk, type MemoryStorage } from './memory-storage.ts';
import { type MessageLimits, withDefaultLimits } from './message-limits.ts';
import { openMessageServer } from './message-server.ts';
import { checkPort, formatAddress, parseAddress } from './network-address.ts';
import { SystemClock } from './system-clock.ts';
import { type DiskContext, SystemDisk } from './system-disk.ts';
import { SystemTimers } from './system-timers.ts';
import { TcpMessages } from './tcp-messages.ts';
import { type StreamTls, TcpStreams } from './tcp-streams.ts';
import type { TlsIdentity } from './tls-identity.ts';
import { Turns } from './turns.ts';

/** How a Host is set up. */
export interface ProcessHostOptions {
  readonly node: NodeId;
  /**
   * Where the node keeps its files: a directory, made if it is missing, or memory. One Host at a
   * time may use it.
   */
  readonly dataDirectory: string | MemoryStorage;
  /** Nodes of other clusters are refused. 1 to 63 of `a-z 0-9 -`. Default: `mangrove`. */
  readonly cluster?: string;
  /** The interface of all ports. Default: `127.0.0.1`; anything else should come with TLS. */
  readonly host?: string;
  /** The port for messages. Default: 0, any free one. */
  readonly port?: number;
  /** What peers are told as the address for messages. Default: `host` and the port. */
  readonly advertise?: string;
  /** Mutual TLS for messages: a peer's certificate must name its node. Default: none. */
  readonly tls?: TlsIdentity;
  /** TLS for byte streams. Default: none. */
  readonly streamTls?: StreamTls;
  readonly limits?: Partial<MessageLimits>;
  /** The most connections that one listener of byte streams holds. Default: 10000. */
  readonly maxStreams?: number;
  /** Gets the trace, a line of JSON an event. Default: none, and tracing costs nothing. */
  readonly trace?: TraceWriter;
  /** Whether to open the control channel. Default: no. */
  readonly control?: boolean;
  /** Fixes all random draws of the node, for tests. Default: from the system's entropy. */
  readonly seed?: number;
}

/** A Host in this process, with what its embedder needs beside the contract. */
export interface ProcessHost extends Host, AsyncDisposable {
  readonly metrics: MetricRegistry;
  /** Where peers reach this node: what `messages.addPeer` of theirs is given. */
  readonly messageAddress: string;
  /** Hurts this node. */
  readonly faults: FaultBoard;
  /** The socket of the control channel, where it is open. */
  readonly controlPath: string | undefined;
  /** Resolves when this life is over, and why, once all that it held is free. Never rejects. */
  readonly ended: Promise<LifeEnd>;
  /** Stops: what waits is written, connections are closed, files too. Idempotent. */
  close(): Promise<void>;
  /** Stops as a crash does: connections are reset, nothing is written any more. */
  crash(): Promise<void>;
}

/** Starts a life of a node. Rejects with `HostError` or `InvalidArgument`; then nothing is held. */
export async function createProcessHost(options: ProcessHostOptions): Promise<ProcessHost> {
  const settings = check(options);
  const life = new Life();
  try {
    return await assemble(settings, life);
  } catch (error) {
    life.finish({ type: 'crashed' });
    await life.ended;
    throw error;
  }
}

interface Settings {
  readonly options: ProcessHostOptions;
  /** The data directory, wherever the process goes; or memory. */
  readonly directory: string | MemoryStorage;
  readonly limits: MessageLimits;
  readonly cluster: string;
  readonly host: string;
  readonly port: number;
}

function check(options: ProcessHostOptions): Settings {
  toNodeId(options.node);
  if (options.dataDirectory === '') {
    throw new InvalidArgument('dataDirectory', '', 'the path of a directory');
  }
  const { cluster = 'mangrove', host = '127.0.0.1', port = 0, maxStreams = 1 } = options;
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(cluster)) {
    throw new InvalidArgument('cluster', cluster, '1 to 63 of a-z, 0-9 and -, starting with no -');
  }
  checkPort(port);
  if (!Number.isInteger(maxStreams) || maxStreams < 1) {
    throw new InvalidArgument('maxStreams', maxStreams, 'a positive integer');
  }
  // Without a name Node.js would listen on every interface.
  if (host === '') throw new InvalidArgument('host', host, 'the address of an interface');
  if (options.advertise !== undefined) parseAddress(options.advertise);
  checkTls('tls', options.tls);
  checkTls('streamTls', options.streamTls);
  const { dataDirectory } = options;
  const directory = typeof dataDirectory === 'string' ? resolve(dataDirectory) : dataDirectory;
  if (options.control === true) checkControlPath(toPath(directory));
  return { options, directory, cluster, host, port, limits: withDefaultLimits(options.limits) };
}

/** Has OpenSSL read keys and certificates, which else would only fail when a peer connects. */
function checkTls(option: string, identity: TlsIdentity | StreamTls | undefined): void {
  if (identity === undefined) return;
  const { key, cert, ca } = identity;
  const pem = (text: string | Uint8Array) => Buffer.from(text as Uint8Array);
  const own = key === undefined || cert === undefined ? {} : { key: pem(key), cert: pem(cert) };
  try {
    createSecureContext({ ...own, ca: pem(ca) });
  } catch (error) {
    // What OpenSSL says names the kind of trouble and holds nothing of the key.
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidArgument(option, why, 'a key, its certificate and an authority, as PEM');
  }
}

async function assemble(settings: Settings, life: Life): Promise<ProcessHost> {
  const { options, directory, limits, cluster, host } = settings;
  const { node, tls } = options;
  const clock = new SystemClock();
  const incarnation = await claim(directory, life, clock);
  const trace = new JsonTrace(options.trace, clock, node, incarnation);
  const metrics = new MetricRegistry();
  const entropy = new SeededRandom(options.seed ?? randomInt(2 ** 32));
  const random = entropy.stream('node');
  const faults = new FaultBoard(entropy.stream('faults'));
  const turns = new Turns(life);
  const timers = new SystemTimers(life, clock, turns);
  const disk = openDisk(directory, { life, faults, metrics });
  const messages = new TcpMessages({
    node,
    incarnation,
    cluster,
    life,
    turns,
    faults,
    random: entropy.stream('reconnect'),
    trace,
    metrics,
    limits,
    tls,
  });
  const port = await openMessageServer({
    host,
    port: settings.port,
    life,
    limits,
    tls,
    owner: messages,
  });
  const { connectTimeoutMs } = limits;
  const maxConnections = options.maxStreams ?? 10_000;
  const streamTls = options.streamTls;
  const streams = new TcpStreams({
    life,
    turns,
    host,
    tls: streamTls,
    connectTimeoutMs,
    maxConnections,
    turnedAway: (remote, reason) => messages.turnedAway(remote, reason),
  });
  const messageAddress = options.advertise ?? formatAddress({ host, port });
  const status = () => ({
    node,
    incarnation,
    cluster,
    pid: process.pid,
    uptimeMs: Math.round(clock.now() - startedAt),
    messageAddress,
    links: messages.status(),
    faults: faults.list(),
  });
  const startedAt = clock.now();
  const controlPath = options.control
    ? await openControlChannel(toPath(directory), { life, faults, registry: metrics, status })
    : undefined;
  const parts = { node, incarnation, clock, timers, random, messages, streams, disk, trace };
  return new Guest(life, { ...parts, metrics, messageAddress, faults, controlPath });
}

/** The path of a data directory; throws `InvalidArgument` where it is memory. */
function toPath(directory: string | MemoryStorage): string {
  if (typeof directory === 'string') return directory;
  throw new InvalidArgument('control', true, 'off where a node keeps its files in memory');
}

function openDisk(
  directory: string | MemoryStorage,
  parts: Omit<DiskContext, 'root' | 'lockDirectory'>,
): Disk {
  if (typeof directory !== 'string') return new MemoryDisk(directory, parts.life);
  const root = join(directory, 'files');
  return new SystemDisk({ ...parts, root, lockDirectory: join(directory, 'locks') });
}

/** Takes what the node keeps its files in for this life, and begins a new incarnation in it. */
async function claim(
  directory: string | MemoryStorage,
  life: Life,
  clock: Clock,
): Promise<Incarnation> {
  if (typeof directory === 'string') return await claimDirectory(directory, life, clock);
  if (directory.isInUse) throw new HostError('data-in-use', 'the memory is used by another node');
  directory.isInUse = true;
  life.atLast(async () => {
    directory.isInUse = false;
  });
  const least = Math.max(1, Math.floor(clock.wall()));
  directory.incarnation = Math.max(directory.incarnation + 1, least);
  return toIncarnation(directory.incarnation);
}

/** Makes and locks the data directory, and begins a new incarnation in it. */
async function claimDirectory(directory: string, life: Life, clock: Clock): Promise<Incarnation> {
  const locks = join(directory, 'locks');
  try {
    for (const path of [join(directory, 'files'), locks]) {
      const first = await fs.mkdir(path, { recursive: true, mode: 0o700 });
      // Every name that was made is durable, from the first one down.
      if (first !== undefined) await syncFrom(dirname(first), path);
    }
    // A former start may have made them and died before this.
    await syncDirectory(directory);
    await syncDirectory(dirname(directory));
    const lock = await lockDirectory(directory, '.', locks);
    // The next life must not begin while files of this one are still open.
    life.atLast(() => lock.release());
    return await nextIncarnation(directory, clock.wall());
  } catch (cause) {
    if (cause instanceof HostError) throw cause;
    if (cause instanceof DiskError && cause.code === 'locked') {
      throw new HostError('data-in-use', `${directory} is used by another node`, { cause });
    }
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HostError('data-unusable', `${directory} cannot be used: ${why}`, { cause });
  }
}

/** Syncs the directories from `top` down to the one that holds `path`. */
async function syncFrom(top: string, path: string): Promise<void> {
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    await syncDirectory(directory);
    if (directory === top || directory === dirname(directory)) return;
  }
}

type Parts = Omit<Host, 'run' | 'fail' | 'metrics'> &
  Pick<ProcessHost, 'metrics' | 'messageAddress' | 'faults' | 'controlPath'>;

/** The parts put together. */
class Guest implements ProcessHost {
  readonly node: NodeId;
  readonly incarnation: Incarnation;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly messages: Messages;
  readonly streams: Streams;
  readonly disk: Disk;
  readonly trace: Trace;
  readonly metrics: MetricRegistry;
  readonly messageAddress: string;
  readonly faults: FaultBoard;
  readonly controlPath: string | undefined;
  private readonly life: Life;

  constructor(life: Life, parts: Parts) {
    this.life = life;
    this.node = parts.node;
    this.incarnation = parts.incarnation;
    this.clock = parts.clock;
    this.timers = parts.timers;
    this.random = parts.random;
    this.messages = parts.messages;
    this.streams = parts.streams;
    this.disk = parts.disk;
    this.trace = parts.trace;
    this.metrics = parts.metrics;
    this.messageAddress = parts.messageAddress;
    this.faults = parts.faults;
    this.controlPath = parts.controlPath;
  }

  get ended(): Promise<LifeEnd> {
    return this.life.ended;
  }

  private readonly failed = (cause: unknown): void => this.life.fail(cause);

  run(task: () => Promise<void>): void {
    if (this.life.isOver) return;
    try {
      void task().then(undefined, this.failed);
    } catch (error) {
      this.life.fail(error);
    }
  }

  fail(cause: unknown): void {
    if (!this.life.isOver) this.trace.event('failed', { cause: String(cause) });
    this.life.fail(cause);
  }

  async close(): Promise<void> {
    this.life.finish({ type: 'closed' });
    await this.life.ended;
    this.life.rethrow();
  }

  async crash(): Promise<void> {
    this.life.finish({ type: 'crashed' });
    await this.life.ended;
    this.life.rethrow();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
