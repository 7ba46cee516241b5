/**
 * The session of a connection, event by event: what it lets through, and how it ends.
 */
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import type { KvReply } from '../../core/kv-request.ts';
import type { ClientMessage } from './messages.ts';
import { failed, ServerSession, type SessionEffect, type SessionEvent } from './server-session.ts';

const BOUNDS = { requestsMax: 2, frameBytesMax: 1000, greetingMs: 50, keepAliveMs: 300 };
const HELLO: ClientMessage = { type: 'hello', lowest: 1, highest: 1, cluster: 'c' };

class Stage {
  nowMs = 0;
  readonly session = new ServerSession({ cluster: 'c', member: toNodeId('n1') }, BOUNDS, 0);

  step(event: SessionEvent): readonly SessionEffect[] {
    return this.session.step(event, this.nowMs);
  }

  hear(message: ClientMessage): readonly SessionEffect[] {
    return this.step({ type: 'message', message });
  }

  ask(id: number, timeoutMs = 0): readonly SessionEffect[] {
    return this.hear({ type: 'request', id, timeoutMs, request: { type: 'status' } });
  }

  tick(nowMs: number, waitingBytes = 0, takenCount = 0): readonly SessionEffect[] {
    this.nowMs = nowMs;
    return this.step({ type: 'tick', waitingBytes, takenCount });
  }
}

function opened(): Stage {
  const stage = new Stage();
  stage.hear(HELLO);
  return stage;
}

function farewell(code: string, detail: string): readonly object[] {
  const message = expect.objectContaining({
    ...{ type: 'goodbye', code },
    detail: expect.stringContaining(detail),
  });
  return [{ type: 'send', message }, { type: 'close' }];
}

const REPLY: KvReply = failed('no-leader', true, '');

describe('the greeting', () => {
  it('opens a session, and tells its bounds', () => {
    expect(new Stage().hear(HELLO)).toEqual([
      { type: 'opened' },
      {
        type: 'send',
        message: {
          ...{ type: 'welcome', version: 1, cluster: 'c', member: 'n1' },
          ...{ requestsMax: 2, frameBytesMax: 1000, keepAliveMs: 300 },
        },
      },
    ]);
  });

  it.each([
    ['another cluster', { ...HELLO, cluster: 'd' }, "this is cluster 'c'"],
    ['no version in common', { ...HELLO, lowest: 8, highest: 9 }, 'versions 8 to 9'],
    ['anything but a hello', { type: 'ping' }, 'ping before the hello'],
  ] as const)('ends with %s', (_what, message, detail) => {
    expect(new Stage().hear(message as ClientMessage)).toEqual(farewell('bad-request', detail));
  });

  it('is waited for only so long', () => {
    const stage = new Stage();
    expect(stage.tick(50)).toEqual([]);
    expect(stage.tick(51)).toEqual(farewell('timeout', 'no hello'));
  });

  it('happens once', () => {
    expect(opened().hear(HELLO)).toEqual(farewell('bad-request', 'second hello'));
  });
});

describe('R61: requests', () => {
  it('are answered in any order', () => {
    const stage = opened();
    expect(stage.ask(7)).toEqual([{ type: 'handle', id: 7, request: { type: 'status' } }]);
    stage.ask(8);
    for (const id of [8, 7]) {
      const effects = stage.step({ type: 'answered', id, reply: REPLY });
      expect(effects).toEqual([{ type: 'send', message: { type: 'reply', id, reply: REPLY } }]);
    }
  });

  it('are answered by a frame where the member has made one, once and if it is wanted', () => {
    const stage = opened();
    const frame = [Uint8Array.of(1)];
    stage.ask(7);
    const effects = stage.step({ type: 'encoded', id: 7, frame });
    expect(effects).toEqual([{ type: 'send-frame', frame }]);
    expect(stage.step({ type: 'encoded', id: 7, frame })).toEqual([]);
    stage.ask(8);
    stage.hear({ type: 'cancel', id: 8 });
    expect(stage.step({ type: 'encoded', id: 8, frame })).toEqual([]);
    expect(stage.session.requestCount).toBe(0);
  });

  it('beyond the bound are refused, and definitely not done', () => {
    const stage = opened();
    stage.ask(1);
    stage.ask(2);
    const reply = expect.objectContaining({ code: 'too-many-requests', isDefinite: true });
    expect(stage.ask(3)).toEqual([{ type: 'send', message: { type: 'reply', id: 3, reply } }]);
    stage.step({ type: 'answered', id: 1, reply: REPLY });
    expect(stage.ask(4)).toEqual([expect.objectContaining({ type: 'handle' })]);
  });

  it('that were canceled, or whose time is over, get no answer of the member any more', () => {
    const stage = opened();
    stage.ask(1);
    expect(stage.hear({ type: 'cancel', id: 1 })).toEqual([{ type: 'abort', id: 1 }]);
    expect(stage.step({ type: 'answered', id: 1, reply: REPLY })).toEqual([]);
    stage.ask(2, 100);
    expect(stage.tick(99)).toEqual([]);
    const reply = expect.objectContaining({ code: 'timeout', isDefinite: false });
    expect(stage.tick(101)).toEqual([
      { type: 'abort', id: 2 },
      { type: 'send', message: { type: 'reply', id: 2, reply } },
    ]);
    expect(stage.step({ type: 'answered', id: 2, reply: REPLY })).toEqual([]);
  });

  it('that were given up count until the member is done with them', () => {
    const stage = opened();
    for (const id of [1, 2]) {
      stage.ask(id);
      stage.hear({ type: 'cancel', id });
    }
    const reply = expect.objectContaining({ code: 'too-many-requests' });
    expect(stage.ask(3)).toEqual([{ type: 'send', message: { type: 'reply', id: 3, reply } }]);
    stage.step({ type: 'answered', id: 1, reply: REPLY });
    expect(stage.ask(3)).toEqual([expect.objectContaining({ type: 'handle' })]);
  });

  it('under a number that is in use end the connection', () => {
    const stage = opened();
    stage.ask(1);
    expect(stage.ask(1)).toEqual(farewell('bad-request', 'request 1 is under way'));
    expect(stage.step({ type: 'answered', id: 1, reply: REPLY })).toEqual([]);
  });
});

describe('a client', () => {
  it('that says nothing for long is half a connection, and is closed', () => {
    const stage = opened();
    stage.nowMs = 200;
    expect(stage.hear({ type: 'ping' })).toEqual([{ type: 'send', message: { type: 'pong' } }]);
    expect(stage.tick(500)).toEqual([]);
    expect(stage.tick(501)).toEqual(farewell('timeout', 'nothing was heard'));
  });

  it('that takes nothing of what waits for it is cut off', () => {
    const stage = opened();
    for (const nowMs of [100, 200, 300, 400]) {
      expect(stage.tick(nowMs, 10, nowMs <= 200 ? nowMs : 200)).toEqual([]);
      stage.hear({ type: 'ping' });
    }
    stage.hear({ type: 'ping' });
    expect(stage.tick(501, 10, 200)).toEqual([{ type: 'destroy' }]);
  });

  it('that sends what cannot be read is told so', () => {
    const event = { type: 'unreadable', code: 'request-too-large', detail: '9 bytes' } as const;
    expect(opened().step(event)).toEqual(farewell('request-too-large', '9 bytes'));
  });
});

describe('R61: events of watchers', () => {
  it('are sent as far as there is credit', () => {
    const stage = opened();
    expect(stage.session.hasCredit).toBe(false);
    expect(stage.hear({ type: 'credit', sizeBytes: 10 })).toEqual([{ type: 'watch-take' }]);
    stage.step({ type: 'watch-sent', sizeBytes: 9 });
    expect(stage.session.hasCredit).toBe(true);
    // The last message may be larger than what is left.
    stage.step({ type: 'watch-sent', sizeBytes: 9 });
    stage.hear({ type: 'credit', sizeBytes: 8 });
    expect(stage.session.hasCredit).toBe(false);
    stage.hear({ type: 'credit', sizeBytes: 1 });
    expect(stage.session.hasCredit).toBe(true);
  });
});
