/**
 * A state machine with sessions around another one: its commands are applied exactly once.
 *
 *     command => 1 (opens a session; its number is the index of the entry)
 *              | 2 session:uvarint sequence:uvarint data:bytes
 *     state   => sessions:(session sequence result?)*  inner:bytes
 */
import { array, bytes, message, optional, struct, union, uvarint } from '@mangrove/wire';
import type { LogIndex } from '../core/positions.ts';
import { type SessionOutcome, SessionTable } from '../core/sessions.ts';
import { COMMAND_BYTES_READ_MAX } from './peer-codec.ts';
import type { StateMachine } from './state-machine.ts';

/** The most sessions; beyond it the least recently used is closed. */
export const SESSIONS_MAX = 10_000;

/** What a session command is for. */
export type SessionCommand =
  | { readonly type: 'open' }
  | {
      readonly type: 'command';
      readonly session: number;
      readonly sequence: number;
      readonly data: Uint8Array;
    };

/** The result of a session command: `opened` for `open`, else what became of the command. */
export type SessionResult =
  | { readonly type: 'opened'; readonly session: number }
  | SessionOutcome<Uint8Array>;

const data = bytes({ max: COMMAND_BYTES_READ_MAX });
const VERSIONS = { lowest: 1, highest: 1 } as const;
const command = message(
  'session-command',
  union('type', {
    open: { number: 1, schema: struct({}) },
    command: { number: 2, schema: struct({ session: uvarint, sequence: uvarint, data }) },
  }),
  VERSIONS,
).at(1);
const record = struct({ session: uvarint, sequence: uvarint, result: optional(data) });
const state = message(
  'session-state',
  struct({ sessions: array(record, { max: SESSIONS_MAX }), inner: bytes({ max: 67_108_864 }) }),
  VERSIONS,
).at(1);

/** The machine around `inner`, whose results are bytes, since snapshots carry them. */
export class SessionMachine implements StateMachine<SessionResult> {
  private readonly inner: StateMachine<Uint8Array>;
  private readonly sessions = new SessionTable<Uint8Array>(SESSIONS_MAX);

  constructor(inner: StateMachine<Uint8Array>) {
    this.inner = inner;
  }

  apply(encoded: Uint8Array, index: LogIndex): SessionResult {
    const given = command.decode(encoded);
    if (given.type === 'open') {
      this.sessions.open(index);
      return { type: 'opened', session: index };
    }
    const { session, sequence, data: wanted } = given;
    return this.sessions.apply(session, sequence, () => this.inner.apply(wanted, index));
  }

  snapshot(): Uint8Array {
    return state.encode({ sessions: this.sessions.all(), inner: this.inner.snapshot() });
  }

  restore(encoded: Uint8Array): void {
    const isEmpty = encoded.length === 0;
    const { sessions, inner } = isEmpty ? { sessions: [], inner: encoded } : state.decode(encoded);
    this.sessions.restore(sessions);
    this.inner.restore(inner);
  }
}

/** The bytes of a session command, to be proposed. */
export function encodeSessionCommand(given: SessionCommand): Uint8Array {
  return command.encode(given);
}

/** The session command in `bytes`; throws `WireError`. */
export function decodeSessionCommand(encoded: Uint8Array): SessionCommand {
  return command.decode(encoded);
}
