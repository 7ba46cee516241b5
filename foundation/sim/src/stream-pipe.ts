/**
 * One direction of a byte stream: what one end has written and the other has not read.
 *
 *     write -> window -> link -> received -> read
 *
 * The link keeps order and loses nothing (it is TCP): a cut or a stall holds bytes back until it
 * ends.
 */
import { BrokenInvariant, type Random, StreamError } from '@mangrove/host';
import type { Life } from './life.ts';
import { drawLatencyUs, type Link } from './link.ts';
import { hashBytes } from './trace-hash.ts';
import type { World } from './world.ts';

/** How many bytes may be under way before writes stop resolving. */
const WINDOW_BYTES = 262_144;

/** How often bytes that are held back look whether the link lets them pass, in microseconds. */
const HELD_LOOK_US = 10_000;

/** A write that has not resolved. */
interface HeldWrite {
  readonly bytes: Uint8Array;
  readonly print: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A read that waits. */
interface WaitingRead {
  readonly resolve: (chunk: Uint8Array | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** How one direction is over. */
type PipeEnd = 'open' | 'ended' | 'closed' | 'reset';

/** The way from one life to another, or to itself. */
export class StreamPipe {
  private readonly world: World;
  private readonly writer: Life;
  private readonly reader: Life;
  /** Missing where a node talks to itself. */
  private readonly link: Link | undefined;
  private readonly random: Random;
  private readonly held: HeldWrite[] = [];
  private readonly received: Uint8Array[] = [];
  private underWayBytes = 0;
  private lastArrivalUs = 0;
  private writerEnd: PipeEnd = 'open';
  private readerEnd: PipeEnd = 'open';
  private waitingRead: WaitingRead | undefined;

  constructor(
    world: World,
    lives: { readonly writer: Life; readonly reader: Life },
    link: Link | undefined,
    random: Random,
  ) {
    this.world = world;
    this.writer = lives.writer;
    this.reader = lives.reader;
    this.link = link;
    this.random = random;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.writerEnd !== 'open') return Promise.reject(this.error(this.writerEnd));
    const { engine } = this.world;
    const { machine } = this.writer;
    const print = hashBytes(bytes);
    engine.note('begin-stream', machine, print, () => `write ${bytes.length}, hash ${print}`);
    if (bytes.length > 0) this.carry(bytes.slice());
    this.underWayBytes += bytes.length;
    return new Promise((resolve, reject) => {
      this.held.push({ bytes, print, resolve, reject });
      this.release();
    });
  }

  end(): Promise<void> {
    if (this.writerEnd === 'ended') return Promise.resolve();
    if (this.writerEnd !== 'open') return Promise.reject(this.error(this.writerEnd));
    this.writerEnd = 'ended';
    this.world.engine.note('begin-stream', this.writer.machine, 0, () => 'end');
    this.carry(undefined);
    return Promise.resolve();
  }

  read(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      this.waitingRead = { resolve, reject };
      this.handOver();
    });
  }

  get isReading(): boolean {
    return this.waitingRead !== undefined;
  }

  /** The writer's side tears it down; `reset` where the other side did. */
  closeWriter(how: 'closed' | 'reset'): void {
    if (this.writerEnd === 'closed' || this.writerEnd === 'reset') return;
    this.writerEnd = how;
    for (const { reject } of this.held.splice(0)) {
      if (this.writer.isAlive) reject(this.error(how));
    }
  }

  /** The reader's side tears it down, or learns that the other side did. */
  closeReader(how: 'closed' | 'reset'): void {
    if (this.readerEnd === 'closed' || this.readerEnd === 'reset') return;
    this.readerEnd = how;
    this.received.length = 0;
    this.handOver();
  }

  /** Takes bytes, or the end, to the reader. Order is kept by the time of arrival. */
  private carry(bytes: Uint8Array | undefined): void {
    const { engine } = this.world;
    const latencyUs = drawLatencyUs(this.random) + (this.link?.extraUs() ?? 0);
    const { nowUs } = engine;
    const leftUs = this.link?.transmit('bulk', bytes?.length ?? 0, nowUs) ?? nowUs;
    this.lastArrivalUs = Math.max(this.lastArrivalUs, leftUs + latencyUs);
    this.scheduleArrival(bytes);
  }

  private scheduleArrival(bytes: Uint8Array | undefined): void {
    const { engine } = this.world;
    const { machine } = this.reader;
    engine.schedule('stream', this.lastArrivalUs, machine, this.reader, () => this.arrive(bytes));
  }

  private arrive(bytes: Uint8Array | undefined): void {
    if (this.readerEnd !== 'open') return;
    if (this.isHeldBack || this.backlog.length > 0) {
      this.backlog.push(bytes);
      if (this.backlog.length === 1) this.lookAgain();
      return;
    }
    this.accept(bytes);
  }

  /** What reached a link that lets nothing pass. */
  private readonly backlog: (Uint8Array | undefined)[] = [];

  private get isHeldBack(): boolean {
    return this.link !== undefined && (this.link.isCut || this.link.isStalled);
  }

  private lookAgain(): void {
    const { engine } = this.world;
    const atUs = engine.nowUs + HELD_LOOK_US;
    engine.schedule('stream', atUs, this.reader.machine, this.reader, () => {
      if (this.isHeldBack) return this.lookAgain();
      for (const bytes of this.backlog.splice(0)) this.accept(bytes);
    });
  }

  private accept(bytes: Uint8Array | undefined): void {
    if (this.readerEnd !== 'open') return;
    if (bytes === undefined) this.readerEnd = 'ended';
    else this.received.push(bytes);
    this.handOver();
  }

  /** Settles the read that waits, if there is something for it. */
  private handOver(): void {
    const read = this.waitingRead;
    if (read === undefined || !this.reader.isAlive) return;
    const chunk = this.takeChunk();
    if (chunk === undefined && this.readerEnd === 'open') return;
    this.waitingRead = undefined;
    if (chunk !== undefined) {
      this.giveBack(chunk.length);
      read.resolve(chunk);
    } else if (this.readerEnd === 'ended') {
      read.resolve(undefined);
    } else {
      read.reject(this.error(this.readerEnd));
    }
  }

  /** The next chunk: sometimes only a part of what was written at once, sometimes more. */
  private takeChunk(): Uint8Array | undefined {
    const first = this.received.shift();
    if (first === undefined) return undefined;
    const dice = this.random.below(4);
    if (dice === 0 && first.length > 1) {
      const cut = 1 + this.random.below(first.length - 1);
      this.received.unshift(first.subarray(cut));
      return first.subarray(0, cut);
    }
    const second = dice === 1 ? this.received.shift() : undefined;
    if (second === undefined) return first;
    const joined = new Uint8Array(first.length + second.length);
    joined.set(first);
    joined.set(second, first.length);
    return joined;
  }

  /** Tells the writer that there is room again. */
  private giveBack(sizeBytes: number): void {
    const { engine } = this.world;
    const atUs = engine.nowUs + drawLatencyUs(this.random);
    engine.schedule('stream', atUs, this.writer.machine, this.writer, () => {
      this.underWayBytes -= sizeBytes;
      this.release();
    });
  }

  /** Resolves the writes for which there is room now. */
  private release(): void {
    if (this.underWayBytes > WINDOW_BYTES) return;
    for (const { bytes, print, resolve } of this.held.splice(0)) {
      if (hashBytes(bytes) !== print) {
        const text = `a buffer was changed while it was being written by ${this.writer.machine.id}`;
        this.world.fail(this.writer, new BrokenInvariant(text));
        return;
      }
      resolve();
    }
  }

  private error(how: PipeEnd): StreamError {
    const other = this.reader.machine.id;
    if (how === 'reset') return new StreamError('reset', `the stream with ${other} was torn down`);
    return new StreamError('closed', `the stream to ${other} was closed on this side`);
  }
}
