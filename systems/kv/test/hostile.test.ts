/**
 * Bytes at random where messages are expected, without a network: whatever they are, reading them
 * gives a message or a `WireError`, and a session that hears the message goes on or says goodbye.
 */
import { toNodeId } from '@mangrove/host';
import type { Operation } from '@mangrove/kv';
import { WireError } from '@mangrove/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CLIENT_MESSAGE,
  type ClientMessage,
  SERVER_MESSAGE,
} from '../src/protocol/native/messages.ts';
import { ServerSession, type SessionEvent } from '../src/protocol/native/server-session.ts';
import { decodeMemberMessage, encodeMemberMessage } from '../src/shell/member-messages.ts';
import { CLIENT_SAMPLES, SERVER_SAMPLES } from './native-samples.ts';

const client = CLIENT_MESSAGE.at(1);
const member = SERVER_MESSAGE.at(1);
const MEMBER_BYTES = [
  encodeMemberMessage({ type: 'ask-revision', id: 300 }),
  encodeMemberMessage({ type: 'digest', index: 70_000, digest: 0xdeadbeef }),
];

/** What was said in `samples`, with some bytes changed, put in, or left out; or nothing of it. */
function damaged(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({ where: fc.nat(), cut: fc.nat({ max: 3 }), put: fc.uint8Array(SHORT) });
  const edited = fc
    .tuple(fc.constantFrom(...samples), fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([sample, edits]) =>
      edits.reduce((bytes, { where, cut, put }) => {
        const at = where % (bytes.length + 1);
        return new Uint8Array([...bytes.subarray(0, at), ...put, ...bytes.subarray(at + cut)]);
      }, sample),
    );
  return fc.oneof(edited, fc.uint8Array({ maxLength: 200 }));
}

const SHORT = { maxLength: 4 };

/** What `read` makes of the bytes; `undefined` where it refuses them. */
function readOrRefuse<Message>(read: () => Message): Message | undefined {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
    return undefined;
  }
}

describe('R60: bytes that are no message', () => {
  const fromClients = damaged(CLIENT_SAMPLES.map((each) => client.encode(each)));
  const fromMembers = damaged(SERVER_SAMPLES.map((each) => member.encode(each)));

  it('are refused as such by members, by clients, and among members', () => {
    fc.assert(
      fc.property(fromClients, fromMembers, damaged(MEMBER_BYTES), (asked, told, sent) => {
        readOrRefuse(() => client.decode(asked));
        readOrRefuse(() => member.decode(told));
        expect(() => decodeMemberMessage(sent)).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });

  it('are those with far more operations than one may have, however small these are', () => {
    const txn = (success: readonly Operation[]): Operation => {
      return { type: 'txn', compares: [], success, failure: [] };
    };
    const requestOf = (count: number): Uint8Array => {
      const hundred = txn(Array.from({ length: 127 }, () => txn([])));
      const operation = txn(Array.from({ length: count }, () => hundred));
      const consistency = { type: 'linearizable' } as const;
      const request = { type: 'operation', operation, consistency, place: undefined } as const;
      return client.encode({ type: 'request', id: 1, timeoutMs: 5000, request });
    };
    // Some more than are allowed are a request, which is refused as such.
    expect(client.decode(requestOf(100))).toMatchObject({ type: 'request', id: 1 });
    const tooMany = expect.objectContaining({ code: 'too-long' });
    expect(() => client.decode(requestOf(128))).toThrow(tooMany);
  });

  it('that are a message all the same, in any order, leave the session within its bounds', () => {
    const heard = fromClients
      .map((bytes) => readOrRefuse(() => client.decode(bytes)))
      .filter((message) => message !== undefined);
    const event: fc.Arbitrary<SessionEvent> = fc.oneof(
      heard.map((message): SessionEvent => ({ type: 'message', message })),
      fc.constantFrom(...CLIENT_SAMPLES).map((message) => ({ type: 'message' as const, message })),
      fc.constant<SessionEvent>({ type: 'tick', waitingBytes: 1, takenCount: 0 }),
    );
    const bounds = { requestsMax: 3, frameBytesMax: 1000, greetingMs: 50, keepAliveMs: 300 };
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const identity = { cluster: 'c', member: toNodeId('n1') };
        const session = new ServerSession(identity, bounds, 0);
        session.step({ type: 'message', message: HELLO }, 0);
        let nowMs = 0;
        for (const each of events) {
          nowMs += 10;
          const wasClosed = session.isClosed;
          const effects = session.step(each, nowMs);
          if (wasClosed) expect(effects).toEqual([]);
          expect(session.requestCount).toBeLessThanOrEqual(bounds.requestsMax);
          const isOver = effects.some(({ type }) => type === 'close' || type === 'destroy');
          expect(session.isClosed).toBe(wasClosed || isOver);
        }
      }),
      { numRuns: 150 },
    );
  });
});

const HELLO: ClientMessage = { type: 'hello', lowest: 1, highest: 1, cluster: 'c' };
