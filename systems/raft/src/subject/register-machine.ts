/**
 * A register as a state machine: the smallest thing that shows whether a log is agreed on.
 */
import { message, optional, struct, union, varint } from '@mangrove/wire';
import type { StateMachine } from '../shell/state-machine.ts';

/** What a client asks for. `cas` writes only where the register holds `expected`. */
export type RegisterCommand =
  | { readonly type: 'write'; readonly value: number }
  | { readonly type: 'cas'; readonly expected: number; readonly value: number };

const command = message(
  'register-command',
  union('type', {
    write: { number: 1, schema: struct({ value: varint }) },
    cas: { number: 2, schema: struct({ expected: varint, value: varint }) },
  }),
  { lowest: 1, highest: 1 },
).at(1);
const state = message('register-state', optional(varint), { lowest: 1, highest: 1 }).at(1);

/** A register of integers; it begins as `undefined`. */
export class RegisterMachine implements StateMachine<Uint8Array> {
  value: number | undefined;

  /** One byte: 1 where the command took effect. */
  apply(bytes: Uint8Array): Uint8Array {
    const given = command.decode(bytes);
    const isDone = given.type === 'write' || given.expected === this.value;
    if (isDone) this.value = given.value;
    return new Uint8Array([isDone ? 1 : 0]);
  }

  snapshot(): Uint8Array {
    return state.encode(this.value);
  }

  restore(bytes: Uint8Array): void {
    this.value = bytes.length === 0 ? undefined : state.decode(bytes);
  }
}

/** The bytes of a command. */
export function encodeCommand(given: RegisterCommand): Uint8Array {
  return command.encode(given);
}

/** A command in a word, as drawings show it: `x=3`, `x:1>3`. */
export function describeCommand(encoded: Uint8Array): string {
  const given = command.decode(encoded);
  return given.type === 'write' ? `x=${given.value}` : `x:${given.expected}>${given.value}`;
}
