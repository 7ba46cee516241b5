/**
 * One client of a member, as a pure core: messages and time go in, effects come out.
 *
 *     greeting --hello--> open --goodbye, silence, a breach of the rules--> closed
 *
 * What a client may hold of the member is bounded: requests without an answer, bytes of events
 * beyond its credit (none), time without a word, time in which it takes nothing that waits for it.
 */
import { type NodeId, NumberMap } from '@mangrove/host';
import { commonVersion } from '@mangrove/wire';
import type { KvErrorCode } from '../../core/kv-error-code.ts';
import type { KvReply, KvRequest } from '../../core/kv-request.ts';
import { NO_REVISION } from '../../core/revision.ts';
import type { WatchId, WatchRequest } from '../../core/watch-message.ts';
import {
  type ClientMessage,
  type Frame,
  PROTOCOL_VERSIONS,
  type ServerMessage,
} from './messages.ts';

/** What a session may cost a member. */
export interface SessionBounds {
  /** The most requests without an answer; more are refused with `too-many-requests`. */
  readonly requestsMax: number;
  /** The most bytes of a frame from the client. */
  readonly frameBytesMax: number;
  /** How long the hello may take, in milliseconds. */
  readonly greetingMs: number;
  /** How long a client may be silent, or take nothing of what waits for it, in milliseconds. */
  readonly keepAliveMs: number;
}

/** Who a client speaks to. */
export interface ServerIdentity {
  readonly cluster: string;
  readonly member: NodeId;
}

/** What happens to a session. */
export type SessionEvent =
  | { readonly type: 'message'; readonly message: ClientMessage }
  /** What came cannot be read. */
  | { readonly type: 'unreadable'; readonly code: KvErrorCode; readonly detail: string }
  /** The member has the answer to a request. */
  | { readonly type: 'answered'; readonly id: number; readonly reply: KvReply }
  /** The same, as the frame of its message. */
  | { readonly type: 'encoded'; readonly id: number; readonly frame: Frame }
  /** A message of a watcher was sent. */
  | { readonly type: 'watch-sent'; readonly sizeBytes: number }
  /** Time has passed; how much waits to be taken, and how often something was taken so far. */
  | { readonly type: 'tick'; readonly waitingBytes: number; readonly takenCount: number }
  /** The connection is over. */
  | { readonly type: 'gone' }
  /** The member stops. */
  | { readonly type: 'stop' };

/** What a session wants done. */
export type SessionEffect =
  | { readonly type: 'send'; readonly message: ServerMessage }
  | { readonly type: 'send-frame'; readonly frame: Frame }
  /** Frames up to the bound of an open session may come from now on. */
  | { readonly type: 'opened' }
  | { readonly type: 'handle'; readonly id: number; readonly request: KvRequest }
  /** Nobody wants the answer any more. */
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'watch-create'; readonly watchId: WatchId; readonly request: WatchRequest }
  | { readonly type: 'watch-cancel'; readonly watchId: WatchId }
  | { readonly type: 'watch-progress' }
  /** There is credit for messages of watchers. */
  | { readonly type: 'watch-take' }
  | { readonly type: 'snapshot-next' | 'snapshot-cancel'; readonly id: number }
  /** Sends what waits, and ends the connection. */
  | { readonly type: 'close' }
  /** Ends the connection at once: its client takes nothing. */
  | { readonly type: 'destroy' };

/** The session of one connection. */
export class ServerSession {
  private readonly identity: ServerIdentity;
  private readonly bounds: SessionBounds;
  private phase: 'greeting' | 'open' | 'closed' = 'greeting';
  // When the answer of each request is given up; infinity where the client waits for ever. One that
  // was given up counts until the member is done with it.
  private readonly requests = new NumberMap<number, number | 'given-up'>();
  private credit = 0;
  private heardMs: number;
  private takenMs: number;
  private takenCount = 0;

  constructor(identity: ServerIdentity, bounds: SessionBounds, nowMs: number) {
    this.identity = identity;
    this.bounds = bounds;
    this.heardMs = nowMs;
    this.takenMs = nowMs;
  }

  /** Whether messages of watchers may be sent. */
  get hasCredit(): boolean {
    return this.credit > 0 && this.phase === 'open';
  }

  /** Whether it is over: nothing more comes of it. */
  get isClosed(): boolean {
    return this.phase === 'closed';
  }

  /** How many requests have no answer yet. */
  get requestCount(): number {
    return this.requests.size;
  }

  /** Takes in `event`, which happened at `nowMs`. */
  step(event: SessionEvent, nowMs: number): readonly SessionEffect[] {
    if (this.phase === 'closed') return NONE;
    switch (event.type) {
      case 'message':
        this.heardMs = nowMs;
        return this.onMessage(event.message, nowMs);
      case 'unreadable':
        return this.goodbye(event.code, event.detail);
      case 'answered': {
        const { id, reply } = event;
        if (!this.endRequest(id)) return NONE;
        return [{ type: 'send', message: { type: 'reply', id, reply } }];
      }
      case 'encoded':
        return this.endRequest(event.id) ? [{ type: 'send-frame', frame: event.frame }] : NONE;
      case 'watch-sent':
        this.credit -= event.sizeBytes;
        return NONE;
      case 'tick':
        return this.onTick(event.waitingBytes, event.takenCount, nowMs);
      case 'gone':
        this.phase = 'closed';
        return NONE;
      case 'stop':
        return this.goodbye('closed', 'the member stops');
    }
  }

  /** Whether its answer is wanted. */
  private endRequest(id: number): boolean {
    const state = this.requests.get(id);
    this.requests.delete(id);
    return state !== undefined && state !== 'given-up';
  }

  private onMessage(message: ClientMessage, nowMs: number): readonly SessionEffect[] {
    if (message.type === 'hello') return this.onHello(message);
    if (this.phase === 'greeting') {
      return this.goodbye('bad-request', `${message.type} before the hello was answered`);
    }
    switch (message.type) {
      case 'request':
        return this.onRequest(message.id, message.timeoutMs, message.request, nowMs);
      case 'cancel':
        return this.onCancel(message.id);
      case 'watch-create':
      case 'watch-cancel':
      case 'watch-progress':
      case 'snapshot-next':
        return [message];
      case 'credit':
        this.credit = Math.min(this.credit + message.sizeBytes, CREDIT_MAX);
        return [{ type: 'watch-take' }];
      case 'ping':
        return [{ type: 'send', message: { type: 'pong' } }];
    }
  }

  private onHello(hello: Extract<ClientMessage, { type: 'hello' }>): readonly SessionEffect[] {
    if (this.phase !== 'greeting') return this.goodbye('bad-request', 'a second hello');
    const { cluster, member } = this.identity;
    const version = commonVersion(PROTOCOL_VERSIONS, hello);
    if (version === undefined) {
      const { lowest, highest } = PROTOCOL_VERSIONS;
      const theirs = `${hello.lowest} to ${hello.highest}`;
      const detail = `the client speaks versions ${theirs}, the member ${lowest} to ${highest}`;
      return this.goodbye('bad-request', detail);
    }
    if (hello.cluster !== '' && hello.cluster !== cluster) {
      const detail = `this is cluster '${cluster}', and '${hello.cluster}' is wanted`;
      return this.goodbye('bad-request', detail);
    }
    this.phase = 'open';
    const { requestsMax, frameBytesMax, keepAliveMs } = this.bounds;
    const bounds = { requestsMax, frameBytesMax, keepAliveMs };
    const message: ServerMessage = { type: 'welcome', version, cluster, member, ...bounds };
    return [{ type: 'opened' }, { type: 'send', message }];
  }

  private onRequest(
    id: number,
    timeoutMs: number,
    request: KvRequest,
    nowMs: number,
  ): readonly SessionEffect[] {
    if (this.requests.has(id)) return this.goodbye('bad-request', `request ${id} is under way`);
    if (this.requests.size >= this.bounds.requestsMax) {
      const detail = `${this.requests.size} requests of this connection have no answer yet`;
      const reply = failed('too-many-requests', true, detail);
      return [{ type: 'send', message: { type: 'reply', id, reply } }];
    }
    this.requests.set(id, timeoutMs === 0 ? Number.POSITIVE_INFINITY : nowMs + timeoutMs);
    return [{ type: 'handle', id, request }];
  }

  private onCancel(id: number): readonly SessionEffect[] {
    const state = this.requests.get(id);
    if (state === undefined) return [{ type: 'snapshot-cancel', id }];
    if (state === 'given-up') return NONE;
    this.requests.set(id, 'given-up');
    return [{ type: 'abort', id }];
  }

  private onTick(
    waitingBytes: number,
    takenCount: number,
    nowMs: number,
  ): readonly SessionEffect[] {
    const { greetingMs, keepAliveMs } = this.bounds;
    if (waitingBytes === 0 || takenCount !== this.takenCount) this.takenMs = nowMs;
    this.takenCount = takenCount;
    if (nowMs - this.takenMs > keepAliveMs) {
      this.phase = 'closed';
      return [{ type: 'destroy' }];
    }
    const silenceMs = nowMs - this.heardMs;
    if (this.phase === 'greeting' && silenceMs > greetingMs) {
      return this.goodbye('timeout', `no hello came within ${greetingMs} ms`);
    }
    if (silenceMs > keepAliveMs) {
      return this.goodbye('timeout', `nothing was heard for ${keepAliveMs} ms`);
    }
    const effects: SessionEffect[] = [];
    for (const [id, atMs] of this.requests) {
      if (atMs === 'given-up' || atMs > nowMs) continue;
      this.requests.set(id, 'given-up');
      const reply = failed('timeout', false, '');
      effects.push({ type: 'abort', id });
      effects.push({ type: 'send', message: { type: 'reply', id, reply } });
    }
    return effects;
  }

  private goodbye(code: KvErrorCode, detail: string): readonly SessionEffect[] {
    this.phase = 'closed';
    this.requests.clear();
    const message: ServerMessage = { type: 'goodbye', code, detail: detail.slice(0, DETAIL_MAX) };
    return [{ type: 'send', message }, { type: 'close' }];
  }
}

/** The reply that something failed at the door. */
export function failed(code: KvErrorCode, isDefinite: boolean, detail: string): KvReply {
  const compactRevision = NO_REVISION;
  return { type: 'failed', code, isDefinite, detail, leader: undefined, compactRevision };
}

const NONE: readonly SessionEffect[] = [];

/** Credit beyond this is not counted. */
const CREDIT_MAX = 67_108_864;

/** The most characters of a detail: four bytes each fit its field. */
const DETAIL_MAX = 250;
