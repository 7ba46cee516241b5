/**
 * What a node replicates: a state machine, of whatever the commands mean.
 *
 * A small one is a `StateMachine`: it applies a command, and gives and takes its state in one
 * piece. One whose state is too large for that is a `StreamingMachine`. A node takes either.
 */
import { assert } from '@mangrove/host';
import type { LogIndex, Term } from '../core/positions.ts';
import type { Slices } from './snapshot-files.ts';

/**
 * A deterministic state machine.
 *
 * All calls come from one node, one after the other. The same commands in the same order must give
 * the same state and results on every node, so it reads no clock and draws no randomness.
 */
export interface StateMachine<Result, Command = Uint8Array> {
  /** How commands are written to the log. Left out where they are bytes. */
  readonly commands?: CommandCodec<Command>;
  /**
   * Takes in the committed command at `index`, which is higher than those before; the result goes
   * to whoever proposed it on this node. The command may be kept, not written to.
   */
  apply(command: Command, index: LogIndex): Result;
  /** The whole state as bytes, the caller's own; called between two commands. */
  snapshot(): Uint8Array;
  /** Becomes the state that `snapshot` gave; of empty bytes, the state before every command. */
  restore(bytes: Uint8Array): void;
}

/** A state machine that is deterministic too, and whose state passes in slices. */
export interface StreamingMachine<Result, Command = Uint8Array> {
  /** How commands are written to the log. Left out where they are bytes. */
  readonly commands?: CommandCodec<Command>;
  /**
   * Takes in committed commands, in order; one result for each, in the same order. A batch is small
   * enough that a command of some microseconds does not hold the event loop up. A machine may do
   * one that takes longer in several calls: where there are fewer results than commands, the rest
   * is given again when others have run.
   */
  applyBatch(batch: readonly PlacedCommand<Command>[]): readonly Result[];
  /**
   * The state as it is at this call, between two commands, whatever is applied while the slices are
   * taken. (Pin a revision, or keep what is about to be replaced.) Each slice, up to
   * `SLICE_BYTES_MAX`, should be the work of 1 ms at most: between two of them others run. It is
   * lent until the next one is asked for. The taking may end before the last one.
   */
  snapshotSlices(): Slices;
  /**
   * Becomes the state whose slices these are, each as it was given; without any, the state before
   * every command. Nothing is applied meanwhile. It rejects with what `slices` throw.
   */
  restoreSlices(slices: AsyncIterable<Uint8Array>): Promise<void>;
}

/** A command and its place in the log. */
export interface PlacedCommand<Command> {
  readonly index: LogIndex;
  /** The term of the leader that took it in: what another one decided may be void by now. */
  readonly term: Term;
  readonly command: Command;
}

/** Commands as bytes and back. `decode` of what `encode` gave is the same command. */
export interface CommandCodec<Command> {
  encode(command: Command): Uint8Array;
  decode(bytes: Uint8Array): Command;
}

/** Either form. */
export type AnyMachine<Result, Command = Uint8Array> =
  | StateMachine<Result, Command>
  | StreamingMachine<Result, Command>;

/** The most bytes of the state of a machine that gives it in one piece. */
export const SMALL_STATE_BYTES_MAX = 67_108_864;

/** How much of a small machine's state is one slice. */
const PIECE_BYTES = 262_144;

/** A machine in the streaming form, whichever it has. */
export function toStreaming<Result, Command>(
  machine: AnyMachine<Result, Command>,
): StreamingMachine<Result, Command> {
  return 'applyBatch' in machine ? machine : new OnePiece(machine);
}

/** The codec of a machine's commands. */
export function codecOf<Command>(machine: {
  readonly commands?: CommandCodec<Command>;
}): CommandCodec<Command> {
  // Without a codec the commands are bytes, as `StateMachine` says.
  return machine.commands ?? (BYTES as unknown as CommandCodec<Command>);
}

const BYTES: CommandCodec<Uint8Array> = { encode: (bytes) => bytes, decode: (bytes) => bytes };

/** A small machine, whose state is cut into slices and put together again. */
class OnePiece<Result, Command> implements StreamingMachine<Result, Command> {
  private readonly machine: StateMachine<Result, Command>;

  constructor(machine: StateMachine<Result, Command>) {
    this.machine = machine;
  }

  applyBatch(batch: readonly PlacedCommand<Command>[]): readonly Result[] {
    return batch.map(({ command, index }) => this.machine.apply(command, index));
  }

  snapshotSlices(): readonly Uint8Array[] {
    const bytes = this.machine.snapshot();
    assertSmall(bytes.length);
    const slices = [];
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      slices.push(bytes.subarray(at, at + PIECE_BYTES));
    }
    return slices;
  }

  async restoreSlices(slices: AsyncIterable<Uint8Array>): Promise<void> {
    const pieces: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const slice of slices) {
      pieces.push(slice);
      sizeBytes += slice.length;
      assertSmall(sizeBytes);
    }
    const bytes = new Uint8Array(sizeBytes);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.machine.restore(bytes);
  }
}

function assertSmall(sizeBytes: number): void {
  const bound = `${SMALL_STATE_BYTES_MAX}: use the streaming form`;
  assert(sizeBytes <= SMALL_STATE_BYTES_MAX, `a state of ${sizeBytes} bytes is above ${bound}`);
}
