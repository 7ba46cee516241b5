/**
 * A register as a state machine: the smallest thing that shows whether a log is agreed on.
 */
import { assert } from '@mangrove/host';
import { message, optional, struct, union, uvarint, varint } from '@mangrove/wire';
import type { LogIndex } from '../core/positions.ts';
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
const state = message(
  'register-state',
  struct({ value: optional(varint), appliedCount: uvarint, digest: uvarint, lastIndex: uvarint }),
  { lowest: 1, highest: 1 },
).at(1);

/** A register of integers; it begins as `undefined`. */
export class RegisterMachine implements StateMachine<Uint8Array> {
  value: number | undefined;
  /** How many commands made it what it is, and a digest of all of them in their order. */
  appliedCount = 0;
  digest = 0;
  /** Where the last of them stands in the log. */
  lastIndex = 0;

  /** One byte: 1 where the command took effect. */
  apply(bytes: Uint8Array, index: LogIndex): Uint8Array {
    assert(index > this.lastIndex, `applied out of order: ${index} behind ${this.lastIndex}`);
    this.lastIndex = index;
    this.appliedCount += 1;
    for (const byte of bytes)
      this.digest = (Math.imul(this.digest ^ byte, FNV_PRIME) ^ index) >>> 0;
    const given = command.decode(bytes);
    const isDone = given.type === 'write' || given.expected === this.value;
    if (isDone) this.value = given.value;
    return new Uint8Array([isDone ? 1 : 0]);
  }

  snapshot(): Uint8Array {
    const { value, appliedCount, digest, lastIndex } = this;
    return state.encode({ value, appliedCount, digest, lastIndex });
  }

  restore(bytes: Uint8Array): void {
    const was = bytes.length === 0 ? BEGINNING : state.decode(bytes);
    this.value = was.value;
    this.appliedCount = was.appliedCount;
    this.digest = was.digest;
    this.lastIndex = was.lastIndex;
  }
}

const FNV_PRIME = 0x01000193;
const BEGINNING = Object.freeze({ value: undefined, appliedCount: 0, digest: 0, lastIndex: 0 });

/** The bytes of a command. */
export function encodeCommand(given: RegisterCommand): Uint8Array {
  return command.encode(given);
}

/** A command in a word, as drawings show it: `x=3`, `x:1>3`. */
export function describeCommand(encoded: Uint8Array): string {
  const given = command.decode(encoded);
  return given.type === 'write' ? `x=${given.value}` : `x:${given.expected}>${given.value}`;
}
