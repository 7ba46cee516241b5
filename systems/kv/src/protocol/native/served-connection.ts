/**
 * One connection of the native protocol at a member: does what its session wants.
 */
import { type ByteStream, type Host, NumberMap, StreamError, type Timer } from '@mangrove/host';
import { type Crc32c, WireError } from '@mangrove/wire';
import type { KvErrorCode } from '../../core/kv-error-code.ts';
import type { KvReply, KvRequest } from '../../core/kv-request.ts';
import type { WatchSessionOptions } from '../../core/watch-session.ts';
import { Ask } from '../../shell/ask.ts';
import type { KvService, WatchDoor } from '../../shell/kv-service.ts';
import { type RequestFailure, toFailure } from '../../shell/request-failure.ts';
import type { AnswerCharge, AnswerRoom } from './answer-room.ts';
import { MessageReader, MessageSender } from './message-stream.ts';
import {
  CLIENT_MESSAGE,
  type ClientMessage,
  GREETING_BYTES_MAX,
  PROTOCOL_VERSIONS,
  SERVER_MESSAGE,
  type ServerMessage,
  SLICED_FROM_BYTES,
} from './messages.ts';
import {
  failed,
  type ServerIdentity,
  ServerSession,
  type SessionBounds,
  type SessionEffect,
  type SessionEvent,
} from './server-session.ts';
import { frameInSlices } from './sliced-frame.ts';

/** While more than this waits for the client, nothing is read from it and no event is taken. */
const WAITING_BYTES_MAX = 1_048_576;

/** The most snapshots under way of one connection. */
const SNAPSHOTS_MAX = 2;

/** The most messages that are taken in one go: a frame may be full of the shortest ones. */
const MESSAGES_MAX = 32_768;

/** How long a client has to take the reason why its connection ends. */
const FAREWELL_MS = 1000;

const CODEC = SERVER_MESSAGE.at(PROTOCOL_VERSIONS.highest);

/** What a connection is given. */
export interface ServedConnectionOptions {
  readonly host: Host;
  readonly service: KvService;
  readonly identity: ServerIdentity;
  readonly bounds: SessionBounds;
  /** The checksum of frames. */
  readonly crc32c: Crc32c | undefined;
  readonly watch: WatchSessionOptions;
  /** What all connections hold of unfinished frames, this one too. */
  readonly held: HeldBytes;
  /** What answers take of all connections, this one's too. */
  readonly answers: AnswerRoom;
  /** Called once, when the connection is over. */
  readonly onClosed: (connection: ServedConnection) => void;
}

/** Bytes of unfinished frames, over all connections of a port. */
export interface HeldBytes {
  totalBytes: number;
  readonly maxBytes: number;
}

/** A connection that is served. */
export class ServedConnection {
  private readonly options: ServedConnectionOptions;
  private readonly stream: ByteStream;
  private readonly session: ServerSession;
  private readonly sender: MessageSender<ServerMessage>;
  private readonly reader: MessageReader<ClientMessage>;
  private readonly running = new NumberMap<number, Ask>();
  private door: WatchDoor | undefined;
  private readonly snapshots = new Map<number, AsyncGenerator<Uint8Array, void, undefined>>();
  // Those of which a piece is on its way.
  private readonly giving = new Set<number>();
  private isPumping = false;
  // What its client had taken at the last tick, and for how many ticks it waited for it since.
  private takenAtTick = 0;
  private stalledTicks = 0;
  // The same of messages of watchers.
  private givenCount = 0;
  private givenAtTick = 0;
  private untakenTicks = 0;
  private usedMs: number;
  private isClosed = false;
  private farewell: Timer | undefined;
  private readonly waiters: (() => void)[] = [];

  constructor(stream: ByteStream, options: ServedConnectionOptions) {
    const { host, identity, bounds, crc32c } = options;
    this.options = options;
    this.stream = stream;
    this.usedMs = host.clock.now();
    this.session = new ServerSession(identity, bounds, host.clock.now());
    const run = (task: () => Promise<void>) => host.run(task);
    this.sender = new MessageSender(stream, CODEC, run, () => this.finish(), crc32c);
    this.reader = new MessageReader(
      CLIENT_MESSAGE.at(PROTOCOL_VERSIONS.highest),
      GREETING_BYTES_MAX,
      crc32c,
    );
  }

  /** Resolves when the connection is over. */
  get closed(): Promise<void> {
    return this.isClosed ? Promise.resolve() : new Promise((resolve) => this.waiters.push(resolve));
  }

  /** Bytes of what its client has not taken yet. */
  get waitingBytes(): number {
    return this.sender.waitingBytes;
  }

  /** Whether it waited for its client all the time between two ticks. */
  get isStalled(): boolean {
    return this.stalledTicks > 1;
  }

  /** Bytes of events that wait until it takes more. */
  get eventBytes(): number {
    return this.door?.waitingBytes ?? 0;
  }

  /** Whether events waited for its client all the time between two ticks. */
  get leavesEvents(): boolean {
    return this.untakenTicks > 1;
  }

  /** Since when it is of no use to its client; `undefined` where something is under way. */
  get idleSinceMs(): number | undefined {
    const isInUse = this.running.size > 0 || this.snapshots.size > 0 || this.door !== undefined;
    return isInUse || this.session.isClosed ? undefined : this.usedMs;
  }

  /** Serves the client until the connection ends. */
  async serve(): Promise<void> {
    try {
      for (;;) {
        while (this.isHeldUp) await this.sender.taken();
        const bytes = await this.stream.read();
        if (bytes === undefined) break;
        // What comes after the end of the session is read so that the reason of it arrives.
        if (!this.session.isClosed) this.take(bytes);
      }
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
    }
    this.finish();
  }

  /** Lets the session see that time has passed. */
  tick(): void {
    const { waitingBytes, takenCount } = this.sender;
    const isWaiting = waitingBytes > 0 && takenCount === this.takenAtTick;
    this.stalledTicks = isWaiting ? this.stalledTicks + 1 : 0;
    this.takenAtTick = takenCount;
    const leavesEvents = this.eventBytes > 0 && this.givenCount === this.givenAtTick;
    this.untakenTicks = leavesEvents ? this.untakenTicks + 1 : 0;
    this.givenAtTick = this.givenCount;
    this.step({ type: 'tick', waitingBytes, takenCount });
  }

  /** Ends the connection, and says why. */
  stop(): void {
    this.step({ type: 'stop' });
  }

  /** Ends the connection at once: the member has no room for it. */
  refuse(code: KvErrorCode, detail: string): void {
    this.step({ type: 'unreadable', code, detail });
  }

  /** Ends the connection without a word: its client takes none. */
  cutOff(): void {
    this.do({ type: 'destroy' });
  }

  // While there is no room for answers, who has not taken its own is not asked for more.
  private get isHeldUp(): boolean {
    const { waitingBytes } = this.sender;
    return waitingBytes > WAITING_BYTES_MAX || (waitingBytes > 0 && this.options.answers.isFull);
  }

  private take(bytes: Uint8Array): void {
    const { held } = this.options;
    if (held.totalBytes + bytes.length > held.maxBytes) {
      this.refuse('too-many-requests', 'unfinished requests of all clients take too much memory');
      return;
    }
    const heldBefore = this.reader.heldBytes;
    let messageCount = 0;
    try {
      this.reader.push(bytes, (message) => {
        messageCount += 1;
        if (messageCount <= MESSAGES_MAX) this.step({ type: 'message', message });
        else this.refuse('too-many-requests', `${MESSAGES_MAX} messages came at once, and more`);
        return !this.session.isClosed;
      });
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const code = error.code === 'too-long' ? 'request-too-large' : 'bad-request';
      this.step({ type: 'unreadable', code, detail: error.message });
    }
    held.totalBytes += this.reader.heldBytes - heldBefore;
  }

  private step(event: SessionEvent): void {
    for (const effect of this.session.step(event, this.options.host.clock.now())) this.do(effect);
  }

  private do(effect: SessionEffect): void {
    switch (effect.type) {
      case 'send':
        this.send(effect.message);
        return;
      case 'send-frame':
        this.sender.sendFrame(effect.frame);
        return;
      case 'opened':
        this.open();
        return;
      case 'handle':
        this.handle(effect.id, effect.request);
        return;
      case 'abort':
        this.running.get(effect.id)?.giveUp();
        return;
      case 'watch-create':
        this.watchers().create(effect.request, effect.watchId);
        this.pump();
        return;
      case 'watch-cancel':
        this.door?.cancel(effect.watchId);
        this.pump();
        return;
      case 'watch-progress':
        this.watchers().requestProgress();
        this.pump();
        return;
      case 'watch-take':
        this.pump();
        return;
      case 'snapshot-next':
        this.options.host.run(() => this.sendSnapshot(effect.id));
        return;
      case 'snapshot-cancel':
        this.options.host.run(() => this.endSnapshot(effect.id));
        return;
      case 'close':
        this.sayFarewell();
        return;
      case 'destroy':
        this.stream.destroy();
        this.finish();
    }
  }

  private handle(id: number, request: KvRequest): void {
    const { service, answers } = this.options;
    const charge = answers.open();
    const ask = new Ask((reply) => {
      if (reply.type === 'done' && charge.bytes > SLICED_FROM_BYTES) {
        this.options.host.run(() => this.encodeInSlices(id, reply, ask, charge));
      } else this.answer({ type: 'answered', id, reply }, charge);
    }, charge);
    this.running.set(id, ask);
    service.serve(request, ask);
  }

  private answer(event: AnswerEvent, charge: AnswerCharge): void {
    this.running.delete(event.id);
    this.usedMs = this.options.host.clock.now();
    const before = this.sender.sentBytes;
    this.step(event);
    charge.close(this.sender.sentBytes - before);
  }

  // The request is under way until then, and is given up as any other.
  private async encodeInSlices(
    id: number,
    reply: KvReply,
    ask: Ask,
    charge: AnswerCharge,
  ): Promise<void> {
    const { host, answers, crc32c } = this.options;
    const message: ServerMessage = { type: 'reply', id, reply };
    const { bytes } = charge;
    await answers.enter(bytes);
    let event: AnswerEvent;
    try {
      const frame = await frameInSlices(host, CODEC, message, { crc32c, ask });
      event = { type: 'encoded', id, frame };
    } catch (error) {
      event = { type: 'answered', id, reply: unencoded(reply, error) };
    }
    answers.leave(bytes);
    this.answer(event, charge);
  }

  private open(): void {
    if (this.reader.heldBytes > 0) {
      this.refuse('bad-request', 'something follows the hello that was not answered yet');
      return;
    }
    this.reader.setFrameBytesMax(this.options.bounds.frameBytesMax);
  }

  private send(message: ServerMessage): void {
    try {
      this.sender.send(message);
    } catch (error) {
      if (!(error instanceof WireError) || message.type !== 'reply') throw error;
      const reply = tooLarge(message.reply, error);
      this.sender.send({ type: 'reply', id: message.id, reply });
    }
  }

  private watchers(): WatchDoor {
    this.door ??= this.options.service.openWatch(this.options.watch, () => this.pump());
    return this.door;
  }

  // Sends events as long as there are some, the client gave credit, and takes what it was sent.
  private pump(): void {
    const { door, session, sender } = this;
    while (door !== undefined && session.hasCredit && !this.isHeldUp) {
      const message = door.take();
      if (message === undefined) return;
      this.givenCount += 1;
      const before = sender.sentBytes;
      sender.send({ type: 'watch', message });
      this.step({ type: 'watch-sent', sizeBytes: sender.sentBytes - before });
    }
    if (door !== undefined && session.hasCredit) this.pumpLater();
  }

  private pumpLater(): void {
    if (this.isPumping) return;
    this.isPumping = true;
    this.options.host.run(async () => {
      await this.sender.taken();
      this.isPumping = false;
      this.pump();
    });
  }

  // One piece for each time that it is asked for: the client sets the pace.
  private async sendSnapshot(id: number): Promise<void> {
    let snapshot = this.snapshots.get(id);
    if (snapshot === undefined) {
      if (this.snapshots.size >= SNAPSHOTS_MAX) {
        this.refuse('too-many-requests', `${SNAPSHOTS_MAX} snapshots are under way already`);
        return;
      }
      snapshot = this.options.service.backup();
      this.snapshots.set(id, snapshot);
    }
    // Who could ask ahead would have the member hold all of it.
    if (this.giving.has(id)) {
      this.refuse('bad-request', `snapshot ${id} was asked for more before it gave what it owes`);
      return;
    }
    this.giving.add(id);
    let next: IteratorResult<Uint8Array, void>;
    try {
      next = await snapshot.next();
    } catch (error) {
      this.failSnapshot(id, toFailure(error));
      return;
    } finally {
      this.giving.delete(id);
    }
    const { done, value } = next;
    if (this.session.isClosed || !this.snapshots.has(id)) return;
    if (done === true) this.snapshots.delete(id);
    this.sender.send({ type: 'snapshot-chunk', id, chunk: value ?? new Uint8Array(0) });
  }

  private failSnapshot(id: number, { code, isDefinite, detail }: RequestFailure): void {
    this.snapshots.delete(id);
    if (this.session.isClosed) return;
    this.sender.send({ type: 'reply', id, reply: failed(code, isDefinite, detail) });
  }

  private async endSnapshot(id: number): Promise<void> {
    const snapshot = this.snapshots.get(id);
    this.snapshots.delete(id);
    await snapshot?.return();
  }

  private sayFarewell(): void {
    this.release();
    this.sender.end();
    this.farewell = this.options.host.timers.after(FAREWELL_MS, () => this.stream.destroy());
  }

  private release(): void {
    for (const [, ask] of this.running) ask.giveUp();
    this.door?.close();
    this.door = undefined;
    for (const id of [...this.snapshots.keys()]) {
      this.options.host.run(() => this.endSnapshot(id));
    }
  }

  private finish(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.step({ type: 'gone' });
    this.farewell?.cancel();
    this.release();
    this.sender.stop();
    this.stream.destroy();
    this.options.held.totalBytes -= this.reader.heldBytes;
    this.options.onClosed(this);
    for (const resolve of this.waiters) resolve();
  }
}

type AnswerEvent = Extract<SessionEvent, { readonly id: number }>;

/** What is said in place of `reply`, which was not encoded to its end. */
function unencoded(reply: KvReply, error: unknown): KvReply {
  if (error instanceof WireError) return tooLarge(reply, error);
  const { code, detail } = toFailure(error);
  return failed(code, false, detail);
}

/** What is said in place of an answer that no frame holds. */
function tooLarge(reply: KvReply, error: WireError): KvReply {
  const isDefinite = reply.type === 'failed' && reply.isDefinite;
  return failed('answer-too-large', isDefinite, error.reason);
}
