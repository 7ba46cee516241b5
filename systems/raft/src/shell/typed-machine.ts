/**
 * A state machine as one pure function: `apply(state, command)` gives the next state and a result.
 *
 * Commands and states are plain data. They are written as JSON unless another codec is given.
 */
import type { StateMachine } from './state-machine.ts';

/** A state machine as it is defined. */
export interface MachineDefinition<State, Command, Result> {
  /** The state before every command. */
  readonly initial: State;
  /**
   * The state after `command`, and what its proposer gets. The same on every node: it reads no
   * clock, draws no randomness and writes to neither of its arguments.
   */
  apply(state: State, command: Command): { readonly state: State; readonly result: Result };
  /** How commands are written. Default: JSON. */
  readonly commandCodec?: Codec<Command>;
  /** How states are written, in snapshots. Default: JSON. */
  readonly stateCodec?: Codec<State>;
}

/** Values as bytes and back. `decode` of what `encode` gave is an equal value. */
export interface Codec<Value> {
  encode(value: Value): Uint8Array;
  decode(bytes: Uint8Array): Value;
}

/** The definition itself, so that its types are found out where it is written. */
export function defineMachine<State, Command, Result>(
  definition: MachineDefinition<State, Command, Result>,
): MachineDefinition<State, Command, Result> {
  return definition;
}

/** A state machine that a definition describes. */
export class TypedMachine<State, Command, Result> implements StateMachine<Result> {
  private readonly definition: MachineDefinition<State, Command, Result>;
  private readonly commandCodec: Codec<Command>;
  private readonly stateCodec: Codec<State>;
  private current: State;

  constructor(definition: MachineDefinition<State, Command, Result>) {
    this.definition = definition;
    this.commandCodec = definition.commandCodec ?? jsonCodec();
    this.stateCodec = definition.stateCodec ?? jsonCodec();
    this.current = definition.initial;
  }

  /** The state as it is now; not to be written to. */
  get state(): State {
    return this.current;
  }

  /** A command as it is proposed. */
  encode(command: Command): Uint8Array {
    return this.commandCodec.encode(command);
  }

  apply(bytes: Uint8Array): Result {
    const { state, result } = this.definition.apply(this.current, this.commandCodec.decode(bytes));
    this.current = state;
    return result;
  }

  snapshot(): Uint8Array {
    return this.stateCodec.encode(this.current);
  }

  restore(bytes: Uint8Array): void {
    const isBeginning = bytes.length === 0;
    this.current = isBeginning ? this.definition.initial : this.stateCodec.decode(bytes);
  }
}

/** JSON in UTF-8: for plain data without `undefined`, numbers that are not finite, and cycles. */
export function jsonCodec<Value>(): Codec<Value> {
  return {
    encode: (value) => new TextEncoder().encode(JSON.stringify(value)),
    decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as Value,
  };
}
