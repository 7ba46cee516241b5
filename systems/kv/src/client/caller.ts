/**
 * Calls: a request is sent, and sent again where that is safe, until it is answered or its time is
 * over.
 *
 *     definite failure that may pass       -> again, after a pause
 *     indefinite failure of a read         -> again
 *     indefinite failure of a change       -> again at its place in a session; without one: error
 *     anything else                        -> error
 *
 * An error after several attempts is definite only where every one of them was.
 */
import { InvalidArgument } from '@mangrove/host';
import { type Crc32c, WireError } from '@mangrove/wire';
import type { KvErrorCode } from '../core/kv-error-code.ts';
import type { KvReply, KvRequest, SessionPlace } from '../core/kv-request.ts';
import { NO_REVISION } from '../core/revision.ts';
import { WINDOW_MAX } from '../core/session-windows.ts';
import { type ChangePlace, ChangeSession } from './change-session.ts';
import type { ClientHost } from './client-host.ts';
import { Connection, type ConnectionEnd, type RequestOutcome } from './connection.ts';
import { Deadline } from './deadline.ts';
import { Endpoints } from './endpoints.ts';
import { givenDuration, givenInteger, givenTimeout } from './given.ts';
import { KvError } from './kv-error.ts';

/** How a client calls. All have defaults. */
export interface CallerOptions {
  /** Where members listen for clients: one is enough, the client learns of the others. */
  readonly endpoints: readonly string[];
  /** Refuses members of other clusters. Default: any cluster. */
  readonly cluster?: string;
  /** How long a call may take with all its attempts, in milliseconds. Default 5000. */
  readonly timeoutMs?: number;
  /**
   * How long one member may take before another one is asked, where that is safe. Default 2000.
   * Too short: work is done twice. Too long: a member that is cut off costs so much.
   */
  readonly attemptTimeoutMs?: number;
  /** How long it may take to connect to one member, in milliseconds. Default 1000. */
  readonly connectTimeoutMs?: number;
  /**
   * Whether changes are sent again after a failure that leaves their outcome open; they are applied
   * once all the same. Default true. False: such a failure is an error with `isDefinite: false`.
   */
  readonly exactlyOnce?: boolean;
  /**
   * How many changes are under way at once in the exactly-once session, counted from the oldest
   * one; more wait. Default 1024, which members keep answers for, and the most.
   */
  readonly windowMax?: number;
  /**
   * The checksum of frames. Default: the portable one; `connectKv` brings the fastest of the
   * machine.
   */
  readonly crc32c?: Crc32c;
  /** The most calls under way or waiting; more are refused. Default 10,000. */
  readonly callsMax?: number;
}

/** What one call may have of its own. */
export interface CallOptions {
  /** How long it may take. Default: that of the client. */
  readonly timeoutMs?: number;
  /** Gives the call up. What it asked for may happen all the same. */
  readonly signal?: AbortSignal;
}

/** An answer that is no failure. */
export type Done = Extract<KvReply, { type: 'done' }>;
type Failed = Extract<KvReply, { type: 'failed' }>;

/** How a request is treated. */
interface Treatment {
  /** Whether it goes to the leader where that is known. */
  readonly wantsLeader: boolean;
  /** Whether it may be done twice without harm. */
  readonly isRepeatable: boolean;
}

/** How a change at a place in a session is treated. */
const REPEATABLE_CHANGE: Treatment = { wantsLeader: true, isRepeatable: true };

/** Failures that may pass: where they are definite, the same request may succeed in a moment. */
const PASSING: ReadonlySet<KvErrorCode> = new Set([
  'no-leader',
  'leadership-lost',
  'too-many-requests',
  'too-stale',
  'unavailable',
  'timeout',
  'closed',
  'session-expired',
]);

/** The first pause between attempts, and the longest one, in milliseconds. */
const PAUSE_MS = 5;
const PAUSE_MS_MAX = 200;

/** Calls members. */
export class Caller {
  readonly host: ClientHost;
  readonly endpoints: Endpoints;
  private readonly timeoutMs: number;
  private readonly attemptTimeoutMs: number;
  private readonly callsMax: number;
  private readonly session: ChangeSession | undefined;
  private callCount = 0;
  private term = 0;
  private isClosed = false;

  constructor(host: ClientHost, options: CallerOptions) {
    const { cluster = '', endpoints } = options;
    const connectTimeoutMs = givenDuration('connectTimeoutMs', options.connectTimeoutMs ?? 1000, 1);
    const { exactlyOnce = true, windowMax = WINDOW_MAX } = options;
    if (!Number.isSafeInteger(windowMax) || windowMax < 1 || windowMax > WINDOW_MAX) {
      throw new InvalidArgument('windowMax', windowMax, `an integer from 1 to ${WINDOW_MAX}`);
    }
    this.host = host;
    this.timeoutMs = givenDuration('timeoutMs', options.timeoutMs ?? 5000, 1);
    const attemptTimeoutMs = options.attemptTimeoutMs ?? 2000;
    this.attemptTimeoutMs = givenDuration('attemptTimeoutMs', attemptTimeoutMs, 1);
    this.callsMax = givenInteger('callsMax', options.callsMax ?? 10_000, 1);
    const { crc32c } = options;
    this.endpoints = new Endpoints(host, { endpoints, cluster, connectTimeoutMs, crc32c });
    this.session = exactlyOnce ? new ChangeSession(windowMax) : undefined;
  }

  /** Calls with a request that changes nothing, or that may be repeated without harm. */
  repeatable(request: KvRequest, options: CallOptions = {}, wantsLeader = false): Promise<Done> {
    return this.call(request, options, { wantsLeader, isRepeatable: true });
  }

  /** Calls with a change that knows no sessions. */
  once(request: KvRequest, options: CallOptions = {}): Promise<Done> {
    return this.call(request, options, { wantsLeader: true, isRepeatable: false });
  }

  /** Calls with a change, at a place in a session where this client has some. */
  change(
    make: (place: SessionPlace | undefined) => KvRequest,
    options: CallOptions = {},
  ): Promise<Done> {
    givenTimeout(options.timeoutMs);
    const { session } = this;
    if (session === undefined) return this.once(make(undefined), options);
    return this.changeInSession(session, make, options);
  }

  /** Calls one member and no other, once. */
  async at(address: string, request: KvRequest, options: CallOptions = {}): Promise<Done> {
    return await this.within(options, async (deadline) => {
      const connection = await this.endpoints.connection(address);
      if (!(connection instanceof Connection)) throw endError(connection, true);
      const outcome = await this.send(connection, request, deadline, deadline.remainingMs);
      if (outcome.type === 'silent') throw deadline.error(false);
      if (outcome.type === 'lost') throw endError(outcome.end, false);
      if (outcome.reply.type === 'failed')
        throw replyError(outcome.reply, outcome.reply.isDefinite);
      return outcome.reply;
    });
  }

  /** Ends all calls and connections. */
  close(): void {
    this.isClosed = true;
    this.endpoints.close();
  }

  private async within<Result>(
    options: CallOptions,
    work: (deadline: Deadline) => Promise<Result>,
  ): Promise<Result> {
    givenTimeout(options.timeoutMs);
    if (this.isClosed) throw endError({ code: 'closed', detail: 'the client was closed' }, true);
    if (this.callCount >= this.callsMax) {
      const detail = `${this.callCount} calls of this client are under way`;
      throw new KvError('too-many-requests', { isDefinite: true, detail });
    }
    return await this.timed(options.timeoutMs ?? this.timeoutMs, options.signal, work);
  }

  private async timed<Result>(
    timeoutMs: number,
    signal: AbortSignal | undefined,
    work: (deadline: Deadline) => Promise<Result>,
  ): Promise<Result> {
    this.callCount += 1;
    const deadline = new Deadline(this.host, timeoutMs, signal);
    try {
      return await work(deadline);
    } finally {
      deadline.end();
      this.callCount -= 1;
    }
  }

  /**
   * The first try, where a connection is open, has no timer, signal or promise of its own: most
   * calls need no other. What it does not settle goes on with all of that.
   */
  private call(request: KvRequest, options: CallOptions, treatment: Treatment): Promise<Done> {
    const { timeoutMs = this.timeoutMs, signal } = options;
    givenTimeout(timeoutMs);
    const connection =
      signal === undefined && timeoutMs > 0
        ? this.endpoints.open(treatment.wantsLeader)
        : undefined;
    if (connection === undefined || this.isClosed || this.callCount >= this.callsMax) {
      return this.within(options, (deadline) => this.attempt(deadline, request, treatment));
    }
    this.callCount += 1;
    return new Promise((resolve) => {
      const endMs = this.host.clock.now() + timeoutMs;
      const patienceMs = this.patienceOf(treatment, timeoutMs);
      this.dispatch(connection, request, timeoutMs, patienceMs, (outcome) => {
        this.callCount -= 1;
        if (outcome.type === 'replied' && outcome.reply.type === 'done') {
          this.noteTerm(outcome.reply.header.term, connection);
          resolve(outcome.reply);
          return;
        }
        const restMs = endMs - this.host.clock.now();
        const goOn = (deadline: Deadline) =>
          this.attempt(deadline, request, treatment, { outcome, connection });
        resolve(this.timed(restMs, undefined, goOn));
      });
    });
  }

  private async changeInSession(
    session: ChangeSession,
    make: (place: SessionPlace | undefined) => KvRequest,
    options: CallOptions,
  ): Promise<Done> {
    const endMs = this.host.clock.now() + (options.timeoutMs ?? this.timeoutMs);
    let rest = options;
    for (;;) {
      let place = session.next();
      if (place === undefined) {
        place = await this.within(rest, (deadline) => this.place(session, deadline));
        rest = { ...options, timeoutMs: endMs - this.host.clock.now() };
      }
      let isLost = false;
      try {
        return await this.call(make(place), rest, REPEATABLE_CHANGE);
      } catch (error) {
        isLost = error instanceof KvError && error.code === 'session-expired';
        rest = { ...options, timeoutMs: endMs - this.host.clock.now() };
        // It was not applied, and a session that was idle for long may be gone: a new one.
        if (!isLost || !(error as KvError).isDefinite || (rest.timeoutMs ?? 0) <= 0) throw error;
      } finally {
        if (isLost) session.lose(place);
        else session.release(place);
      }
    }
  }

  private async place(session: ChangeSession, deadline: Deadline): Promise<ChangePlace> {
    for (;;) {
      const place = session.next();
      if (place !== undefined) return place;
      if (deadline.isOver) throw deadline.error(true);
      if (session.begins()) await this.openSession(session, deadline);
      else {
        await new Promise<void>((resolve) => {
          const end = () => {
            forgetWait();
            forgetEnd();
            resolve();
          };
          const forgetWait = session.wait(end);
          const forgetEnd = deadline.onOver(end);
        });
      }
    }
  }

  private async openSession(session: ChangeSession, deadline: Deadline): Promise<void> {
    try {
      const done = await this.attempt(deadline, { type: 'open-session' }, REPEATABLE_CHANGE);
      if (done.result.type !== 'session') throw unexpected(done);
      session.opened(done.result.session);
    } catch (error) {
      session.lose();
      // The change itself was not sent yet, whatever became of its session.
      if (error instanceof KvError) {
        const { code, detail } = error;
        throw new KvError(code, { isDefinite: true, detail, cause: error });
      }
      throw error;
    }
  }

  private async attempt(
    deadline: Deadline,
    request: KvRequest,
    treatment: Treatment,
    first?: { readonly outcome: RequestOutcome; readonly connection: Connection },
  ): Promise<Done> {
    const { isRepeatable, wantsLeader } = treatment;
    const failures = new Failures(isRepeatable);
    if (first !== undefined) this.settle(first.outcome, first.connection, failures);
    for (let count = first === undefined ? 0 : 1; !deadline.isOver; count += 1) {
      if (count > 0) await deadline.sleep(this.pauseMs(count));
      if (deadline.isOver) break;
      const connection = await this.connected(deadline, wantsLeader);
      if (deadline.isOver) break;
      if (!(connection instanceof Connection)) {
        failures.noteUnsent(connection);
        if (this.isClosed) break;
        continue;
      }
      const patienceMs = this.patienceOf(treatment, deadline.remainingMs);
      const outcome = await this.send(connection, request, deadline, patienceMs);
      const done = this.settle(outcome, connection, failures);
      if (done !== undefined) return done;
    }
    throw failures.error(deadline);
  }

  /** How long one member may take: as long as the call, where it must not be sent again. */
  private patienceOf({ isRepeatable }: Treatment, remainingMs: number): number {
    const isShort = isRepeatable && this.attemptTimeoutMs < remainingMs;
    return isShort ? this.attemptTimeoutMs : remainingMs;
  }

  /** The answer, where the outcome is one; else it is noted as a failure, which may throw. */
  private settle(
    outcome: RequestOutcome,
    connection: Connection,
    failures: Failures,
  ): Done | undefined {
    if (outcome.type === 'silent') {
      failures.noteSilence(undefined);
      if (outcome.isImpatient) this.endpoints.noteTrouble(connection);
      this.leaveIfDeaf(connection, outcome.sentMs);
    } else if (outcome.type === 'lost') {
      failures.noteSilence(outcome.end);
    } else if (outcome.reply.type === 'done') {
      this.noteTerm(outcome.reply.header.term, connection);
      return outcome.reply;
    } else {
      failures.noteReply(outcome.reply);
      this.noteFailure(outcome.reply, connection);
    }
    return undefined;
  }

  /**
   * What is sent once waits to the end of its call; the next call is not to meet the same, on this
   * connection or on another one: all members may have lost their power.
   */
  private leaveIfDeaf(connection: Connection, sentMs: number): void {
    const sinceMs = this.host.clock.now() - this.attemptTimeoutMs;
    if (sentMs > sinceMs || connection.heardMs > sinceMs) return;
    this.endpoints.noteTrouble(connection);
    connection.close('unavailable', 'it was silent');
    this.endpoints.leaveUnheard(sentMs);
  }

  private noteFailure({ code, leader }: Failed, connection: Connection): void {
    if (code === 'too-many-requests') return;
    if (leader !== undefined && leader !== connection.member) this.endpoints.noteLeader(leader);
    else this.endpoints.noteTrouble(connection);
  }

  // A new term has a new leader: the member that answered knows it.
  private noteTerm(term: number, connection: Connection): void {
    if (term <= this.term) return;
    const isFirst = this.term === 0;
    this.term = term;
    if (!isFirst && connection.ended === undefined) this.endpoints.learnFrom(connection);
  }

  private connected(deadline: Deadline, wantsLeader: boolean): Promise<Connection | ConnectionEnd> {
    const picked = this.endpoints.pick(wantsLeader);
    return new Promise((resolve, reject) => {
      const forget = deadline.onOver(() => {
        resolve({ code: 'unavailable', detail: 'no member answered in time' });
      });
      picked.then(
        (connection) => {
          forget();
          resolve(connection);
        },
        (error: unknown) => {
          forget();
          reject(error);
        },
      );
    });
  }

  /** Sends once; `silent` where no answer came in time, or the call was given up. */
  private send(
    connection: Connection,
    request: KvRequest,
    deadline: Deadline,
    patienceMs: number,
  ): Promise<RequestOutcome> {
    return new Promise((resolve) => {
      const sentMs = this.host.clock.now();
      const end = (outcome: RequestOutcome) => {
        forget();
        resolve(outcome);
      };
      const forget = deadline.onOver(() => {
        connection.cancel(id);
        end({ type: 'silent', isImpatient: false, sentMs });
      });
      const id = this.dispatch(connection, request, deadline.remainingMs, patienceMs, end);
    });
  }

  private dispatch(
    connection: Connection,
    request: KvRequest,
    timeoutMs: number,
    patienceMs: number,
    end: (outcome: RequestOutcome) => void,
  ): number {
    if (connection.ended !== undefined) {
      // It ended between being picked and now: nothing was sent.
      end({ type: 'replied', reply: unsent('unavailable', connection.ended.detail) });
      return 0;
    }
    if (connection.room <= 0) {
      end({ type: 'replied', reply: unsent('too-many-requests', 'the connection is full') });
      return 0;
    }
    try {
      return connection.request(request, timeoutMs, patienceMs, end);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const code = error.code === 'too-long' ? 'request-too-large' : 'bad-request';
      end({ type: 'replied', reply: unsent(code, error.message) });
      return 0;
    }
  }

  private pauseMs(count: number): number {
    const longest = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** Math.min(count, 10));
    return this.host.random.between(Math.ceil(longest / 2), longest);
  }
}

/** What went wrong with a call so far; throws as soon as it must not go on. */
class Failures {
  private readonly isRepeatable: boolean;
  private isDefinite = true;
  private isSilent = false;
  private last: KvError | undefined;

  constructor(isRepeatable: boolean) {
    this.isRepeatable = isRepeatable;
  }

  /** Nobody was there to send it to. */
  noteUnsent(end: ConnectionEnd): void {
    this.isSilent = false;
    this.last = endError(end, this.isDefinite);
  }

  /** It was sent and not answered. */
  noteSilence(end: ConnectionEnd | undefined): void {
    this.isDefinite = false;
    this.isSilent = end === undefined;
    // Without an end it was the call's own time that was over; what failed before says nothing now.
    if (end === undefined) return;
    this.last = endError(end, false);
    if (!this.isRepeatable) throw this.last;
  }

  /** A member refused it. */
  noteReply(reply: Failed): void {
    const { code } = reply;
    this.isDefinite &&= reply.isDefinite;
    this.isSilent = false;
    // What the store itself says of a change is said of the one time that it was applied.
    const isOutcome = !PASSING.has(code) && reply.isDefinite;
    this.last = replyError(reply, isOutcome || this.isDefinite);
    const mayPass = PASSING.has(code) && code !== 'session-expired';
    if (!mayPass || !(reply.isDefinite || this.isRepeatable)) throw this.last;
  }

  /** The error of a call that went on as long as it could: what stood in its way at last. */
  error(deadline: Deadline): KvError {
    const { last, isDefinite } = this;
    if (last === undefined || this.isSilent || deadline.isAborted) {
      return deadline.error(isDefinite, last);
    }
    return new KvError(last.code, { isDefinite, detail: last.detail, cause: last });
  }
}

/** The error of an answer that has the wrong type: the member broke the protocol. */
export function unexpected(done: Done): KvError {
  const detail = `an answer of type ${done.result.type}`;
  return new KvError('bad-request', { isDefinite: false, detail });
}

function unsent(code: KvErrorCode, detail: string): Failed {
  const nothing = { leader: undefined, compactRevision: NO_REVISION };
  return { type: 'failed', code, isDefinite: true, detail, ...nothing };
}

/** The error of a connection that ended, or did not come about. */
export function endError({ code, detail }: ConnectionEnd, isDefinite: boolean): KvError {
  return new KvError(code, { isDefinite, detail });
}

/** The error of a reply that refuses. */
export function replyError(reply: Failed, isDefinite: boolean): KvError {
  const { code, detail, compactRevision } = reply;
  return new KvError(code, { isDefinite, detail, compactRevision });
}
